//! Images whose layers are made to cost whoever reads them time, memory or disk, or to make him fail.
//!
//! They are made when they are needed, and are no files of this repository: what protects a machine from
//! such files would not like them.

mod packing;

use std::fmt::Write as _;
use std::io;

use serde_json::json;
use tar::EntryType;

use self::packing::{Frame, Stored, Tar, members, zeros};
use super::image::sha256;
use super::layer::append;

/// An image that is made to do harm.
pub struct Bomb {
    /// For tests and tables.
    pub name: &'static str,
    /// What must come of it.
    pub outcome: Outcome,
    layers: fn() -> io::Result<Vec<Stored>>,
}

/// What must come of an image, in bounded time and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is read, and the one package that it states is found.
    Read,
    /// The image is there, and its report says what was not read, by which limit: the name of a setting of
    /// `[layers]`.
    OverLimit(&'static str),
    /// The same, and no setting changes the limit: this is part of what the report says.
    Stated(&'static str),
}

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// All bombs.
pub const BOMBS: &[Bomb] = &[
    Bomb {
        name: "gzip of 3 GiB of zeros",
        outcome: Outcome::OverLimit("inflation_ratio"),
        layers: gzip_bomb,
    },
    Bomb {
        name: "gzip of 17 GiB, of a ratio that may be",
        outcome: Outcome::OverLimit("layer_inflated_bytes"),
        layers: long_gzip,
    },
    Bomb {
        name: "zstd of 20 GiB of zeros",
        outcome: Outcome::OverLimit("inflation_ratio"),
        layers: zstd_bomb,
    },
    Bomb {
        name: "zstd with a window of 2 GiB",
        outcome: Outcome::OverLimit("zstd_window_log"),
        layers: || {
            Ok(vec![Stored::of(
                Frame::new(31).around(&Tar::default().package().end()),
                &Tar::default().package().end(),
            )])
        },
    },
    Bomb { name: "8 layers of zstd with windows of 32 MiB", outcome: Outcome::Read, layers: long_windows },
    Bomb {
        name: "10 million entries",
        outcome: Outcome::OverLimit("layer_entries"),
        layers: entries_without_end,
    },
    Bomb { name: "900,000 entries", outcome: Outcome::Read, layers: many_entries },
    Bomb { name: "64 MiB of paths", outcome: Outcome::OverLimit("layer_path_bytes"), layers: long_paths },
    Bomb {
        name: "sparse files of 1 TiB, one of them claimed",
        outcome: Outcome::OverLimit("claimed_file_bytes"),
        layers: sparse,
    },
    Bomb {
        name: "an extended header of 2 MiB",
        outcome: Outcome::OverLimit("tar_extension_bytes"),
        layers: || {
            let tar = Tar::default().package().pax(&[("comment", &vec![b'x'; 2 << 20])]).file("a", b"").end();
            Ok(vec![Stored::plain(tar)])
        },
    },
    Bomb { name: "4,096 levels deep", outcome: Outcome::OverLimit("path_length"), layers: || deep(4_096) },
    Bomb {
        name: "2,000 levels deep, behind a link",
        outcome: Outcome::Stated("more than 1024 directories"),
        layers: || deep(2_000),
    },
    Bomb {
        name: "10,000 towers of 1,000 directories",
        outcome: Outcome::OverLimit("image_entries"),
        layers: towers,
    },
    Bomb { name: "loops of links", outcome: Outcome::Read, layers: loops },
    Bomb {
        name: "links through links, 400,000 steps each",
        outcome: Outcome::OverLimit("linked_steps"),
        layers: maze,
    },
    Bomb {
        name: "a directory made opaque time and again",
        outcome: Outcome::OverLimit("linked_steps"),
        layers: opaque,
    },
    Bomb { name: "a directory replaced time and again", outcome: Outcome::Read, layers: replaced },
    Bomb { name: "NUL, line feeds and escapes in names", outcome: Outcome::Read, layers: names },
    Bomb { name: "devices and fifos in place of files", outcome: Outcome::Read, layers: devices },
];

impl Outcome {
    /// What a report on the image holds that was not read whole.
    pub fn stated(self) -> Option<String> {
        match self {
            Self::Read => None,
            Self::OverLimit(setting) => Some(format!("`{setting}`")),
            Self::Stated(text) => Some(text.to_owned()),
        }
    }
}

impl Bomb {
    /// The image as `docker save` writes it.
    ///
    /// # Errors
    /// Where tar cannot hold an entry of it.
    pub fn archive(&self) -> io::Result<Vec<u8>> {
        let layers = (self.layers)()?;
        let diff_ids: Vec<_> = layers.iter().map(|layer| &layer.diff_id).collect();
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            // Each image is another one.
            "config": { "Labels": { "bomb": self.name } },
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let config = config.to_string();
        let config_name = format!("{}.json", sha256(config.as_bytes()));
        let names: Vec<_> = (0..layers.len()).map(|number| format!("{number}/layer.tar")).collect();
        let manifest = json!([{ "Config": config_name, "RepoTags": [], "Layers": names }]).to_string();
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, "manifest.json", manifest.as_bytes())?;
        append(&mut tar, &config_name, config.as_bytes())?;
        for (name, layer) in names.iter().zip(&layers) {
            append(&mut tar, name, &layer.bytes)?;
        }
        tar.into_inner()
    }
}

