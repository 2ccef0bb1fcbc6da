//! What is stated of an installed version, as the host judges: what is fixed or not affected weighs more than
//! what is affected.

use limpid_plugin_sdk::feed::{Affected, Bound, Range, Status};
use serde_json::{Value, json};

use super::accepted;
use crate::order::compare;

/// The statements of one vulnerability about one release.
fn statements(codename: &str, releases: &Value) -> Vec<Affected> {
    let document = json!({"bash": {"CVE-2022-3715": {"releases": releases}}});
    let sink = accepted(document.to_string());
    assert_eq!(sink.rejected, []);
    let namespace = format!("debian:{codename}");
    sink.advisories
        .into_iter()
        .flat_map(|one| one.affected)
        .filter(|one| one.namespace == namespace)
        .collect()
}

fn holds(statement: &Affected, version: &str) -> bool {
    let in_range = |range: &Range| {
        range.introduced.as_ref().is_none_or(|first| compare(version, first).is_ge())
            && match &range.until {
                None => true,
                Some(Bound::Excluding(end) | Bound::Limit(end)) => compare(version, end).is_lt(),
                Some(Bound::Including(last)) => compare(version, last).is_le(),
            }
    };
    statement.versions.iter().any(|one| compare(one, version).is_eq())
        || statement.ranges.iter().any(in_range)
}

fn is_vulnerable(statements: &[Affected], version: &str) -> bool {
    let holding = || statements.iter().filter(|statement| holds(statement, version)).map(|one| one.status);
    let is_sound = |status| matches!(status, Status::Fixed | Status::NotAffected);
    holding().next().is_some() && !holding().any(is_sound)
}

#[track_caller]
fn check(codename: &str, releases: &Value, vulnerable: &[&str], sound: &[&str]) {
    let statements = statements(codename, releases);
    for version in vulnerable {
        assert!(is_vulnerable(&statements, version), "{version}: {statements:?}");
    }
    for version in sound {
        assert!(!is_vulnerable(&statements, version), "{version}: {statements:?}");
    }
}

fn open(version: &str) -> Value {
    json!({"status": "open", "repositories": {"it": version}})
}

fn resolved(fix: &str, version: &str) -> Value {
    json!({"status": "resolved", "fixed_version": fix, "repositories": {"it": version}})
}

#[test]
fn what_is_open_in_a_release_is_fixed_from_the_fix_in_unstable_on() {
    let opens = [
        json!({"status": "open"}),
        json!({"status": "open", "nodsa": "Minor issue", "nodsa_reason": ""}),
        json!({"status": "open", "nodsa": "Minor issue", "nodsa_reason": "postponed"}),
        json!({"status": "open", "nodsa": "Minor issue", "nodsa_reason": "ignored"}),
        json!({"status": "open", "urgency": "end-of-life"}),
        json!({"status": "undetermined"}),
    ];
    for mut here in opens {
        here["repositories"] = json!({"bullseye": "5.1-2+deb11u1"});
        let releases = json!({"bullseye": here, "sid": resolved("5.2.15-1", "5.2.37-2")});
        let before = ["5.1-2+deb11u1", "5.2.15-1~exp1", "5.2.15-0+x"];
        check("bullseye", &releases, &before, &["5.2.15-1", "5.2.15-2", "5.3-1~bpo12+1", "1:0.1-1"]);
        let open_everywhere = json!({"bullseye": here, "sid": open("5.2.37-2")});
        check("bullseye", &open_everywhere, &["5.1-2+deb11u1", "5.2.37-2", "9:1"], &[]);
        check("bullseye", &json!({"bullseye": here}), &["5.1-2+deb11u1", "9:1"], &[]);
    }
}

#[test]
fn an_epoch_counts_before_all_else() {
    let releases = json!({"bookworm": open("1:1.2-1"), "sid": resolved("1:1.3-1", "1:1.4-1")});
    check("bookworm", &releases, &["1:1.2-1", "1.4-1", "9.9-1"], &["1:1.3-1", "2:0.1-1"]);
}

