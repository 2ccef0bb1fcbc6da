use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(&Version::parse(&text.to_lowercase()))
}

fn check_ascending(texts: &[&str]) {
    for (index, left) in texts.iter().enumerate() {
        for right in &texts[index + 1..] {
            assert!(key(left) < key(right), "{left} < {right}");
        }
    }
}

#[test]
fn keys_order_as_the_specification_does() {
    // The POM reference, "Version Order Specification".
    check_ascending(&["1", "1.1"]);
    check_ascending(&["1-snapshot", "1", "1-sp"]);
    check_ascending(&["1-foo2", "1-foo10"]);
    check_ascending(&["1.foo", "1-1", "1.1"]);
    check_ascending(&["1-a1", "1-alpha-2"]);
    check_ascending(&[
        "1-alpha",
        "1-beta",
        "1-milestone",
        "1-rc",
        "1-snapshot",
        "1",
        "1-sp",
        "1-abc",
        "1-xyz",
        "1-1",
        "1.1",
    ]);
}

#[test]
fn keys_order_as_maven_does() {
    // ComparableVersionTest of maven-artifact.
    check_ascending(&[
        "1-alpha2snapshot",
        "1-alpha2",
        "1-alpha-123",
        "1-beta-2",
        "1-beta123",
        "1-m2",
        "1-m11",
        "1-rc",
        "1-cr2",
        "1-rc123",
        "1-SNAPSHOT",
        "1",
        "1-sp",
        "1-sp2",
        "1-sp123",
        "1-abc",
        "1-def",
        "1-pom-1",
        "1-1-snapshot",
        "1-1",
        "1-2",
        "1-123",
    ]);
    check_ascending(&[
        "2.0", "2.0.a", "2-1", "2.0.2", "2.0.123", "2.1.0", "2.1-a", "2.1b", "2.1-c", "2.1-1", "2.1.0.1",
        "2.2", "2.123", "11.a2", "11.a11", "11.b2", "11.b11", "11.m2", "11.m11", "11", "11.a", "11b", "11c",
        "11m",
    ]);
    check_ascending(&["2.0.1-xyz", "2.0.1-123"]);
    check_ascending(&["2.0.1", "2.0.1-123"]);
    check_ascending(&["2.0-1-beta", "2.0-1"]);
    check_ascending(&["6.1.0rc3", "6.1.0", "6.1H.5-beta"]);
    check_ascending(&[
        "20190126.230843",
        "1234567890.12345",
        "123456789012345.1H.5-beta",
        "12345678901234567890.1H.5-beta",
    ]);
    check_ascending(&["3.11.2-jre8", "3.11.2-jre11"]);
    check_ascending(&["33.0.0-android", "33.0.0-jre", "33.0.1-android"]);
    check_ascending(&["4.1.94.Final", "4.1.100.Final"]);
    check_ascending(&["1-\u{1f600}", "1-\u{ffee}"]);
}

#[test]
fn what_does_not_count_for_the_order_gives_equal_keys() {
    let check = |equal: &[&str]| {
        assert!(equal.iter().all(|text| key(text) == key(equal[0])), "{equal:?}");
    };
    check(&["1", "1.0", "1.0.0", "1-0", "1.0-0", "1.", "1-", "1.0.", "01", "1.ga", "1-FINAL", "1-release"]);
    check(&["1a1", "1-a1", "1.0-alpha-1", "1alpha1", "1.0.ALPHA-01"]);
    check(&["1x", "1.0.0-x", "1.0.0x", "1-x", "1.0-X"]);
    check(&["1m3", "1Milestone3", "1-m-3"]);
    check(&["1rc2", "1cr2", "1-CR-2"]);
    check(&["1.0-rc", "1-cr"]);
    check(&["0", "0.0", "00", "0-0"]);
    check(&["0.0-alpha", "0-alpha", "0.alpha"]);
    check(&["5.3.0.RELEASE", "5.3.0", "5.3"]);
}

#[test]
fn where_maven_orders_in_a_circle_nothing_decides() {
    check_ascending(&["1-alpha", "1", "1.sp.1"]);
    check_ascending(&["1-alpha", "1", "1.zzz.1"]);
    check_ascending(&["1", "1-ga1", "1-ga2"]);
    check_ascending(&["1-0-0-alpha", "1", "1-sp"]);
}

/// Maven's way to compare: lists against lists, items against items or nothing.
fn compare(left: &Version<'_>, right: &Version<'_>) -> Ordering {
    compare_lists(&left.lists, &right.lists)
}

#[derive(Clone, Copy)]
enum Node<'a> {
    Item(&'a Item<'a>),
    List(&'a [Vec<Item<'a>>]),
}

