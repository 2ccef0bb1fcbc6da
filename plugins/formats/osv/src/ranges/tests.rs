use super::*;

fn ranges(events: &str) -> Result<Vec<Range>, &'static str> {
    ranges_of("semver", events)
}

fn ranges_of(scheme: &str, events: &str) -> Result<Vec<Range>, &'static str> {
    let json = format!(r#"{{"type": "ECOSYSTEM", "events": {events}}}"#);
    between(scheme, &serde_json::from_str(&json).unwrap())
}

#[test]
fn events_become_ranges() {
    let check = |events: &str, expected: &[Range]| {
        assert_eq!(ranges(events).as_deref(), Ok(expected), "{events}");
    };
    check(r#"[{"introduced": "0"}]"#, &[Range::all()]);
    check(r#"[{"introduced": "0"}, {"fixed": "1.2"}]"#, &[Range::before("1.2")]);
    check(r#"[{"introduced": "1.0"}, {"last_affected": "1.2"}]"#, &[Range::through("1.2").from("1.0")]);
    check(r#"[{"introduced": "1.0"}, {"limit": "2"}]"#, &[Range::below("2").from("1.0")]);
    check(r#"[{"introduced": "1.0"}, {"limit": "*"}]"#, &[Range::since("1.0")]);
    check(r#"[{"introduced": "0", "fixed": "1.2"}]"#, &[Range::before("1.2")]);
    check(
        r#"[{"introduced": "1"}, {"fixed": "1.2"}, {"introduced": "2"}]"#,
        &[Range::before("1.2").from("1"), Range::since("2")],
    );
}

#[test]
fn events_may_come_in_any_order() {
    let expected = [Range::before("1.2"), Range::before("2.10").from("2.0")];
    for events in [
        r#"[{"introduced": "0"}, {"fixed": "1.2"}, {"introduced": "2.0"}, {"fixed": "2.10"}]"#,
        r#"[{"introduced": "2.0"}, {"fixed": "2.10"}, {"introduced": "0"}, {"fixed": "1.2"}]"#,
        r#"[{"introduced": "0"}, {"introduced": "2.0"}, {"fixed": "1.2"}, {"fixed": "2.10"}]"#,
        r#"[{"fixed": "2.10"}, {"fixed": "1.2"}, {"introduced": "2.0"}, {"introduced": "0"}]"#,
    ] {
        assert_eq!(ranges(events).unwrap(), expected, "{events}");
    }
}

#[test]
fn what_cannot_be_compared_stays_in_its_order() {
    let events = r#"[{"introduced": "b"}, {"fixed": "c"}, {"introduced": "a"}]"#;
    assert_eq!(ranges(events).unwrap(), [Range::before("c").from("b"), Range::since("a")]);
}

#[test]
fn an_end_without_a_beginning_ends_nothing() {
    let check = |events: &str, expected: &[Range]| {
        assert_eq!(ranges(events).as_deref(), Ok(expected), "{events}");
    };
    check(
        r#"[{"introduced": "4.15"}, {"fixed": "4.14.305"}, {"fixed": "4.19.270"}]"#,
        &[Range::before("4.19.270").from("4.15")],
    );
    check(
        r#"[{"introduced": "6.2"}, {"fixed": "6.6"}, {"fixed": "6.12"}]"#,
        &[Range::before("6.6").from("6.2")],
    );
    check(r#"[{"introduced": "0"}, {"fixed": "0"}]"#, &[]);
    assert!(ranges(r#"[{"fixed": "1"}]"#).is_err());
    assert!(ranges("[]").is_err());
}

#[test]
fn a_version_is_in_a_range_for_certain_or_is_not() {
    let check = |range: Range, version: &str, expected: bool| {
        assert_eq!(surely_holds("pep440", &range, version), expected, "`{version}` in {range:?}");
    };
    check(Range::all(), "anything", true);
    check(Range::before("2.0"), "1.0rc1", true);
    check(Range::before("2.0"), "2.0", false);
    check(Range::before("2.0"), "2.0rc1", false);
    check(Range::through("2.0"), "2.0", true);
    check(Range::before("2.0").from("1.0"), "1.0", true);
    check(Range::before("2.0").from("1.0"), "1.0rc1", false);
    check(Range::since("1.0"), "1.0.1", true);
}

#[test]
fn events_that_differ_in_a_suffix_only_are_sorted_by_their_scheme() {
    let check = |scheme: &str, events: &str, expected: &[Range]| {
        assert_eq!(ranges_of(scheme, events).as_deref(), Ok(expected), "{scheme} {events}");
    };
    // PYSEC-2017-60: what ends `4.0a1` is 4.3.12.
    check(
        "pep440",
        r#"[{"introduced": "5.0rc1"}, {"fixed": "5.0.7"}, {"introduced": "4.0a1"}, {"fixed": "4.3.12"}]"#,
        &[Range::before("4.3.12").from("4.0a1"), Range::before("5.0.7").from("5.0rc1")],
    );
    check(
        "pep440",
        r#"[{"introduced": "5.0"}, {"fixed": "5.1"}, {"introduced": "5.0a1"}, {"fixed": "5.0a3"}]"#,
        &[Range::before("5.0a3").from("5.0a1"), Range::before("5.1").from("5.0")],
    );
    check(
        "semver",
        r#"[{"introduced": "1.0.0"}, {"fixed": "1.2.0"}, {"introduced": "1.0.0-beta.2"}, {"fixed": "1.0.0-beta.11"}]"#,
        &[Range::before("1.0.0-beta.11").from("1.0.0-beta.2"), Range::before("1.2.0").from("1.0.0")],
    );
    check(
        "dpkg",
        r#"[{"introduced": "1.0-1"}, {"fixed": "1.0-1+deb12u2"}, {"introduced": "0"}, {"fixed": "1.0-1~deb12u1"}]"#,
        &[Range::before("1.0-1~deb12u1"), Range::before("1.0-1+deb12u2").from("1.0-1")],
    );
    check(
        "apk",
        r#"[{"introduced": "1.2-r9"}, {"fixed": "1.2-r10"}, {"introduced": "0"}, {"fixed": "1.2-r2"}]"#,
        &[Range::before("1.2-r2"), Range::before("1.2-r10").from("1.2-r9")],
    );
}

#[test]
fn no_range_goes_beyond_the_highest_limit() {
    let check = |events: &str, expected: &[Range]| {
        assert_eq!(ranges(events).as_deref(), Ok(expected), "{events}");
    };
    check(r#"[{"introduced": "0"}, {"limit": "2.0"}, {"limit": "1.0"}]"#, &[Range::below("2.0")]);
    check(r#"[{"introduced": "0"}, {"limit": "2.0"}, {"limit": "*"}]"#, &[Range::all()]);
    check(r#"[{"introduced": "0"}, {"fixed": "1.0"}, {"limit": "2.0"}]"#, &[Range::before("1.0")]);
    check(r#"[{"introduced": "0"}, {"fixed": "3.0"}, {"limit": "2.0"}]"#, &[Range::below("2.0")]);
    check(r#"[{"introduced": "0"}, {"fixed": "2.0"}, {"limit": "2.0"}]"#, &[Range::before("2.0")]);
    check(r#"[{"introduced": "0"}, {"last_affected": "2.0"}, {"limit": "2.0"}]"#, &[Range::below("2.0")]);
    check(
        r#"[{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.5"}, {"introduced": "2.0"}, {"limit": "2.0"}]"#,
        &[Range::before("1.0"), Range::below("2.0").from("1.5")],
    );
    check(r#"[{"introduced": "2.0"}, {"limit": "2.0"}]"#, &[]);
    check(
        r#"[{"limit": "1.0"}, {"introduced": "0"}, {"fixed": "0.5"}, {"introduced": "0.7"}]"#,
        &[Range::before("0.5"), Range::below("1.0").from("0.7")],
    );
}

#[test]
fn events_of_one_version_count_in_their_order_unless_nothing_has_begun() {
    let check = |events: &str, expected: &[Range]| {
        assert_eq!(ranges(events).as_deref(), Ok(expected), "{events}");
    };
    check(
        r#"[{"introduced": "1"}, {"fixed": "2"}, {"introduced": "2"}, {"fixed": "3"}]"#,
        &[Range::before("2").from("1"), Range::before("3").from("2")],
    );
    check(
        r#"[{"introduced": "5.16.0"}, {"last_affected": "5.16.0"}]"#,
        &[Range::through("5.16.0").from("5.16.0")],
    );
    check(
        r#"[{"last_affected": "5.16.0"}, {"introduced": "5.16.0"}]"#,
        &[Range::through("5.16.0").from("5.16.0")],
    );
    check(r#"[{"fixed": "0"}, {"introduced": "0"}]"#, &[]);
}

#[test]
fn what_bitnami_passes_on_from_go_affects_no_later_version() {
    // BIT-golang-2024-45336: `1.24.0-0` is before `1.24.0` to Go, and a revision of it to Bitnami.
    let events = r#"[{"introduced": "1.23.0-0"}, {"fixed": "1.23.5"}, {"introduced": "1.24.0-0"}, {"fixed": "1.24.0"}]"#;
    let expected = [Range::before("1.23.5").from("1.23.0-0"), Range::before("1.24.0").from("1.24.0-0")];
    assert_eq!(ranges_of("bitnami", events).as_deref(), Ok(&expected[..]));
}
