use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;

use crate::inflate::Compression;

/// Longest beginning by which a compression is recognised, in bytes.
const HEAD: u64 = 8;

/// A document without the compression that its first bytes show: gzip, zstd or none.
///
/// # Errors
/// It cannot be read, or no decoder can be had. What is damaged further on, reading tells, with
/// [`io::ErrorKind::InvalidData`].
pub fn inflated(mut document: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut head = Vec::new();
    document.by_ref().take(HEAD).read_to_end(&mut head)?;
    let compression = Compression::of(&head);
    let whole = Cursor::new(head).chain(document);
    Ok(match compression {
        Compression::None => Box::new(whole),
        Compression::Gzip => Box::new(Told(MultiGzDecoder::new(whole))),
        Compression::Zstd => Box::new(Told(zstd::stream::read::Decoder::new(whole)?)),
    })
}

/// Tells damage of the document from failure of the machine: decoders speak of both, and not all of
/// them in the same way. What the system did not say, the decoder found.
struct Told<R>(R);

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.raw_os_error() {
            Some(_) => error,
            None => io::Error::new(io::ErrorKind::InvalidData, error),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn check(stored: Vec<u8>) {
        let mut out = String::new();
        inflated(Box::new(Cursor::new(stored))).unwrap().read_to_string(&mut out).unwrap();
        assert_eq!(out, "advisories");
    }

    #[test]
    fn the_first_bytes_tell_the_compression() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(b"advisories").unwrap();
        check(b"advisories".to_vec());
        check(gzip.finish().unwrap());
        check(zstd::encode_all(&b"advisories"[..], 1).unwrap());
    }

    #[test]
    fn what_ends_early_is_an_error() {
        let mut stored = zstd::encode_all(&[7; 1000][..], 1).unwrap();
        stored.truncate(stored.len() - 3);
        let mut reader = inflated(Box::new(Cursor::new(stored))).unwrap();
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
