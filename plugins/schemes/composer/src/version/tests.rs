use super::*;

#[test]
fn a_version_is_what_composer_normalises_it_to() {
    let check = |text: &str, numbers: &[&str], stability: Option<(Word, &str)>, is_dev: bool| {
        let stability = stability.map(|(word, numbers)| Stability { word, numbers });
        assert_eq!(
            Version::parse(text),
            Ok(Version { numbers: numbers.to_vec(), stability, is_dev }),
            "{text}"
        );
    };
    check("1.2", &["1", "2", "0", "0"], None, false);
    check("v1.2.3.4-beta.1.2-dev", &["1", "2", "3", "4"], Some((Word::Beta, ".1.2")), true);
    check("1.0.0-p", &["1", "0", "0", "0"], Some((Word::Patch, "")), false);
    check("1.0-stable5-dev", &["1", "0", "0", "0"], None, false);
    check("1.0-STABLE", &["1", "0", "0", "0"], Some((Word::Unknown, "")), false);
    check("1.2.x-dev", &["1", "2", "9999999", "9999999"], None, true);
    check("100000-dev", &["100000"], None, true);
    check("20240102", &["20240102"], None, false);
    check("2024-01-02:03-1a5", &["2024", "01", "02", "03", "1"], Some((Word::Alpha, "5")), false);
    check("1.0-", &["1", "0", "0", "0"], None, false);
}

#[test]
fn what_has_no_order_is_refused_with_the_reason() {
    let check = |text: &str, expected: &str| {
        let error = Version::parse(text).unwrap_err();
        assert!(error.contains(expected) && error.contains(text), "{text}: {error}");
    };
    for text in ["dev-main", "DEV-1.0", "master", "trunk", "default", "dev-1.0@dev"] {
        check(text, "is a branch");
    }
    for text in
        ["", "v", "a", "1..2", "1.0.x", "1.2.3.4.5", "1.2.3-4", "1.0 .2", "1.0-rc+", "x-dev", "1.0-foo"]
    {
        check(text, "is none that Composer can normalise");
    }
}
