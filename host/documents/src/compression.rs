use std::io::{self, BufRead, Read};

use crate::Limits;
use crate::error::over_limit;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    /// [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952), any number of members
    Gzip,
    /// any number of streams
    Bzip2,
    /// [The .xz file format](https://tukaani.org/xz/xz-file-format.txt), any number of streams
    Xz,
    /// [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878), any number of frames
    Zstd,
}

const BLOCK: &[u8] = &[0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const NO_BLOCK: &[u8] = &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

impl Compression {
    /// Longest beginning by which one is recognised, in bytes.
    pub(crate) const HEAD: usize = 10;

    /// What the first bytes say.
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            // Not by its first three letters alone, with which a text may begin.
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
                if rest.starts_with(BLOCK) || rest.starts_with(NO_BLOCK) =>
            {
                Self::Bzip2
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            // A skippable frame may come first (RFC 8878, 3.1.2).
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Inflates. Errors are the decoder's own.
    ///
    /// # Errors
    /// No decoder can be had.
    pub(crate) fn inflate(
        self,
        stored: impl BufRead + Send + 'static,
        limits: &Limits,
    ) -> io::Result<Box<dyn Read + Send>> {
        let window = limits.window_bytes;
        Ok(match self {
            Self::None => Box::new(stored),
            Self::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(stored)),
            Self::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(stored)),
            Self::Xz => {
                let kibibytes = u32::try_from(window >> 10).unwrap_or(u32::MAX);
                let decoder = lzma_rust2::XzReader::new_mem_limit(stored, true, kibibytes);
                Box::new(Windowed { decoder, window })
            }
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(stored)?;
                decoder.window_log_max(window.max(1).ilog2())?;
                Box::new(Windowed { decoder, window })
            }
        })
    }
}

/// Says by its setting that a decoder needs more memory than it may have.
struct Windowed<R> {
    decoder: R,
    window: u64,
}

impl<R: Read> Read for Windowed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.decoder.read(buffer).map_err(|error| {
            // zstd gives no code through this interface; a test holds its words.
            let memory =
                error.kind() == io::ErrorKind::OutOfMemory || error.to_string().contains("too much memory");
            if memory { over_limit("the memory to inflate it", "window_bytes", self.window) } else { error }
        })
    }
}