#[test]
fn versions_that_are_fixed_in_another_release_are_fixed() {
    let releases = json!({
        "bullseye": json!({"status": "resolved", "fixed_version": "1.1.1n-0+deb11u4",
            "repositories": {"bullseye": "1.1.1n-0+deb11u3", "bullseye-security": "1.1.1w-0+deb11u2"}}),
        "bookworm": resolved("3.0.9-1", "3.0.15-1~deb12u1"),
        "trixie": open("3.2.0-1"),
        "sid": open("3.2.0-2"),
    });
    let left_over = ["1.1.1n-0+deb11u4", "1.1.1w-0+deb11u2"];
    check("bookworm", &releases, &["3.0.8-1", "1.1.1n-0+deb11u3"], &left_over);
    check("trixie", &releases, &["3.2.0-1", "3.2.0-2", "4"], &["3.0.9-1", "3.0.15-1~deb12u1"]);
    check("sid", &releases, &["3.2.0-2", "1.1.1n-0+deb11u3"], &left_over);
}

#[test]
fn a_fix_in_unstable_that_is_lower_than_the_releases_counts() {
    let releases =
        json!({"bookworm": resolved("1.3-0+deb12u1", "1.3-0+deb12u1"), "sid": resolved("1.2-4", "1.4-1")});
    check("bookworm", &releases, &["1.2-3", "1.0-1"], &["1.2-4", "1.2-5", "1.3-0+deb12u1"]);
}

#[test]
fn a_release_that_is_fixed_speaks_of_its_own_line_of_versions() {
    let releases = json!({
        "bullseye": resolved("1.0-1+deb11u1", "1.0-1+deb11u2"),
        "bookworm": open("2.0-1"),
        "sid": resolved("3.0-2", "3.1-1"),
    });
    check("bullseye", &releases, &["1.0-1", "2.0-1", "2.5-1"], &["1.0-1+deb11u1", "1.0-1+deb11u3", "3.0-2"]);
}

#[test]
fn a_release_that_never_was_vulnerable_speaks_of_its_own_line_of_versions() {
    let releases = |bookworm: Value| json!({"bullseye": resolved("0", "1.0-1"), "bookworm": bookworm, "sid": resolved("3.0-2", "3.1-1")});
    check(
        "bullseye",
        &releases(open("2.0-1")),
        &["2.0-1", "2.5-1"],
        &["0.9-1", "1.0-1", "1.0-1+deb11u1", "3.0-2"],
    );
    let fixed = json!({"status": "resolved", "fixed_version": "2.0-1+deb12u1",
        "repositories": {"bookworm": "2.0-1", "bookworm-security": "2.0-1+deb12u3"}});
    check("bullseye", &releases(fixed), &["2.0-1"], &["1.0-1", "2.0-1+deb12u1", "2.0-1+deb12u3", "3.0-2"]);
    check("bullseye", &releases(resolved("0", "2.0-1")), &[], &["1.0-1", "2.0-1", "2.5-1", "9"]);
}

#[test]
fn of_the_versions_that_it_has_a_release_knows_best() {
    let releases = json!({"bookworm": resolved("0", "1.0-1"), "trixie": open("1.0-1"), "sid": resolved("2.0-1", "2.0-1")});
    check("trixie", &releases, &["1.0-1"], &["2.0-1"]);
    check("bookworm", &releases, &[], &["1.0-1", "2.0-1"]);
}

#[test]
fn where_unstable_never_was_vulnerable_a_release_may_be() {
    let releases = json!({
        "buster": json!({"status": "resolved", "fixed_version": "1.8.27-1+deb10u5", "repositories": {}}),
        "bullseye": open("1.9.5p2-3"),
        "sid": resolved("0", "1.9.13p3-1"),
    });
    check("buster", &releases, &["1.8.27-1+deb10u4", "1.9.5p2-3"], &["1.8.27-1+deb10u5", "1.9.13p3-1"]);
    check("bullseye", &releases, &["1.9.5p2-3"], &["1.9.13p3-1", "1.9.14-1"]);
    check("sid", &releases, &[], &["1.9.13p3-1", "1.9.5p2-3"]);
}

#[test]
fn unstable_itself_is_kept_against_its_fix() {
    let releases = json!({"bookworm": open("1.0-1"), "sid": resolved("1.2-1", "1.3-1")});
    check("sid", &releases, &["1.1-1"], &["1.2-1", "1.3-1"]);
}

#[test]
fn archives_that_are_odd_cost_only_themselves() {
    for odd in [json!(7), json!(["1.0"]), json!({"it": 7}), json!({"it": "<none>"}), json!(null)] {
        let here = json!({"status": "open", "repositories": odd});
        check("bookworm", &json!({"bookworm": here, "sid": resolved("2", "2")}), &["1"], &["2"]);
    }
}
