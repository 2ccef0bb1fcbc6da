//! What the golden cases of plugins expect: which detector states which packages, which feed speaks in which namespaces.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::workspace::Workspace;

/// What all cases of all detectors and feeds expect together.
#[derive(Debug, Default)]
pub(super) struct Golden {
    /// Packages of the distribution, by the type of their package URLs.
    packages: BTreeMap<String, BTreeSet<Reader>>,
    /// Feeds by namespace, and the schemes of the versions that they state there.
    feeds: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// A detector that states packages, and the scheme of their versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reader {
    pub(super) detector: String,
    pub(super) scheme: String,
}

/// A feed that speaks of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Speaker {
    pub(super) schemes: BTreeSet<String>,
    /// Whether a case states advisories for this very release, and not just for others of the distribution.
    pub(super) names_the_release: bool,
}

/// As much of `expected.json` as matters here.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Expected {
    findings: Vec<Finding>,
    advisories: Vec<Advisory>,
}

#[derive(Deserialize)]
struct Finding {
    package: Option<Package>,
}

#[derive(Deserialize)]
struct Package {
    /// Packages of the distribution have none.
    namespace: Option<String>,
    scheme: String,
    purl: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Advisory {
    affected: Vec<Affected>,
}

#[derive(Deserialize)]
struct Affected {
    namespace: String,
    scheme: String,
}

impl Golden {
    /// Reads the cases of all plugins of the workspace.
    ///
    /// # Errors
    /// Where a case cannot be read.
    pub(super) fn read(workspace: &Workspace) -> anyhow::Result<Self> {
        let mut golden = Self::default();
        for package in workspace.packages() {
            let Some(plugin) = &package.plugin else { continue };
            let cases = workspace.root().join(&package.folder).join("tests");
            if !cases.is_dir() {
                continue;
            }
            for case in fs::read_dir(&cases).with_context(|| format!("cannot read `{}`", cases.display()))? {
                let path = case?.path().join("expected.json");
                if path.is_file() {
                    golden.add(plugin, expected(&path)?);
                }
            }
        }
        Ok(golden)
    }

    /// Adds what one case of a plugin expects.
    pub(super) fn add(&mut self, plugin: &str, expected: Expected) {
        for package in expected.findings.into_iter().filter_map(|finding| finding.package) {
            let kind = package.purl.as_deref().and_then(|purl| purl.strip_prefix("pkg:")?.split('/').next());
            if let (Some(kind), None) = (kind, &package.namespace) {
                let reader = Reader { detector: plugin.to_owned(), scheme: package.scheme };
                self.packages.entry(kind.to_owned()).or_default().insert(reader);
            }
        }
        for affected in expected.advisories.into_iter().flat_map(|advisory| advisory.affected) {
            let feeds = self.feeds.entry(affected.namespace).or_default();
            feeds.entry(plugin.to_owned()).or_default().insert(affected.scheme);
        }
    }

    /// Who reads packages of a type of package URLs.
    pub(super) fn readers(&self, kind: &str) -> impl Iterator<Item = &Reader> {
        self.packages.get(kind).into_iter().flatten()
    }

    /// Feeds that speak of a release with these namespaces, or of another one of the same distributions, by name.
    pub(super) fn speakers(&self, namespaces: &[String]) -> BTreeMap<&str, Speaker> {
        let families: BTreeSet<_> = namespaces.iter().map(|namespace| family(namespace)).collect();
        let mut speakers: BTreeMap<&str, Speaker> = BTreeMap::new();
        for (namespace, feeds) in &self.feeds {
            if !families.contains(family(namespace)) {
                continue;
            }
            for (feed, schemes) in feeds {
                let speaker = speakers.entry(feed).or_default();
                speaker.schemes.extend(schemes.iter().cloned());
                speaker.names_the_release |= namespaces.contains(namespace);
            }
        }
        speakers
    }
}

fn expected(path: &Path) -> anyhow::Result<Expected> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot read `{}`", path.display()))
}

/// A namespace without what names the release: `debian` of `debian:bookworm`, `dhi:alpine` of `dhi:alpine:3.24`,
/// `redhat:enterprise_linux` of `redhat:enterprise_linux:9::baseos`.
fn family(namespace: &str) -> &str {
    let mut parts = namespace.match_indices(':').map(|(at, _)| at);
    let numbered = parts.clone().find(|at| {
        let part = namespace.get(at + 1..).and_then(|rest| rest.split(':').next()).unwrap_or_default();
        part.contains(|character: char| character.is_ascii_digit())
    });
    let end = numbered.or_else(|| parts.next_back()).unwrap_or(namespace.len());
    namespace.get(..end).unwrap_or(namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_a_namespace_without_its_release() {
        let check = |namespace: &str, expected: &str| assert_eq!(family(namespace), expected, "{namespace}");
        check("arch", "arch");
        check("debian:bookworm", "debian");
        check("osv/debian:12", "osv/debian");
        check("dhi:alpine:3.24", "dhi:alpine");
        check("redhat:enterprise_linux:9::baseos", "redhat:enterprise_linux");
        check("suse:linux enterprise server 15 sp6", "suse");
        check("ubuntu:pro:18.04", "ubuntu:pro");
        check("altlinux:p10", "altlinux");
    }

    #[test]
    fn packages_of_a_language_are_no_distributions() {
        let mut golden = Golden::default();
        let text = r#"{"findings": [
            {"path": "a", "package": {"name": "a", "version": "1", "scheme": "dpkg", "purl": "pkg:deb/a@1"}},
            {"path": "b", "package": {"name": "b", "version": "1", "scheme": "pep440", "namespace": "pypi", "purl": "pkg:pypi/b@1"}},
            {"path": "c", "ownership": {"package": "a", "paths": ["c"]}}]}"#;
        golden.add("mixed", serde_json::from_str(text).unwrap());
        let expected = Reader { detector: "mixed".to_owned(), scheme: "dpkg".to_owned() };
        assert_eq!(golden.readers("deb").collect::<Vec<_>>(), [&expected]);
        assert_eq!(golden.readers("pypi").count(), 0);
    }

    #[test]
    fn a_feed_speaks_of_all_releases_of_a_distribution_and_names_some() {
        let mut golden = Golden::default();
        let text = r#"{"advisories": [{"id": "A", "affected": [{"namespace": "debian:bookworm", "scheme": "dpkg"}]}, {"id": "B"}]}"#;
        golden.add("tracker", serde_json::from_str(text).unwrap());
        let names = |namespaces: &[&str]| {
            let namespaces: Vec<_> = namespaces.iter().map(ToString::to_string).collect();
            golden.speakers(&namespaces).get("tracker").map(|speaker| speaker.names_the_release)
        };
        assert_eq!(names(&["debian:bookworm", "debian:12"]), Some(true));
        assert_eq!(names(&["debian:trixie", "debian:13"]), Some(false));
        assert_eq!(names(&["ubuntu:22.04"]), None);
    }
}
