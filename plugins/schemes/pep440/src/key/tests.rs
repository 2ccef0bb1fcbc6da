use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(&Version::parse(text).unwrap())
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
    // PEP 440, "Summary of permitted suffixes and relative ordering".
    check_ascending(&[
        "1.dev0",
        "1.0.dev456",
        "1.0a1",
        "1.0a2.dev456",
        "1.0a12.dev456",
        "1.0a12",
        "1.0b1.dev456",
        "1.0b2",
        "1.0b2.post345.dev456",
        "1.0b2.post345",
        "1.0rc1.dev456",
        "1.0rc1",
        "1.0",
        "1.0+abc.5",
        "1.0+abc.7",
        "1.0+5",
        "1.0.post456.dev34",
        "1.0.post456",
        "1.0.15",
        "1.1.dev1",
    ]);
    // PEP 440, "Final releases" and "Version epochs".
    check_ascending(&["0.9", "0.9.1", "0.9.2", "0.9.10", "0.9.11", "1.0", "1.0.1", "1.1", "2.0", "2.0.1"]);
    check_ascending(&["1.0", "1.1", "2.0", "2013.10", "2014.04", "1!1.0", "1!1.1", "1!2.0"]);
}

#[test]
fn keys_order_as_packaging_does() {
    // packaging, tests/test_version.py, `VERSIONS`.
    let ascending = [
        "1.0.dev0",
        "1.0.dev456",
        "1.0.dev456+local",
        "1.0a0",
        "1.0a0.post0.dev0",
        "1.0a0.post0",
        "1.0a1.dev1",
        "1.0a1.dev1+local",
        "1.0a1",
        "1.0a1+local",
        "1.0b0",
        "1.0b1.dev456",
        "1.0b2",
        "1.0b2.post345.dev456",
        "1.0b2.post345",
        "1.0b2-346",
        "1.0rc0",
        "1.0rc1.dev1",
        "1.0c1",
        "1.0rc2",
        "1.0",
        "1.0.post0.dev0",
        "1.0.post0",
        "1.0.post456.dev34",
        "1.0.post456",
        "1.0.post456+local",
        "1.0.1.dev1",
        "1.0.1a1",
        "1.0.1",
        "1.0.1+local",
        "1.0.1.post1",
        "1.1.dev1",
        "1.2+a",
        "1.2+abc",
        "1.2+abcdef",
        "1.2+def",
        "1.2+0",
        "1.2+1",
        "1.2+1.abc",
        "1.2+1.1",
        "1.2+1.1.0",
        "1.2+2",
        "1.2+123",
        "1.2+123456",
        "1.2.r32+123456",
        "1.2.rev33+123456",
    ];
    let of_epoch_1 = ascending.map(|text| format!("1!{text}"));
    let all: Vec<&str> = ascending.into_iter().chain(of_epoch_1.iter().map(String::as_str)).collect();
    check_ascending(&all);
}

#[test]
fn numbers_are_of_any_length() {
    check_ascending(&["18446744073709551616", "18446744073709551617", "18446744073709551616!0"]);
    check_ascending(&["1a99999999999999999999", "1a100000000000000000000", "1+18446744073709551616"]);
    check_ascending(&[&"9".repeat(254), &"9".repeat(255), &"9".repeat(256)]);
}

#[test]
fn what_does_not_count_for_the_order_gives_equal_keys() {
    let check = |equal: &[&str]| {
        assert!(equal.iter().all(|text| key(text) == key(equal[0])), "{equal:?}");
    };
    // PEP 440, "Normalization".
    check(&["1", "1.0", "1.0.0", "0!1", "v1.0", "01.00", " V1 "]);
    check(&["0", "0.0", "00!0"]);
    check(&["1.10", "1.10.0", "1.010"]);
    check(&["1.1a1", "1.1alpha1", "1.1.a1", "1.1-A_1", "1.1.ALPHA.01"]);
    check(&["1.0a", "1.0a0", "1a", "1.0a."]);
    check(&["1.1rc1", "1.1c1", "1.1pre1", "1.1-preview-1"]);
    check(&["1.2.post2", "1.2-2", "1.2-post2", "1.2r2", "1.2.rev02"]);
    check(&["1.2.post", "1.2post0", "1.2-0"]);
    check(&["1.2.dev", "1.2dev0", "1.2-DEV"]);
    check(&["1.0+ubuntu.1", "1.0+Ubuntu-1", "1.0+ubuntu_01"]);
}