fn node<'a>(lists: &'a [Vec<Item<'a>>], place: usize) -> Option<Node<'a>> {
    let (first, rest) = lists.split_first()?;
    match first.get(place) {
        Some(item) => Some(Node::Item(item)),
        None => (place == first.len() && !rest.is_empty()).then_some(Node::List(rest)),
    }
}

fn compare_lists<'a>(left: &'a [Vec<Item<'a>>], right: &'a [Vec<Item<'a>>]) -> Ordering {
    for place in 0.. {
        let order = match (node(left, place), node(right, place)) {
            (None, None) => return Ordering::Equal,
            (Some(left), Some(right)) => compare_nodes(left, right),
            (Some(left), None) => with_nothing(left),
            (None, Some(right)) => with_nothing(right).reverse(),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn compare_nodes(left: Node<'_>, right: Node<'_>) -> Ordering {
    use Item::{Number, Numbered, Word};
    let kind = |node: Node<'_>| match node {
        Node::Item(Word(_) | Numbered(..)) => 0,
        Node::List(_) => 1,
        Node::Item(Number(_)) => 2,
    };
    match (left, right) {
        (Node::List(left), Node::List(right)) => compare_lists(left, right),
        (Node::Item(Number(left)), Node::Item(Number(right))) => value(left).cmp(&value(right)),
        (Node::Item(Word(left)), Node::Item(Word(right))) => text(left).cmp(&text(right)),
        (Node::Item(Word(left)), Node::Item(Numbered(right, _))) => {
            text(left).cmp(&text(right)).then(Ordering::Less)
        }
        (Node::Item(Numbered(left, _)), Node::Item(Word(right))) => {
            text(left).cmp(&text(right)).then(Ordering::Greater)
        }
        (Node::Item(Numbered(left, l)), Node::Item(Numbered(right, r))) => {
            text(left).cmp(&text(right)).then(value(l).cmp(&value(r)))
        }
        (left, right) => kind(left).cmp(&kind(right)),
    }
}

fn with_nothing(node: Node<'_>) -> Ordering {
    match node {
        Node::Item(Item::Number(digits)) => value(digits).cmp(&0),
        Node::Item(Item::Word(word) | Item::Numbered(word, _)) => text(word).cmp(&text(&Qualifier::Release)),
        Node::List(lists) => {
            let nodes = (0..).map_while(|place| self::node(lists, place));
            nodes.map(with_nothing).find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
        }
    }
}

fn value(digits: &str) -> u128 {
    digits.parse().unwrap()
}

/// What Maven compares of a word.
fn text(word: &Qualifier<'_>) -> String {
    match word {
        Qualifier::Alpha => "0".to_owned(),
        Qualifier::Beta => "1".to_owned(),
        Qualifier::Milestone => "2".to_owned(),
        Qualifier::Candidate => "3".to_owned(),
        Qualifier::Snapshot => "4".to_owned(),
        Qualifier::Release => "5".to_owned(),
        Qualifier::ServicePack => "6".to_owned(),
        Qualifier::Other(word) => format!("7-{word}"),
    }
}

/// Versions without what Maven orders in circles.
fn versions() -> impl Strategy<Value = String> {
    let word = "(alpha|beta|a|b|m|milestone|rc|cr|snapshot|ga|final|release|sp|foo|x|SNAPSHOT)";
    let numbered = "(alpha|beta|a|b|m|milestone|rc|cr|snapshot|sp|foo|x)-?[0-9]{1,2}";
    let number = "[0-2]{1,2}(\\.[0-2]{1,2}){0,3}";
    let tail = format!("([-.]?{word}|[-.]?{numbered}|-[1-9](\\.[0-2]){{0,2}})");
    prop_oneof![
        4 => matching(&format!("{number}({tail}){{0,3}}")),
        1 => matching(&format!("[0-9]{{1,30}}(\\.[0-9]{{1,30}}){{0,2}}({tail})?")),
    ]
}

fn matching(pattern: &str) -> impl Strategy<Value = String> + use<> {
    proptest::string::string_regex(pattern).unwrap()
}

/// Whether a version has what Maven orders in circles.
fn is_circular(version: &Version<'_>) -> bool {
    version.lists.iter().enumerate().any(|(place, list)| {
        let is_first = place == 0;
        let word_inside =
            list.iter().skip(usize::from(!is_first)).any(|item| !matches!(item, Item::Number(_)));
        let numbered = list.iter().any(|item| matches!(item, Item::Numbered(Qualifier::Release, _)));
        let begins_with_list = !is_first && list.is_empty();
        word_inside || numbered || begins_with_list
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order(left in versions(), right in versions()) {
        let (l, r) = (left.to_lowercase(), right.to_lowercase());
        let (l, r) = (Version::parse(&l), Version::parse(&r));
        prop_assume!(!is_circular(&l) && !is_circular(&r));
        prop_assert_eq!(of(&l).cmp(&of(&r)), compare(&l, &r), "{} against {}", left, right);
        prop_assert_eq!(of(&r).cmp(&of(&l)), compare(&l, &r).reverse());
    }

    #[test]
    fn key_order_is_version_order_where_only_the_ends_differ(
        start in versions(),
        left in "(-1|\\.1|-rc-?1|\\.sp|-x|-final|\\.0|-SNAPSHOT)?",
        right in "(-1|\\.1|-rc-?1|\\.sp|-x|-final|\\.0|-SNAPSHOT)?",
    ) {
        let (left, right) = (format!("{start}{left}").to_lowercase(), format!("{start}{right}").to_lowercase());
        let (l, r) = (Version::parse(&left), Version::parse(&right));
        prop_assume!(!is_circular(&l) && !is_circular(&r));
        prop_assert_eq!(of(&l).cmp(&of(&r)), compare(&l, &r), "{} against {}", left, right);
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed(text in "\\PC{0,20}|[0-2a-crxm.+ -]{0,20}") {
        prop_assert!(!key(&text).is_empty());
    }
}
