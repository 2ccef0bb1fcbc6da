use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use limpid_model::{Fact, LayerFindings, LinkedFile};

use super::{Found, LayerFacts};

/// The place of files that are seen through links: they are hidden by no layer.
const BEHIND_LINKS: usize = usize::MAX;

impl Found {
    /// The place in which its files are hidden or not, if they were found with a layer at `place`.
    pub(super) const fn place(&self, place: usize) -> usize {
        if self.linked.is_some() { BEHIND_LINKS } else { place }
    }
}

/// Adds what was found in files that are seen through links to the layers from which on they are.
pub(super) fn spread(mut layers: Vec<LayerFacts>) -> Vec<LayerFacts> {
    let Some(behind) = layers.pop_if(|layer| layer.linked.is_some()) else { return layers };
    let files: HashMap<String, LinkedFile> =
        behind.linked.into_iter().flatten().map(|file| (file.path.clone(), file)).collect();
    let Some(top) = layers.len().checked_sub(1) else { return layers };
    // What is of no file, such as a failed call, is of the layer from which on the first is seen.
    let first = files.values().map(|file| file.since).min().unwrap_or(top).min(top);
    for found in behind.found {
        for (since, found) in by_layer(found, &files, first) {
            if let Some(layer) = layers.get_mut(since.min(top)) {
                layer.found.push(found);
            }
        }
    }
    layers
}

fn by_layer(found: Found, files: &HashMap<String, LinkedFile>, first: usize) -> BTreeMap<usize, Found> {
    let mut parts: BTreeMap<usize, Found> = BTreeMap::new();
    let Found { detector, findings, keys, .. } = found;
    let part = |parts: &mut BTreeMap<usize, Found>, path: &str, add: &mut dyn FnMut(&mut Found)| {
        let file = files.get(path);
        let part = parts.entry(file.map_or(first, |file| file.since)).or_insert_with(|| Found {
            detector: Arc::clone(&detector),
            findings: LayerFindings::default(),
            keys: Vec::new(),
            linked: Some(HashMap::new()),
        });
        if let (Some(file), Some(linked)) = (file, &mut part.linked) {
            linked.insert(file.path.clone(), file.layer);
        }
        add(part);
    };
    let mut keys = keys.into_iter();
    for finding in findings.findings {
        let mut key = matches!(finding.fact, Fact::Package(_)).then(|| keys.next()).flatten();
        let path = finding.path.clone();
        let mut finding = Some(finding);
        part(&mut parts, &path, &mut |part| {
            part.keys.extend(key.take());
            part.findings.findings.extend(finding.take());
        });
    }
    for unread in findings.unread {
        let path = unread.path.clone();
        let mut unread = Some(unread);
        part(&mut parts, &path, &mut |part| part.findings.unread.extend(unread.take()));
    }
    for failure in findings.failures {
        let mut failure = Some(failure);
        part(&mut parts, "", &mut |part| part.findings.failures.extend(failure.take()));
    }
    parts
}
