//! Statements are written as `status` and then what they speak of: `1..3` is from 1 up to 3
//! excluding it, `1..=3` including it, `..3` from the first version on, `1..` without an end, `=5`
//! the single version 5; `?` stands for a version that has no key. Statements are separated by `;`.

use super::*;
use crate::test_support::{component, installed, keyed, package};

mod intervals;

fn statement(text: &str) -> Statement {
    let mut words = text.split_whitespace();
    let status = status(words.next().unwrap());
    let mut statement = Statement {
        of_source: false,
        scheme: "number".to_owned(),
        component: Some(component()),
        status,
        ranges: Vec::new(),
        versions: Vec::new(),
        requires: Vec::new(),
        ratings: Vec::new(),
        note: None,
    };
    for word in words {
        match word.strip_prefix('=') {
            Some(version) => statement.versions.push(keyed(version)),
            None => statement.ranges.push(range(word)),
        }
    }
    statement
}

fn status(word: &str) -> Status {
    let all = [
        Status::Affected,
        Status::Fixed,
        Status::NotAffected,
        Status::UnderInvestigation,
        Status::WontFix,
        Status::FixDeferred,
        Status::EndOfLife,
    ];
    all.into_iter().find(|status| status.as_str() == word).unwrap()
}

fn range(word: &str) -> KeyedRange {
    let (introduced, until) = word.split_once("..").unwrap();
    let end = |text: &str| (!text.is_empty()).then(|| keyed(text));
    KeyedRange {
        introduced: end(introduced),
        until: end(until.trim_start_matches('=')),
        end: if until.starts_with('=') { RangeEnd::Last } else { RangeEnd::Fix },
    }
}

fn statements(text: &str) -> Vec<Statement> {
    text.split(';').map(statement).collect()
}

/// `-`, `not`, `unknown`, or the status and the fix: `affected 3`.
fn verdict(installed: &Installed, properties: &[(String, String)], statements: &[Statement]) -> String {
    let subject = Subject::new(installed, properties);
    match judge(&subject, statements.iter()) {
        Judged::Silent => "-".to_owned(),
        Judged::NotAffected { reason: NotAffected::Stated(_), .. } => "not".to_owned(),
        Judged::NotAffected { reason: NotAffected::FixReached(fix), .. } => format!("reached {fix}"),
        Judged::NotAffected { reason: NotAffected::NotReached, .. } => "not reached".to_owned(),
        Judged::Unknown { .. } => "unknown".to_owned(),
        Judged::Affected { place, fixed_version: Some(fix) } => {
            format!("{} {fix}", statements[place].status.as_str())
        }
        Judged::Affected { place, fixed_version: None } => statements[place].status.as_str().to_owned(),
    }
}

fn check(text: &str, version: &str, expected: &str) {
    let installed = installed(package("a", version));
    assert_eq!(verdict(&installed, &[], &statements(text)), expected, "{version} by {text}");
}

#[test]
fn a_range_holds_from_its_first_version_to_its_end() {
    check("affected 2..4", "1", "-");
    check("affected 2..4", "2", "affected 4");
    check("affected 2..4", "3", "affected 4");
    check("affected 2..4", "4", "reached 4");
    check("affected 2..=4", "4", "affected");
    check("affected 2..=4", "5", "-");
    check("affected ..4", "0", "affected 4");
    check("affected 2..", "1", "-");
    check("affected 2..", "900", "affected");
    check("affected ..", "0", "affected");
    check("affected 4..2", "3", "-");
    check("affected 1..2 5..6", "3", "reached 2");
}

#[test]
fn a_version_that_has_reached_the_fix_is_not_affected() {
    check("affected 1..4", "9", "reached 4");
    check("affected 1..2 3..4", "9", "reached 4");
    check("affected 1..2 3..4 12..13", "9", "reached 4");
    check("affected ..0", "9", "reached 0");
    check("wont-fix ..4", "4", "reached 4");
    check("affected ..4; affected ..9", "5", "affected 9");
    check("affected ..4; affected ..?", "5", "unknown");
    check("affected 2..4", "1", "-");
    check("affected 5..4", "9", "-");
    check("affected ..=4", "9", "-");
    check("under-investigation ..4", "9", "-");
}

#[test]
fn listed_versions_without_an_order_are_compared_as_text() {
    check("affected =3", "x", "-");
    check("affected =?", "3", "-");
    check("affected =x =?", "x", "affected");
    check("affected 1..2 =x", "x", "affected");
    check("affected 1..2 =y", "x", "unknown");
}

