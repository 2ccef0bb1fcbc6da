//! What of an image may not have been examined: layers that could not be read, and files of kinds that
//! hold packages, whoever reads them. Which of those somebody reads is for reports to say.

use std::collections::{BTreeMap, BTreeSet};

use limpid_layers::{ClaimSet, FilesOfKind, Kinds as Rules, LayerContents};
use limpid_model::{Digest, Fact, HiddenFile, Image, LayerFindings, PluginId};
use limpid_store::View;
use limpid_store::tables::kinds::{self, Files, Kinds};
use limpid_store::tables::unexamined::{self, Unexamined, Unread};

use crate::Error;

/// Paths of one kind that are kept of a layer, and of an image. More are only counted.
const KEPT: usize = 256;

/// What is to be told of layers of an image, by place.
pub(crate) type Remarks = BTreeMap<usize, unexamined::Layer>;

/// Files by kind of each layer of an image; none of those in which they were not counted.
pub(crate) type Counted = Vec<Option<kinds::Row>>;

/// What is told of the layers of an image that is known.
pub(crate) fn remarks(view: &View<'_>, image: &Digest) -> Result<Remarks, Error> {
    let row = view.get::<Unexamined>(image)?.unwrap_or_default();
    let by_place = |layer: unexamined::Layer| Some((usize::try_from(layer.place).ok()?, layer));
    Ok(row.layers.into_iter().filter_map(by_place).collect())
}

/// Layers of which nothing is known in this image: they could not be read when it was indexed. Where
/// another image has brought them since in a form that is read, a submission of this one fixes it.
pub(crate) fn unread(remarks: &Remarks) -> BTreeSet<usize> {
    let nothing = |layer: &unexamined::Layer| layer.unread.as_ref().is_some_and(|unread| !unread.was_read);
    remarks.iter().filter(|(_, layer)| nothing(layer)).map(|(place, _)| *place).collect()
}

/// Why a layer could not be read; an error again where the archive or this machine is to blame.
pub(crate) fn why(error: Error, was_read: bool) -> Result<Unread, Error> {
    use limpid_images::Error as Images;
    use limpid_layers::Error as Layer;
    let Error::Images(Images::Content(Layer::UnreadLayer(error))) = error else { return Err(error) };
    let code = match *error {
        Layer::OverLimit { .. } => "over-limit",
        Layer::Unsupported { .. } => "unsupported",
        _ => "damaged",
    };
    Ok(Unread { code: code.to_owned(), message: error.to_string(), was_read })
}

/// The row of what was recognised in a layer, without what packages of the distribution put there: those
/// are judged by the distribution's advisories. Paths that nobody reads come first: where not all have room,
/// those are what reports are about.
pub(crate) fn of_layer(
    rules: &Rules,
    path_length: u64,
    contents: &LayerContents,
    found: &[(PluginId, LayerFindings)],
    claims: &ClaimSet,
) -> kinds::Row {
    let owned = owned(&contents.kinds, found);
    let files = contents.kinds.iter().map(|kind| {
        let mut paths: Vec<_> =
            kind.paths.iter().filter(|path| !owned.contains(path.as_str())).cloned().collect();
        let more = kind.more.saturating_add(paths.len().saturating_sub(KEPT) as u64);
        if paths.len() > KEPT {
            paths.sort_by_cached_key(|path| !claims.wanted(path).is_empty());
        }
        paths.truncate(KEPT);
        Files { code: kind.code.clone(), paths, more }
    });
    let mut files: Vec<_> = files.filter(|files| !files.paths.is_empty() || files.more > 0).collect();
    files.sort_by(|a, b| a.code.cmp(&b.code));
    kinds::Row { rules: rules.digest().into(), files, long_paths: contents.long_paths, path_length }
}

/// Of the files that were recognised, those that packages of the distribution put there.
fn owned<'a>(kinds: &'a [FilesOfKind], found: &[(PluginId, LayerFindings)]) -> BTreeSet<&'a str> {
    let recognised: BTreeSet<&str> = kinds.iter().flat_map(|kind| &kind.paths).map(String::as_str).collect();
    let mut owned = BTreeSet::new();
    if recognised.is_empty() {
        return owned;
    }
    for (_, findings) in found {
        let facts = || findings.findings.iter().map(|finding| &finding.fact);
        // A vendor's package is judged by nobody's advisories.
        let vendors: BTreeSet<&str> = facts()
            .filter_map(|fact| match fact {
                Fact::Package(package) if package.vendor().is_some() => Some(package.name.as_str()),
                _ => None,
            })
            .collect();
        for fact in facts() {
            let Fact::Ownership(ownership) = fact else { continue };
            if !vendors.contains(ownership.package.as_str()) {
                owned.extend(ownership.paths.iter().filter_map(|path| recognised.get(path).copied()));
            }
        }
    }
    owned
}