fn gzip_bomb() -> io::Result<Vec<Stored>> {
    let head = Tar::default().package().unfinished("srv/zeros", 20 * GIB);
    let zeros = zeros(64 * MIB);
    let pieces = std::iter::once(head.as_slice()).chain(std::iter::repeat_n(zeros.as_slice(), 48));
    Ok(vec![Stored::unknown(members(pieces, b"")?)])
}

/// In each 64 MiB a quarter of a MiB that cannot be compressed, which is one part in 250 of it, and a little more.
fn long_gzip() -> io::Result<Vec<Stored>> {
    let head = Tar::default().package().unfinished("srv/large", 20 * GIB);
    let mut piece = zeros(64 * MIB);
    let (mut state, noise) = (0x9e37_79b9_7f4a_7c15_u64, piece.len() / 200);
    for bytes in piece.iter_mut().take(noise) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *bytes = (state >> 32) as u8;
    }
    let pieces = std::iter::once(head.as_slice()).chain(std::iter::repeat_n(piece.as_slice(), 272));
    Ok(vec![Stored::unknown(members(pieces, b"")?)])
}

fn zstd_bomb() -> io::Result<Vec<Stored>> {
    let head = Tar::default().package().unfinished("srv/zeros", 20 * GIB);
    Ok(vec![Stored::unknown(Frame::new(20).with_zeros(&head, 20 * GIB))])
}

fn long_windows() -> io::Result<Vec<Stored>> {
    let layer = |number: u32| {
        let name = format!("srv/{number}");
        let tar = Tar::default().package().file(&name, &zeros(48 * MIB)).end();
        let (head, rest) = tar.split_at(tar.len().min(4_096));
        let mut stored = Frame::new(25).with_zeros(head, rest.len() as u64);
        // What is not zeros at the end of it, is: the blocks that end a tar.
        stored.shrink_to_fit();
        Stored::of(stored, &tar)
    };
    Ok((0..8).map(layer).collect())
}

/// A million that differ, ten times.
fn entries_without_end() -> io::Result<Vec<Stored>> {
    let pieces: Vec<Vec<u8>> = (0..100).map(|piece| empty_files(piece, 10_000).0).collect();
    let all = std::iter::repeat_n(&pieces, 10).flatten().map(Vec::as_slice);
    Ok(vec![Stored::unknown(members(all, b"")?)])
}

fn many_entries() -> io::Result<Vec<Stored>> {
    let mut tar = Tar::default().package();
    for piece in 0..90 {
        tar.0.extend(empty_files(piece, 10_000).0);
    }
    let tar = tar.end();
    let pieces = tar.chunks(16 << 20);
    Ok(vec![Stored::of(members(pieces, b"")?, &tar)])
}

fn empty_files(piece: u32, count: u32) -> Tar {
    (0..count)
        .fold(Tar::default(), |tar, number| tar.file(&format!("srv/{piece}/{}/{number}", number % 100), b""))
}

fn long_paths() -> io::Result<Vec<Stored>> {
    let name = |number: u32| format!("{}/{number}", vec!["x".repeat(200); 19].join("/"));
    let tar = (0..20_000).fold(Tar::default().package(), |tar, number| tar.file(&name(number), b"")).end();
    Ok(vec![Stored::of(members(tar.chunks(16 << 20), b"")?, &tar)])
}

/// Of which nothing is stored.
fn sparse() -> io::Result<Vec<Stored>> {
    let size = 1_u64 << 40;
    let tar = Tar::default()
        .package()
        .sparse("lib/apk/db/installed", b"P:x\nV:1\n\n", size)
        .sparse("usr/bin/program", b"\x7fELF\x02\x01\x01\0", size)
        .sparse("srv/hole", b"", size)
        .end();
    Ok(vec![Stored::plain(tar)])
}

/// Directories one in the other, and a link to them under a path that is claimed.
fn deep(levels: usize) -> io::Result<Vec<Stored>> {
    let directory = vec!["d"; levels].join("/");
    let tar = (0..1_000)
        .fold(Tar::default().package(), |tar, number| tar.file(&format!("{directory}/{number}"), b""));
    let tar = tar.link(EntryType::Symlink, "var/lib/dpkg/status.d", "../../../d/d").end();
    Ok(vec![Stored::of(members(tar.chunks(16 << 20), b"")?, &tar)])
}

/// Each entry brings a thousand directories that no other has.
fn towers() -> io::Result<Vec<Stored>> {
    let above = vec!["d"; 1_000].join("/");
    let tar = (0..10_000)
        .fold(Tar::default().package(), |tar, number| tar.file(&format!("{number}/{above}/f"), b""));
    let tar = tar.file("srv/x", b"").link(EntryType::Symlink, "var/lib/dpkg/status.d", "../../../srv").end();
    Ok(vec![Stored::of(members(tar.chunks(16 << 20), b"")?, &tar)])
}

