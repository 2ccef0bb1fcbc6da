use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use limpid_layers::ClaimSet;
use limpid_model::{Fact, LayerFindings, PluginId, Text};

use crate::Error;

/// Keeps of what packages own only those paths that another detector may read, in this layer or, by
/// what it claims, in another one.
pub(crate) fn keep_shared_ownership(found: &mut [(PluginId, LayerFindings)], claims: &OtherClaims) {
    let mut readers: HashMap<Text, HashSet<String>> = HashMap::new();
    for (detector, findings) in found.iter() {
        for finding in &findings.findings {
            if !matches!(finding.fact, Fact::Ownership(_)) {
                readers.entry(finding.path.clone()).or_default().insert(detector.name.clone());
            }
        }
    }
    for (detector, findings) in found.iter_mut() {
        findings.findings.retain_mut(|finding| {
            let Fact::Ownership(owned) = &mut finding.fact else { return true };
            let is_read = |path: &str| {
                readers.get(path).is_some_and(|by| by.iter().any(|reader| *reader != detector.name))
            };
            let is_shared = |path: &&str| is_read(path) || claims.claim(&detector.name, path);
            owned.paths = owned.paths.iter().filter(is_shared).collect();
            !owned.paths.is_empty()
        });
    }
}

/// What detectors claim by path: whose files may be read in another layer than the one that says to
/// whom they belong.
#[derive(Debug)]
pub(crate) struct OtherClaims {
    detectors: Vec<String>,
    claims: ClaimSet,
}

impl OtherClaims {
    /// The claims of these detectors.
    pub(crate) fn new(detectors: &[Arc<limpid_runtime::Plugin>]) -> Result<Self, Error> {
        let claims = crate::detectors::claims(detectors)?;
        Ok(Self { detectors: detectors.iter().map(|plugin| plugin.id().name.clone()).collect(), claims })
    }

    /// Those of named detectors.
    #[cfg(test)]
    pub(crate) fn of(claims: &[(&str, &[limpid_model::Claim])]) -> Self {
        let set = ClaimSet::new(claims.iter().map(|(_, claims)| *claims)).unwrap();
        Self { detectors: claims.iter().map(|(name, _)| (*name).to_owned()).collect(), claims: set }
    }

    /// Whether another detector than this one claims files of such a path.
    fn claim(&self, owner: &str, path: &str) -> bool {
        let mut by = self.claims.may_be_wanted(path);
        by.any(|place| self.detectors.get(place).is_some_and(|reader| reader != owner))
    }
}

#[cfg(test)]
mod tests {
    use limpid_model::{Finding, Ownership};

    use super::*;
    use crate::test_support::{package, plugin};

    fn fact(path: &str, fact: Fact) -> Finding {
        Finding { path: path.into(), member: None, fact }
    }

    #[test]
    fn ownership_is_kept_where_another_detector_read_something() {
        let check = |owned: &[&str], expected: Option<&[&str]>| {
            let paths = |paths: &[&str]| paths.iter().collect();
            let ownership = |owned: &[&str]| {
                fact("db", Fact::Ownership(Ownership { package: "p".to_owned(), paths: paths(owned) }))
            };
            let read = |path: &str| fact(path, Fact::Package(Box::new(package("a", "1"))));
            let findings = |findings| LayerFindings { findings, ..LayerFindings::default() };
            let mut found = [
                (plugin("manager"), findings(vec![read("db"), ownership(owned)])),
                (plugin("other"), findings(vec![read("lib/x.jar"), ownership(&["lib/z"])])),
            ];
            let pattern = limpid_model::Pattern::Path("**/claimed.json".to_owned());
            let claims = [limpid_model::Claim::new(pattern, limpid_model::Grouping::Alone)];
            keep_shared_ownership(&mut found, &OtherClaims::of(&[("manager", &[]), ("other", &claims)]));
            let kept: Vec<_> = expected.map(ownership).into_iter().collect();
            assert_eq!(found[0].1.findings[1..], kept, "{owned:?}");
            assert_eq!(found[1].1.findings, [read("lib/x.jar")]);
        };
        check(&["lib/x.jar", "lib/y"], Some(&["lib/x.jar"]));
        check(&["lib/y", "a/claimed.json"], Some(&["a/claimed.json"]));
        check(&["lib/y", "lib/x"], None);
        check(&["db"], None);
        check(&[], None);
    }
}