/// Files of one kind of all layers of an image.
#[derive(Debug, Default)]
struct OfKind {
    /// Paths, and the place of each in its layer's row: the first are those that matter most.
    ranked: Vec<(usize, String)>,
    more: u64,
}

impl OfKind {
    fn kept(mut self, code: String) -> Files {
        let more = self.more.saturating_add(self.ranked.len().saturating_sub(KEPT) as u64);
        self.ranked.sort_by_key(|(rank, _)| *rank);
        self.ranked.truncate(KEPT);
        let mut paths: Vec<_> = self.ranked.into_iter().map(|(_, path)| path).collect();
        paths.sort_unstable();
        Files { code, paths, more }
    }
}

/// Whether files of a layer were counted by the rules that hold, and no path is short enough by now that
/// was too long then.
pub(crate) fn is_counted(
    rules: &Rules,
    path_length: u64,
    view: &View<'_>,
    diff_id: &Digest,
) -> Result<bool, Error> {
    Ok(match view.get::<Kinds>(diff_id)? {
        None => rules.is_empty(),
        Some(row) => {
            let is_short = row.long_paths > 0 && path_length > row.path_length;
            Digest::from(row.rules) == rules.digest() && !is_short
        }
    })
}

/// The rows of an image's layers, as far as they were made by the rules that hold.
pub(crate) fn counted(
    rules: &Rules,
    image: &Image,
    row_of: impl Fn(&Digest) -> Result<Option<kinds::Row>, Error>,
) -> Result<Counted, Error> {
    let rows = image.layers.iter().map(|layer| row_of(&layer.diff_id));
    let holds = |row: &kinds::Row| Digest::from(row.rules) == rules.digest();
    rows.map(|row| Ok(row?.filter(holds))).collect()
}

/// The paths of each layer's files.
pub(crate) fn paths(counted: &Counted) -> Vec<BTreeSet<String>> {
    let of = |row: &kinds::Row| row.files.iter().flat_map(|files| &files.paths).cloned().collect();
    counted.iter().map(|row| row.as_ref().map(of).unwrap_or_default()).collect()
}

/// All that is to be told of an image, once it is known which of its files later layers hide.
pub(crate) fn of_image(
    rules: &Rules,
    mut remarks: Remarks,
    counted: Counted,
    hidden: &[HiddenFile],
) -> unexamined::Row {
    let hidden: BTreeSet<(usize, &str)> =
        hidden.iter().map(|file| (file.layer, file.path.as_str())).collect();
    let unread = unread(&remarks);
    let mut uncounted = 0;
    let mut files: BTreeMap<String, OfKind> = BTreeMap::new();
    for (place, row) in counted.into_iter().enumerate() {
        remarks.entry(place).or_default().long_paths = None;
        // What is to be told of a layer that was not read is told.
        let Some(row) = row.filter(|_| !unread.contains(&place)) else {
            uncounted += u64::from(!unread.contains(&place) && !rules.is_empty());
            continue;
        };
        if row.long_paths > 0 {
            let layer = remarks.entry(place).or_default();
            layer.long_paths = Some((row.long_paths, row.path_length));
        }
        for of_layer in row.files {
            let all = files.entry(of_layer.code.clone()).or_default();
            all.more = all.more.saturating_add(of_layer.more);
            let paths = of_layer.paths.into_iter();
            all.ranked.extend(paths.filter(|path| !hidden.contains(&(place, path.as_str()))).enumerate());
        }
    }
    let told = |layer: &unexamined::Layer| {
        layer.unread.is_some() || layer.stored_as.is_some() || layer.long_paths.is_some()
    };
    let layers = remarks.into_iter().filter(|(_, layer)| told(layer));
    let layers = layers.map(|(place, layer)| unexamined::Layer { place: place as u64, ..layer });
    let files = files.into_iter().map(|(code, files)| files.kept(code));
    unexamined::Row {
        rules: rules.digest().into(),
        layers: layers.collect(),
        files: files.filter(|files| !files.paths.is_empty() || files.more > 0).collect(),
        uncounted,
    }
}
