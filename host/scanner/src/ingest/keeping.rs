//! Documents are kept as they came: the last whole one of each source, and the changes since then.
//! Another version of the feed's plugin reads them again without a download.

use std::io::{Read, Write};

use limpid_store::table::Table;
use limpid_store::tables::deltas::{self, Deltas};
use limpid_store::tables::documents::{self, Documents};
use limpid_store::tables::sources;
use limpid_store::{Batch, View};
use zstd::stream::write::Decoder;

use super::document::{Document, Spool};
use crate::room::scratch_file;
use crate::{Error, Settings};

/// Bytes of a piece: small, since what lies beside it on disk is read together with it.
const PIECE: usize = 32 << 10;

/// Puts a document in the place of all that was kept of its source.
pub(super) fn put_whole(
    settings: &Settings,
    view: &View<'_>,
    batch: &mut Batch,
    of: &sources::Key,
    document: &Document,
) -> Result<(), Error> {
    forget(view, batch, of)?;
    pieces(settings, document, |piece, bytes| {
        let key = documents::Key { feed: of.feed.clone(), source: of.source.clone(), piece };
        Ok(batch.put::<Documents>(&key, &documents::Row { bytes })?)
    })
}

/// Adds a change to what is kept of its source.
pub(super) fn put_delta(
    settings: &Settings,
    batch: &mut Batch,
    of: &sources::Key,
    number: u64,
    document: &Document,
) -> Result<(), Error> {
    pieces(settings, document, |piece, bytes| {
        let key = deltas::Key { feed: of.feed.clone(), source: of.source.clone(), number, piece };
        let size = if piece == 0 { document.file.len() } else { 0 };
        Ok(batch.put::<Deltas>(&key, &deltas::Row { name: document.name.clone(), size, bytes })?)
    })
}

/// Puts a whole document and changes in the place of all that was kept of their source.
pub(super) fn put_all(
    settings: &Settings,
    view: &View<'_>,
    batch: &mut Batch,
    of: &sources::Key,
    kept: &Kept,
) -> Result<(), Error> {
    match &kept.whole {
        Some(whole) => put_whole(settings, view, batch, of, whole)?,
        None => forget(view, batch, of)?,
    }
    for (number, delta) in (0..).zip(&kept.deltas) {
        put_delta(settings, batch, of, number, delta)?;
    }
    Ok(())
}

/// Forgets all that is kept of a source.
pub(super) fn forget(view: &View<'_>, batch: &mut Batch, of: &sources::Key) -> Result<(), Error> {
    delete::<Documents>(view, batch, of)?;
    delete::<Deltas>(view, batch, of)
}

/// Gives a document compressed, piece by piece.
fn pieces(
    settings: &Settings,
    document: &Document,
    mut put: impl FnMut(u64, Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut compressed = document.compressed(settings)?.reader();
    for piece in 0.. {
        let mut bytes = Vec::new();
        Read::by_ref(&mut compressed).take(PIECE as u64).read_to_end(&mut bytes).map_err(Error::Document)?;
        if bytes.is_empty() {
            break;
        }
        put(piece, bytes)?;
    }
    Ok(())
}

fn delete<T: Table>(view: &View<'_>, batch: &mut Batch, of: &sources::Key) -> Result<(), Error> {
    let rows = view.scan::<T>(|key| {
        key.text(&of.feed).text(&of.source);
    });
    for row in rows {
        batch.delete::<T>(&row?.0);
    }
    Ok(())
}

/// What is kept of a source.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// The last whole document; none where there was none, or none was kept.
    pub(crate) whole: Option<Document>,
    /// The changes since then, in their order.
    pub(crate) deltas: Vec<Document>,
}

/// Writes out what is kept of a source.
pub(crate) fn kept(settings: &Settings, view: &View<'_>, of: &sources::Key) -> Result<Kept, Error> {
    let mut out = Out::new(settings)?;
    let whole = view.scan::<Documents>(|key| {
        key.text(&of.feed).text(&of.source);
    });
    for piece in whole {
        out.write(0, &of.source, &piece?.1.bytes)?;
    }
    let whole = out.end()?.pop();
    let deltas = view.scan::<Deltas>(|key| {
        key.text(&of.feed).text(&of.source);
    });
    for piece in deltas {
        let (key, row) = piece?;
        out.write(key.number, &row.name, &row.bytes)?;
    }
    Ok(Kept { whole, deltas: out.end()? })
}

/// Kept documents that are being written out.
struct Out {
    spool: Spool,
    /// The one that is written: its number, its name.
    open: Option<(u64, String, Decoder<'static, Spool>)>,
    ended: Vec<Document>,
}

impl Out {
    fn new(settings: &Settings) -> Result<Self, Error> {
        Ok(Self { spool: Spool::new(scratch_file(settings)?), open: None, ended: Vec::new() })
    }

    fn write(&mut self, number: u64, name: &str, piece: &[u8]) -> Result<(), Error> {
        if self.open.as_ref().is_some_and(|(open, ..)| *open != number) {
            self.end_one()?;
        }
        let decoder = match &mut self.open {
            Some((.., decoder)) => decoder,
            none => {
                let decoder = Decoder::new(self.spool.clone()).map_err(Error::Document)?;
                &mut none.insert((number, name.to_owned(), decoder)).2
            }
        };
        decoder.write_all(piece).map_err(Error::Document)
    }

    fn end_one(&mut self) -> Result<(), Error> {
        if let Some((_, name, mut decoder)) = self.open.take() {
            decoder.flush().map_err(Error::Document)?;
            self.ended.push(self.spool.end(&name)?);
        }
        Ok(())
    }

    /// All that was written since it was last asked.
    fn end(&mut self) -> Result<Vec<Document>, Error> {
        self.end_one()?;
        Ok(std::mem::take(&mut self.ended))
    }
}
