//! Holds package URLs against the cases that the specification publishes, and against another implementation.

use limpid_purl::{Invalid, Purl};
use proptest::prelude::*;

const PUBLISHED: &str = include_str!("published.txt");

/// Builds one of `type|namespace|name|version|qualifiers|subpath`.
fn build(parts: &str) -> Purl {
    let mut parts = parts.split('|');
    let mut part = || parts.next().unwrap_or_default();
    let (kind, namespace, name, version, qualifiers, subpath) =
        (part(), part(), part(), part(), part(), part());
    let purl = Purl::new(kind, name).namespace(namespace).version(version).subpath(subpath);
    // A value may hold `=`, but none of the published ones holds `&`.
    qualifiers
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .fold(purl, |purl, (key, value)| purl.qualifier(key, value))
}

#[test]
fn published_cases_are_read_and_written_as_the_specification_says() {
    let mut last: Option<(Purl, &str)> = None;
    let mut cases = 0;
    for line in PUBLISHED.lines().filter(|line| !line.starts_with('#')) {
        cases += 1;
        if let Some(parts) = line.strip_prefix("= ") {
            let (read, canonical) = last.take().unwrap();
            let built = build(parts);
            assert_eq!(read, built, "{line}");
            assert_eq!(built.to_string(), canonical, "{line}");
            continue;
        }
        let (given, canonical) = line.split_once(' ').unwrap();
        match (given.parse::<Purl>(), canonical) {
            (Err(_), "!") => {}
            (Ok(purl), canonical) => {
                assert_eq!(purl.to_string(), canonical, "{given}");
                assert_eq!(canonical.parse(), Ok(purl.clone()), "{canonical}");
                last = Some((purl, canonical));
            }
            (Err(why), _) => panic!("{given}: {why}"),
        }
    }
    assert!(cases > 80, "{cases}");
}

#[test]
fn a_colon_is_not_encoded_and_what_separates_is() {
    let purl = Purl::new("deb", "libstdc++6").version("1:12.2.0-14~x").qualifier("arch", "amd64");
    assert_eq!(purl.to_string(), "pkg:deb/libstdc%2B%2B6@1:12.2.0-14~x?arch=amd64");
    let purl = Purl::new("generic", "a/b").version("1@2?3#4%5").qualifier("k", "a&b=c");
    assert_eq!(purl.to_string(), "pkg:generic/a%2Fb@1%402%3F3%234%255?k=a%26b%3Dc");
    assert_eq!(purl.to_string().parse(), Ok(purl));
}

#[test]
fn qualifiers_are_sorted_each_once_and_none_empty() {
    let purl =
        Purl::new("deb", "a").qualifier("B", "2").qualifier("c", "").qualifier("a", "1").qualifier("b", "3");
    assert_eq!(purl.to_string(), "pkg:deb/a?a=1&b=3");
    assert_eq!(purl.qualifier("a", "").to_string(), "pkg:deb/a?b=3");
}

#[test]
fn what_the_specification_does_not_allow_is_told() {
    let check = |text: &str, expected: Invalid| assert_eq!(text.parse::<Purl>(), Err(expected), "{text}");
    check("", Invalid::Scheme);
    check("http://a/b", Invalid::Scheme);
    check("pkg:", Invalid::Type);
    check("pkg:de+b/a", Invalid::Type);
    check("pkg:deb//", Invalid::Name);
    check("pkg:deb/a%2Fb/c", Invalid::Namespace);
    check("pkg:deb/a?k=1&k=2", Invalid::Qualifier);
    check("pkg:deb/a#b%2Fc", Invalid::Subpath);
    check("pkg:deb/%f", Invalid::Encoding);
    check("pkg:deb/%ff", Invalid::Encoding);
    assert_eq!(Purl::new("npm", "a").qualifier("in production", "true").check(), Err(Invalid::Qualifier));
    assert_eq!(Purl::new("", "a").check(), Err(Invalid::Type));
    assert_eq!(Purl::new("maven", "").check(), Err(Invalid::Name));
}

proptest! {
    #[test]
    fn what_is_written_is_read_again_as_it_was(
        kind in prop::sample::select(vec!["deb", "rpm", "apk", "npm", "pypi", "golang", "generic", "x.y-z"]),
        namespace in prop::option::of("[^/]{1,6}(/[^/]{1,6})?"),
        name in "[^/]{1,8}",
        version in prop::option::of(".{1,8}"),
        qualifiers in prop::collection::btree_map("[a-z][a-z0-9._-]{0,4}", ".{0,6}", 0..4),
        subpath in prop::option::of("[^/.]{1,5}(/[^/.]{1,5})?"),
    ) {
        let purl = Purl::new(kind, name)
            .namespace(namespace.unwrap_or_default())
            .version(version.unwrap_or_default())
            .subpath(subpath.unwrap_or_default());
        let purl = qualifiers.into_iter().fold(purl, |purl, (key, value)| purl.qualifier(key, value)).canonical();
        let text = purl.to_string();
        prop_assert!(text.is_ascii());
        prop_assert_eq!(text.parse(), Ok(purl));
    }

    #[test]
    fn nothing_that_is_read_makes_it_panic(text in ".{0,30}", rest in "[%@/?#&=:a-z0-9]{0,30}") {
        let _ = text.parse::<Purl>();
        if let Ok(purl) = format!("pkg:deb/{rest}").parse::<Purl>() {
            prop_assert_eq!(purl.to_string().parse(), Ok(purl));
        }
    }

    #[test]
    fn another_implementation_reads_the_same_of_what_is_written(
        kind in prop::sample::select(vec!["deb", "rpm", "apk", "maven", "generic"]),
        namespace in "[a-z@+.-]{1,6}[a-z](/[a-z+~]{1,6})?",
        name in "[a-z0-9+._~@-]{1,8}",
        version in "[A-Za-z0-9:+._~@!^ -]{1,10}",
        qualifiers in prop::collection::btree_map("[a-z][a-z0-9._-]{0,4}", "[A-Za-z0-9:/+,&= ]{1,6}", 0..4),
    ) {
        let purl = Purl::new(kind, &name).namespace(&namespace).version(&version);
        let purl = qualifiers.iter().fold(purl, |purl, (key, value)| purl.qualifier(key, value)).canonical();
        let text = purl.to_string();
        let other: packageurl::PackageUrl<'_> = text.parse().unwrap();
        prop_assert_eq!(other.ty(), &purl.kind);
        prop_assert_eq!(other.namespace(), purl.namespace.as_deref());
        prop_assert_eq!(other.name(), &purl.name);
        prop_assert_eq!(other.version(), purl.version.as_deref());
        for (key, value) in &purl.qualifiers {
            prop_assert_eq!(other.qualifiers().get(key.as_str()).map(|value| &**value), Some(value.as_str()));
        }
    }
}
