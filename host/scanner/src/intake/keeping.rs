use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use limpid_store::tables::documents::{self, Documents};
use limpid_store::{Batch, View};
use zstd::stream::write::Encoder;

use crate::Error;

/// Bytes of a piece.
const PIECE: usize = 1 << 20;

/// A document that is kept while it is being read.
#[derive(Clone)]
pub(super) struct Keeping(Arc<Mutex<Tee>>);

struct Tee {
    document: Box<dyn Read + Send>,
    kept: Encoder<'static, File>,
}

impl Keeping {
    /// `scratch` is where it is kept meanwhile.
    pub(super) fn new(document: impl Read + Send + 'static, scratch: File) -> io::Result<Self> {
        let kept = Encoder::new(scratch, 3)?;
        Ok(Self(Arc::new(Mutex::new(Tee { document: Box::new(document), kept }))))
    }

    /// Adds what was kept to the batch, in the place of what was kept before.
    pub(super) fn put(
        &self,
        view: &View<'_>,
        batch: &mut Batch,
        feed: &str,
        source: &str,
    ) -> Result<(), Error> {
        let mut file = self.finish().map_err(Error::Document)?;
        let before = view.scan::<Documents>(|key| {
            key.text(feed).text(source);
        });
        for row in before {
            batch.delete::<Documents>(&row?.0);
        }
        for piece in 0.. {
            let mut bytes = Vec::new();
            Read::by_ref(&mut file).take(PIECE as u64).read_to_end(&mut bytes).map_err(Error::Document)?;
            if bytes.is_empty() {
                break;
            }
            let key = documents::Key { feed: feed.to_owned(), source: source.to_owned(), piece };
            batch.put::<Documents>(&key, &documents::Row { bytes })?;
        }
        Ok(())
    }

    /// Reads to the end what the plugin did not, and gives back what was kept.
    fn finish(&self) -> io::Result<File> {
        let mut tee = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Tee { document, kept } = &mut *tee;
        io::copy(document, kept)?;
        kept.do_finish()?;
        let mut file = kept.get_ref().try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

impl Read for Keeping {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut tee = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read = tee.document.read(buffer)?;
        tee.kept.write_all(buffer.get(..read).unwrap_or_default())?;
        Ok(read)
    }
}

/// The document of a source as it was kept; none where it was not.
pub(super) fn kept(view: &View<'_>, feed: &str, source: &str) -> Result<Option<impl Read + use<>>, Error> {
    let rows = view.scan::<Documents>(|key| {
        key.text(feed).text(source);
    });
    let pieces: Result<Vec<_>, limpid_store::Error> = rows.map(|row| row.map(|(_, row)| row.bytes)).collect();
    let bytes = pieces?.concat();
    if bytes.is_empty() {
        return Ok(None);
    }
    zstd::stream::read::Decoder::new(io::Cursor::new(bytes)).map(Some).map_err(Error::Document)
}
