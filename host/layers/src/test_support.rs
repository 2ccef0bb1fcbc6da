//! A sink that remembers, and readers of layers that are made up, for this crate's tests.

use std::path::PathBuf;

use limpid_model::{Claim, Digest, Grouping, Pattern};
use limpid_test_archives::file;
pub(crate) use limpid_test_archives::{Tar, gzip, zstd};

use limpid_bytes::Part;

use crate::{ClaimSet, ClaimedFile, Error, LayerContents, Limits, Sink, StoredLayer, read_layer};

pub(crate) fn scratch() -> PathBuf {
    std::env::temp_dir()
}

/// A layer of this tar that is stored so, of which nobody states the digest.
pub(crate) fn undigested(stored: &[u8], tar: &[u8]) -> StoredLayer {
    StoredLayer { diff_id: Digest::of(tar), digest: None, bytes: Ok(Part::whole(file(stored)).unwrap()) }
}

/// The same with the digest that it is to have.
pub(crate) fn stored(stored: &[u8], tar: &[u8]) -> StoredLayer {
    StoredLayer { digest: Some(Digest::of(stored)), ..undigested(stored, tar) }
}

/// A file that was shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shown {
    pub(crate) claimant: usize,
    pub(crate) path: String,
    pub(crate) content: String,
    pub(crate) ordinal: u64,
}

/// Remembers what it is shown.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) alone: Vec<Shown>,
    pub(crate) together: Vec<Shown>,
    pub(crate) batches: Vec<Vec<String>>,
}

fn shown(claimant: usize, files: &[ClaimedFile]) -> impl Iterator<Item = Shown> {
    files.iter().map(move |file| {
        let content = file.read(0, usize::try_from(file.size()).unwrap()).unwrap();
        Shown {
            claimant,
            path: file.path().to_owned(),
            content: String::from_utf8_lossy(&content).into_owned(),
            ordinal: file.ordinal(),
        }
    })
}

impl Sink for Recorder {
    fn alone(&mut self, claimant: usize, batch: Vec<ClaimedFile>) {
        self.alone.extend(shown(claimant, &batch));
        self.batches.push(batch.iter().map(|file| file.path().to_owned()).collect());
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        self.together.extend(shown(claimant, &files));
    }
}

impl Recorder {
    /// Path and content of all that was shown alone.
    pub(crate) fn files(&self) -> Vec<(&str, &str)> {
        self.alone.iter().map(|shown| (shown.path.as_str(), shown.content.as_str())).collect()
    }
}

pub(crate) fn path(glob: &str) -> Claim {
    Claim::new(Pattern::Path(glob.into()), Grouping::Alone)
}

pub(crate) fn magic(bytes: &[u8]) -> Claim {
    Claim::new(Pattern::Magic(bytes.to_vec()), Grouping::Alone)
}

pub(crate) fn together(claim: Claim) -> Claim {
    Claim { grouping: Grouping::Together, ..claim }
}

pub(crate) fn read_stored(
    layer: &StoredLayer,
    claims: &[Claim],
    limits: &Limits,
) -> Result<(LayerContents, Recorder), Error> {
    let claims = ClaimSet::new([claims].into_iter())?;
    let mut recorder = Recorder::default();
    let contents = read_layer(layer, &claims, &scratch(), limits, &mut recorder)?;
    Ok((contents, recorder))
}

/// Reads a layer that is stored as it is.
pub(crate) fn read(
    layer: &[u8],
    claims: &[Claim],
    limits: &Limits,
) -> Result<(LayerContents, Recorder), Error> {
    read_stored(&undigested(layer, layer), claims, limits)
}
