use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(text).unwrap()
}

#[test]
fn keys_order_as_apk_does() {
    let check = |left: &str, expected: Ordering, right: &str| {
        assert_eq!(key(left).cmp(&key(right)), expected, "{left} {expected:?} {right}");
        assert_eq!(key(right).cmp(&key(left)), expected.reverse(), "{right} against {left}");
    };
    // From apk-tools, test/unit/version.data: each kind of difference once or twice.
    check("0.1.0_alpha", Ordering::Equal, "0.1.0_alpha");
    check("2.34", Ordering::Greater, "0.1.0_alpha");
    check("0.1.0_alpha2", Ordering::Greater, "0.1.0_alpha");
    check("1.0.4-r3", Ordering::Less, "1.0.4-r4");
    check("1.1", Ordering::Greater, "1.1_alpha1");
    check("2.3.0b-r1", Ordering::Less, "2.3.0b-r2");
    check("0.12.3", Ordering::Greater, "0.12");
    check("0.12", Ordering::Less, "0.13_beta1");
    check("3.1_p16", Ordering::Less, "3.1_p17");
    check("1.06-r6", Ordering::Less, "006");
    check("2.01.01_alpha10", Ordering::Greater, "0.94");
    check("20050718-r2", Ordering::Greater, "3.9.8-r5");
    check("104-r11", Ordering::Greater, "104-r9");
    check("2.5.1-r8", Ordering::Less, "2.5.1a-r1");
    check("4.5_p1-r1", Ordering::Greater, "4.5_p1");
    check("0.17", Ordering::Less, "5.1.1-r1");
    check("1.02.07", Ordering::Less, "1.02.10-r1");
    check("1.07-r1", Ordering::Less, "1.07.5");
    check("1.00_beta2", Ordering::Less, "1.39");
    check("1.6.8_p12-r1", Ordering::Greater, "1.6.8_p9-r2");
    check("0.9.28-r2", Ordering::Less, "0.9.28.1");
    check("2.9.11_pre20051101-r3", Ordering::Greater, "2.9.11_pre20051101");
    check("1.3-r0", Ordering::Less, "1.3.1-r0");
    check("1.3_pre1-r1", Ordering::Less, "1.3.2");
    check("0.1.0_alpha_pre2", Ordering::Less, "0.1.0_alpha");
    check("1.0.0_pre20191002222144-r0", Ordering::Less, "1.0.0_pre20210530193627-r0");
    check("6.0_p1", Ordering::Greater, "6.0");
    check("8.2.0", Ordering::Less, "8.2.001");
    check("8.2.0015", Ordering::Less, "8.2.002");
    check("1.0~1234", Ordering::Less, "1.0~2345");
    check("1.0~1234-r1", Ordering::Less, "1.0~2345-r0");
    check("1.0~1234-r1", Ordering::Greater, "1.0~1234-r0");
    // Suffixes in their order, and with the end of the version among them.
    check("1_alpha", Ordering::Less, "1_beta");
    check("1_pre", Ordering::Less, "1_rc");
    check("1_rc9", Ordering::Less, "1");
    check("1", Ordering::Less, "1_cvs");
    check("1_git20240101", Ordering::Less, "1_hg");
    check("1_hg", Ordering::Less, "1_p");
    check("1-r9", Ordering::Less, "1~0-r0");
    // Numbers of any length, and equal ones that are written differently.
    check("18446744073709551616", Ordering::Less, "18446744073709551617");
    check("01-r01", Ordering::Equal, "1-r1");
    check("1.010", Ordering::Less, "1.1");
}

