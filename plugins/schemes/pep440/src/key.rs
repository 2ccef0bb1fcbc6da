//! How a version becomes bytes: its parts one after the other.
//!
//! ```text
//! key      = epoch (MORE number)* END phase post dev segment* END
//! phase    = DEV | ALPHA number | BETA number | CANDIDATE number | FINAL
//! post     = NO_POST | POST number
//! dev      = DEV_RELEASE number | NO_DEV
//! segment  = TEXT text | NUMBER number
//! ```
//!
//! A release is written without the zeros at its end, which do not count. A development release of
//! neither a pre-release nor a post-release comes before the pre-releases, though it has no phase;
//! one of a pre-release or of a post-release comes right before that.
//!
//! Local versions go on where the key of their public version has its last `END`, so that a greater
//! byte there is greater than all of them, and less than the key of any version that follows.

use limpid_plugin_sdk::scheme::KeyWriter;

use crate::version::{Phase, Version};

/// Ends what may have more or fewer numbers or segments: fewer come first.
const END: u8 = 1;
const MORE: u8 = 2;

const DEV: u8 = 1;
const ALPHA: u8 = 2;
const BETA: u8 = 3;
const CANDIDATE: u8 = 4;
const FINAL: u8 = 5;

const NO_POST: u8 = 1;
const POST: u8 = 2;

const DEV_RELEASE: u8 = 1;
const NO_DEV: u8 = 2;

const TEXT: u8 = 2;
const NUMBER: u8 = 3;
/// Of no segment: where the local versions of a version end.
const ANY_LOCAL: u8 = 4;

/// The key of a version.
pub(crate) fn of(version: &Version<'_>) -> Vec<u8> {
    let mut key = public(version);
    version.local_segments().for_each(|segment| local(&mut key, segment));
    key.byte(END);
    key.finish()
}

/// The greatest key of the builds that a version stands for: all local versions of one that is public.
pub(crate) fn ceiling(version: &Version<'_>) -> Vec<u8> {
    if version.local_segments().next().is_some() {
        return of(version);
    }
    let mut key = public(version);
    key.byte(ANY_LOCAL);
    key.finish()
}

/// The key of a version up to its local version.
fn public(version: &Version<'_>) -> KeyWriter {
    let mut key = KeyWriter::with_capacity(2 * version.release.len() + 16);
    key.number(version.epoch);
    release(&mut key, version.release);
    match version.pre {
        Some((Phase::Alpha, number)) => key.byte(ALPHA).number(number),
        Some((Phase::Beta, number)) => key.byte(BETA).number(number),
        Some((Phase::Candidate, number)) => key.byte(CANDIDATE).number(number),
        None if version.dev.is_some() && version.post.is_none() => key.byte(DEV),
        None => key.byte(FINAL),
    };
    match version.post {
        Some(number) => key.byte(POST).number(number),
        None => key.byte(NO_POST),
    };
    match version.dev {
        Some(number) => key.byte(DEV_RELEASE).number(number),
        None => key.byte(NO_DEV),
    };
    key
}

fn release(key: &mut KeyWriter, numbers: &str) {
    let is_zero = |number: &str| number.bytes().all(|digit| digit == b'0');
    let last = numbers.split('.').enumerate().filter(|(_, number)| !is_zero(number)).last();
    let count = last.map_or(0, |(index, _)| index + 1);
    for number in numbers.split('.').take(count) {
        key.byte(MORE).number(number);
    }
    key.byte(END);
}

fn local(key: &mut KeyWriter, segment: &str) {
    if segment.bytes().all(|byte| byte.is_ascii_digit()) {
        key.byte(NUMBER).number(segment);
    } else {
        key.byte(TEXT).terminated(segment.to_ascii_lowercase().as_bytes());
    }
}

#[cfg(test)]
mod tests;
