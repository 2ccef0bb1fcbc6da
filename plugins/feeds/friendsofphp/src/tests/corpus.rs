//! The whole database, against a count that knows nothing of how it is read here.

use std::collections::BTreeSet;

use limpid_plugin_sdk::feed::{Bound, Feed as _, Range};
use limpid_plugin_sdk::scheme::Scheme as _;
use limpid_plugin_sdk::testing::{Collected, InMemory};
use limpid_scheme_composer::Composer;

use crate::FriendsOfPhp;

/// The constraints of all branches, by the lines of a document.
fn constraints(text: &str) -> BTreeSet<Vec<String>> {
    let lists = text.lines().filter_map(|line| line.trim().strip_prefix("versions:"));
    let list = |list: &str| {
        let items = list.trim().trim_start_matches('[').trim_end_matches(']').split(',');
        items.map(|item| item.trim().trim_matches(['\'', '"']).replace(' ', "")).collect()
    };
    lists.map(list).collect()
}

/// The constraints that a range comes from.
fn constraint(range: &Range, spared: &[String]) -> Vec<String> {
    let from = range.introduced.as_ref().map(|from| match spared.contains(from) {
        true => format!(">{from}"),
        false => format!(">={}", from.strip_suffix("-dev").unwrap_or(from)),
    });
    let until = range.until.as_ref().map(|until| match until {
        Bound::Excluding(end) => format!("<{end}"),
        Bound::Including(end) => format!("<={end}"),
        Bound::Limit(_) => panic!("{range:?}"),
    });
    from.into_iter().chain(until).collect()
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_database_is_lost() {
    let members = limpid_test_corpus::members("feeds/php/friendsofphp-security-advisories.tar.zst", |_| true);
    let texts: Vec<(String, String)> = members
        .into_iter()
        .map(|(name, bytes)| {
            (format!("security-advisories-master/{name}"), String::from_utf8(bytes).unwrap())
        })
        .collect();
    let mut sink = Collected::default();
    let mut documents = InMemory::new(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    FriendsOfPhp::parse("advisories", &mut documents, &mut sink).unwrap();
    assert_eq!(sink.rejected, []);
    let texts: Vec<_> = texts.iter().filter(|(_, text)| text.contains("\nreference:")).collect();
    assert_eq!((sink.advisories.len(), texts.len()), (1592, 1592));
    for ((name, text), advisory) in texts.iter().zip(&sink.advisories) {
        let affected = &advisory.affected[0];
        let package: Vec<&str> = name.split('/').skip(1).take(2).collect();
        assert_eq!(affected.name, package.join("/").to_lowercase(), "{name}");
        let cve = text.lines().find_map(|line| line.strip_prefix("cve:")).map(str::trim);
        if let Some(cve) = cve.filter(|cve| cve.starts_with("CVE-")) {
            assert_eq!(advisory.id, cve, "{name}");
        }
        let spared = advisory.affected.get(1).map(|one| one.versions.clone()).unwrap_or_default();
        let stated: BTreeSet<_> = affected.ranges.iter().map(|range| constraint(range, &spared)).collect();
        assert_eq!(stated, constraints(text), "{name}");
        for range in &affected.ranges {
            let key = |version: &str| {
                Composer::key(version).unwrap_or_else(|why| panic!("{name}: {version}: {why}"))
            };
            let from = range.introduced.as_deref().map(key);
            let until = range.until.as_ref().map(|until| match until {
                Bound::Excluding(end) | Bound::Including(end) | Bound::Limit(end) => key(end),
            });
            assert!(from.is_none_or(|from| until.is_some_and(|until| from < until)), "{name}: {range:?}");
        }
    }
}
