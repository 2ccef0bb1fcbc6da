use super::*;

fn check(text: &str, expected: &[&[Item<'_>]]) {
    assert_eq!(Version::parse(text).lists, expected, "{text}");
}

fn number(digits: &str) -> Item<'_> {
    Item::Number(digits)
}

fn word(qualifier: Qualifier<'_>) -> Item<'_> {
    Item::Word(qualifier)
}

#[test]
fn a_version_is_split_where_maven_does() {
    use Qualifier::{Alpha, Candidate, Milestone, Other, Snapshot};
    check("1.2.3", &[&[number("1"), number("2"), number("3")]]);
    check("1-2", &[&[number("1")], &[number("2")]]);
    check("1.2-alpha-1", &[&[number("1"), number("2")], &[word(Alpha)], &[number("1")]]);
    check("1.2a1", &[&[number("1"), number("2")], &[word(Alpha)], &[number("1")]]);
    check("1.2a", &[&[number("1"), number("2")], &[word(Other("a"))]]);
    check("1.2.m10", &[&[number("1"), number("2")], &[word(Milestone)], &[number("10")]]);
    check("1cr2-snapshot", &[&[number("1")], &[word(Candidate)], &[number("2")], &[word(Snapshot)]]);
    check("1.jre11", &[&[number("1")], &[word(Other("jre"))], &[number("11")]]);
    check("1.x.2", &[&[number("1"), word(Other("x")), number("2")]]);
    check("a.1", &[&[word(Other("a")), number("1")]]);
    check("1..2", &[&[number("1"), number("0"), number("2")]]);
    check("-1", &[&[], &[number("1")]]);
    check("1--1", &[&[number("1")], &[], &[number("1")]]);
}

#[test]
fn what_is_equal_to_nothing_is_left_out_at_the_end_of_each_list() {
    check("0", &[&[]]);
    check("1.0.0", &[&[number("1")]]);
    check("1.0-0", &[&[number("1")]]);
    check("1.0.final", &[&[number("1")]]);
    check("1.0-alpha", &[&[number("1")], &[word(Qualifier::Alpha)]]);
    check("1.0-1", &[&[number("1")], &[number("1")]]);
    check("1.0.0.final-redhat-1", &[&[number("1")], &[word(Qualifier::Other("redhat"))], &[number("1")]]);
    // This counts.
    check("1.0.1", &[&[number("1"), number("0"), number("1")]]);
}