#[test]
fn single_versions_count_beside_ranges() {
    check("affected =3", "3", "affected");
    check("affected =3", "03", "affected");
    check("affected =3 =5", "4", "-");
    check("affected 1..2 =5", "5", "affected");
    check("affected =x", "x", "affected");
    check("affected", "1", "-");
}

#[test]
fn that_it_is_not_vulnerable_weighs_most() {
    check("affected 1..9; not-affected 3..5", "4", "not");
    check("not-affected 3..5; affected 1..9", "4", "not");
    check("not-affected ..; affected 1..9", "4", "not");
    check("affected 1..9; fixed =4", "4", "not");
    check("affected 1..9; not-affected 3..5", "6", "affected 9");
    check("affected ?..; not-affected 3..5", "4", "not");
}

#[test]
fn the_first_statement_that_affects_it_gives_the_status() {
    for status in ["wont-fix", "fix-deferred", "end-of-life", "under-investigation"] {
        check(&format!("{status} .."), "1", status);
        check(&format!("fixed 5..; {status} .."), "1", status);
        check(&format!("fixed 5..; {status} .."), "5", "not");
    }
    check("wont-fix 1..3; affected 3..5", "3", "affected 5");
    check("under-investigation ..; affected 1..5", "3", "under-investigation 5");
    check("affected 1..5; under-investigation ..", "3", "affected 5");
}

#[test]
fn what_has_no_key_is_unknown_and_never_a_no() {
    check("affected 2..4", "x", "unknown");
    check("affected ?..4", "3", "unknown");
    check("affected ..?", "3", "unknown");
    check("affected 2..?", "3", "unknown");
    check("not-affected ..?", "3", "unknown");
    check("affected 1..2; affected ?..", "3", "unknown");
    check("affected ?..; affected 1..2", "3", "unknown");
}

#[test]
fn what_can_be_told_without_the_missing_key_is_told() {
    check("affected ..", "x", "affected");
    check("affected ?.. 2..4", "3", "affected");
    check("affected 5..?", "3", "-");
    check("affected ?..; affected 1..9", "3", "affected");
    check("affected", "x", "-");
}

#[test]
fn the_nearest_fix_lies_above_and_in_no_other_range() {
    check("affected 1..3 2..5 7..9", "2", "affected 5");
    check("affected 1..3 3..5", "2", "affected 5");
    check("affected 1..3 4..6", "2", "affected 3");
    check("affected 1..3; affected 2..5", "2", "affected 5");
    check("affected 1..9; affected 1..4 8..12", "2", "affected 12");
    check("affected 1..=3 2..9", "2", "affected 9");
    check("affected 1..; affected ..7", "2", "affected");
    check("affected 1..2 5..7", "6", "affected 7");
    check("affected 1..3 ?..9", "2", "affected");
    check("affected 1..3 =3", "2", "affected");
    check("end-of-life 1..3", "2", "end-of-life 3");
}

#[test]
fn a_version_that_stays_vulnerable_is_no_fix() {
    check("affected 1..3; wont-fix 3..", "2", "affected");
    check("affected 1..3; fix-deferred 3..6", "2", "affected");
    check("affected 1..3; wont-fix =3", "2", "affected");
    check("affected 1..3; under-investigation 3..", "2", "affected 3");
    check("affected 1..3; fixed 3..", "2", "affected 3");
}

#[test]
fn keys_of_two_builds_or_schemes_are_never_compared() {
    let check = |change: fn(&mut Statement), text: &str, version: &str, expected: &str| {
        let mut statement = statement(text);
        change(&mut statement);
        let installed = installed(package("a", version));
        assert_eq!(verdict(&installed, &[], &[statement]), expected, "{version} by {text}");
    };
    let other_build = |s: &mut Statement| s.component = Some(Digest::of(b"another build"));
    let no_build = |s: &mut Statement| s.component = None;
    let other_scheme = |s: &mut Statement| s.scheme = "other".to_owned();
    for change in [other_build, no_build, other_scheme] {
        check(change, "affected 1..9", "3", "unknown");
        check(change, "affected 1..9", "10", "unknown");
        check(change, "affected =4", "3", "unknown");
        check(change, "affected =3", "3", "affected");
        check(change, "affected 1..9 =3", "3", "affected");
        check(change, "affected ..", "3", "affected");
    }
}

#[test]
fn a_fix_by_keys_that_cannot_be_compared_is_not_named() {
    let mut others = statements("affected ..; affected 1..9");
    others[1].component = None;
    assert_eq!(verdict(&installed(package("a", "3")), &[], &others), "affected");
    others[1].status = Status::WontFix;
    others.push(statement("affected 1..5"));
    assert_eq!(verdict(&installed(package("a", "3")), &[], &others), "affected");
}

