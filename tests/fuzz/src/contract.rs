//! What a plugin's answer must be like, whatever it was given: where it is not, the host refuses a
//! fact that the input did state.

use limpid_plugin_sdk::detector::{Detector, Distribution, Fact, File, Ownership, Package};
use limpid_plugin_sdk::feed::{Advisory, Affected, Enrichment, Source};
use limpid_plugin_sdk::testing::Collected;

/// Files of the given paths, each of which gets a part of the input; see [`SEPARATOR`](crate::SEPARATOR).
pub fn files(input: &[u8], paths: &[&str]) -> Vec<File> {
    let parts = input.splitn(paths.len(), |&byte| byte == crate::SEPARATOR);
    parts.zip(paths).map(|(part, path)| File::in_memory(*path, part)).collect()
}

/// Shows files to a detector and checks what it makes of them.
///
/// # Panics
/// Where a rule is broken.
pub fn check_detector<D: Detector>(files: &[File]) {
    // The readers of this repository always have something to say of each file.
    let report = D::detect(files).expect("a detector that was shown files says nothing at all");
    let is_shown = |path: &str| files.iter().any(|file| file.path() == path);
    for finding in &report.findings {
        assert!(is_shown(&finding.path), "a finding in `{}`, which was not shown", finding.path);
        check_fact(&finding.fact);
    }
    for unread in &report.unread {
        assert!(is_shown(&unread.path), "`{}` is unread, but was not shown", unread.path);
    }
}

fn check_fact(fact: &Fact) {
    match fact {
        Fact::Distribution(distribution) => check_distribution(distribution),
        Fact::Package(package) => check_package(package),
        // One path that cannot be used would cost all that the package owns.
        Fact::Ownership(ownership) => {
            assert!(!ownership.paths.is_empty(), "owns nothing, and says so: {ownership:?}");
            for path in &ownership.paths {
                assert!((1..=Ownership::MAX_PATH).contains(&path.len()), "a path of {} bytes", path.len());
                assert!(!path.starts_with('/'), "`{path}` begins with a slash");
            }
        }
        Fact::Property(name, _) => assert!(!name.is_empty(), "a property without a name"),
    }
}

fn check_distribution(distribution: &Distribution) {
    assert!(!distribution.id.is_empty(), "no id: {distribution:?}");
    assert!(distribution.namespaces.iter().all(|namespace| !namespace.is_empty()), "{distribution:?}");
}

fn check_package(package: &Package) {
    for text in [&package.name, &package.version, &package.scheme] {
        assert!(!text.is_empty(), "an empty field: {package:?}");
    }
    let is_printable = package.purl.bytes().all(|byte| byte.is_ascii_graphic());
    assert!(package.purl.starts_with("pkg:") && is_printable, "not a purl: {package:?}");
    if let Some(source) = &package.source {
        assert!(!source.name.is_empty() && !source.version.is_empty(), "an empty field: {package:?}");
    }
}

/// Checks what a feed gave, all of whose sources lie below `origin`.
///
/// # Panics
/// Where a rule is broken.
pub fn check_collected(collected: &Collected, origin: &str) {
    collected.advisories.iter().for_each(check_advisory);
    for Enrichment { id, kind, .. } in &collected.enrichments {
        assert!(!id.is_empty() && !kind.is_empty(), "an enrichment `{kind}` of `{id}`");
    }
    for Source { name, url, .. } in &collected.followed {
        let below = url.strip_prefix(origin).expect("a document leads to another publisher");
        let leads_up = below.split(['/', '?', '#']).any(|part| part == "..");
        let leads_astray = leads_up || !below.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(!name.is_empty() && !leads_astray, "`{url}` is no address of the publisher's");
    }
}

fn check_advisory(advisory: &Advisory) {
    assert!(!advisory.id.is_empty(), "no id: {advisory:?}");
    for affected in &advisory.affected {
        let Affected { namespace, name, scheme, .. } = affected;
        let is_named = [namespace, name, scheme].iter().all(|text| !text.is_empty());
        assert!(is_named, "an empty field of `{}`: {affected:?}", advisory.id);
    }
}
