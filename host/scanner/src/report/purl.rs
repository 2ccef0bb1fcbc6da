use std::borrow::Cow;
use std::fmt::Write as _;

use limpid_model::{Distribution, Package, Scope};
use limpid_purl::{Canonical, Purl};

/// Completes a [package URL](https://github.com/package-url/purl-spec) whose namespace and
/// qualifier `distro` a layer alone does not tell: `pkg:deb/curl@7.88?arch=amd64` becomes
/// `pkg:deb/debian/curl@7.88?arch=amd64&distro=debian-12`. What a plugin wrote in another form is in the
/// canonical one after that; what is none stays as it is.
pub(super) fn complete(package: &Package, distribution: Option<&Distribution>) -> String {
    let distribution = distribution.filter(|_| package.scope == Scope::Distribution);
    if let Some(canonical) = Canonical::of(&package.purl) {
        let Some(distribution) = distribution else { return package.purl.clone() };
        if let Some(text) = canonical.completed(&distribution.id, ("distro", &distro(distribution))) {
            return text;
        }
    }
    completed_in_parts(package, distribution)
}

/// The same, whatever form it is in.
fn completed_in_parts(package: &Package, distribution: Option<&Distribution>) -> String {
    let Ok(mut purl) = package.purl.parse::<Purl>() else {
        return package.purl.clone();
    };
    if let Some(distribution) = distribution {
        if purl.namespace.is_none() {
            purl = purl.namespace(&distribution.id);
        }
        purl = purl.qualifier("distro", distro(distribution));
    }
    // Long enough as a rule: it does not grow bit by bit.
    let mut text = String::with_capacity(package.purl.len() + ADDED);
    // A string takes everything.
    _ = write!(text, "{purl}");
    text
}

/// A distribution, as qualifiers name it.
fn distro(distribution: &Distribution) -> Cow<'_, str> {
    match distribution.version_id.as_str() {
        "" => Cow::Borrowed(&distribution.id),
        version => Cow::Owned([&distribution.id, "-", version].concat()),
    }
}

/// Bytes of what the distribution adds, about.
const ADDED: usize = "debian/&distro=debian-12".len();

#[cfg(test)]
mod tests {
    use limpid_model::{Evidence, Text};
    use proptest::prelude::*;

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

    fn distribution(id: &str, version_id: &str) -> Distribution {
        Distribution {
            id: id.to_owned(),
            version_id: version_id.to_owned(),
            pretty_name: String::new(),
            cpe: None,
            namespaces: Vec::new(),
            supported_until: None,
        }
    }

    fn check(purl: &str, version_id: &str, expected: &str) {
        let package = package(purl);
        let distribution = distribution("debian", version_id);
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

    proptest! {
        #[test]
        fn what_is_canonical_is_completed_as_all_others_are(
            kind in "deb|rpm|generic",
            name in "([a-zB./+-]|%2B|%2b|%2F){1,6}",
            arch in "([?](arch|e)=(amd64|%2F)?)?",
            id in "[a-zA /]{0,3}",
            version_id in "[0-9 .%]{0,3}",
        ) {
            let package = package(&format!("pkg:{kind}/{name}@1{arch}"));
            let distribution = distribution(&id, &version_id);
            prop_assert_eq!(
                complete(&package, Some(&distribution)),
                completed_in_parts(&package, Some(&distribution))
            );
            prop_assert_eq!(complete(&package, None), completed_in_parts(&package, None));
        }
    }

    #[test]
    fn what_a_plugin_wrote_in_another_form_is_reported_in_the_canonical_one() {
        check_from("pkg:deb/attr@1%3A2.4", "pkg:deb/attr@1:2.4");
    }
}
