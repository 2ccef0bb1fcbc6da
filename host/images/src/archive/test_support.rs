//! Reading the layers of archives that are made up.

use std::path::PathBuf;

use limpid_bytes::Stop;
use limpid_layers::{ClaimSet, ClaimedFile, LayerContents, Limits, Sink, read_layer};
use limpid_model::{Claim, Grouping, Pattern};
use limpid_test_archives::file;

use crate::{Archive, Error, FoundImage, ImageSource, stored};

pub(super) fn scratch() -> PathBuf {
    std::env::temp_dir()
}

pub(super) fn open(bytes: &[u8]) -> Result<Archive, Error> {
    Archive::open_file(file(bytes), &scratch(), &Limits::default())
}

pub(super) fn images(archive: &Archive) -> Result<Vec<FoundImage>, Error> {
    archive.images(&Stop::default())
}

/// Remembers paths and content of what it is shown.
#[derive(Debug, Default)]
pub(super) struct Recorder(pub(super) Vec<(String, String)>);

impl Recorder {
    pub(super) fn files(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(path, content)| (path.as_str(), content.as_str())).collect()
    }
}

impl Sink for Recorder {
    fn alone(&mut self, _claimant: usize, batch: Vec<ClaimedFile>) {
        self.0.extend(batch.iter().map(|file| {
            let content = file.read(0, usize::try_from(file.size()).unwrap()).unwrap();
            (file.path().to_owned(), String::from_utf8_lossy(&content).into_owned())
        }));
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        self.alone(claimant, files);
    }
}

pub(super) fn path(glob: &str) -> Claim {
    Claim::new(Pattern::Path(glob.into()), Grouping::Alone)
}

/// Reads all layers of all images.
pub(super) fn read_all(archive: &Archive, claims: &[Claim]) -> Result<Vec<(LayerContents, Recorder)>, Error> {
    let claims = ClaimSet::new([claims].into_iter())?;
    let mut all = Vec::new();
    for layer in images(archive)?.iter().flat_map(|found| &found.layers) {
        let layer = stored(archive, layer, &scratch(), &Stop::default())?;
        let mut recorder = Recorder::default();
        let contents = read_layer(&layer, &claims, &scratch(), &Limits::default(), &mut recorder)?;
        all.push((contents, recorder));
    }
    Ok(all)
}

/// Reads the first layer of the first image.
pub(super) fn read_first(archive: &Archive, claims: &[Claim]) -> Result<(LayerContents, Recorder), Error> {
    let claims = ClaimSet::new([claims].into_iter())?;
    let layer = stored(archive, &images(archive)?[0].layers[0], &scratch(), &Stop::default())?;
    let mut recorder = Recorder::default();
    let contents = read_layer(&layer, &claims, &scratch(), &Limits::default(), &mut recorder)?;
    Ok((contents, recorder))
}
