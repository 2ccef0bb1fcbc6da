//! What layers introduce and clear, against what affects the image in the end.

use std::collections::BTreeMap;

use limpid_model::report::Origin;
use limpid_model::{Distribution, KeyedRange, RangeEnd, Statement, Status};
use proptest::prelude::*;

use super::stacks::{layer, spec};
use super::*;
use crate::test_support::{component, keyed};
use crate::{
    Advisories, Authority, Matches, OwnedPackages, PackageAdvisory, States, fingerprint, match_packages,
};

/// Advisory `id` says that versions of a package below `until` are affected.
fn advisory((name, id, until): &(String, String, u32)) -> PackageAdvisory {
    let range = KeyedRange { introduced: None, until: Some(keyed(&until.to_string())), end: RangeEnd::Fix };
    PackageAdvisory {
        id: id.clone(),
        name: name.clone(),
        origin: Arc::new(Origin {
            feed: "feed".to_owned(),
            source: "source".to_owned(),
            namespace: "best".to_owned(),
        }),
        vulnerabilities: vec![id.clone()],
        statements: vec![Statement {
            of_source: false,
            scheme: "number".to_owned(),
            component: Some(component()),
            status: Status::Affected,
            ranges: vec![range],
            versions: Vec::new(),
            requires: Vec::new(),
            ratings: Vec::new(),
            note: None,
        }],
        first_name: None,
    }
}

fn judged(contents: &Contents, advisories: &Advisories) -> Matches {
    let mut authority = Authority::new(advisories, OwnedPackages::LeftToDistribution);
    let Ok(matches) = match_packages(advisories, &mut authority, contents, 0..contents.packages.len());
    matches
}

fn distribution() -> Distribution {
    Distribution {
        id: "test".to_owned(),
        version_id: String::new(),
        pretty_name: String::new(),
        cpe: None,
        namespaces: vec!["best".to_owned()],
        supported_until: None,
    }
}

/// An image, what was ever there in it and what affects that.
struct Image {
    contents: Contents,
    ever: Contents,
    states: States,
    layers: usize,
    advisories: Advisories,
}

impl Image {
    fn new(layers: Vec<Layer>, advisories: &[(String, String, u32)]) -> Self {
        let count = layers.len();
        let (facts, hidden) = laid(layers);
        let mut states = States::default();
        let mut contents =
            fold_with_states(facts, &hidden, |_, _| (), |place, there| states.note(place, there));
        contents.distribution = Some(distribution());
        let ever = states.contents(&contents);
        let advisories = advisories.iter().map(advisory).collect();
        Self { contents, ever, states, layers: count, advisories }
    }

    /// `+X a=1` and `-X a=1>2` of each layer.
    fn changes(&self) -> Vec<String> {
        let matches = judged(&self.ever, &self.advisories).matches;
        let word = |found: usize| {
            let found = &matches[found];
            format!("{} {}", found.id, word(&self.ever.packages[found.package]))
        };
        let of_layer = |changes: &crate::FindingChanges| {
            let introduced = changes.introduced.iter().map(|found| format!("+{}", word(*found)));
            let cleared = changes.cleared.iter().map(|cleared| {
                let now = cleared.version.as_ref().map(|version| format!(">{version}")).unwrap_or_default();
                format!("-{}{now}", word(cleared.found))
            });
            introduced.chain(cleared).collect::<Vec<_>>().join(", ")
        };
        self.states.changes(self.layers, &matches).iter().map(of_layer).collect()
    }
}

fn check(layers: &[&str], advisories: &[(&str, &str, u32)], expected: &[&str]) {
    let advisories: Vec<_> =
        advisories.iter().map(|(name, id, until)| ((*name).to_owned(), (*id).to_owned(), *until)).collect();
    let image = Image::new(layers.iter().map(|text| Layer::read(text)).collect(), &advisories);
    assert_eq!(image.changes(), expected, "{layers:?}");
}

#[test]
fn a_layer_introduces_what_affects_its_packages_and_clears_what_it_fixes_or_removes() {
    let advisories = [("a", "X", 2), ("a", "Y", 3), ("b", "Z", 9)];
    check(
        &["db: a=1 b=1", "other:", "db: a=2 b=1", "db: a=3", "-db"],
        &advisories,
        &["+X a=1, +Y a=1, +Z b=1", "", "-X a=1>2", "-Z b=1, -Y a=2>3", ""],
    );
    check(&["db: a=3", "db: a=1"], &advisories, &["", "+X a=1, +Y a=1"]);
}

#[test]
fn a_package_that_is_stated_again_or_twice_introduces_nothing_more() {
    let advisories = [("a", "X", 2)];
    check(&["db: a=1", "copy: a=1", "-db", "-copy"], &advisories, &["+X a=1", "", "", "-X a=1"]);
    check(&["db: a:x=1 a:y=1", "db: a:y=1"], &advisories, &["+X a:x=1, +X a:y=1", "-X a:x=1"]);
}

#[test]
fn of_two_copies_the_one_that_is_left_keeps_the_finding() {
    let advisories = [("a", "X", 3)];
    check(&["x: a=1 y: a=2", "-x"], &advisories, &["+X a=1, +X a=2", "-X a=1>2"]);
}

type Counts = BTreeMap<String, i64>;

fn count(counts: &mut Counts, contents: &Contents, found: &crate::Match, by: i64) {
    let package = &contents.packages[found.package].package;
    *counts.entry(fingerprint(&found.first_name, package)).or_default() += by;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_layers_introduce_without_what_they_clear_is_what_affects_the_image(
        specs in prop::collection::vec(spec(), 1..6),
        advisories in prop::collection::btree_set(("[ab]", "[XYZ]", 1..4_u32), 0..4),
    ) {
        let advisories: Vec<_> = advisories.into_iter().collect();
        let image = Image::new(specs.iter().map(layer).collect(), &advisories);
        let ever = judged(&image.ever, &image.advisories).matches;
        let mut sum = Counts::new();
        for changes in image.states.changes(image.layers, &ever) {
            for found in changes.introduced {
                count(&mut sum, &image.ever, &ever[found], 1);
            }
            for cleared in changes.cleared {
                count(&mut sum, &image.ever, &ever[cleared.found], -1);
            }
            prop_assert!(sum.values().all(|count| *count >= 0));
        }
        sum.retain(|_, count| *count != 0);
        let mut report = Counts::new();
        for found in judged(&image.contents, &image.advisories).matches {
            count(&mut report, &image.contents, &found, 1);
        }
        prop_assert_eq!(sum, report);
    }
}
