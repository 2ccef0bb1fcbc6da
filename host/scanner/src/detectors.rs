//! The detectors that are loaded, and what they have seen.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use limpid_layers::ClaimSet;
use limpid_model::{Blame, Claim, Digest, FailureKind, Hasher, LayerFindings, Pattern};
use limpid_runtime::{Plugin, Snapshot};
use limpid_store::View;
use limpid_store::tables::findings::{self, Findings};

use crate::Error;

/// The plugins that are detectors.
pub(crate) fn loaded(plugins: &Snapshot) -> Vec<Arc<Plugin>> {
    plugins.plugins().iter().filter(|plugin| plugin.detector().is_some()).cloned().collect()
}

/// The components of plugins, in their order.
pub(crate) fn components(plugins: &[Arc<Plugin>]) -> Vec<Digest> {
    plugins.iter().map(|plugin| plugin.id().digest).collect()
}

/// The claims of detectors, in their order. They are those of their components, and compiled once for some sets of
/// these: every layer and every report asks for them.
pub(crate) fn claims(detectors: &[Arc<Plugin>]) -> Result<ClaimSet, Error> {
    /// Sets that are kept: all detectors, and those that have not seen a layer.
    const SETS: usize = 4;
    static KNOWN: Mutex<VecDeque<(Vec<Digest>, ClaimSet)>> = Mutex::new(VecDeque::new());
    let components = components(detectors);
    let find = |known: &VecDeque<(Vec<Digest>, ClaimSet)>| {
        known.iter().find(|(of, _)| *of == components).map(|(_, claims)| claims.clone())
    };
    if let Some(claims) = find(&KNOWN.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(claims);
    }
    let claims =
        ClaimSet::new(detectors.iter().map(|plugin| plugin.detector().map_or(&[][..], |d| d.claims())))?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if find(&known).is_none() {
        known.truncate(SETS - 1);
        known.push_front((components, claims.clone()));
    }
    Ok(claims)
}

/// What of a layer is kept by what these detectors claim, as a digest: the same wherever and in whatever order they are
/// loaded, and for other versions of them that claim the same. Where it changes, layers may have to be read again.
pub(crate) fn claims_digest(detectors: &[Arc<Plugin>]) -> Digest {
    let claims =
        detectors.iter().filter_map(|plugin| plugin.detector()).flat_map(|detector| detector.claims());
    digest_of(claims)
}

/// Changes where what is stored of layers changes, so that they are to be read again.
const STORED: &str = "limpid 1";

fn digest_of<'c>(claims: impl Iterator<Item = &'c Claim>) -> Digest {
    let parts = |claim: &Claim| {
        let (kind, pattern) = match &claim.pattern {
            Pattern::Path(glob) => ("path", glob.as_bytes()),
            Pattern::Magic(bytes) => ("magic", bytes.as_slice()),
        };
        let contains: BTreeSet<&Vec<u8>> = claim.contains.iter().collect();
        let head = claim.head.map(|head| head.to_string()).unwrap_or_default();
        let mut text = format!("{kind} {} {head}", hex(pattern));
        for bytes in contains {
            text.push(' ');
            text.push_str(&hex(bytes));
        }
        text
    };
    let all: BTreeSet<String> = claims.map(parts).collect();
    let mut hasher = Hasher::default();
    for line in std::iter::once(STORED).chain(all.iter().map(String::as_str)) {
        hasher.update(line.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finish()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a detector has seen all that it claims of a layer.
pub(crate) fn has_seen(view: &View<'_>, diff_id: Digest, detector: &Plugin) -> Result<bool, Error> {
    let key = findings::Key { diff_id, component: detector.id().digest };
    Ok(view.get::<Findings>(&key)?.is_some_and(|row| settled(&row.into_parts().1)))
}

/// Whether a detector would find the same again: a call that was not made, or failed for lack of
/// time or for a reason of Limpid's own, may do better next time.
fn settled(found: &LayerFindings) -> bool {
    let passing = |kind| matches!(kind, FailureKind::Time | FailureKind::Quarantined);
    found.failures.iter().all(|failure| failure.blame != Blame::Host && !passing(failure.kind))
}

#[cfg(test)]
mod tests {
    use limpid_model::Grouping;

    use super::*;

    #[test]
    fn the_digest_of_claims_is_about_what_is_kept_and_nothing_else() {
        let path = |glob: &str, grouping| Claim::new(Pattern::Path(glob.to_owned()), grouping);
        let magic = Claim { head: Some(8), ..Claim::new(Pattern::Magic(b"a".to_vec()), Grouping::Alone) };
        let of = |claims: &[&Claim]| digest_of(claims.iter().copied());
        let (one, other) = (path("a", Grouping::Alone), path("b", Grouping::Together));
        let digest = of(&[&one, &other]);
        assert_eq!(digest, of(&[&other, &one, &one]), "order and number are no difference");
        assert_eq!(of(&[&one]), of(&[&path("a", Grouping::Together)]));
        assert_ne!(digest, of(&[&one]));
        let (whole, holding) =
            (Claim { head: None, ..magic.clone() }, Claim { contains: vec![b"x".to_vec()], ..magic.clone() });
        assert_ne!(of(&[&magic]), of(&[&whole]));
        assert_ne!(of(&[&magic]), of(&[&holding]));
        let by_bytes = Claim::new(Pattern::Magic(b"a".to_vec()), Grouping::Alone);
        assert_ne!(of(&[&one]), of(&[&by_bytes]));
        // Whoever changes this has all registries bring all layers again.
        assert_eq!(of(&[]).short(), "f8c310604feb");
    }
}