/// A version, not as text but as what the specification orders; derived orders are field by field,
/// `None` first.
#[derive(Clone, Debug)]
struct Fields {
    epoch: u64,
    release: Vec<u64>,
    pre: Option<(usize, u64)>,
    post: Option<u64>,
    dev: Option<u64>,
    local: Option<Vec<Segment>>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Text(String),
    Number(u64),
}

fn compare(left: &Fields, right: &Fields) -> Ordering {
    if left.epoch != right.epoch {
        return left.epoch.cmp(&right.epoch);
    }
    for index in 0..left.release.len().max(right.release.len()) {
        let number = |fields: &Fields| fields.release.get(index).copied().unwrap_or(0);
        if number(left) != number(right) {
            return number(left).cmp(&number(right));
        }
    }
    let is_only_dev = |fields: &Fields| fields.pre.is_none() && fields.post.is_none() && fields.dev.is_some();
    match (is_only_dev(left), is_only_dev(right)) {
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        _ => {}
    }
    let pre = match (left.pre, right.pre) {
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (left, right) => left.cmp(&right),
    };
    let dev = match (left.dev, right.dev) {
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (left, right) => left.cmp(&right),
    };
    pre.then(left.post.cmp(&right.post)).then(dev).then(left.local.cmp(&right.local))
}

/// Writes a version; choices say in which of its spellings.
fn write(fields: &Fields, choices: &[u8]) -> String {
    let mut choices = choices.iter().cycle();
    let mut pick =
        |options: &[&str]| options[usize::from(*choices.next().unwrap()) % options.len()].to_owned();
    let mut text = pick(&["", "", "v", "V", " "]);
    if fields.epoch > 0 || pick(&["", "", "0!"]) == "0!" {
        text.push_str(&format!("{}!", fields.epoch));
    }
    let release: Vec<_> =
        fields.release.iter().map(|number| pick(&["", "", "0"]) + &number.to_string()).collect();
    text.push_str(&release.join("."));
    let mut is_open = false;
    if let Some((phase, number)) = fields.pre {
        let words: &[&str] = [&["a", "Alpha"][..], &["b", "BETA"], &["rc", "c", "pre", "preview"]][phase];
        text.push_str(&[pick(&["", ".", "-", "_"]), pick(words), pick(&["", "", ".", "-"])].concat());
        is_open = number == 0 && pick(&["", "0"]).is_empty();
        if !is_open {
            text.push_str(&(pick(&["", "0"]) + &number.to_string()));
        }
    }
    if let Some(number) = fields.post {
        let words: &[&str] = if is_open { &["post"] } else { &["-", "-", "post", "r", "REV"] };
        match pick(words).as_str() {
            "-" => text.push_str(&format!("-{number}")),
            word => text.push_str(&[pick(&["", ".", "-"]), format!("{word}{number}")].concat()),
        }
    }
    if let Some(number) = fields.dev {
        text.push_str(&[pick(&["", ".", "-"]), pick(&["dev", "DEV-"]), number.to_string()].concat());
    }
    for (index, segment) in fields.local.iter().flatten().enumerate() {
        text.push_str(&if index == 0 { "+".to_owned() } else { pick(&[".", "-", "_"]) });
        match segment {
            Segment::Text(word) => {
                text.push_str(&if pick(&["l", "u"]) == "u" { word.to_uppercase() } else { word.clone() })
            }
            Segment::Number(number) => text.push_str(&(pick(&["", "0"]) + &number.to_string())),
        }
    }
    text
}

