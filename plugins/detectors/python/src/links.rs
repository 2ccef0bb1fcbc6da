//! Files beside metadata that say where a distribution is from, and whether it is there to be edited.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use limpid_plugin_sdk::detector::{File, Report};

use crate::normalised;
use crate::origin::Origin;
use crate::place::Place;

/// The longest path in an `.egg-link` that is read, in bytes.
const MAX_PATH: u64 = 4096;

/// What such files say, all of a layer together.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// By the folder of metadata that `direct_url.json` is in.
    origins: BTreeMap<String, Origin>,
    /// Folders that are searched for distributions, with names of those that are edited.
    editable: BTreeSet<(String, String)>,
    /// The folders that distributions of a name are installed from.
    sources: BTreeMap<String, BTreeSet<String>>,
}

impl Links {
    /// What these files say; those that cannot be read are stated.
    pub(crate) fn of(files: &[File], report: &mut Report) -> Self {
        let mut links = Self::default();
        for file in files {
            let (folder, name) = file.path().rsplit_once('/').unwrap_or(("", file.path()));
            if name == "direct_url.json" {
                links.read_direct_url(folder, file, report);
            } else if let Some(stem) = name.strip_suffix(".egg-link") {
                links.read_egg_link(stem, file, report);
            } else if let Some(stem) = name.strip_prefix("__editable__.") {
                let name = stem.split('-').next().unwrap_or(stem);
                links.editable.insert((folder.to_owned(), normalised(name)));
            }
        }
        links
    }

    fn read_direct_url(&mut self, folder: &str, file: &File, report: &mut Report) {
        let metadata = format!("{folder}/METADATA");
        let Some(place) = Place::of(&metadata).filter(|place| place.root().is_some()) else { return };
        match Origin::read(file) {
            Ok(origin) => {
                if let (Some(name), Some(source)) = (place.name(), &origin.folder) {
                    self.sources.entry(normalised(name)).or_default().insert(source.clone());
                }
                self.origins.insert(folder.to_owned(), origin);
            }
            Err(error) => report.unread(file.path(), error),
        }
    }

    /// The first line is the folder in which the metadata is.
    fn read_egg_link(&mut self, name: &str, file: &File, report: &mut Report) {
        let mut text = String::new();
        if let Err(error) = file.reader().take(MAX_PATH).read_to_string(&mut text) {
            return report.unread(file.path(), error.into());
        }
        let folder = text.lines().next().unwrap_or_default().trim().trim_matches('/');
        self.editable.insert((folder.to_owned(), normalised(name)));
    }

    /// Where a distribution is from.
    pub(crate) fn origin(&self, place: &Place<'_>) -> Origin {
        let origin = self.origins.get(place.distribution).cloned().unwrap_or_default();
        let (Some(root), Some(name)) = (place.root(), place.name()) else { return origin };
        let is_edited = self.editable.contains(&(root.to_owned(), normalised(name)));
        if is_edited { origin.edited() } else { origin }
    }

    /// Whether it is the metadata beside the sources of a distribution that is installed elsewhere.
    pub(crate) fn is_of_another(&self, place: &Place<'_>) -> bool {
        let (Some(root), Some(name)) = (place.root(), place.name()) else { return false };
        if !place.distribution.ends_with(".egg-info") {
            return false;
        }
        let Some(sources) = self.sources.get(&normalised(name)) else { return false };
        let mut ends = root.match_indices('/').map(|(at, _)| at).chain([0, root.len()]);
        ends.any(|at| root.get(..at).is_some_and(|above| sources.contains(above)))
    }
}