#[test]
fn what_apk_tools_3_calls_invalid_is_ordered_as_apk_tools_2_does() {
    let check = |ascending: &[&str]| {
        let keys: Vec<_> = ascending.iter().map(|text| key(text)).collect();
        assert!(keys.is_sorted_by(|left, right| left < right), "{ascending:?}");
    };
    // Answers of `apk version --test`, apk-tools 2.14.4; all forms that secdb has had.
    check(&[
        "1.9.5",
        "1.9.5-r1",
        "1.9.5p",
        "1.9.5p-r1",
        "1.9.5p1",
        "1.9.5p2_rc1",
        "1.9.5p2-r0",
        "1.9.5p10",
        "1.9.5q",
        "1.9.6",
    ]);
    check(&[
        "1.2.30-r0",
        "1.2.31_rc1",
        "1.2.31",
        "1.2.31-r5",
        "1.2.31_p1",
        "1.2.31a",
        "1.2.31.1",
        "1.2.31-0",
        "1.2.32-r0",
    ]);
    check(&[
        "2.14",
        "2.15",
        "2.15-r1",
        "2.15.-r1",
        "2.15.r-r1",
        "2.15.r-r2",
        "2.15.r1.1",
        "2.15.s",
        "2.15.0-r1",
        "2.15.1",
    ]);
    check(&["2020-r5", "2021-r5", "2021.1-r5", "2021-03-27-r5", "2022-r0"]);
    check(&["1_beta", "1_rc_pre", "1_rc", "1_rc1", "1_foo", "1", "1-r1"]);
    check(&["1", "1_git", "1_git1", "1_gitfoo", "1_p"]);
    check(&["1a", "1a2", "1a2b", "1a2b3", "1a2.0", "1a2.3", "1ab", "1b"]);
    check(&["1-r1", "1-r1-r2", "1-r1-r10", "1-r1_p", "1-r2"]);
    let equal = |left: &str, right: &str| assert_eq!(key(left), key(right), "{left} {right}");
    // It is invalid at one place, whatever follows.
    equal("1.2.31-0", "1.2.31-1-r5");
    equal("1.2+3", "1.2:3");
    equal("1ab", "1a.1");
    equal("1_foo", "1_bar-r1");
    equal("1-r", "1-r0");
    equal("1_", "1_cvs");
    equal("1a01", "1a1");
}

#[test]
fn what_does_not_begin_with_a_digit_is_refused_with_the_reason() {
    for text in ["", ".1", "a", "v2.0", " 1", "-r1", "ä"] {
        let error = of(text).unwrap_err();
        assert!(error.contains(text) && error.contains("does not begin with a digit"), "{text}: {error}");
    }
}

#[test]
fn a_version_without_a_revision_stands_for_all_of_its_revisions() {
    let check = |version: &str, builds: &[&str], others: &[&str]| {
        let (least, greatest) = (key(version), ceiling(version).unwrap());
        let holds = |text: &&str| (&least..=&greatest).contains(&&key(text));
        assert!(builds.iter().all(&holds), "{version} {builds:?}");
        assert!(!others.iter().any(holds), "{version} {others:?}");
    };
    let revisions = ["1.2.3", "1.2.3-r0", "1.2.3-r12", "1.2.3-r99999999999999999999"];
    check(
        "1.2.3",
        &revisions,
        &["1.2.3_rc1-r0", "1.2.3_p1-r0", "1.2.3~ab-r0", "1.2.3a", "1.2.3.0-r0", "1.2.3-0", "1.2.4"],
    );
    check("1.2.3_p1", &["1.2.3_p1-r3"], &["1.2.3-r3", "1.2.3_p1_p1", "1.2.3_p11-r0", "1.2.3_p2"]);
    check("1.2.3~ab", &["1.2.3~ab-r3"], &["1.2.3-r3", "1.2.3~abc-r3"]);
    // Each of these is one build, which is how all publishers write them.
    check("1.2.3-r1", &["1.2.3-r1", "1.2.3-r01"], &["1.2.3", "1.2.3-r0", "1.2.3-r2", "1.2.3-r11"]);
    check("1.2.31-0", &["1.2.31-0"], &["1.2.31-r1", "1.2.32"]);
    assert!(ceiling("v1").is_err());
}

#[test]
fn what_apk_calls_valid_is_keyed() {
    // From apk-tools, test/unit/version.data.
    for text in
        ["1.2", "0.1_pre2", "0.1_pre2~1234abcd", "0.1_p1_pre2", "0.1_alpha1_pre2", "0.1_git20240101_pre1"]
    {
        assert_ne!(of(text).unwrap().last(), Some(&(Rank::Invalid as u8)), "{text}");
    }
}

