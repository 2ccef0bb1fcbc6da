//! What detectors found in the layers of an image, as it is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use limpid_layers::Links;
use limpid_matching::fold::{Found, LayerFacts};
use limpid_model::{Digest, Image, ImageLayer, LayerFindings, LinkedFile, PackageKeys, PluginId};
use limpid_store::View;
use limpid_store::tables::findings::{self, Findings, Key, Row};
use limpid_store::tables::images::Linked;

use crate::{Error, unexamined};

/// What one detector found in one layer, as it is stored.
type Parts = (PluginId, LayerFindings, Vec<PackageKeys>);

/// What detectors found in the layers of an image that is known, but for what packages need.
pub(crate) fn facts(
    view: &View<'_>,
    image: &Image,
    linked: Option<(Digest, &[LinkedFile])>,
    detectors: &[Digest],
) -> Result<Vec<LayerFacts>, Error> {
    let unread = unexamined::unread(&unexamined::remarks(view, &image.id)?);
    facts_but(view, (image, linked), detectors, &BTreeMap::new(), &unread)
}

/// The same with what packages need.
pub(crate) fn facts_and_needs(
    view: &View<'_>,
    image: &Image,
    linked: Option<(Digest, &[LinkedFile])>,
    detectors: &[Digest],
) -> Result<Vec<LayerFacts>, Error> {
    let unread = unexamined::unread(&unexamined::remarks(view, &image.id)?);
    facts_by((image, linked), detectors, &unread, |keys| {
        let rows = view.multi_get::<Findings>(keys)?;
        Ok(rows.into_iter().flatten().map(Row::into_parts).collect())
    })
}

/// What detectors found in the layers of an image, but for what packages need: what is in `fresh`, or else in the store.
pub(crate) fn facts_but(
    view: &View<'_>,
    image: (&Image, Option<(Digest, &[LinkedFile])>),
    detectors: &[Digest],
    fresh: &BTreeMap<Key, Row>,
    unread: &BTreeSet<usize>,
) -> Result<Vec<LayerFacts>, Error> {
    facts_by(image, detectors, unread, |keys| {
        let known = view.glances::<findings::Found>(keys)?;
        let rows = keys.iter().zip(known);
        let rows = rows.filter_map(|(key, known)| fresh.get(key).cloned().map(Into::into).or(known));
        Ok(rows.map(findings::Found::into_parts).collect())
    })
}

/// What detectors found in the layers of an image, as `read` has it. In those that could not be read nobody found
/// anything, whatever another image tells of them since. What they found in files that are seen through links comes
/// last.
fn facts_by(
    (image, linked): (&Image, Option<(Digest, &[LinkedFile])>),
    detectors: &[Digest],
    unread: &BTreeSet<usize>,
    read: impl Fn(&[Key]) -> Result<Vec<Parts>, Error>,
) -> Result<Vec<LayerFacts>, Error> {
    let mut layers = Vec::with_capacity(image.layers.len() + 1);
    let behind = linked.map(|(diff_id, _)| ImageLayer { diff_id, created_by: None });
    let all = image.layers.iter().map(|layer| (layer, None));
    let behind = behind.iter().map(|layer| (layer, linked.map(|(_, files)| files.to_vec())));
    for (place, (layer, linked)) in all.chain(behind).enumerate() {
        if unread.contains(&place) {
            layers.push(LayerFacts { layer: layer.clone(), found: Vec::new(), linked });
            continue;
        }
        let key = |&component: &Digest| Key { diff_id: layer.diff_id, component };
        let keys: Vec<_> = detectors.iter().map(key).collect();
        let found = read(&keys)?.into_iter().map(|(detector, findings, keys)| Found {
            detector: Arc::new(detector),
            findings,
            keys,
            linked: None,
        });
        layers.push(LayerFacts { layer: layer.clone(), found: found.collect(), linked });
    }
    Ok(layers)
}

/// Which files are seen in an image that no layer shows by itself: through links, and those that are attached to it.
#[derive(Clone, Debug)]
pub(crate) struct LinkedLayer {
    /// Under which what is found in them is kept.
    pub(crate) diff_id: Digest,
    /// By path.
    pub(crate) files: Vec<LinkedFile>,
    /// The layer that has each, by path.
    pub(crate) real_layers: Vec<(String, Digest)>,
}

impl LinkedLayer {
    /// `bills` are the paths at which attached documents are shown, which tell what they say. They are seen from the
    /// highest layer on.
    pub(crate) fn new<'b>(
        image: &Image,
        links: &Links,
        bills: impl Iterator<Item = &'b String>,
    ) -> Option<Self> {
        let top = image.layers.len().checked_sub(1)?;
        let bills: Vec<&String> = bills.collect();
        if links.is_empty() && bills.is_empty() {
            return None;
        }
        let diff_ids: Vec<_> = image.layers.iter().map(|layer| layer.diff_id).collect();
        let files = links.files.iter().map(|file| LinkedFile {
            path: file.path.clone(),
            layer: file.layer,
            since: file.since,
        });
        let unfollowed = links.unfollowed.iter().map(|unfollowed| LinkedFile {
            path: unfollowed.path.clone(),
            layer: unfollowed.layer,
            since: unfollowed.layer,
        });
        let attached = bills.iter().map(|path| LinkedFile { path: (*path).clone(), layer: top, since: top });
        let mut files: Vec<_> = files.chain(unfollowed).chain(attached).collect();
        files.sort();
        files.dedup_by(|a, b| a.path == b.path);
        let digest = links.digest(&diff_ids);
        let digest = match bills.as_slice() {
            [] => digest,
            bills => {
                let paths: String = bills.iter().map(|path| format!("{path}\n")).collect();
                Digest::of(format!("limpid attached layer 1\n{digest}\n{paths}").as_bytes())
            }
        };
        Some(Self::of(image, digest, files))
    }

    /// The same of an image that is known.
    pub(crate) fn known(image: &Image, linked: &Linked) -> Self {
        Self::of(image, linked.diff_id, linked.files.clone())
    }

    fn of(image: &Image, diff_id: Digest, files: Vec<LinkedFile>) -> Self {
        let real = |file: &LinkedFile| Some((file.path.clone(), image.layers.get(file.layer)?.diff_id));
        let real_layers = files.iter().filter_map(real).collect();
        Self { diff_id, files, real_layers }
    }
}
