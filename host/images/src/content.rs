use std::io::{self, Read};
use std::path::Path;
use std::thread;

use limpid_bytes::{Part, Spool, Stop, unnamed};
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
/// without a name in `scratch` first.
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
        Content::Stream(stream) => {
            let (spool, part) = Spool::new(unnamed(scratch)?, layer.size);
            write(stream, layer, spool, stop)?;
            Ok(part)
        }
        Content::Unreadable(why) => Err(why),
    };
    Ok(of(layer, bytes))
}

/// Opens a layer and reads it with `read`, while it is still coming where it comes as a stream: what is read
/// follows what is written to a file without a name in `scratch`, from which all of it may be read again, so
/// that it need not be fetched again.
///
/// # Errors
/// Those of [`stored`], which end `read` too, and those of `read`.
pub fn read_stored<T, E: From<Error>>(
    source: &dyn ImageSource,
    layer: &FoundLayer,
    scratch: &Path,
    stop: &Stop,
    read: impl FnOnce(&StoredLayer) -> Result<T, E>,
) -> Result<T, E> {
    let stream = match source.open(layer, stop)? {
        Content::Part(part) => return read(&of(layer, Ok(part))),
        Content::Unreadable(why) => return read(&of(layer, Err(why))),
        Content::Stream(stream) => stream,
    };
    let (spool, part) = Spool::new(unnamed(scratch).map_err(Error::from)?, layer.size);
    // What is asked for in between belongs to the layer.
    let span = tracing::Span::current();
    let (read, written) = thread::scope(|scope| {
        let writing = thread::Builder::new()
            .name("limpid-fetch".to_owned())
            .spawn_scoped(scope, move || span.in_scope(|| write(stream, layer, spool, stop)))
            .map_err(Error::io("starting a thread"))?;
        let read = read(&of(layer, Ok(part.clone())));
        if read.is_err() {
            part.abandon();
        }
        let written = writing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok::<_, Error>((read, written))
    })?;
    // What ended the writing is why the reader had no more to read.
    written?;
    read
}

fn of(layer: &FoundLayer, bytes: Result<Part, String>) -> StoredLayer {
    StoredLayer { diff_id: layer.diff_id, digest: layer.digest, bytes }
}

/// Read from a stream at a time, in bytes.
const BUFFER: usize = 256 << 10;

/// Writes all of a stream, unless nobody wants it.
fn write(
    mut stream: Box<dyn Read + Send>,
    layer: &FoundLayer,
    mut spool: Spool,
    stop: &Stop,
) -> Result<(), Error> {
    let what = format!("layer `{}`", layer.diff_id);
    let mut buffer = vec![0; BUFFER];
    while !spool.is_unwanted() {
        if stop.is_stopped() {
            return Err(Error::Interrupted { what });
        }
        let read = match stream.read(&mut buffer) {
            Ok(0) if spool.written() < layer.size => {
                let why = format!("it ends after {} of {} bytes", spool.written(), layer.size);
                let source = io::Error::new(io::ErrorKind::UnexpectedEof, why);
                return Err(Error::Unavailable { what, source });
            }
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(Error::of_stream(what, source)),
        };
        if spool.written() + read as u64 > layer.size {
            let why = format!("it has more than the {} bytes of its descriptor", layer.size);
            return Err(Error::damaged(&what, layer.size, why));
        }
        let writing = "writing a layer to a temporary file";
        spool.write(buffer.get(..read).unwrap_or_default()).map_err(Error::io(writing))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
