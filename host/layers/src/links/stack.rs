use std::collections::HashMap;

use limpid_model::{EntryKind, LayerEntries, LayerEntry, Leads};

use crate::ClaimSet;
use crate::path::ancestors;
use crate::reach::Known;

/// How many places a link is thought to lead to, as different layers have different links.
const PLACES: usize = 32;

/// Layers upon each other, and all links that any of them has: what can be told without a file system.
pub(super) struct Stack<'a> {
    layers: &'a [&'a LayerEntries],
    /// Where the links of each path lead.
    links: HashMap<&'a str, Vec<&'a str>>,
    has_hard_links: bool,
}

impl<'a> Stack<'a> {
    pub(super) fn new(layers: &'a [&'a LayerEntries]) -> Self {
        let (mut links, mut has_hard_links) = (HashMap::<_, Vec<_>>::new(), false);
        for entry in layers.iter().flat_map(|layer| layer.last.iter().chain(&layer.replaced)) {
            match &entry.leads {
                Leads::Symbolic(target) => {
                    let known = links.entry(entry.path.as_str()).or_default();
                    if !known.contains(&target.as_str()) {
                        known.push(target);
                    }
                }
                Leads::Below(_) => has_hard_links = true,
                Leads::Nowhere | Leads::Within(..) => {}
            }
        }
        Self { layers, links, has_hard_links }
    }

    /// Whether every entry stands where its path says, and is nothing of another layer: nothing was written
    /// or removed through a link.
    pub(super) fn is_literal(&self) -> bool {
        !self.has_hard_links && !self.layers.iter().any(|layer| self.crosses(layer))
    }

    /// Whether an entry of a layer stands below a link of any.
    fn crosses(&self, layer: &LayerEntries) -> bool {
        // A marker that makes a directory opaque stands in it, and so below a link that has its path.
        let is_below = |entry: &LayerEntry| {
            let mut above = ancestors(&entry.path).filter(|above| !above.is_empty());
            above.any(|above| self.links.contains_key(above))
                || entry.kind == EntryKind::Opaque && self.links.contains_key(entry.path.as_str())
        };
        if layer.replaced.iter().any(is_below) {
            return true;
        }
        if layer.last.len() < self.links.len() {
            return layer.last.iter().any(is_below);
        }
        let is_opaque = |link: &str| at(layer, link).any(|entry| entry.kind == EntryKind::Opaque);
        self.links.keys().any(|link| has_below(layer, link) || is_opaque(link))
    }

    /// Whether a claimed path may lead through a link to what is not claimed there. Where this is false,
    /// it is; where it is true, only the file system tells.
    pub(super) fn lead_to_claims(&self, claims: &ClaimSet, even_to_nothing: bool) -> bool {
        let mut known = Known::new(claims.parts());
        let mut links = self.links.iter();
        links.any(|(path, targets)| {
            targets
                .iter()
                .any(|target| self.leads_to_claim(path, target, claims, &mut known, even_to_nothing))
        })
    }

    fn leads_to_claim(
        &self,
        path: &str,
        target: &str,
        claims: &ClaimSet,
        known: &mut Known<'_>,
        even_to_nothing: bool,
    ) -> bool {
        let globs = claims.parts();
        let at_link = known.at(path);
        let at_root = globs.start();
        // Most links bring no glob further than any path does.
        let further = at_link.without(&at_root);
        if further.is_empty() {
            return false;
        }
        if even_to_nothing {
            return true;
        }
        let Some(places) = self.places(path, target) else { return true };
        places.iter().any(|place| {
            let at_place = known.at(place);
            let further = further.without(&at_place);
            if further.is_empty() {
                return false;
            }
            let there = globs.met(&at_place);
            let newly = globs.met(&further).iter().any(|claimant| !there.contains(claimant));
            if newly && self.layers.iter().any(|layer| has_file(layer, place)) {
                return true;
            }
            globs.beginnings(&further).iter().any(|beginning| {
                let below = join(place, beginning);
                self.layers.iter().any(|layer| {
                    has_below(layer, &below) || (!beginning.is_empty() && at(layer, &below).next().is_some())
                })
            })
        })
    }

    /// All places to which a link may lead, whichever links are there in the end; none where they are too
    /// many, or depend on what is there.
    fn places(&self, path: &str, target: &str) -> Option<Vec<String>> {
        let mut places = vec![target_of(path, target)?];
        let mut seen = 0;
        while let Some(place) = places.get(seen).cloned() {
            seen += 1;
            let above = ancestors(&place).filter(|above| !above.is_empty()).chain([place.as_str()]);
            for link in above {
                for target in self.links.get(link).into_iter().flatten() {
                    let rest = place.get(link.len()..).unwrap_or_default().trim_start_matches('/');
                    let leads_to = join(&target_of(link, target)?, rest);
                    if !places.contains(&leads_to) {
                        places.push(leads_to);
                    }
                }
            }
            if places.len() > PLACES {
                return None;
            }
        }
        Some(places)
    }
}

/// Where a link leads by its text. None where `..` follows a name, which may be another link.
fn target_of(path: &str, target: &str) -> Option<String> {
    let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let mut parts: Vec<&str> =
        if target.starts_with('/') { Vec::new() } else { directory.split('/').collect() };
    parts.retain(|part| !part.is_empty());
    let mut named = false;
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if named => return None,
            ".." => {
                parts.pop();
            }
            name => {
                named = true;
                parts.push(name);
            }
        }
    }
    Some(parts.join("/"))
}

fn join(directory: &str, rest: &str) -> String {
    match (directory, rest) {
        ("", path) | (path, "") => path.to_owned(),
        (directory, rest) => format!("{directory}/{rest}"),
    }
}

fn at<'l>(layer: &'l LayerEntries, path: &'l str) -> impl Iterator<Item = &'l LayerEntry> {
    let start = layer.last.partition_point(|entry| entry.path.as_str() < path);
    layer.last.iter().skip(start).take_while(move |entry| entry.path == path)
}

fn has_file(layer: &LayerEntries, path: &str) -> bool {
    at(layer, path).any(|entry| matches!(entry.kind, EntryKind::File | EntryKind::Other))
}

/// Whether a layer has an entry below a path, be it a whiteout.
fn has_below(layer: &LayerEntries, path: &str) -> bool {
    if path.is_empty() {
        return !layer.last.is_empty();
    }
    let below = format!("{path}/");
    let start = layer.last.partition_point(|entry| entry.path < below);
    layer.last.get(start).is_some_and(|entry| entry.path.starts_with(&below))
}
