mod collector;
mod entries;
mod originals;
mod showing;
mod stream;

use std::path::Path;

use limpid_bytes::{Compression, Job, Part};
use limpid_model::{Digest, LayerEntries, Unread};

use self::collector::Collector;
pub(crate) use self::showing::Showing;
use self::stream::Totals;
pub(crate) use self::stream::{Wanted, pass};
use crate::files::ClaimedFile;
use crate::{ClaimSet, Error, FilesOfKind, Limits};

/// Where the claimed files of a layer go.
///
/// They are shown before the layer's digests are known to be right; where
/// [`read_layer`] then fails, what was made of them is to be thrown away.
pub trait Sink {
    /// Files of `alone` claims, while the layer is still being inflated; never two of one path in a
    /// batch. May block, and so hold up reading.
    fn alone(&mut self, claimant: usize, batch: Vec<ClaimedFile>);

    /// All files of the claimant's `together` claims that the layer leaves in the end, by path;
    /// once, after the layer's digests were found right. Not called where there are none.
    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>);
}

/// A layer as it is stored, and what it must turn out to be.
#[derive(Clone, Debug)]
pub struct StoredLayer {
    /// Digest of its tar, as the image's configuration says.
    pub diff_id: Digest,
    /// Digest of what is stored, where a manifest names it.
    pub digest: Option<Digest>,
    /// What is stored, or why it cannot be read.
    pub bytes: Result<Part, String>,
}

impl StoredLayer {
    /// What is stored, and how, which its first bytes say; `what` is for the error.
    fn open(&self, what: &str) -> Result<(&Part, Compression), Error> {
        let unread = |why: &str| Error::unsupported(what, why).of_layer();
        let part = self.bytes.as_ref().map_err(|why| unread(why))?;
        let compression = compression(&part.head(what)?).map_err(|why| unread(&why))?;
        Ok((part, compression))
    }
}

/// How an archive or a layer is compressed, by its first bytes. Image tools write gzip and zstd, and
/// runtimes read no other.
///
/// # Errors
/// Says which compression it is that is not read.
pub fn compression(head: &[u8]) -> Result<Compression, String> {
    let other = match Compression::of(head) {
        Compression::None if head.starts_with(b"\x04\x22\x4d\x18") => "lz4",
        read @ (Compression::None | Compression::Gzip | Compression::Zstd) => return Ok(read),
        other @ (Compression::Bzip2 | Compression::Xz) => other.name(),
    };
    Err(format!("it is compressed by {other}, of which only gzip and zstd are read"))
}

/// What a layer holds. Its digests are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerContents {
    /// Digest of its tar.
    pub diff_id: Digest,
    /// Digest of what is stored, where a manifest names it.
    pub digest: Option<Digest>,
    /// Its stored size in bytes.
    pub size: u64,
    /// The size of its tar in bytes.
    pub inflated_size: u64,
    /// The layer's last word on each path, by path and kind, and what it replaced itself. One path has
    /// several entries where it is there and also hides what lower layers have there.
    pub entries: LayerEntries,
    /// Claimed files that were not shown, by index of the claimant, and why.
    pub unread: Vec<(usize, Unread)>,
    /// Showings to claimants of `alone` files that a later entry of the same layer replaced: what
    /// was found in them does not hold.
    pub superseded: Vec<Superseded>,
    /// Entries that no container could see under any path of the layer, and why.
    pub ignored: Vec<Ignored>,
    /// How many of those have a path over the limit `path_length`.
    pub long_paths: u64,
    /// Files by kind, whoever claims them.
    pub kinds: Vec<FilesOfKind>,
}

/// A showing of a file that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Superseded {
    /// The file's path.
    pub path: String,
    /// Which showing: its [`ClaimedFile::ordinal`].
    pub ordinal: u64,
}

/// An entry that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Its path as the layer has it, cut to the limit.
    pub path: String,
    /// Why.
    pub why: String,
}

struct Collected {
    entries: LayerEntries,
    superseded: Vec<Superseded>,
    unread: Vec<(usize, Unread)>,
    ignored: Vec<Ignored>,
    long_paths: u64,
    kinds: Vec<FilesOfKind>,
}

