//! What all that is said of a package in a release and its pockets states of its versions.

use std::collections::BTreeMap;

use limpid_plugin_sdk::feed::{Affected, Range, Rating, Status};

use crate::release::{ESM, Place};
use crate::said::{Said, Word};

/// What is said of one package in one release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Of the release itself.
    pub(crate) plain: Option<Said>,
    /// Of its pockets.
    pub(crate) pockets: BTreeMap<String, Said>,
}

/// What is said of a vulnerability, by version of the release and name of the package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct All(BTreeMap<(String, String), Lines>);

/// Versions, and what is stated of them.
struct Statement {
    status: Status,
    range: Range,
    note: Option<String>,
}

impl All {
    /// Adds what is said of a package in a place. What comes later holds.
    pub(crate) fn add(&mut self, place: Place, package: &str, said: Said) {
        let lines = self.0.entry((place.version, package.to_owned())).or_default();
        match place.pocket {
            None => lines.plain = Some(said),
            Some(pocket) => drop(lines.pockets.insert(pocket, said)),
        }
    }

    /// Whether anything is said of a package in a place.
    pub(crate) fn has(&self, place: &Place, package: &str) -> bool {
        let lines = self.0.get(&(place.version.clone(), package.to_owned()));
        lines.is_some_and(|lines| match &place.pocket {
            None => lines.plain.is_some(),
            Some(pocket) => lines.pockets.contains_key(pocket),
        })
    }

    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is stated of versions. `rate` gives the ratings of one package in one release.
    pub(crate) fn affected(self, rate: impl Fn(&str, &str) -> Vec<Rating>) -> Vec<Affected> {
        let mut affected = Vec::new();
        for ((version, package), lines) in self.0 {
            let ratings = rate(&version, &package);
            let mut state = |pocket: Option<&str>, Statement { status, range, note }: Statement| {
                affected.push(Affected {
                    namespace: Place::namespace(&version, pocket),
                    name: package.clone(),
                    source: true,
                    scheme: "dpkg".to_owned(),
                    status,
                    ranges: vec![range],
                    ratings: ratings.clone(),
                    note,
                    ..Affected::default()
                });
            };
            plain(&lines).into_iter().for_each(|statement| state(None, statement));
            for (pocket, said) in &lines.pockets {
                own(said).into_iter().for_each(|statement| state(Some(pocket), statement));
            }
        }
        affected
    }
}

/// What is said of a place, of the versions of that place.
fn own(said: &Said) -> Option<Statement> {
    let detail = Some(said.detail.clone()).filter(|detail| !detail.is_empty());
    let (status, range, note) = match (said.word, said.version()) {
        (Word::Missing, _) => return None,
        (Word::Released, Some(fix)) => (Status::Affected, Range::before(fix), None),
        (Word::Released, None) => {
            let note = join(Some("fixed in a version that is not named".to_owned()), detail);
            (Status::UnderInvestigation, Range::all(), note)
        }
        (Word::NotAffected, _) => (Status::NotAffected, Range::all(), detail),
        (Word::Needed, _) => (Status::Affected, Range::all(), detail),
        (Word::NeedsTriage, _) => (Status::UnderInvestigation, Range::all(), detail),
        (Word::Pending, Some(version)) => {
            let note = format!("a fix is pending: {version}");
            (Status::Affected, Range::below(version), Some(note))
        }
        (Word::Pending | Word::Ignored, _) if said.is_end() => (Status::EndOfLife, Range::all(), detail),
        (Word::Pending, None) => {
            (Status::Affected, Range::all(), join(Some("a fix is pending".to_owned()), detail))
        }
        (Word::Deferred, _) => (Status::FixDeferred, Range::all(), detail),
        (Word::Ignored, _) => (Status::WontFix, Range::all(), detail),
    };
    Some(Statement { status, range, note })
}

/// What is said of the release itself, together with what its ESM pockets say of it.
fn plain(lines: &Lines) -> Vec<Statement> {
    let esm = || ESM.into_iter().filter_map(|pocket| Some((pocket, lines.pockets.get(pocket)?)));
    // That standard support ended is all that is said of the release then; the pocket was looked at.
    let is_left = |said: &Said| said.is_end();
    match &lines.plain {
        Some(said) if is_settled(said) => own(said).into_iter().collect(),
        Some(said) => {
            let fixed = esm().find_map(|(pocket, of_pocket)| Some((pocket, fix(of_pocket)?)));
            let sound = esm().find(|(_, of_pocket)| is_sound(of_pocket)).filter(|_| is_left(said));
            match (fixed, sound) {
                (Some((pocket, version)), _) => with_fix(own(said), pocket, version),
                (None, Some((pocket, of_pocket))) => vec![not_affected(pocket, of_pocket)],
                (None, None) => own(said).into_iter().collect(),
            }
        }
        // Of what nobody looks at any more there is no line, and in documents of OVAL there is one of the two.
        None => match esm().find(|(_, said)| said.word != Word::Missing) {
            Some((pocket, said)) => match fix(said) {
                Some(version) => with_fix(Some(affected()), pocket, version),
                None if is_sound(said) => vec![not_affected(pocket, said)],
                None => own(said).into_iter().collect(),
            },
            None => Vec::new(),
        },
    }
}

