use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use limpid_layers::{ClaimSet, Want, links};
use limpid_model::{
    Claim, Digest, EntryKind, Fact, Image, ImageLayer, InputError, LayerEntries, LayerFindings, LinkedFile,
    PluginId, Unread,
};
use limpid_runtime::Plugin;
use limpid_store::tables::entries::Entries;
use limpid_store::tables::findings::{self, Findings};
use limpid_store::tables::images::{Images, Indexing, Linked};
use limpid_store::tables::kept::{self, Kept};
use limpid_store::{Batch, View};

use super::Refreshes;
use crate::detectors;
use crate::detectors::{components, has_seen};
use crate::images::known_entries;
use crate::index::{Fresh, OtherClaims, WholeFile, WholeFiles, detect, detection, keep_shared_ownership};
use crate::unexamined;
use crate::{Error, attached, inventory};

/// Rows written in one batch.
const ROWS: usize = 10_000;

impl Refreshes<'_> {
    /// Shows the kept files of all images to the detectors that have not seen them, newest images
    /// first.
    pub(super) fn refresh_images(&self, stopped: &dyn Fn() -> bool) -> Result<(), Error> {
        let mut images: Vec<(u64, Digest)> = Vec::new();
        let detectors = detectors::loaded(&self.indexer.registry.snapshot());
        let components = components(&detectors);
        for row in self.indexer.store.view().scan::<Images>(|_| ()) {
            let (id, row) = row?;
            let (_, indexing) = row.into_parts(id);
            if indexing.detectors != components {
                images.push((indexing.indexed_at, id));
            }
        }
        images.sort_unstable_by(|a, b| b.cmp(a));
        for (_, id) in images {
            if stopped() {
                return Ok(());
            }
            self.refresh_image(&id, &detectors)?;
        }
        Ok(())
    }

    pub(super) fn refresh_image(&self, id: &Digest, detectors: &[Arc<Plugin>]) -> Result<(), Error> {
        let found = {
            let view = self.indexer.store.view();
            let Some(row) = view.get::<Images>(id)? else { return Ok(()) };
            let (image, indexing) = row.into_parts(*id);
            let mut found = self.detect_kept(&view, &image, detectors)?;
            let linked = indexing.linked.as_ref();
            let (behind, unsettled) = self.detect_behind_links(&view, &image, linked, detectors)?;
            found.extend(behind);
            (found, unsettled)
        };
        let (found, unsettled) = found;
        let writer = self.indexer.writers.images();
        let view = writer.view();
        // It may have been deleted, or submitted again, meanwhile.
        let Some(row) = view.get::<Images>(id)? else { return Ok(()) };
        let (image, indexing) = row.into_parts(*id);
        let mut batch = Batch::default();
        let components = settled_components(&view, &image, &indexing, detectors, (&found, &unsettled))?;
        let rows = self.indexer.put_findings(&view, &mut batch, id, found)?;
        self.indexer.put_refreshed(&view, &mut batch, (image, &indexing), components, &rows)?;
        writer.commit(batch)
    }

    /// What detectors that have not seen a layer find in its kept files, as far as all that they
    /// claim was kept.
    fn detect_kept(&self, view: &View<'_>, image: &Image, detectors: &[Arc<Plugin>]) -> Result<Fresh, Error> {
        let mut by_layer = BTreeMap::new();
        let claims = OtherClaims::new(detectors)?;
        for layer in read_layers(view, image)? {
            let diff_id = layer.diff_id;
            let (mut found, mut seen) = (Vec::new(), Vec::new());
            for detector in detectors {
                if has_seen(view, diff_id, detector)? {
                    seen.push(detector);
                } else if let Some(files) = kept_files(view, &diff_id, detector)? {
                    found.push((detector.id().clone(), detect(detector, &image.id, files)));
                }
            }
            let states_something = found.iter().any(|(_, found)| !found.findings.is_empty());
            let others = if states_something { again(view, image, &diff_id, &seen)? } else { Vec::new() };
            let (mut owners, readers): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|(_, found)| states_ownership(found));
            found.append(&mut owners);
            let fresh = found.len();
            // What is as it was comes last, and is there for what it reads alone.
            found.extend(readers);
            keep_shared_ownership(&mut found, &claims);
            found.truncate(fresh);
            if !found.is_empty() {
                by_layer.insert(diff_id, found);
            }
        }
        Ok(by_layer)
    }

    /// What detectors find in files that are seen through links, as far as those were kept; and which
    /// detectors would have to see others, too.
    fn detect_behind_links(
        &self,
        view: &View<'_>,
        image: &Image,
        linked: Option<&Linked>,
        detectors: &[Arc<Plugin>],
    ) -> Result<(Fresh, BTreeSet<Digest>), Error> {
        let mut unseen = Vec::new();
        for detector in detectors {
            let has_seen = match linked {
                Some(linked) => has_seen(view, linked.diff_id, detector)?,
                None => image_has_seen(view, image, detector)?,
            };
            unseen.extend((!has_seen).then(|| Arc::clone(detector)));
        }
        let (mut fresh, mut unsettled) = (Fresh::new(), BTreeSet::new());
        if unseen.is_empty() {
            return Ok((fresh, unsettled));
        }
        let unread_layers = unexamined::unread(&unexamined::remarks(view, &image.id)?);
        let mut layers = Vec::with_capacity(image.layers.len());
        for (place, layer) in image.layers.iter().enumerate() {
            layers.push(match unread_layers.contains(&place) {
                true => LayerEntries::default(),
                false => known_entries(view, &layer.diff_id)?,
            });
        }
        let layers: Vec<_> = layers.iter().collect();
        let claims = detectors::claims(&unseen)?;
        let links = links(&layers, &unread_layers, &claims, &self.indexer.settings.limits);
        let attaching = &self.indexer.settings.attached;
        let bills = attached::bills(view, attaching, &image.id)?;
        let mut files: Vec<WholeFiles> = unseen.iter().map(|_| WholeFiles::default()).collect();
        let mut unread: Vec<Vec<Unread>> = vec![Vec::new(); unseen.len()];
        for file in &links.files {
            let is_known = |known: &LinkedFile| known.path == file.path && known.layer == file.layer;
            let known = linked.filter(|linked| linked.files.iter().any(is_known));
            let key = known.map(|linked| kept::Key { diff_id: linked.diff_id, path: file.path.clone() });
            let row = key.map(|key| view.get::<Kept>(&key)).transpose()?.flatten();
            let content: Option<(Arc<[u8]>, bool)> =
                row.map(|row| row.unpack().map(|content| (content.into(), row.executable()))).transpose()?;
            let mut wants = claims.wanted(&file.path);
            for (claimant, grouping) in file.claimants() {
                let of = |want: &Want| want.claimant() == claimant && want.grouping() == grouping;
                // None where the path alone does not tell whether the file is wanted.
                let place = wants.iter().position(of);
                let claims = place.map(|place| wants.swap_remove(place).claims);
                match (&content, claims, files.get_mut(claimant)) {
                    (Some((content, executable)), Some(claims), Some(files)) => {
                        let (path, executable) = (file.path.clone(), *executable);
                        let content = Arc::clone(content);
                        files.add(grouping, WholeFile { path, executable, content, claims: claims.into() });
                    }
                    _ => unsettled.extend(unseen.get(claimant).map(|detector| detector.id().digest)),
                }
            }
        }
        let bills = linked.map_or_else(BTreeMap::new, |linked| linked_bills(&bills, linked));
        for (path, content) in bills {
            for want in claims.wanted(path) {
                let (grouping, claims) = (want.grouping(), want.claims.clone().into());
                let (path, content) = (path.to_owned(), Arc::clone(content));
                if let Some(files) = files.get_mut(want.claimant()) {
                    files.add(grouping, WholeFile { path, executable: false, content, claims });
                }
            }
        }
        for unfollowed in &links.unfollowed {
            for &claimant in &unfollowed.claimants {
                let error = InputError::Unsupported(unfollowed.why.clone());
                if let Some(unread) = unread.get_mut(claimant) {
                    unread.push(Unread { path: unfollowed.path.clone(), error });
                }
            }
        }
        let Some(linked) = linked else {
            // There is no place for what was not followed but that of a submission.
            let told = unread.iter().zip(&unseen).filter(|(unread, _)| !unread.is_empty());
            unsettled.extend(told.map(|(_, detector)| detector.id().digest));
            return Ok((fresh, unsettled));
        };
        let mut found = Vec::new();
        for ((detector, files), unread) in unseen.iter().zip(files).zip(unread) {
            if !unsettled.contains(&detector.id().digest) {
                let mut of_detector = detect(detector, &image.id, files);
                of_detector.unread.extend(unread);
                detection::sort(&mut of_detector);
                found.push((detector.id().clone(), of_detector));
            }
        }
        keep_shared_ownership(&mut found, &OtherClaims::new(detectors)?);
        if !found.is_empty() {
            fresh.insert(linked.diff_id, found);
        }
        Ok((fresh, unsettled))
    }

    /// Forgets what builds of detectors found on which no image rests any more, and which nobody
    /// can go back to by a call.
    pub(super) fn forget_replaced(&self) -> Result<(), Error> {
        let writer = self.indexer.writers.images();
        let view = writer.view();
        let mut used: HashSet<Digest> = HashSet::new();
        for row in view.scan::<Images>(|_| ()) {
            let (id, row) = row?;
            used.extend(row.into_parts(id).1.detectors);
        }
        for plugin in self.indexer.registry.snapshot().plugins() {
            used.insert(plugin.id().digest);
            used.extend(
                self.indexer.registry.versions(&plugin.id().name).iter().map(|version| version.digest),
            );
        }
        let mut gone: BTreeMap<Digest, BTreeSet<Digest>> = BTreeMap::new();
        for key in view.keys::<Findings>(|_| ()) {
            let key = key?;
            if !used.contains(&key.component) {
                gone.entry(key.diff_id).or_default().insert(key.component);
            }
        }
        if !gone.is_empty() {
            tracing::info!(layers = gone.len(), "forgetting what builds of detectors found that are gone");
        }
        let mut batch = Batch::default();
        for (diff_id, components) in gone {
            inventory::forget_findings(&view, &mut batch, &diff_id, &components)?;
            inventory::forget_empty(&view, &mut batch, &diff_id)?;
            if batch.len() >= ROWS {
                writer.commit(std::mem::take(&mut batch))?;
            }
        }
        writer.commit(batch)
    }
}

