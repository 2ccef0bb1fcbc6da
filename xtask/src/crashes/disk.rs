//! A small disk that fills and empties: a file system in memory of its own, and a file that takes what room
//! there is.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};

/// What is on it in the end takes a few MiB, and so do a hundred submissions.
const SIZE: &str = "size=96m";

/// How long it stays full, and not, at most.
const FULL: Duration = Duration::from_millis(300);
const FREE: Duration = Duration::from_millis(400);

/// How much is left when it is full, in bytes, at most: sometimes there is room for a row of the store and
/// not for an archive.
const LEFT: u64 = 2 << 20;

/// A file system that is unmounted with this value.
#[derive(Debug)]
pub struct Disk {
    place: PathBuf,
}

impl Disk {
    /// Mounts it in a folder, which is made.
    ///
    /// # Errors
    /// Only the superuser may mount: that of this machine, or that of a user namespace which has its own mounts.
    pub fn mount(place: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(place)?;
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", SIZE, "limpid-crashes"]).arg(place).status();
        if !mounted.context("`mount` cannot be run")?.success() {
            bail!(
                "no small disk can be mounted at `{}`: only root may mount, or who is root in \
                 a namespace (`unshare --map-root-user --mount`)",
                place.display()
            );
        }
        Ok(Self { place: place.to_owned() })
    }

    /// Takes all room but `left` bytes.
    ///
    /// # Errors
    /// The file that takes it cannot be written.
    pub fn fill(&self, left: u64) -> anyhow::Result<()> {
        let mut file = File::options().create(true).append(true).open(self.filler())?;
        let piece = vec![0; 64 << 10];
        while file.write_all(&piece).is_ok() {}
        // A write that failed may have come some way.
        while file.write(&piece).is_ok_and(|written| written > 0) {}
        let length = file.metadata()?.len();
        Ok(file.set_len(length.saturating_sub(left))?)
    }

    /// Gives all room back.
    ///
    /// # Errors
    /// That file cannot be removed.
    pub fn empty(&self) -> anyhow::Result<()> {
        match fs::remove_file(self.filler()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Fills and empties it until it is told to stop. It is empty then.
    pub(super) fn change(&self, random: &mut fastrand::Rng, stop: &AtomicBool) -> anyhow::Result<()> {
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(FREE.mul_f64(random.f64()));
            self.fill(if random.bool() { 0 } else { random.u64(..LEFT) })?;
            thread::sleep(FULL.mul_f64(random.f64()));
            self.empty()?;
        }
        Ok(())
    }

    fn filler(&self) -> PathBuf {
        self.place.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that was killed just now may still hold it.
        let _ = Command::new("umount").arg("--lazy").arg(&self.place).status();
    }
}
