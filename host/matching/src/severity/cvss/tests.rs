use proptest::prelude::*;

use super::*;

fn rating(system: &str, value: &str) -> Rating {
    Rating { system: system.to_owned(), value: value.to_owned(), score: None }
}

fn scored(system: &str, value: &str) -> Option<f32> {
    score(value, version(&rating(system, value))?)
}

#[test]
fn vectors_have_the_scores_of_firsts_published_examples() {
    let check = |version: &str, metrics: &str, expected: f32| {
        let vector = if version == "2.0" { metrics.to_owned() } else { format!("CVSS:{version}/{metrics}") };
        assert_eq!(scored(&format!("CVSS:{version}"), &vector), Some(expected), "{vector}");
    };
    // <https://www.first.org/cvss/v2/guide>, section 3.3.
    check("2.0", "AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8);
    check("2.0", "AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0);
    check("2.0", "AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2);
    // <https://www.first.org/cvss/v3.1/examples>; those of 3.0 are the same.
    for version in ["3.0", "3.1"] {
        check(version, "AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1);
        check(version, "AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4);
        check(version, "AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1);
        check(version, "AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9);
        check(version, "AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L", 4.2);
        check(version, "AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 8.8);
        check(version, "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5);
        check(version, "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8);
        check(version, "AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N", 6.8);
        check(version, "AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 6.8);
        check(version, "AV:A/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:H", 9.3);
    }
    // <https://www.first.org/cvss/v4.0/examples>.
    check("4.0", "AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.3);
    check("4.0", "AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.7);
    check("4.0", "AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N", 8.3);
    check("4.0", "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", 8.7);
    check("4.0", "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0);
}

#[test]
fn a_vector_is_read_however_its_publisher_writes_it() {
    let v2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P";
    let v3 = "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    let v4 = "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
    let check = |system: &str, value: &str, expected: (Version, f32)| {
        let rating = rating(system, value);
        assert_eq!(version(&rating), Some(expected.0), "{system} {value}");
        assert_eq!(score(value, expected.0), Some(expected.1), "{system} {value}");
    };
    let of_2 = (Version::V2_0, 7.5);
    for value in [
        v2.to_owned(),
        format!("({v2})"),
        format!(" {v2}\n"),
        format!("{v2}/"),
        format!("CVSS:2.0/{v2}"),
        format!("CVSS2#{v2}"),
        v2.to_lowercase(),
    ] {
        for system in ["CVSS:2.0", "CVSS_V2", "cvss2", "somebody"] {
            check(system, &value, of_2);
        }
    }
    for system in ["CVSS:3.1", "CVSS_V3", "cvssv3.1", "CVSS:4.0", "somebody"] {
        check(system, &format!("CVSS:3.1/{v3}"), (Version::V3_1, 9.8));
        check(system, &format!("(cvss:3.0/{})", v3.to_lowercase()), (Version::V3_0, 9.8));
    }
    check("CVSS_V3", v3, (Version::V3_1, 9.8));
    check("somebody", v3, (Version::V3_1, 9.8));
    check("CVSS_V4", v4, (Version::V4_0, 9.3));
    check("somebody", v4, (Version::V4_0, 9.3));
    check("CVSS_V3", &format!("CVSS:4.0/{v4}"), (Version::V4_0, 9.3));
}

#[test]
fn metrics_of_a_day_or_a_place_leave_the_base_score_of_2_0_and_3_as_it_is() {
    let check = |vector: &str, expected: f32| assert_eq!(scored("", vector), Some(expected), "{vector}");
    check("AV:N/AC:L/Au:N/C:P/I:P/A:P/E:U/RL:OF/RC:UC/CDP:N/TD:L/CR:L/IR:L/AR:L", 7.5);
    check("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U/RL:O/RC:U/MAV:P", 9.8);
    // Of 4.0 there is but one score: FIRST's calculator gives these.
    check("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:A", 9.3);
    check("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:P", 8.9);
    check("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U", 8.1);
}

#[test]
fn what_is_malformed_has_no_score() {
    for system in ["CVSS:2.0", "CVSS:3.0", "CVSS:3.1", "CVSS:4.0", "somebody", ""] {
        for value in [
            "",
            "/",
            "()",
            "AV:N",
            "CVSS:3.1",
            "CVSS:3.1/",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/A:L",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:Q",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/ZZ:1",
            "CVSS:3.1/AV/AC/PR/UI/S/C/I/A",
            "CVSS:5.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "AV:N/AC:L/Au:N/C:P/I:P",
            "ÄV:N/AC:L/Au:N/C:P/I:P/A:P",
            "#####",
            "high",
        ] {
            assert_eq!(scored(system, value), None, "{system} {value}");
        }
    }
    let long = format!("{}{}", "AV:N/AC:L/Au:N/C:P/I:P/A:P", "/E:H".repeat(200_000));
    assert_eq!(scored("CVSS:2.0", &long), None);
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_be_scored_or_refused(
        value in "\\PC{0,40}|[(]?(CVSS:[2345][.][01]/)?([A-Za-z]{1,3}:[A-Z]{1,2}[/:]?){0,12}[)]?",
        system in "(CVSS|cvss)?[:_v-]{0,2}[2-5]?([.][01])?|\\PC{0,8}",
    ) {
        if let Some(score) = scored(&system, &value) {
            prop_assert!((0.0..=10.0).contains(&score));
        }
    }

    #[test]
    fn a_vector_that_lacks_a_metric_or_has_one_twice_has_no_score(
        version in 0_usize..3,
        place in 0_usize..6,
        is_twice in any::<bool>(),
    ) {
        let (prefix, vector) = [
            ("", "AV:N/AC:L/Au:N/C:P/I:P/A:P"),
            ("CVSS:3.1/", "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
            ("CVSS:4.0/", "AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"),
        ][version];
        let mut metrics: Vec<_> = vector.split('/').collect();
        let metric = metrics.remove(place);
        if is_twice {
            metrics.extend([metric, metric]);
        }
        prop_assert_eq!(scored("CVSS:2.0", &format!("{prefix}{}", metrics.join("/"))), None);
    }
}
