use super::*;

const V2_HIGH: &str = "AV:N/AC:L/Au:N/C:C/I:C/A:C";
const V3_HIGH: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N";
const V3_CRITICAL: &str = "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
const V4_MEDIUM: &str = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N";

fn rating(system: &str, value: &str, score: impl Into<Option<f32>>) -> Rating {
    Rating { system: system.to_owned(), value: value.to_owned(), score: score.into() }
}

fn of_vulnerability(ratings: &[Rating]) -> RatedSeverity {
    severity("feed", &[], ratings, &[])
}

fn known(feed: &str, ratings: &[Rating]) -> Enriched {
    let enrichment = Enrichment {
        id: "CVE-2001-0001".to_owned(),
        kind: "scores".to_owned(),
        ratings: ratings.to_vec(),
        facts: Vec::new(),
    };
    Enriched { feed: feed.to_owned(), enrichment }
}

#[test]
fn a_vector_without_a_score_has_the_severity_of_its_base_score() {
    let check = |system: &str, value: &str, score: f32, expected: Severity| {
        let rated = of_vulnerability(&[rating(system, value, None)]);
        assert_eq!(rated.severity, expected, "{value}");
        assert_eq!(rated.rating, Some(rating(system, value, score)), "{value}");
    };
    check("CVSS:3.1", V3_HIGH, 7.5, Severity::High);
    check("CVSS:3.0", V3_CRITICAL, 9.8, Severity::Critical);
    check("CVSS:4.0", V4_MEDIUM, 6.9, Severity::Medium);
    check("CVSS:3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, Severity::Negligible);
}

#[test]
fn cvss_2_0_has_no_critical() {
    for score in [None, Some(10.0)] {
        let rated = of_vulnerability(&[rating("CVSS:2.0", V2_HIGH, score)]);
        assert_eq!(rated.severity, Severity::High);
        assert_eq!(rated.rating.unwrap().score, Some(10.0));
    }
}

#[test]
fn a_score_beside_its_vector_is_the_publishers_and_counts() {
    let check = |score: f32, expected: Severity| {
        assert_eq!(of_vulnerability(&[rating("CVSS:3.1", V3_HIGH, score)]).severity, expected, "{score}");
    };
    check(9.1, Severity::Critical);
    check(0.0, Severity::Negligible);
    // What is no score is not one.
    for score in [f32::NAN, -1.0, 11.0, f32::INFINITY] {
        check(score, Severity::High);
    }
}

#[test]
fn the_newest_version_of_cvss_counts_within_one_publishers_ratings() {
    let ratings = [
        rating("CVSS:2.0", V2_HIGH, 10.0),
        rating("CVSS:3.0", V3_CRITICAL, None),
        rating("CVSS:3.1", V3_HIGH, 7.5),
        rating("CVSS:4.0", V4_MEDIUM, None),
    ];
    let expected = [Severity::High, Severity::Critical, Severity::High, Severity::Medium];
    for newest in 0..ratings.len() {
        let mut given = ratings[..=newest].to_vec();
        for _ in 0..given.len() {
            given.rotate_left(1);
            assert_eq!(of_vulnerability(&given).severity, expected[newest], "{given:?}");
        }
    }
}

#[test]
fn of_one_version_the_worst_counts() {
    let ratings = [rating("CVSS:3.1", V3_HIGH, None), rating("CVSS:3.1", "HIGH", 9.8)];
    assert_eq!(of_vulnerability(&ratings).severity, Severity::Critical);
}

#[test]
fn a_publishers_own_word_counts_before_its_vectors() {
    let ratings = [rating("CVSS:3.0", V3_CRITICAL, None), rating("github", "MODERATE", None)];
    let rated = of_vulnerability(&ratings);
    assert_eq!((rated.severity, rated.rating.unwrap().value.as_str()), (Severity::Medium, "MODERATE"));
    // But not where it says nothing.
    let ratings = [rating("debian", "not yet assigned", None), rating("CVSS:3.0", V3_CRITICAL, None)];
    assert_eq!(of_vulnerability(&ratings).severity, Severity::Critical);
}

#[test]
fn what_is_not_understood_leaves_what_is() {
    let malformed = rating("CVSS:4.0", "CVSS:4.0/AV:N", None);
    let ratings = [malformed.clone(), rating("CVSS:3.1", V3_HIGH, None)];
    assert_eq!(of_vulnerability(&ratings).severity, Severity::High);
    assert_eq!(severity("feed", std::slice::from_ref(&malformed), &ratings, &[]).severity, Severity::High);
    assert_eq!(of_vulnerability(&[malformed]), RatedSeverity::UNRATED);
}

#[test]
fn that_a_package_was_published_to_do_harm_outranks_every_score() {
    let of_package = [
        rating("CVSS:3.1", V3_CRITICAL, 10.0),
        rating("x", "malicious", None),
        rating("y", "critical", None),
    ];
    let rated = severity("feed", &of_package, &[rating("CVSS:4.0", V4_MEDIUM, None)], &[]);
    assert_eq!(rated.severity, Severity::Malicious);
    assert_eq!(rated.rating, Some(rating("x", "malicious", None)));
    assert!(is_as_severe(Severity::Malicious, Severity::Critical, true));
}

#[test]
fn the_word_on_a_package_counts_before_that_on_the_vulnerability_and_that_before_others() {
    let low = [rating("somebody", "low", None)];
    let critical = [rating("CVSS:4.0", "", 9.3)];
    let others = [known("others", &[rating("CVSS:3.1", "", 5.0)])];
    let check = |of_package: &[Rating], of_vulnerability: &[Rating], expected, is_of_package, feed: &str| {
        let rated = severity("feed", of_package, of_vulnerability, &others);
        assert_eq!((rated.severity, rated.of_package), (expected, is_of_package));
        assert_eq!(rated.feed.as_deref(), Some(feed));
    };
    check(&low, &critical, Severity::Low, true, "feed");
    check(&[], &critical, Severity::Critical, false, "feed");
    check(&[], &[], Severity::Medium, false, "others");
}

#[test]
fn of_several_others_the_worst_counts_each_by_its_newest_version() {
    let nvd = known("nvd", &[rating("CVSS:2.0", V2_HIGH, 10.0), rating("CVSS:3.1", "", 5.0)]);
    let vendor = known("vendor", &[rating("CVSS:3.1", V3_HIGH, None)]);
    let rated = severity("feed", &[], &[], &[nvd.clone(), vendor]);
    assert_eq!((rated.severity, rated.feed.as_deref()), (Severity::High, Some("vendor")));
    let rated = severity("feed", &[], &[], &[nvd]);
    assert_eq!((rated.severity, rated.feed.as_deref()), (Severity::Medium, Some("nvd")));
}

#[test]
fn a_rating_that_nobody_gave_is_unknown_and_a_probability_is_none() {
    let epss = [rating(Enrichment::PROBABILITY, "0.97", 0.97)];
    let unrated = severity("feed", &epss, &epss, &[known("epss", &epss), known("kev", &[])]);
    assert_eq!(unrated, RatedSeverity::UNRATED);
    assert!(!unrated.is_rated() && unrated.severity == Severity::Unknown);
    assert!(of_vulnerability(&[rating("somebody", "low", None)]).is_rated());
}
