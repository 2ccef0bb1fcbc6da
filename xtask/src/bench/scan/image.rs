//! The layers of a realistic image, and other images that are made of the same files.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use tar::Builder;

use super::forms::{Compressed, Layer};
use crate::command::{command, find, output, run, run_bounded};

/// The release of Debian of which the image is.
const SUITE: &str = "bookworm";

/// What each layer above the base installs. The one in the middle has about six in ten of all bytes.
const INSTALLED: [&str; 4] = [
    "python3 python3-pip git nginx",
    "default-jdk build-essential cmake",
    "nodejs npm",
    "python3-numpy python3-yaml sqlite3 openssl curl",
];

/// Where the files of a running system are, of which no layer has any.
const LEFT_OUT: &str = "-path './proc/*' -o -path './sys/*' -o -path './dev/*' -o -path './tmp/*' -o -path './var/cache/apt/*' \
     -o -path './var/lib/apt/lists/*'";

/// How long Debian's packages may take to come and to be installed.
const LIMIT: Duration = Duration::from_secs(1_800);

/// How many bytes of this machine's files are put in layers, where no packages can be had, and how many of a
/// hundred each layer has.
const FROM_HERE: u64 = 1_500 << 20;
const SHARES: [u64; 5] = [11, 9, 62, 9, 9];

/// The tars of the image's layers, lowest first, made where they have not been made before.
pub(super) fn layers(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let layers = folder.join("layers");
    if !layers.is_dir() {
        let unfinished = folder.join("layers.unfinished");
        clear(&unfinished)?;
        if let Err(error) = debian(&unfinished) {
            eprintln!(
                "bench: Debian's packages cannot be had, so layers are made of files of this machine: {error:#}"
            );
            clear(&unfinished)?;
            from_here(&unfinished)?;
        }
        fs::rename(&unfinished, &layers)?;
    }
    let layers: Vec<_> = (1..=SHARES.len()).map(|number| layers.join(format!("{number}.tar"))).collect();
    for layer in &layers {
        ensure!(layer.is_file(), "there is no `{}`; remove its folder and run this again", layer.display());
    }
    Ok(layers)
}

fn clear(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot clear `{}`", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))
}

/// Installs packages one group after the other; a layer is what has changed by that.
fn debian(folder: &Path) -> anyhow::Result<()> {
    ensure!(find("mmdebstrap").is_some(), "there is no `mmdebstrap`");
    eprintln!("bench: installing Debian's packages for the image: some minutes");
    let at = folder.to_str().context("the target directory is not UTF-8")?;
    let tar = "LC_ALL=C sort -z | tar --null --no-recursion -T -";
    let mut mmdebstrap = command("mmdebstrap");
    mmdebstrap.args(["--quiet", "--variant=minbase"]).arg(format!(
        "--customize-hook=cd \"$1\" && find . -xdev \\( {LEFT_OUT} \\) -prune -o -print0 | {tar} -cf '{at}/1.tar'"
    ));
    for (number, packages) in (2..).zip(INSTALLED) {
        mmdebstrap.arg(format!(
            "--customize-hook=touch '{at}/before' && sleep 1 && DEBIAN_FRONTEND=noninteractive chroot \"$1\" \
             apt-get -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 install {packages} >>'{at}/apt.log' 2>&1 \
             && cd \"$1\" && find . -xdev \\( {LEFT_OUT} \\) -prune -o -cnewer '{at}/before' -print0 \
             | {tar} -cf '{at}/{number}.tar'"
        ));
    }
    run_bounded(mmdebstrap.args([SUITE, "/dev/null"]), LIMIT)
}

/// Layers of files of this machine, and what says which packages they are of.
fn from_here(folder: &Path) -> anyhow::Result<()> {
    let listed = output(
        command("find").args(["/usr", "-xdev", "(", "-type", "f", "-o", "-type", "l", ")", "-print"]),
    )?;
    let mut paths: Vec<&Path> = listed.lines().map(Path::new).collect();
    paths.sort();
    let mut files = paths.into_iter();
    for (number, share) in (1..).zip(SHARES) {
        let list = folder.join("list");
        let mut written = BufWriter::new(File::create(&list)?);
        if number == 1 {
            written.write_all(b"/etc/os-release\0/var/lib/dpkg/status\0")?;
        }
        let mut bytes = 0;
        while bytes < FROM_HERE * share / 100
            && let Some(file) = files.next()
        {
            bytes += fs::symlink_metadata(file).map_or(0, |known| known.size());
            written.write_all(file.as_os_str().as_bytes())?;
            written.write_all(b"\0")?;
        }
        written.flush()?;
        let layer = folder.join(format!("{number}.tar"));
        let mut tar = command("tar");
        tar.args(["--null", "--no-recursion", "--ignore-failed-read", "-C", "/", "-T"]).arg(&list);
        run(tar.arg("-cf").arg(&layer))?;
    }
    Ok(())
}

/// Tars of `count` layers that have the entries of these tars, about as many bytes each; made where they have
/// not been made before.
pub(super) fn split(tars: &[PathBuf], folder: &Path, count: u64) -> anyhow::Result<Vec<PathBuf>> {
    let path = |folder: &Path, number: u64| folder.join(format!("{number}.tar"));
    if !folder.is_dir() {
        let unfinished = folder.with_extension("unfinished");
        clear(&unfinished)?;
        let total: u64 =
            tars.iter().map(|tar| fs::metadata(tar).map(|known| known.len())).sum::<Result<_, _>>()?;
        let (mut number, mut written) = (1, 0);
        let start =
            |number| anyhow::Ok(Builder::new(BufWriter::new(File::create(path(&unfinished, number))?)));
        let mut builder = start(number)?;
        for tar in tars {
            let mut archive = tar::Archive::new(BufReader::new(File::open(tar)?));
            // Extended headers, too, are copied as they are: they stand in front of what they are about.
            for entry in archive.entries()?.raw(true) {
                let mut entry = entry?;
                let kind = entry.header().entry_type();
                let header = entry.header().clone();
                builder.append(&header, &mut entry)?;
                // Less than there is, without padding and ends: the last layer is a little longer.
                written += 512 + entry.size();
                let is_extended =
                    kind.is_gnu_longname() || kind.is_gnu_longlink() || kind.is_pax_local_extensions();
                if !is_extended && number < count && written > total * number / (count + 1) {
                    builder.into_inner()?.flush()?;
                    number += 1;
                    builder = start(number)?;
                }
            }
        }
        builder.into_inner()?.flush()?;
        fs::rename(&unfinished, folder)?;
    }
    let layers: Vec<_> = (1..=count).map(|number| path(folder, number)).collect();
    for layer in &layers {
        ensure!(layer.is_file(), "there is no `{}`", layer.display());
    }
    Ok(layers)
}

/// Layers as they are stored, compressed where they have not been compressed before.
pub(super) fn stored(tars: &[PathBuf], compressed: Compressed) -> anyhow::Result<Vec<Layer>> {
    tars.iter().map(|tar| Layer::of(tar, compressed)).collect()
}

/// Reads a file to its end and gives each piece to `each`.
pub(super) fn pieces(path: &Path, mut each: impl FnMut(&[u8])) -> anyhow::Result<u64> {
    let mut file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let (mut buffer, mut total) = (vec![0; 1 << 20], 0);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(total);
        }
        each(buffer.get(..read).unwrap_or_default());
        total += read as u64;
    }
}