/// Versions of small numbers, so that many are nearly the same.
fn fields() -> impl Strategy<Value = Fields> {
    let number = || prop_oneof![8 => 0_u64..3, 1 => any::<u64>()];
    let segment = prop_oneof!["[ab0]{0,2}[ab]".prop_map(Segment::Text), number().prop_map(Segment::Number)];
    (
        prop_oneof![4 => Just(0), 1 => number()],
        prop::collection::vec(number(), 1..4),
        prop::option::of((0_usize..3, number())),
        prop::option::of(number()),
        prop::option::of(number()),
        prop::option::of(prop::collection::vec(segment, 1..4)),
    )
        .prop_map(|(epoch, release, pre, post, dev, local)| Fields {
            epoch,
            release,
            pre,
            post,
            dev,
            local,
        })
}

/// A version, and another that is often nearly the same.
fn pairs() -> impl Strategy<Value = (Fields, Fields)> {
    let near = (fields(), fields(), 0..5).prop_map(|(left, other, which)| {
        let mut near = left.clone();
        match which {
            0 => near.release.push(0),
            1 => near.pre = other.pre,
            2 => near.post = other.post,
            3 => near.dev = other.dev,
            _ => near.local = other.local,
        }
        (left, near)
    });
    prop_oneof![1 => (fields(), fields()), 2 => near]
}

#[test]
fn a_public_version_stands_for_all_of_its_local_versions() {
    let check = |version: &str, builds: &[&str], others: &[&str]| {
        let parsed = Version::parse(version).unwrap();
        let (least, greatest) = (of(&parsed), ceiling(&parsed));
        let holds = |text: &&str| (&least..=&greatest).contains(&&key(text));
        assert!(builds.iter().all(&holds), "{version} {builds:?}");
        assert!(!others.iter().any(holds), "{version} {others:?}");
    };
    // `packaging`: what `==` with this version contains.
    check(
        "2.6.0",
        &["2.6.0", "2.6", "v2.6.0", "2.6.0+cpu", "2.6+cu118", "2.6.0+zzz.9", "2.6.0+99999999999999999999"],
        &[
            "2.6.0rc1+cpu",
            "2.6.0.dev1",
            "2.6.0.post1",
            "2.6.0.post0.dev0",
            "2.6.0-1+cpu",
            "2.6.0.1+cpu",
            "1!2.6",
        ],
    );
    check(
        "2.6.0rc1",
        &["2.6rc1", "2.6.0c1+cpu"],
        &["2.6.0+cpu", "2.6.0rc1.post1+cpu", "2.6.0rc2", "2.6.0rc1.dev1"],
    );
    check("1.post2", &["1.0-2+ubuntu.1"], &["1.post3", "1.post2.dev1+a", "1+a"]);
    // A local version means itself.
    check("2.6.0+cpu", &["2.6+CPU"], &["2.6.0", "2.6.0+cpu.1", "2.6.0+cu118", "2.6.0+1"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn exactly_the_local_versions_of_a_version_lie_below_its_ceiling((left, right) in pairs()) {
        let public = Fields { local: None, ..left };
        let version = write(&public, &[0]);
        let parsed = Version::parse(&version).unwrap();
        let other = key(&write(&right, &[0]));
        let is_between = of(&parsed) <= other && other <= ceiling(&parsed);
        let right = Fields { local: None, ..right };
        prop_assert_eq!(is_between, compare(&right, &public) == Ordering::Equal, "{}", version);
    }

    #[test]
    fn key_order_is_version_order(
        (left, right) in pairs(),
        choices in (prop::collection::vec(any::<u8>(), 1..20), prop::collection::vec(any::<u8>(), 1..20)),
    ) {
        let expected = compare(&left, &right);
        let (left, right) = (write(&left, &choices.0), write(&right, &choices.1));
        prop_assert_eq!(key(&left).cmp(&key(&right)), expected, "{} against {}", left, right);
        prop_assert_eq!(key(&right).cmp(&key(&left)), expected.reverse());
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[v0-2a-eoprtv!.+_-]{0,20}") {
        if let Ok(version) = Version::parse(&text) {
            prop_assert!(!of(&version).is_empty());
        }
    }
}