/// The attached bills of materials that an image was indexed with.
fn linked_bills<'b>(
    bills: &'b BTreeMap<String, Arc<[u8]>>,
    linked: &Linked,
) -> BTreeMap<&'b str, &'b Arc<[u8]>> {
    let known = linked.files.iter().filter_map(|file| bills.get_key_value(&file.path));
    known.map(|(path, content)| (path.as_str(), content)).collect()
}

/// The layers of an image that could be read: of the others no detector will see anything.
fn read_layers<'a>(view: &View<'_>, image: &'a Image) -> Result<Vec<&'a ImageLayer>, Error> {
    let unread = unexamined::unread(&unexamined::remarks(view, &image.id)?);
    let layers = image.layers.iter().enumerate().filter(|(place, _)| !unread.contains(place));
    Ok(layers.map(|(_, layer)| layer).collect())
}

fn image_has_seen(view: &View<'_>, image: &Image, detector: &Plugin) -> Result<bool, Error> {
    for layer in read_layers(view, image)? {
        if !has_seen(view, layer.diff_id, detector)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What detectors that have seen a layer state, and what packages own anew: of that only as much was
/// kept as others read, and now there is one more who reads.
fn again(
    view: &View<'_>,
    image: &Image,
    diff_id: &Digest,
    seen: &[&Arc<Plugin>],
) -> Result<Vec<(PluginId, LayerFindings)>, Error> {
    let mut found = Vec::new();
    for detector in seen {
        let id = detector.id();
        let anew = kept_files(view, diff_id, detector)?.map(|files| detect(detector, &image.id, files));
        let known = || -> Result<_, Error> {
            let key = findings::Key { diff_id: *diff_id, component: id.digest };
            Ok(view.get::<Findings>(&key)?.map(|row| row.into_parts().1).unwrap_or_default())
        };
        found.push((id.clone(), anew.filter(states_ownership).map_or_else(known, Ok)?));
    }
    Ok(found)
}

fn states_ownership(found: &LayerFindings) -> bool {
    found.findings.iter().any(|finding| matches!(finding.fact, Fact::Ownership(_)))
}

/// The components on whose findings an image rests from now on: of each detector that is loaded,
/// the one that is, where it has seen all layers, and otherwise the one of its name before it.
fn settled_components(
    view: &View<'_>,
    image: &Image,
    before: &Indexing,
    detectors: &[Arc<Plugin>],
    (fresh, unsettled): (&Fresh, &BTreeSet<Digest>),
) -> Result<Vec<Digest>, Error> {
    let names = names(view, image, &before.detectors)?;
    let linked = before.linked.iter().map(|linked| linked.diff_id);
    let layers: Vec<_> =
        read_layers(view, image)?.into_iter().map(|layer| layer.diff_id).chain(linked).collect();
    let mut components = Vec::new();
    for detector in detectors {
        let id = detector.id();
        let mut complete = !unsettled.contains(&id.digest);
        for &diff_id in &layers {
            let mut found = fresh.get(&diff_id).into_iter().flatten();
            complete &= found.any(|(found_by, _)| found_by == id) || has_seen(view, diff_id, detector)?;
        }
        components.extend(if complete { Some(id.digest) } else { names.get(&id.name).copied() });
    }
    Ok(components)
}

/// The names of detectors, as their findings in the image's layers tell.
fn names(view: &View<'_>, image: &Image, components: &[Digest]) -> Result<BTreeMap<String, Digest>, Error> {
    let mut names = BTreeMap::new();
    for layer in &image.layers {
        let keys = components.iter().map(|&component| findings::Key { diff_id: layer.diff_id, component });
        for row in view.multi_get::<Findings>(&keys.collect::<Vec<_>>())?.into_iter().flatten() {
            let id = row.into_parts().0;
            names.insert(id.name, id.digest);
        }
    }
    Ok(names)
}

/// All files of a layer that a detector claims; none where not all were kept, or where it cannot be
/// known, because the detector claims files for what they hold.
fn kept_files(view: &View<'_>, diff_id: &Digest, detector: &Plugin) -> Result<Option<WholeFiles>, Error> {
    let Some(claims) = detector.detector().map(|detector| detector.claims()) else { return Ok(None) };
    if !claims.iter().all(Claim::is_told_by_path) {
        return Ok(None);
    }
    let set = ClaimSet::new(std::iter::once(claims))?;
    let Some(entries) = view.get::<Entries>(diff_id)? else { return Ok(None) };
    let mut files = WholeFiles::default();
    for entry in entries.unpack()?.last.into_iter().filter(|entry| entry.kind == EntryKind::File) {
        let wanted = set.wanted(&entry.path);
        if wanted.is_empty() {
            continue;
        }
        let key = kept::Key { diff_id: *diff_id, path: entry.path };
        let Some(row) = view.get::<Kept>(&key)? else { return Ok(None) };
        let content: Arc<[u8]> = row.unpack()?.into();
        for want in wanted {
            let (path, executable) = (key.path.clone(), row.executable());
            let (grouping, content) = (want.grouping(), Arc::clone(&content));
            files.add(grouping, WholeFile { path, executable, content, claims: want.claims.into() });
        }
    }
    Ok(Some(files))
}
