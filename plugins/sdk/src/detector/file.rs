use std::fmt;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

use crate::Error;
use crate::bindings::layer;
use crate::chunks::{ChunkReader, Chunks};

/// A file of a layer that the detector claimed.
pub struct File {
    path: String,
    size: u64,
    executable: bool,
    claims: Vec<u32>,
    content: Content,
}

enum Content {
    Host(layer::File),
    Memory(Vec<u8>),
}

impl File {
    pub(crate) fn of_host(file: layer::File) -> Self {
        Self {
            path: file.path(),
            size: file.size(),
            executable: file.executable(),
            claims: file.claims(),
            content: Content::Host(file),
        }
    }

    /// A file that is in no layer, for tests.
    pub fn in_memory(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        Self {
            path: path.into(),
            size: content.len() as u64,
            executable: false,
            claims: Vec::new(),
            content: Content::Memory(content),
        }
    }

    /// Its path in the layer, normalised, without a leading slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }

    /// Its size in bytes, however much of it was claimed.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Whether its mode says that it may be executed.
    pub const fn executable(&self) -> bool {
        self.executable
    }

    /// Which claims of the detector it matches: their places in what [`Detector::claims`] returned, in order.
    ///
    /// [`Detector::claims`]: super::Detector::claims
    pub fn claims(&self) -> &[u32] {
        &self.claims
    }

    /// The same file, of which these claims are stated, for tests.
    #[must_use]
    pub fn matching(mut self, claims: impl Into<Vec<u32>>) -> Self {
        self.claims = claims.into();
        self
    }

    /// Reads it from its beginning, in chunks: memory does not grow with the file.
    pub fn reader(&self) -> FileReader<'_> {
        FileReader { size: self.size, reader: ChunkReader::new(&self.content) }
    }

    /// At most `len` bytes from `offset`; fewer only where the file ends. For formats that are read here and there,
    /// such as databases: whatever was read before is read again.
    pub fn read_at(&self, offset: u64, len: u32) -> Vec<u8> {
        (&self.content).read(offset, len)
    }

    /// All of it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where it has more than `limit` bytes.
    pub fn read_to_vec(&self, limit: u64) -> Result<Vec<u8>, Error> {
        if self.size > limit {
            let size = self.size;
            return Err(Error::unsupported(format_args!(
                "the file has {size} bytes, over this plugin's limit of {limit}"
            )));
        }
        let mut bytes = Vec::new();
        self.reader().take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// All of it, as text.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where it has more than `limit` bytes, [`Error::Malformed`] where it is
    /// not UTF-8.
    pub fn read_to_string(&self, limit: u64) -> Result<String, Error> {
        String::from_utf8(self.read_to_vec(limit)?)
            .map_err(|error| Error::malformed(format_args!("the file is not UTF-8: {}", error.utf8_error())))
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.path).field("size", &self.size).finish_non_exhaustive()
    }
}

impl Chunks for &Content {
    fn read(&mut self, offset: u64, len: u32) -> Vec<u8> {
        match self {
            Content::Host(file) => file.read(offset, len),
            Content::Memory(bytes) => {
                let rest =
                    usize::try_from(offset).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
                rest.get(..len as usize).unwrap_or(rest).to_vec()
            }
        }
    }
}

/// Reads a [`File`]. It reads ahead: more than a buffer around it is not needed.
pub struct FileReader<'a> {
    size: u64,
    reader: ChunkReader<&'a Content>,
}

impl fmt::Debug for FileReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReader").field("position", &self.reader.position()).finish_non_exhaustive()
    }
}

impl Read for FileReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl BufRead for FileReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

impl Seek for FileReader<'_> {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let position = match target {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(distance) => self.size.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.reader.position().checked_add_signed(distance),
        };
        let position = position
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the file's beginning"))?;
        self.reader.set_position(position);
        Ok(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_is_refused_with_both_sizes() {
        let file = File::in_memory("a", "12345");
        assert_eq!(file.read_to_string(5), Ok("12345".to_owned()));
        let error = file.read_to_vec(4).unwrap_err();
        assert_eq!(
            error,
            Error::Unsupported("the file has 5 bytes, over this plugin's limit of 4".to_owned())
        );
    }

    #[test]
    fn bytes_are_read_at_any_offset() {
        let file = File::in_memory("a", "0123456789");
        assert_eq!(file.read_at(3, 4), b"3456");
        assert_eq!(file.read_at(8, 4), b"89");
        assert_eq!(file.read_at(10, 4), b"");
    }

    #[test]
    fn text_that_is_not_utf_8_is_malformed() {
        let error = File::in_memory("a", [b'a', 0xff]).read_to_string(10).unwrap_err();
        assert!(matches!(&error, Error::Malformed(why) if why.contains("index 1")), "{error}");
    }

    #[test]
    fn seeking_goes_from_either_end_and_from_where_it_is() {
        let file = File::in_memory("a", "0123456789");
        let mut reader = file.reader();
        let mut byte_at = |target| {
            reader.seek(target).unwrap();
            let mut byte = [0];
            reader.read_exact(&mut byte).unwrap();
            byte[0]
        };
        assert_eq!(byte_at(SeekFrom::End(-1)), b'9');
        assert_eq!(byte_at(SeekFrom::Start(3)), b'3');
        assert_eq!(byte_at(SeekFrom::Current(1)), b'5');
        assert!(reader.seek(SeekFrom::Current(-7)).is_err());
    }
}
