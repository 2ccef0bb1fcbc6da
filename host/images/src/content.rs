use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use limpid_bytes::{Part, Stop, unnamed};
use limpid_layers::StoredLayer;

use crate::{Error, FoundLayer, ImageSource};

/// The stored bytes of a layer.
pub enum Content {
    /// They lie in a file, and are read there by position.
    Part(Part),
    /// They come one after the other, once.
    Stream(Box<dyn Read + Send>),
    /// They cannot be read, for this reason.
    Unreadable(String),
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Part(part) => f.debug_tuple("Part").field(part).finish(),
            Self::Stream(_) => f.write_str("Stream"),
            Self::Unreadable(why) => f.debug_tuple("Unreadable").field(why).finish(),
        }
    }
}

/// Opens a layer, so that it can be read by position. What comes as a stream is written to a file
/// without a name in `scratch`: a layer may have to be read a second time, and so need not be fetched
/// a second time.
///
/// # Errors
/// It cannot be had from its source, is longer than its manifest says, or `scratch` takes no more.
pub fn stored(
    source: &dyn ImageSource,
    layer: &FoundLayer,
    scratch: &Path,
    stop: &Stop,
) -> Result<StoredLayer, Error> {
    let bytes = match source.open(layer, stop)? {
        Content::Part(part) => Ok(part),
        Content::Stream(stream) => Ok(spooled(stream, layer, unnamed(scratch)?, stop)?),
        Content::Unreadable(why) => Err(why),
    };
    Ok(StoredLayer { diff_id: layer.diff_id, digest: layer.digest, bytes })
}

/// Read from a stream at a time, in bytes.
const BUFFER: usize = 256 << 10;

fn spooled(
    mut stream: Box<dyn Read + Send>,
    layer: &FoundLayer,
    file: File,
    stop: &Stop,
) -> Result<Part, Error> {
    let what = format!("layer `{}`", layer.diff_id);
    let mut buffer = vec![0; BUFFER];
    let mut written = 0;
    loop {
        if stop.is_stopped() {
            return Err(Error::Interrupted { what });
        }
        let read = match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(Error::Unavailable { what, source }),
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        if written + read as u64 > layer.size {
            let why = format!("it has more than the {} bytes of its descriptor", layer.size);
            return Err(Error::damaged(&what, layer.size, why));
        }
        let writing = "writing a layer to a temporary file";
        file.write_all_at(bytes, written).map_err(Error::io(writing))?;
        written += read as u64;
    }
    if written < layer.size {
        let why = format!("it ends after {written} of {} bytes", layer.size);
        let source = io::Error::new(io::ErrorKind::UnexpectedEof, why);
        return Err(Error::Unavailable { what, source });
    }
    Ok(Part::of(Arc::new(file), 0, written))
}

#[cfg(test)]
mod tests;