/// Reads a layer once from start to end: verifies its digests, shows claimed files to `sink` and
/// tells what it holds. Two threads work, this one and another; memory does not grow with the
/// layer's content. `scratch` is a directory for temporary files without names.
///
/// Fails with [`Error::UnreadLayer`] where it is the layer that cannot be read and not the archive that
/// is damaged: a layer over a limit, of a form that is not read, or broken although its digest is right.
///
/// The layer is read a second time, in part, only where a claimed hard link leads to content that
/// nobody claimed or that was shown long before.
pub fn read_layer(
    layer: &StoredLayer,
    claims: &ClaimSet,
    scratch: &Path,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<LayerContents, Error> {
    let what = format!("layer `{}`", layer.diff_id);
    reading(layer, &what, |part, compression| {
        let verified = |totals: &Totals| {
            verify(layer, &what, totals)?;
            Ok((layer.diff_id, layer.digest))
        };
        read(verified, (&what, part, compression), claims, scratch, limits, sink)
    })
}

/// Reads what is taken for a layer before any document says what it must turn out to be: as [`read_layer`]
/// does, but that the digests are those that were found. `what` is for errors.
///
/// # Errors
/// It is no layer, cannot be read, or is over a limit.
pub fn read_unnamed(
    part: &Part,
    what: &str,
    claims: &ClaimSet,
    scratch: &Path,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<LayerContents, Error> {
    let compression =
        compression(&part.head(what)?).map_err(|why| Error::unsupported(what, why).of_layer())?;
    let found = |totals: &Totals| Ok((totals.diff_id, Some(totals.digest)));
    read(found, (what, part, compression), claims, scratch, limits, sink)
}

/// Opens a layer and reads it, and says of an error whose it is.
pub(crate) fn reading<T>(
    layer: &StoredLayer,
    what: &str,
    read: impl FnOnce(&Part, Compression) -> Result<T, Error>,
) -> Result<T, Error> {
    let (part, compression) = layer.open(what)?;
    read(part, compression).map_err(|error| explain(error, layer, what, part))
}

/// Reads a layer; `named` says by which digests it is known, having looked at what they turned out to be.
fn read(
    named: impl Fn(&Totals) -> Result<(Digest, Option<Digest>), Error>,
    (what, part, compression): (&str, &Part, Compression),
    claims: &ClaimSet,
    scratch: &Path,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<LayerContents, Error> {
    let (decoding, inflation) = (limits.decoding(), limits.layer_inflation());
    let job = Job { what, part, compression, decoding, inflation };
    let mut collector = Collector::new(what, claims, scratch, limits, sink);

    let read = pass(&job, limits, |walker| collector.read(walker))?;
    let Some(totals) = read.totals else {
        read.walked?;
        return Err(Error::damaged(what, 0, "it was not read to its end"));
    };
    let (diff_id, digest) = named(&totals)?;
    read.walked.map_err(Error::of_layer)?;
    if collector.needs_second_reading() {
        pass(&job, limits, |walker| collector.read_links(walker))?.walked?;
    }
    let Collected { entries, superseded, unread, ignored, long_paths, kinds } = collector.finish();
    Ok(LayerContents {
        diff_id,
        digest,
        size: part.len(),
        inflated_size: totals.inflated,
        entries,
        unread,
        superseded,
        ignored,
        long_paths,
        kinds,
    })
}

/// Says of an error whether the archive is damaged or only the layer cannot be read: by the digest of what
/// is stored, where a manifest names it. Without one, what does not inflate may be damaged on its way.
fn explain(error: Error, layer: &StoredLayer, what: &str, part: &Part) -> Error {
    if !error.may_be_of_layer() {
        return error;
    }
    match (layer.digest, part.digest(what)) {
        (_, Err(error)) => error.into(),
        (Some(expected), Ok(found)) if expected != found => {
            Error::WrongDigest { what: format!("{what}, as stored,"), expected, found }
        }
        (None, _) if matches!(error, Error::Damaged { .. }) => error,
        _ => error.of_layer(),
    }
}

pub(crate) fn verify(layer: &StoredLayer, what: &str, totals: &Totals) -> Result<(), Error> {
    let wrong = |what: String, expected, found| Err(Error::WrongDigest { what, expected, found });
    match layer.digest {
        Some(digest) if digest != totals.digest => {
            wrong(format!("{what}, as stored,"), digest, totals.digest)
        }
        _ if layer.diff_id != totals.diff_id => {
            wrong(format!("{what}, uncompressed,"), layer.diff_id, totals.diff_id)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