#[test]
fn a_package_whose_scheme_nobody_orders_is_not_compared() {
    let mut installed = installed(package("a", "3"));
    installed.keys.scheme = None;
    let mut statement = statement("affected 1..9");
    statement.component = None;
    assert_eq!(verdict(&installed, &[], &[statement]), "unknown");
}

fn is_meant(subject: &Subject<'_>, statement: &Statement, name: &str) -> bool {
    subject.is_named_by(statement, name) && subject.lacks(statement).is_none()
}

#[test]
fn statements_of_source_packages_are_stored_against_source_versions() {
    let source = limpid_model::SourcePackage { name: "s".into(), version: "7".into() };
    let with_source = installed(limpid_model::Package { source: Some(source), ..package("a", "3") });
    let of_source = |text| Statement { of_source: true, ..statement(text) };
    let check = |installed: &Installed, statement: Statement, name: &str, expected: Option<&str>| {
        let subject = Subject::new(installed, &[]);
        let meant = is_meant(&subject, &statement, name);
        assert_eq!(meant.then(|| verdict(installed, &[], &[statement])).as_deref(), expected);
    };
    check(&with_source, of_source("affected 6..9"), "s", Some("affected 9"));
    check(&with_source, of_source("affected 2..4"), "s", Some("reached 4"));
    check(&with_source, of_source("affected =7"), "s", Some("affected"));
    check(&with_source, of_source("affected .."), "a", None);
    check(&with_source, statement("affected 2..4"), "a", Some("affected 4"));
    check(&with_source, statement("affected .."), "s", None);
    let without = installed(package("a", "3"));
    check(&without, of_source("affected 2..4"), "a", Some("affected 4"));
}

#[test]
fn what_is_vulnerable_through_nothing_that_is_linked_in_is_not_reached() {
    let check = |linked: Option<&[&str]>, statements: &[Statement], expected: &str| {
        let symbols = linked.map(|linked| linked.iter().collect());
        let installed = installed(limpid_model::Package { symbols, ..package("a", "3") });
        let subject = Subject::new(&installed, &[]);
        assert!(statements.iter().all(|statement| is_meant(&subject, statement, "a")));
        assert_eq!(verdict(&installed, &[], statements), expected, "{linked:?}");
    };
    let through = |text: &str, symbols: &[&str]| Statement {
        requires: vec![("symbols".to_owned(), symbols.iter().map(|&symbol| symbol.to_owned()).collect())],
        ..statement(text)
    };
    let of_two = || through("affected 1..9", &["a.F", "a.T.G"]);
    check(Some(&["a.F", "a.H"]), &[of_two()], "affected 9");
    check(Some(&["a.H"]), &[of_two()], "not reached");
    check(Some(&[]), &[of_two()], "not reached");
    // It cannot be told.
    check(None, &[of_two()], "affected 9");
    // Another statement of the same vulnerability says otherwise, or leaves it open; a fix fixes what either says.
    check(Some(&["a.H"]), &[of_two(), statement("affected 2..8")], "affected 9");
    check(Some(&["a.H"]), &[of_two(), statement("affected 2..x")], "unknown");
    check(Some(&["a.H"]), &[of_two(), statement("not-affected 2..4")], "not");
    // Versions count before.
    check(Some(&["a.H"]), &[through("affected 1..2", &["a.F"])], "reached 2");
    check(Some(&["a.F"]), &[through("affected 5..9", &["a.F"])], "-");
}

#[test]
fn what_is_required_is_a_qualifier_or_a_property_of_one_of_the_values() {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let check = |requires: &[(&str, &[&str])], expected: bool| {
        let qualifiers = [("stream", "9"), ("variant", "x")].iter().map(pair).collect();
        let installed = installed(limpid_model::Package { qualifiers, ..package("a", "3") });
        let properties = [("fips", "on")].map(|property| pair(&property));
        let owned = |values: &&[&str]| values.iter().map(|&value| value.to_owned()).collect();
        let requires = requires.iter().map(|(fact, values)| ((*fact).to_owned(), owned(values)));
        let statement = Statement { requires: requires.collect(), ..statement("affected ..") };
        assert_eq!(is_meant(&Subject::new(&installed, &properties), &statement, "a"), expected);
    };
    check(&[], true);
    check(&[("stream", &["9"])], true);
    check(&[("stream", &["8", "9"])], true);
    check(&[("stream", &["8"])], false);
    check(&[("stream", &[])], false);
    check(&[("fips", &["on"]), ("stream", &["9"])], true);
    check(&[("fips", &["off"]), ("stream", &["9"])], false);
    check(&[("unheard-of", &["9"])], false);
}
