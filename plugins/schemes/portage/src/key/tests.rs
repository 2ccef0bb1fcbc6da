use std::cmp::Ordering;

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> Vec<u8> {
    of(&Version::parse(text).unwrap())
}

#[test]
fn keys_order_as_the_specification_does() {
    let check = |left: &str, expected: Ordering, right: &str| {
        assert_eq!(key(left).cmp(&key(right)), expected, "{left} {expected:?} {right}");
        assert_eq!(key(right).cmp(&key(left)), expected.reverse(), "{right} against {left}");
    };
    // Portage's own examples.
    check("6.0", Ordering::Greater, "5.0");
    check("5.0", Ordering::Greater, "5");
    check("1.0-r1", Ordering::Greater, "1.0-r0");
    check("999999999999999999999999999999", Ordering::Greater, "999999999999999999999999999998");
    check("1.0.0", Ordering::Greater, "1.0");
    check("1.0.0", Ordering::Greater, "1.0b");
    check("1b", Ordering::Greater, "1");
    check("1b_p1", Ordering::Greater, "1_p1");
    check("1.1b", Ordering::Greater, "1.1");
    check("12.2.5", Ordering::Greater, "12.2b");
    check("4.0", Ordering::Less, "5.0");
    check("1.0_pre2", Ordering::Less, "1.0_p2");
    check("1.0_alpha2", Ordering::Less, "1.0_p2");
    check("1.0_alpha1", Ordering::Less, "1.0_beta1");
    check("1.0_beta3", Ordering::Less, "1.0_rc3");
    check("1.001000000000000000001", Ordering::Less, "1.001000000000000000002");
    check("1.00100000000", Ordering::Less, "1.0010000000000000001");
    check("1.01", Ordering::Less, "1.1");
    check("1.0-r0", Ordering::Equal, "1.0");
    check("1.0", Ordering::Equal, "1.0-r00");
    check("1.0_p", Ordering::Equal, "1.0_p0");
    check("1.010", Ordering::Equal, "1.01");
    check("01.2", Ordering::Equal, "1.2");
    check("1.0", Ordering::Equal, "1.00");
    check("1", Ordering::Less, "1_p0");
    check("1_rc", Ordering::Less, "1");
    check("1_rc_p1", Ordering::Greater, "1_rc");
    check("1_p_alpha", Ordering::Less, "1_p");
    check("1.09", Ordering::Less, "1.9");
    check("1.2", Ordering::Less, "1.10");
}

/// What Portage does: it looks at two numbers at once.
fn numbers(left: &Version<'_>, right: &Version<'_>) -> Ordering {
    let value = |digits: &str| digits.parse::<u64>().unwrap();
    let mut order = value(left.numbers[0]).cmp(&value(right.numbers[0]));
    for (l, r) in left.numbers.iter().zip(&right.numbers).skip(1) {
        order = order.then_with(|| {
            if l.starts_with('0') || r.starts_with('0') {
                let width = l.len().max(r.len());
                format!("{l:0<width$}").cmp(&format!("{r:0<width$}"))
            } else {
                value(l).cmp(&value(r))
            }
        });
    }
    order.then(left.numbers.len().cmp(&right.numbers.len())).then(left.letter.cmp(&right.letter))
}

proptest! {
    #[test]
    fn numbers_order_as_portage_orders_them(
        left in r"[0-9]{1,2}(\.[0-2]{1,4}){0,3}[ab]?",
        right in r"[0-9]{1,2}(\.[0-2]{1,4}){0,3}[ab]?",
    ) {
        let expected = numbers(&Version::parse(&left).unwrap(), &Version::parse(&right).unwrap());
        prop_assert_eq!(key(&left).cmp(&key(&right)), expected, "{} and {}", left, right);
    }

    #[test]
    fn suffixes_and_revisions_ascend(version in r"[0-9]{1,2}(\.[0-9]{1,3}){0,2}[a-c]?(_(alpha|beta|pre|rc|p)[0-9]{0,2}){0,2}") {
        let suffixes = ["_alpha", "_alpha2", "_beta", "_pre", "_rc", "_rc10", "", "-r1", "-r10", "_p", "_p1"];
        let keys: Vec<_> = suffixes.iter().map(|suffix| key(&format!("{version}{suffix}"))).collect();
        prop_assert!(keys.is_sorted_by(|left, right| left < right), "{}", version);
    }

    #[test]
    fn no_text_is_fatal(text in r"([0-9]|[a-c]|_alpha|_p|-r|[.]|\PC){0,12}") {
        let _ = Version::parse(&text).map(|version| of(&version));
    }
}
