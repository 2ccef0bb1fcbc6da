//! The first inputs of targets whose formats are no text; the others have theirs in
//! tests/fuzz/corpus.

use std::io::Write as _;
use std::path::Path;

use flate2::GzBuilder;
use tar::{Builder, EntryType, GnuSparseHeader, Header};
use xtask::sample::{Compression, Image, Layer};

use crate::command::write_if_changed;

/// Writes the inputs that a target begins with into `folder`.
///
/// # Errors
/// Where the file system refuses.
pub(super) fn write(target: &str, folder: &Path) -> anyhow::Result<()> {
    let seeds = match target {
        "archive" => archives()?,
        "layer" => layers()?,
        _ => Vec::new(),
    };
    for (name, bytes) in seeds {
        write_if_changed(&folder.join(name), &bytes)?;
    }
    Ok(())
}

type Seeds = Vec<(&'static str, Vec<u8>)>;

/// An image in every form that is read.
fn archives() -> anyhow::Result<Seeds> {
    let image = Image::new("example.test/a:1").with(base()).with(change());
    Ok(vec![
        ("docker.tar", image.docker_archive(Compression::None)?),
        ("oci.tar", image.oci_archive(Compression::None)?),
        ("oci-gzip.tar", image.oci_archive(Compression::Gzip)?),
        ("docker.tar.gz", gzip(&image.docker_archive(Compression::None)?)?),
        ("docker.tar.zst", zstd(&image.docker_archive(Compression::None)?)?),
    ])
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut gzip = GzBuilder::new().write(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes)?;
    gzip.finish()
}

/// A frame of one raw block ([RFC 8878, 3.1.1](https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1)).
fn zstd(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    // A single segment whose size has four bytes.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1010_0000];
    let size = u32::try_from(bytes.len())?;
    frame.extend_from_slice(&size.to_le_bytes());
    let last_and_raw = size << 3 | 1;
    frame.extend(last_and_raw.to_le_bytes().iter().take(3));
    frame.extend_from_slice(bytes);
    Ok(frame)
}

/// Layers that between them have every kind of entry.
fn layers() -> anyhow::Result<Seeds> {
    Ok(vec![
        ("base", base().tar()?),
        ("change", change().tar()?),
        ("links", links()?),
        ("long-names", long_names()?),
        ("sparse-old", sparse_of_gnu()?),
        ("sparse-pax", sparse_of_pax()?),
    ])
}

fn base() -> Layer {
    Layer::new("ADD")
        .directory("etc")
        .file("etc/os-release", "ID=debian\n")
        .file("var/a.db", "SQLite format 3\0")
        .executable("bin/sh", *b"\x7fELF\x02")
        .symlink("bin/bash", "sh")
}

fn change() -> Layer {
    Layer::new("RUN")
        .whiteout("bin/bash")
        .opaque("etc")
        .file("etc/os-release", "ID=alpine\n")
        .file("etc/os-release", "ID=twice\n")
}

/// Hard links to what comes before, to what nobody else claims, and to what a later entry replaces.
fn links() -> anyhow::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    entry(&mut tar, EntryType::Regular, "a", "", b"content")?;
    entry(&mut tar, EntryType::Link, "etc/os-release", "a", b"")?;
    entry(&mut tar, EntryType::Regular, "a", "", b"other")?;
    entry(&mut tar, EntryType::Link, "etc/b", "etc/os-release", b"")?;
    entry(&mut tar, EntryType::Fifo, "etc/os-release", "", b"")?;
    Ok(tar.into_inner()?)
}

/// A name and a link's target in the forms of GNU and of PAX, each over 100 bytes.
fn long_names() -> anyhow::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    let long = ["etc/", &"d/".repeat(60), "os-release"].concat();
    entry(&mut tar, EntryType::GNULongName, "././@LongLink", "", format!("{long}\0").as_bytes())?;
    entry(&mut tar, EntryType::Regular, "cut", "", b"ID=gnu\n")?;
    tar.append_pax_extensions([("path", long.as_bytes()), ("mtime", b"1.5")])?;
    entry(&mut tar, EntryType::Regular, "cut", "", b"ID=pax\n")?;
    tar.append_pax_extensions([("linkpath", long.as_bytes())])?;
    entry(&mut tar, EntryType::Link, "etc/link", "cut", b"")?;
    entry(&mut tar, EntryType::XGlobalHeader, "global", "", b"13 comment=x\n")?;
    entry(&mut tar, EntryType::Regular, "etc/last", "", b"")?;
    Ok(tar.into_inner()?)
}

/// A file with two pieces and a hole, the map in the header.
fn sparse_of_gnu() -> anyhow::Result<Vec<u8>> {
    let mut header = Header::new_gnu();
    header.set_path("etc/sparse")?;
    header.set_entry_type(EntryType::GNUSparse);
    header.set_mode(0o644);
    header.set_size(1024);
    if let Some(gnu) = header.as_gnu_mut() {
        gnu.set_real_size(2048);
        for (piece, at) in gnu.sparse.iter_mut().zip([0, 1536]) {
            set_piece(piece, at, 512);
        }
    }
    header.set_cksum();
    let mut tar = Builder::new(Vec::new());
    tar.append(&header, [b'x'; 1024].as_slice())?;
    Ok(tar.into_inner()?)
}

fn set_piece(piece: &mut GnuSparseHeader, offset: u64, length: u64) {
    piece.offset.copy_from_slice(format!("{offset:011o}\0").as_bytes());
    piece.numbytes.copy_from_slice(format!("{length:011o}\0").as_bytes());
}

/// The same, with the map before the content and then in an extended header
/// ([forms](https://www.gnu.org/software/tar/manual/html_node/PAX-1.html)).
fn sparse_of_pax() -> anyhow::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    let records = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.name", "etc/sparse"),
        ("GNU.sparse.realsize", "2048"),
    ];
    tar.append_pax_extensions(records.map(|(key, value)| (key, value.as_bytes())))?;
    let mut content = b"2\n0\n512\n1536\n512\n".to_vec();
    content.resize(512, 0);
    content.resize(3 * 512, b'x');
    entry(&mut tar, EntryType::Regular, "etc/GNUSparseFile.0/sparse", "", &content)?;
    let records = [("GNU.sparse.size", "20"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.map", "0,1,10,2")];
    tar.append_pax_extensions(records.map(|(key, value)| (key, value.as_bytes())))?;
    entry(&mut tar, EntryType::Regular, "etc/older", "", b"abc")?;
    Ok(tar.into_inner()?)
}

fn entry(
    tar: &mut Builder<Vec<u8>>,
    kind: EntryType,
    path: &str,
    link: &str,
    content: &[u8],
) -> anyhow::Result<()> {
    let mut header = Header::new_gnu();
    header.set_path(path)?;
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    if !link.is_empty() {
        header.set_link_name(link)?;
    }
    header.set_cksum();
    Ok(tar.append(&header, content)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_small_enough_to_be_kept_whole() {
        for (name, bytes) in archives().unwrap().into_iter().chain(layers().unwrap()) {
            assert!((1..=32 << 10).contains(&bytes.len()), "{name} has {} bytes", bytes.len());
        }
    }
}
