use super::*;

fn state(names: &[(&str, bool)]) -> State {
    let affecting = |&(name, is_fixable): &(&str, bool)| Affecting {
        print: Print(name.bytes().map(u64::from).sum()),
        vulnerability: name.into(),
        is_fixable,
    };
    names.iter().map(affecting).collect()
}

/// Name, from when, until when, and since when it can be fixed.
fn check(states: &[(u64, &[(&str, bool)])], expected: &[(&str, u64, u64, Option<u64>)]) {
    let mut timeline = Timeline::default();
    states.iter().for_each(|(until, names)| timeline.advance(*until, state(names)));
    let mut spans = timeline.finish();
    spans.sort_by(|a, b| (&a.vulnerability, a.from).cmp(&(&b.vulnerability, b.from)));
    let spans: Vec<_> =
        spans.iter().map(|it| (it.vulnerability.as_str(), it.from, it.until, it.fixed_since)).collect();
    assert_eq!(spans, expected);
}

#[test]
fn a_span_lasts_as_long_as_there_is_no_break_and_its_fix_as_long_as_there_is_one() {
    check(&[(STILL, &[])], &[]);
    check(&[(STILL, &[("a", false)])], &[("a", 0, STILL, None)]);
    check(
        &[(10, &[("a", false)]), (20, &[("a", true), ("b", true)]), (STILL, &[("a", true)])],
        &[("a", 0, STILL, Some(10)), ("b", 10, 20, Some(10))],
    );
    check(
        &[(10, &[("a", true)]), (20, &[]), (30, &[("a", false)]), (STILL, &[("a", false)])],
        &[("a", 0, 10, Some(0)), ("a", 20, STILL, None)],
    );
    // What was fixed, and then was not, was not.
    check(&[(10, &[("a", true)]), (STILL, &[("a", false)])], &[("a", 0, STILL, None)]);
}

#[test]
fn findings_that_share_a_print_are_each_counted() {
    let mut timeline = Timeline::default();
    timeline.advance(10, state(&[("ab", false), ("ba", false)]));
    timeline.advance(STILL, state(&[("ab", false)]));
    let spans = timeline.finish();
    assert_eq!(spans.len(), 2);
    assert_eq!(spans.iter().filter(|span| span.is_now()).count(), 1);
}