/// apk's own way to compare: two lists of (kind, text), where the kinds are numbered as in apk.
fn compare(left: &str, right: &str) -> Ordering {
    let (left, right) = (pieces(left), pieces(right));
    let mut at = 0;
    loop {
        let (l, r) = (&left[at], &right[at]);
        if l.0 != r.0 {
            return match (is_pre_release(l), is_pre_release(r)) {
                (true, _) => Ordering::Less,
                (_, true) => Ordering::Greater,
                // A kind with a lower number takes the version further.
                _ => r.0.cmp(&l.0),
            };
        }
        let unequal = match l.0 {
            1 if l.1.starts_with('0') || r.1.starts_with('0') => l.1.cmp(&r.1),
            0 | 1 | 4 | 6 => l.1.parse::<u128>().unwrap().cmp(&r.1.parse().unwrap()),
            3 => suffix_number(&l.1).cmp(&suffix_number(&r.1)),
            END => return Ordering::Equal,
            _ => l.1.cmp(&r.1),
        };
        if unequal != Ordering::Equal {
            return unequal;
        }
        at += 1;
    }
}

const END: u8 = 7;

fn pieces(version: &str) -> Vec<(u8, String)> {
    let (version, revision) = match version.split_once("-r") {
        Some((version, revision)) => (version, Some((6, revision.to_owned()))),
        None => (version, None),
    };
    let (version, hash) = match version.split_once('~') {
        Some((version, hash)) => (version, Some((5, hash.to_owned()))),
        None => (version, None),
    };
    let mut parts = version.split('_');
    let mut numbers = parts.next().unwrap();
    let letter = numbers.strip_suffix(|last: char| last.is_ascii_lowercase()).map(|before| {
        let letter = numbers[before.len()..].to_owned();
        numbers = before;
        (2, letter)
    });
    let mut pieces: Vec<_> = numbers
        .split('.')
        .enumerate()
        .map(|(index, digits)| (u8::from(index > 0), digits.to_owned()))
        .collect();
    pieces.extend(letter);
    for part in parts {
        let word = part.trim_end_matches(|last: char| last.is_ascii_digit());
        pieces.push((3, word.to_owned()));
        if word.len() < part.len() {
            pieces.push((4, part[word.len()..].to_owned()));
        }
    }
    pieces.extend(hash);
    pieces.extend(revision);
    pieces.push((END, String::new()));
    pieces
}

fn suffix_number(word: &str) -> usize {
    let order = ["alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p"];
    order.iter().position(|known| *known == word).unwrap()
}

fn is_pre_release(piece: &(u8, String)) -> bool {
    piece.0 == 3 && suffix_number(&piece.1) < suffix_number("")
}

fn versions() -> impl Strategy<Value = String> {
    "[0-2]{1,2}(\\.(0{0,2}[019]|[1-9][0-9]{0,25})){0,3}[ab]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-2]{0,2}){0,2}(~[01af]{1,3})?(-r[0-2]{1,2})?"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn key_order_is_version_order(left in versions(), right in versions()) {
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
    }

    #[test]
    fn key_order_is_version_order_where_only_the_ends_differ(
        start in "[12](\\.(0[01]?|1))?",
        left in "(\\.0?1)?a?(_(rc|p|git)1?)?(~a)?(-r1)?",
        right in "(\\.0?1)?a?(_(rc|p|git)1?)?(~a)?(-r1)?",
    ) {
        let (left, right) = (format!("{start}{left}"), format!("{start}{right}"));
        prop_assert_eq!(key(&left).cmp(&key(&right)), compare(&left, &right), "{} against {}", left, right);
    }

    #[test]
    fn all_revisions_of_a_version_lie_below_its_ceiling_and_no_other_version(
        version in versions(),
        other in versions(),
        revision in "-r[0-9]{1,3}",
    ) {
        let bare = version.split("-r").next().unwrap().to_owned();
        let (least, greatest) = (key(&bare), ceiling(&bare).unwrap());
        let revision = key(&format!("{bare}{revision}"));
        prop_assert!(least < revision && revision <= greatest);
        let other_key = key(&other);
        let is_between = least <= other_key && other_key <= greatest;
        let other = other.split("-r").next().unwrap();
        prop_assert_eq!(is_between, compare(other, &bare) == Ordering::Equal, "{} {}", other, bare);
    }

    #[test]
    fn no_text_is_too_odd_to_be_keyed_or_refused(text in "\\PC{0,20}|[0-9a-z._~r-]{0,20}") {
        let _outcome = of(&text);
    }
}