/// Whether the release needs no fix of a pocket.
fn is_settled(said: &Said) -> bool {
    match said.word {
        Word::Released => said.version().is_some(),
        Word::NotAffected | Word::Missing => true,
        Word::Needed | Word::NeedsTriage | Word::Pending | Word::Deferred | Word::Ignored => false,
    }
}

/// The version from which on a pocket is fixed. One that was fixed before is not affected from some version on.
fn fix(of_pocket: &Said) -> Option<&str> {
    let is_fixed = matches!(of_pocket.word, Word::Released)
        || (of_pocket.word == Word::NotAffected && is_of_esm(of_pocket.version()));
    of_pocket.version().filter(|_| is_fixed)
}

/// Whether a version is one that only ESM has: `1.2-3ubuntu1+esm2`.
fn is_of_esm(version: Option<&str>) -> bool {
    version.is_some_and(|version| version.contains("esm"))
}

fn is_sound(of_pocket: &Said) -> bool {
    of_pocket.word == Word::NotAffected && !is_of_esm(of_pocket.version())
}

const fn affected() -> Statement {
    Statement { status: Status::Affected, range: Range::all(), note: None }
}

/// What is affected below a version that only subscribers get, and fixed from it on: whoever has it got it from there.
fn with_fix(statement: Option<Statement>, pocket: &str, version: &str) -> Vec<Statement> {
    let Some(Statement { status, note, range }) = statement else { return Vec::new() };
    let note = join(note, Some(format!("fixed in Ubuntu Pro ({pocket}): {version}")));
    // What was fixed was there.
    let status = if status == Status::UnderInvestigation { Status::Affected } else { status };
    // A fix that is pending in the release itself comes before.
    let range = if range.until.is_some() { range } else { Range::below(version) };
    let fixed = Statement {
        status: Status::Fixed,
        range: Range::since(version),
        note: Some(format!("fixed in Ubuntu Pro ({pocket})")),
    };
    vec![Statement { status, range, note }, fixed]
}

fn not_affected(pocket: &str, said: &Said) -> Statement {
    let detail = Some(said.detail.clone()).filter(|detail| !detail.is_empty());
    let note = join(detail, Some(format!("as stated of {pocket}")));
    Statement { status: Status::NotAffected, range: Range::all(), note }
}

