//! Finds packages of Ubuntu of which [chisel](https://documentation.ubuntu.com/chisel/) put slices into an image.
//!
//! Chisel unpacks parts of packages without dpkg. Where it is asked to, it leaves a
//! [manifest](https://documentation.ubuntu.com/chisel/en/latest/reference/manifest/), `var/lib/chisel/manifest.wall` as a
//! rule: JSON in lines, compressed by zstd, of the packages, slices and paths. Packages are of the image's distribution,
//! as those of dpkg are, and own the paths that their slices put there.
//!
//! Tools that make such images may write a database of dpkg besides (those of .NET do). So packages are
//! [`Declared`](limpid_plugin_sdk::detector::Evidence::Declared): one does not count twice where dpkg's database has it
//! in the same version.
//!
//! # What a manifest does not say
//!
//! Ubuntu's advisories speak of source packages, and a manifest does not name them: a package counts as built from the
//! source package of its own name. For others (`libssl3`, built from `openssl`) nothing can be judged, which each report
//! says by an unread part of the manifest.

pub mod wall;

use std::io::BufReader;

use limpid_plugin_sdk::detector::{Claim, Detector, File, Report};
use limpid_plugin_sdk::{Error, export_detector};
use ruzstd::decoding::StreamingDecoder;

/// The largest window of a compressed manifest, in bytes: as much is in memory. Chisel's has 8 MiB.
pub const MAX_WINDOW: u64 = 32 << 20;

/// How what zstd compresses begins.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The detector `chisel`.
#[derive(Debug)]
pub struct Chisel;

impl Detector for Chisel {
    fn claims() -> Vec<Claim> {
        // Slices say into which folders it goes.
        vec![Claim::alone("**/manifest.wall")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, read))
    }
}

export_detector!(Chisel);

fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    if file.read_at(0, MAGIC.len() as u32) != MAGIC {
        return Err(Error::malformed("it is not compressed by zstd"));
    }
    let decoder = StreamingDecoder::new_with_max_window_size(file.reader(), MAX_WINDOW)
        .map_err(|why| Error::malformed(format_args!("it cannot be decompressed: {why}")))?;
    wall::read(file.path(), BufReader::new(decoder), report)
}

#[cfg(test)]
mod tests;
