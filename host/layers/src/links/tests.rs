mod rules;
mod stacks;
mod unpacker;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use limpid_model::{Claim, LayerEntries};

use super::*;
use crate::test_support::{Recorder, Shown, scratch, undigested};
use crate::{StoredLayer, read_layer};

/// A file that is shown to a claimant: its index, the path and the content.
type Seen = (usize, String, String);

/// What claimants see of an image: what its layers show that is not hidden, and what links bring.
struct Image {
    seen: Vec<Seen>,
    unread: Vec<(usize, String, String)>,
    links: Links,
}

fn image(layers: &[Vec<u8>], claims: &[Vec<Claim>]) -> Image {
    image_within(layers, claims, &Limits::default())
}

fn image_within(layers: &[Vec<u8>], claims: &[Vec<Claim>], limits: &Limits) -> Image {
    let claims = ClaimSet::new(claims.iter().map(Vec::as_slice)).unwrap();
    let sources: BTreeMap<usize, StoredLayer> =
        layers.iter().map(|tar| undigested(tar, tar)).enumerate().collect();
    let (mut entries, mut shown, mut unread) = (Vec::<LayerEntries>::new(), Vec::new(), Vec::new());
    for source in sources.values() {
        let mut recorder = Recorder::default();
        let contents = read_layer(source, &claims, &scratch(), limits, &mut recorder).unwrap();
        let superseded: HashSet<u64> = contents.superseded.iter().map(|gone| gone.ordinal).collect();
        let alone = recorder.alone.into_iter().filter(|shown| !superseded.contains(&shown.ordinal));
        shown.push(alone.chain(recorder.together).collect::<Vec<Shown>>());
        unread.push(contents.unread);
        entries.push(contents.entries);
    }
    let entries: Vec<_> = entries.iter().collect();
    let mut stating: Vec<BTreeSet<String>> =
        shown.iter().map(|shown| shown.iter().map(|file| file.path.clone()).collect()).collect();
    for (paths, unread) in stating.iter_mut().zip(&unread) {
        paths.extend(unread.iter().map(|(_, unread)| unread.path.clone()));
    }
    let hidden: BTreeSet<(usize, String)> =
        hidden(&stating, &entries, limits).into_iter().map(|hidden| (hidden.layer, hidden.path)).collect();
    let mut seen = Vec::new();
    for (layer, shown) in shown.into_iter().enumerate() {
        let shown = shown.into_iter().filter(|file| !hidden.contains(&(layer, file.path.clone())));
        seen.extend(shown.map(|file| (file.claimant, file.path, file.content)));
    }
    let links = links(&entries, &BTreeSet::new(), &claims, limits);
    let mut recorder = Recorder::default();
    let contents = read_linked(&sources, &links, &claims, &scratch(), limits, &mut recorder).unwrap();
    let linked = recorder.alone.into_iter().chain(recorder.together);
    seen.extend(linked.map(|file| (file.claimant, file.path, file.content)));
    seen.sort();
    let mut left: Vec<_> = Vec::new();
    for (layer, unread) in unread.into_iter().enumerate() {
        left.extend(unread.into_iter().filter(|(_, unread)| !hidden.contains(&(layer, unread.path.clone()))));
    }
    left.extend(contents.unread);
    let unread = left.into_iter().map(|(claimant, unread)| (claimant, unread.path, unread.error.to_string()));
    Image { seen, unread: unread.collect(), links }
}

/// The same files by claimant and path.
fn by_path(seen: &[Seen]) -> BTreeMap<(usize, &str), &str> {
    let by_path: BTreeMap<_, _> =
        seen.iter().map(|(claimant, path, content)| ((*claimant, path.as_str()), content.as_str())).collect();
    assert_eq!(by_path.len(), seen.len(), "a path is seen twice: {seen:?}");
    by_path
}
