use super::*;

fn check(text: &str, expected: &[&[Item<'_>]]) {
    assert_eq!(Version::parse(text).lists, expected, "{text}");
}

fn number(digits: &str) -> Item<'_> {
    Item::Number(digits)
}

fn other(word: &str) -> Qualifier<'_> {
    Qualifier::Other(Cow::Borrowed(word))
}

#[test]
fn a_version_is_split_where_maven_does() {
    use Qualifier::{Alpha, Candidate, Milestone, Snapshot};
    check("1.2.3", &[&[number("1"), number("2"), number("3")]]);
    check("1-2", &[&[number("1")], &[number("2")]]);
    check("1.2-alpha-1", &[&[number("1"), number("2")], &[Item::Numbered(Alpha, "1")]]);
    check("1.2a1", &[&[number("1"), number("2")], &[Item::Numbered(Alpha, "1")]]);
    check("1.2a", &[&[number("1"), number("2")], &[Item::Word(other("a"))]]);
    check("1.2.m10", &[&[number("1"), number("2")], &[Item::Numbered(Milestone, "10")]]);
    check("1cr2-snapshot", &[&[number("1")], &[Item::Numbered(Candidate, "2")], &[Item::Word(Snapshot)]]);
    check("1rc2x", &[&[number("1")], &[Item::Numbered(Candidate, "2")], &[Item::Word(other("x"))]]);
    check("1.jre11", &[&[number("1")], &[Item::Numbered(other("jre"), "11")]]);
    check("1.x.2", &[&[number("1"), Item::Word(other("x")), number("2")]]);
    check("a.1", &[&[Item::Word(other("a")), number("1")]]);
    check("1..2", &[&[number("1"), number("0"), number("2")]]);
    check("-1", &[&[number("0")], &[number("1")]]);
}

#[test]
fn zeros_that_do_not_count_are_left_out() {
    check("0", &[&[]]);
    check("1.0.0", &[&[number("1")]]);
    check("1.0-0", &[&[number("1")]]);
    check("1.0.0-0.0-0", &[&[number("1")]]);
    check("1.0-alpha", &[&[number("1")], &[Item::Word(Qualifier::Alpha)]]);
    check("1.0.alpha", &[&[number("1")], &[Item::Word(Qualifier::Alpha)]]);
    check("1.0.x.0", &[&[number("1"), Item::Word(other("x"))]]);
    // These count.
    check("1.0.1", &[&[number("1"), number("0"), number("1")]]);
    check("1.0-1", &[&[number("1"), number("0")], &[number("1")]]);
    check("1-0-0-alpha", &[&[number("1")], &[number("0")], &[], &[Item::Word(Qualifier::Alpha)]]);
}