/// To themselves, to each other, and into what they stand in.
fn loops() -> io::Result<Vec<Stored>> {
    let symbolic = |tar: Tar, path: &str, to: &str| tar.link(EntryType::Symlink, path, to);
    let mut tar = Tar::default().package();
    for (path, to) in [
        ("etc/alpine-release", "alpine-release"),
        ("etc/debian_version", "../etc/debian_version"),
        ("usr/lib/sysimage/rpm", "/usr/lib/sysimage/other"),
        ("usr/lib/sysimage/other", "/usr/lib/sysimage/rpm"),
        ("var/lib/dpkg/status.d", ".."),
        ("srv/a", "b/c"),
        ("srv/b", "a/c"),
        ("srv/node_modules/self", "."),
        ("srv/node_modules/up", "../node_modules"),
        ("srv/node_modules/root", "/"),
    ] {
        tar = symbolic(tar, path, to);
    }
    for (path, to) in [
        ("var/lib/dpkg/available", "var/lib/dpkg/available"),
        ("srv/one", "srv/two"),
        ("srv/two", "srv/one"),
        ("lib/apk/db/scripts.tar", "srv/node_modules/self"),
    ] {
        tar = tar.link(EntryType::Link, path, to);
    }
    Ok(vec![Stored::plain(tar.end())])
}

/// Each of these files stands behind 200 links, each of which leads 2,000 parts far.
fn maze() -> io::Result<Vec<Stored>> {
    let detour = "x/../".repeat(800);
    let mut tar = Tar::default().package().directory("x");
    for number in 0..200 {
        tar = tar.link(EntryType::Symlink, &format!("l{number}"), &format!("{detour}l{}", number + 1));
    }
    tar = tar.directory("l200");
    tar = (0..200_000).fold(tar, |tar, number| tar.file(&format!("l0/{number}"), b""));
    let tar = tar.end();
    Ok(vec![Stored::of(members(tar.chunks(16 << 20), b"")?, &tar)])
}

/// A link under a claimed path makes layers be laid upon each other.
fn opaque() -> io::Result<Vec<Stored>> {
    let mut tar = Tar::default().package().link(EntryType::Symlink, "var/lib/dpkg/status.d", "../../../srv");
    tar = (0..200_000).fold(tar, |tar, number| tar.file(&format!("srv/{number}"), b""));
    tar = (0..200_000).fold(tar, |tar, _| tar.file("srv/.wh..wh..opq", b""));
    let tar = tar.end();
    Ok(vec![Stored::of(members(tar.chunks(16 << 20), b"")?, &tar)])
}

fn replaced() -> io::Result<Vec<Stored>> {
    let mut tar = Tar::default().package();
    for turn in 0..500 {
        tar = (0..200).fold(tar, |tar, number| tar.file(&format!("srv/a/{number}/{turn}"), b""));
        tar = tar.file("srv/a", b"");
    }
    let tar = tar.end();
    Ok(vec![Stored::of(members(tar.chunks(16 << 20), b"")?, &tar)])
}

fn names() -> io::Result<Vec<Stored>> {
    let mut tar = Tar::default().package();
    let mut all = String::new();
    for name in ["a\nb", "a\rb", "\u{1b}[2J\u{1b}]0;x\u{7}", "\u{202e}gpj", "\u{85}", "a\tb"] {
        let _ = write!(all, "{name}/");
        let directory = format!("usr/lib/python3/dist-packages/{name}.dist-info");
        let metadata = format!("Metadata-Version: 2.1\nName: evil\nVersion: 1.0{}\n", all.len());
        tar = tar.file(&format!("{directory}/METADATA"), metadata.as_bytes());
    }
    tar =
        tar.pax(&[("path", b"etc/pass\0wd")]).file("x", b"").pax(&[("path", b"etc/\xff\xfe")]).file("y", b"");
    tar = tar.pax(&[("path", b"../../etc/passwd")]).file("z", b"").pax(&[("linkpath", b"a\0b")]);
    Ok(vec![Stored::plain(tar.link(EntryType::Symlink, "etc/link", "x").end())])
}

fn devices() -> io::Result<Vec<Stored>> {
    let kinds = [EntryType::Char, EntryType::Block, EntryType::Fifo];
    let paths = [
        "etc/alpine-release",
        "usr/lib/sysimage/rpm/rpmdb.sqlite",
        "var/lib/dpkg/available",
        "dev/null",
        "dev/x",
    ];
    let mut tar = Tar::default().package();
    for (number, path) in paths.into_iter().enumerate() {
        for (more, kind) in kinds.into_iter().enumerate() {
            tar = tar.link(kind, &format!("{path}{}", ".d".repeat(more * (number % 2))), "");
        }
    }
    Ok(vec![Stored::plain(tar.end())])
}
