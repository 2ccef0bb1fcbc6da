//! Random statements against a model in which each is the set of the versions of which it speaks.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// Versions of the model are below this.
const VERSIONS: u32 = 12;

#[derive(Clone, Debug)]
struct Stated {
    status: Status,
    /// From, until, and what `until` is to it.
    ranges: Vec<(Option<u32>, Option<u32>, RangeEnd)>,
    versions: Vec<u32>,
}

impl Stated {
    fn set(&self) -> BTreeSet<u32> {
        let within = |version: u32| {
            self.ranges.iter().any(|&(from, until, end)| {
                from.is_none_or(|from| version >= from)
                    && until
                        .is_none_or(|until| version < until || (end == RangeEnd::Last && version == until))
            })
        };
        (0..VERSIONS).filter(|&version| within(version) || self.versions.contains(&version)).collect()
    }

    fn is_vulnerable(&self) -> bool {
        self.status.affects() && self.status != Status::UnderInvestigation
    }

    /// The fixes that it names: where a range of affected versions ends.
    fn fixes(&self) -> impl Iterator<Item = u32> {
        let names_fixes = matches!(self.status, Status::Affected | Status::EndOfLife);
        let ends = self.ranges.iter().filter(move |range| names_fixes && range.2 == RangeEnd::Fix);
        ends.filter_map(|range| range.1)
    }

    /// The latest end of its ranges that the installed version has reached.
    fn reached(&self, installed: u32) -> Option<u32> {
        let ranges = self.ranges.iter().filter(|_| self.is_vulnerable());
        let ends = ranges.filter_map(|&(from, until, end)| {
            until.filter(|&until| end == RangeEnd::Fix && from.is_none_or(|from| from < until))
        });
        ends.filter(|&until| until <= installed).max()
    }

    fn statement(&self) -> Statement {
        let at = |version: Option<u32>| version.map(|version| keyed(&version.to_string()));
        let range = |&(from, until, end): &(Option<u32>, Option<u32>, RangeEnd)| KeyedRange {
            introduced: at(from),
            until: at(until),
            end,
        };
        Statement {
            ranges: self.ranges.iter().map(range).collect(),
            versions: self.versions.iter().map(|version| keyed(&version.to_string())).collect(),
            ..statement(self.status.as_str())
        }
    }
}

fn stated() -> impl Strategy<Value = Stated> {
    let status = prop_oneof![
        4 => Just(Status::Affected),
        1 => prop::sample::select(vec![
            Status::Fixed,
            Status::NotAffected,
            Status::UnderInvestigation,
            Status::WontFix,
            Status::FixDeferred,
            Status::EndOfLife,
        ]),
    ];
    let end = || prop::option::weighted(0.8, 0..VERSIONS);
    let range = (
        end(),
        end(),
        prop_oneof![6 => Just(RangeEnd::Fix), 1 => Just(RangeEnd::Last), 1 => Just(RangeEnd::Limit)],
    );
    (status, prop::collection::vec(range, 0..4), prop::collection::vec(0..VERSIONS, 0..2))
        .prop_map(|(status, ranges, versions)| Stated { status, ranges, versions })
}

/// What the model says, in the words of [`verdict`].
fn expected(stated: &[Stated], installed: u32) -> String {
    let mut speaking = stated.iter().filter(|stated| stated.set().contains(&installed));
    if speaking.clone().any(|stated| !stated.status.affects()) {
        return "not".to_owned();
    }
    let Some(first) = speaking.next() else {
        let reached = stated.iter().find_map(|stated| stated.reached(installed));
        return reached.map_or_else(|| "-".to_owned(), |fix| format!("reached {fix}"));
    };
    let still = |version: &u32| stated.iter().any(|s| s.is_vulnerable() && s.set().contains(version));
    let fixes = stated.iter().flat_map(Stated::fixes).filter(|fix| *fix > installed && !still(fix));
    let fix = fixes.min().map(|fix| format!(" {fix}")).unwrap_or_default();
    format!("{}{fix}", first.status.as_str())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn judging_by_keys_is_looking_into_sets_of_versions(stated in prop::collection::vec(stated(), 0..5)) {
        let statements: Vec<_> = stated.iter().map(Stated::statement).collect();
        for version in 0..VERSIONS {
            let installed = installed(package("a", &version.to_string()));
            prop_assert_eq!(verdict(&installed, &[], &statements), expected(&stated, version), "{}", version);
        }
    }

    #[test]
    fn a_missing_key_never_turns_a_yes_into_a_no(
        stated in prop::collection::vec(stated(), 1..4),
        lost in any::<prop::sample::Index>(),
    ) {
        let whole: Vec<_> = stated.iter().map(Stated::statement).collect();
        let mut broken = whole.clone();
        let ranges = broken.iter_mut().flat_map(|statement| &mut statement.ranges);
        let mut ends: Vec<_> =
            ranges.flat_map(|range| [&mut range.introduced, &mut range.until]).flatten().collect();
        if !ends.is_empty() {
            let place = lost.index(ends.len());
            ends[place].key = Err("lost".to_owned());
        }
        for version in 0..VERSIONS {
            let installed = installed(package("a", &version.to_string()));
            let (before, after) = (verdict(&installed, &[], &whole), verdict(&installed, &[], &broken));
            prop_assert!(before == "-" || after != "-", "{}: {} {}", version, before, after);
            prop_assert!(before == "not" || after != "not", "{}: {} {}", version, before, after);
            let reached = |verdict: &str| verdict.starts_with("reached");
            prop_assert!(reached(&before) || !reached(&after), "{}: {} {}", version, before, after);
        }
    }
}
