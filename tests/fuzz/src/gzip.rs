//! The decoder of gzip that layers are read with, against zlib-ng.

use std::io::Read as _;

use flate2::{Crc, Decompress, FlushDecompress, Status};
use limpid_bytes::{Compression, Decoding, Inflater, Limit, Part, Trailing};

use crate::images;

/// How much is inflated at most, in bytes.
const MOST: usize = 1 << 20;

/// A header that states nothing, by [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952).
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// Takes `stream` for a stream of deflate. Where zlib-ng inflates it, the gzip that is made of it must give the
/// same bytes; where it does not, the gzip must end in an error or in bytes, and in nothing else.
///
/// # Panics
/// Where a rule is broken.
pub fn check(stream: &[u8]) {
    let mut gzip = HEADER.to_vec();
    match by_zlib(stream) {
        Outcome::Whole { bytes, length } => {
            gzip.extend_from_slice(&stream[..length]);
            gzip.extend_from_slice(&trailer(&bytes));
            assert_eq!(inflated(&gzip).as_ref(), Ok(&bytes), "what zlib-ng inflates");
            // Of several members, each counts.
            let twice = [gzip.as_slice(), &gzip].concat();
            assert_eq!(inflated(&twice), Ok([bytes.as_slice(), &bytes].concat()), "the same, twice");
            // What the trailer denies is refused.
            let last = gzip.len() - 5;
            gzip[last] ^= 1;
            assert!(inflated(&gzip).is_err(), "a checksum that is wrong");
        }
        Outcome::Broken => {
            gzip.extend_from_slice(stream);
            let _ = inflated(&gzip);
        }
        Outcome::TooLong => {}
    }
}

enum Outcome {
    Whole { bytes: Vec<u8>, length: usize },
    Broken,
    TooLong,
}

fn by_zlib(stream: &[u8]) -> Outcome {
    let mut decoder = Decompress::new(false);
    let mut bytes = Vec::with_capacity(MOST);
    let status = decoder.decompress_vec(stream, &mut bytes, FlushDecompress::Finish);
    match status {
        Ok(Status::StreamEnd) => {
            let length = usize::try_from(decoder.total_in()).unwrap_or(usize::MAX);
            Outcome::Whole { bytes, length }
        }
        _ if bytes.len() == MOST => Outcome::TooLong,
        _ => Outcome::Broken,
    }
}

fn trailer(bytes: &[u8]) -> [u8; 8] {
    let mut crc = Crc::new();
    crc.update(bytes);
    let [sum, length] = [crc.sum(), crc.amount()].map(u32::to_le_bytes);
    let mut trailer = [0; 8];
    trailer[..4].copy_from_slice(&sum);
    trailer[4..].copy_from_slice(&length);
    trailer
}

fn inflated(gzip: &[u8]) -> Result<Vec<u8>, String> {
    let part = Part::whole(images::unnamed(gzip)).map_err(|error| error.to_string())?;
    let decoding = Decoding { window: Limit::fixed(1 << 20), trailing: Trailing::Refused };
    let inflater = Inflater::new(&part, "a gzip", Compression::Gzip, &decoding);
    let mut bytes = Vec::new();
    inflater
        .map_err(|error| error.to_string())?
        .take(4 * MOST as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}
