use std::fmt::Write as _;

use limpid_model::{Distribution, Package, Scope};
use limpid_purl::Purl;

/// Completes a [package URL](https://github.com/package-url/purl-spec) whose namespace and
/// qualifier `distro` a layer alone does not tell: `pkg:deb/curl@7.88?arch=amd64` becomes
/// `pkg:deb/debian/curl@7.88?arch=amd64&distro=debian-12`. What a plugin wrote in another form is in the
/// canonical one after that; what is none stays as it is.
pub(super) fn complete(package: &Package, distribution: Option<&Distribution>) -> String {
    let Ok(mut purl) = package.purl.parse::<Purl>() else {
        return package.purl.clone();
    };
    if let (Scope::Distribution, Some(distribution)) = (&package.scope, distribution) {
        if purl.namespace.is_none() {
            purl = purl.namespace(&distribution.id);
        }
        purl = purl.qualifier(
            "distro",
            match distribution.version_id.as_str() {
                "" => distribution.id.clone(),
                version => [&distribution.id, "-", version].concat(),
            },
        );
    }
    // Long enough as a rule: it does not grow bit by bit.
    let mut text = String::with_capacity(package.purl.len() + ADDED);
    // A string takes everything.
    _ = write!(text, "{purl}");
    text
}

/// Bytes of what the distribution adds, about.
const ADDED: usize = "debian/&distro=debian-12".len();

#[cfg(test)]
mod tests {
    use limpid_model::{Evidence, Text};

    use super::*;

    fn package(purl: &str) -> Package {
        Package {
            name: Text::default(),
            version: Text::default(),
            scheme: Text::default(),
            scope: Scope::Distribution,
            evidence: Evidence::Installed,
            purl: purl.to_owned(),
            arch: None,
            source: None,
            symbols: None,
            qualifiers: Vec::new(),
            licenses: Vec::new(),
            requires: None,
        }
    }

    fn check_from(purl: &str, expected: &str) {
        assert_eq!(complete(&package(purl), None), expected);
    }

    fn check(purl: &str, version_id: &str, expected: &str) {
        let package = package(purl);
        let distribution = Distribution {
            id: "debian".to_owned(),
            version_id: version_id.to_owned(),
            pretty_name: String::new(),
            cpe: None,
            namespaces: Vec::new(),
            supported_until: None,
        };
        assert_eq!(complete(&package, Some(&distribution)), expected);
        assert_eq!(complete(&package, None), purl);
    }

    #[test]
    fn namespace_and_distro_come_from_the_distribution() {
        check("pkg:deb/curl@7?arch=amd64", "12", "pkg:deb/debian/curl@7?arch=amd64&distro=debian-12");
        check("pkg:deb/curl@7", "", "pkg:deb/debian/curl@7?distro=debian");
        check("pkg:deb/a@1?upstream=b#c", "1 2", "pkg:deb/debian/a@1?distro=debian-1%202&upstream=b#c");
        check("pkg:deb/attr@1:2.4", "12", "pkg:deb/debian/attr@1:2.4?distro=debian-12");
        check("nonsense", "1", "nonsense");
    }

    #[test]
    fn what_a_plugin_wrote_in_another_form_is_reported_in_the_canonical_one() {
        check_from("pkg:deb/attr@1%3A2.4", "pkg:deb/attr@1:2.4");
    }
}