/// Both, with a semicolon between them.
fn join(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first}; {second}")),
        (first, second) => first.or(second),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::{Name, named};

    /// What lines of the tracker state, a text for each statement.
    fn stated(lines: &[&str]) -> Vec<String> {
        let mut all = All::default();
        for line in lines {
            let (name, said) = line.split_once(": ").unwrap();
            let Name::Place(place) = named(name, None) else { panic!("{line}") };
            all.add(place, "left-pad", Said::parse(said).unwrap());
        }
        let affected = all.affected(|_, _| Vec::new());
        let shown = affected.into_iter().map(|one| {
            let place = one.namespace.replace("ubuntu:16.04", "xenial");
            let note = one.note.map(|note| format!(" [{note}]")).unwrap_or_default();
            assert_eq!(one.ranges.len(), 1);
            format!("{place} {:?} {}{note}", one.status, range(&one.ranges[0]))
        });
        shown.collect()
    }

    fn range(range: &Range) -> String {
        use limpid_plugin_sdk::feed::Bound;
        let until = match &range.until {
            None => return range.introduced.as_ref().map_or("all".to_owned(), |from| format!(">= {from}")),
            Some(Bound::Excluding(version)) => format!("< {version}"),
            Some(Bound::Limit(version)) => format!("below {version}"),
            Some(Bound::Including(version)) => format!("<= {version}"),
        };
        assert_eq!(range.introduced, None);
        until
    }

    #[test]
    fn a_release_speaks_for_itself() {
        let check = |said: &str, expected: &[&str]| {
            assert_eq!(stated(&[&format!("xenial: {said}")]), expected, "{said}");
        };
        check("released (1.2-3ubuntu1)", &["xenial Affected < 1.2-3ubuntu1"]);
        check("released", &["xenial UnderInvestigation all [fixed in a version that is not named]"]);
        check("not-affected (code not present)", &["xenial NotAffected all [code not present]"]);
        check("not-affected (1.2-3)", &["xenial NotAffected all [1.2-3]"]);
        check("DNE", &[]);
        check("needed", &["xenial Affected all"]);
        check("active", &["xenial Affected all"]);
        check("needs-triage", &["xenial UnderInvestigation all"]);
        check("pending (1.2-4)", &["xenial Affected below 1.2-4 [a fix is pending: 1.2-4]"]);
        check("pending", &["xenial Affected all [a fix is pending]"]);
        check("pending (reached end-of-life)", &["xenial EndOfLife all [reached end-of-life]"]);
        check("deferred (2024-05-01)", &["xenial FixDeferred all [2024-05-01]"]);
        check("ignored (abandoned)", &["xenial WontFix all [abandoned]"]);
        check("ignored", &["xenial WontFix all"]);
        check("ignored (end of standard support)", &["xenial EndOfLife all [end of standard support]"]);
    }

    #[test]
    fn a_fix_that_only_a_pocket_has_is_none_of_the_release() {
        assert_eq!(
            stated(&["xenial: ignored (end of standard support)", "esm-infra/xenial: released (1.2-3+esm1)"]),
            [
                "xenial EndOfLife below 1.2-3+esm1 \
                 [end of standard support; fixed in Ubuntu Pro (esm-infra): 1.2-3+esm1]",
                "xenial Fixed >= 1.2-3+esm1 [fixed in Ubuntu Pro (esm-infra)]",
                "xenial:esm-infra Affected < 1.2-3+esm1",
            ]
        );
        assert_eq!(
            stated(&["xenial: needs-triage", "esm-apps/xenial: released (1.2-3+esm1)"]),
            [
                "xenial Affected below 1.2-3+esm1 [fixed in Ubuntu Pro (esm-apps): 1.2-3+esm1]",
                "xenial Fixed >= 1.2-3+esm1 [fixed in Ubuntu Pro (esm-apps)]",
                "xenial:esm-apps Affected < 1.2-3+esm1",
            ]
        );
        assert_eq!(
            stated(&[
                "esm-infra/xenial: released (1.2-3+esm1)",
                "esm-infra-legacy/xenial: released (1.2-3+esm2)"
            ]),
            [
                "xenial Affected below 1.2-3+esm1 [fixed in Ubuntu Pro (esm-infra): 1.2-3+esm1]",
                "xenial Fixed >= 1.2-3+esm1 [fixed in Ubuntu Pro (esm-infra)]",
                "xenial:esm-infra Affected < 1.2-3+esm1",
                "xenial:esm-infra-legacy Affected < 1.2-3+esm2",
            ]
        );
    }

    #[test]
    fn a_release_that_is_fixed_or_sound_needs_no_pocket() {
        assert_eq!(
            stated(&["xenial: released (1.2-2)", "esm-infra/xenial: released (1.2-2)"]),
            ["xenial Affected < 1.2-2", "xenial:esm-infra Affected < 1.2-2"]
        );
        assert_eq!(
            stated(&["xenial: not-affected", "esm-infra/xenial: released (1.2-2)"]),
            ["xenial NotAffected all", "xenial:esm-infra Affected < 1.2-2"]
        );
        assert_eq!(stated(&["xenial: DNE", "esm-infra/xenial: DNE (xenial was needed)"]), [""; 0]);
    }

    #[test]
    fn what_a_pocket_says_is_not_affected_was_not_when_support_ended() {
        assert_eq!(
            stated(&[
                "xenial: ignored (end of standard support)",
                "esm-infra/xenial: not-affected (code not present)"
            ]),
            [
                "xenial NotAffected all [code not present; as stated of esm-infra]",
                "xenial:esm-infra NotAffected all [code not present]",
            ]
        );
        assert_eq!(
            stated(&["xenial: needed", "esm-infra/xenial: not-affected (code not present)"]),
            ["xenial Affected all", "xenial:esm-infra NotAffected all [code not present]"]
        );
        assert_eq!(
            stated(&["xenial: ignored (end of life)", "esm-infra/xenial: not-affected (1.2-3+esm4)"]),
            [
                "xenial EndOfLife below 1.2-3+esm4 [end of life; fixed in Ubuntu Pro (esm-infra): 1.2-3+esm4]",
                "xenial Fixed >= 1.2-3+esm4 [fixed in Ubuntu Pro (esm-infra)]",
                "xenial:esm-infra NotAffected all [1.2-3+esm4]",
            ]
        );
    }

    #[test]
    fn other_pockets_say_nothing_of_the_release() {
        assert_eq!(
            stated(&["xenial: needed", "fips/xenial: released (1.2-3fips1)"]),
            ["xenial Affected all", "xenial:fips Affected < 1.2-3fips1"]
        );
        assert_eq!(stated(&["fips/xenial: needed"]), ["xenial:fips Affected all"]);
    }

    #[test]
    fn a_pocket_alone_speaks_for_a_release_of_which_nobody_does_any_more() {
        assert_eq!(
            stated(&["esm-apps/xenial: needed"]),
            ["xenial Affected all", "xenial:esm-apps Affected all"]
        );
        assert_eq!(
            stated(&["esm-infra/xenial: DNE", "esm-apps/xenial: deferred"]),
            ["xenial FixDeferred all", "xenial:esm-apps FixDeferred all"]
        );
    }
}
