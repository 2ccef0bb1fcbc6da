//! Makes keys of two versions, a line each, and compares them.

#![no_main]

use std::cmp::Ordering;

use libfuzzer_sys::fuzz_target;
use limpid_fuzz::debian_policy;
use limpid_plugin_sdk::scheme::Scheme;
use limpid_scheme_alpm::Alpm;
use limpid_scheme_apk::Apk;
use limpid_scheme_bitnami::Bitnami;
use limpid_scheme_composer::Composer;
use limpid_scheme_conda::Conda;
use limpid_scheme_cpan::Cpan;
use limpid_scheme_cran::Cran;
use limpid_scheme_crates::Crates;
use limpid_scheme_dpkg::Dpkg;
use limpid_scheme_gem::Gem;
use limpid_scheme_generic::Generic;
use limpid_scheme_go::Go;
use limpid_scheme_haskell::Haskell;
use limpid_scheme_hex::Hex;
use limpid_scheme_julia::Julia;
use limpid_scheme_maven::Maven;
use limpid_scheme_npm::Npm;
use limpid_scheme_nuget::Nuget;
use limpid_scheme_opam::Opam;
use limpid_scheme_pep440::Pep440;
use limpid_scheme_portage::Portage;
use limpid_scheme_pub::Pub;
use limpid_scheme_rpm::Rpm;
use limpid_scheme_semver::Semver;
use limpid_scheme_swift::Swift;
use limpid_scheme_xbps::Xbps;

fuzz_target!(|text: &str| {
    let (left, right) = text.split_once('\n').unwrap_or((text, ""));
    let order = check_order::<Dpkg>(left, right);
    if debian_policy::allows(left) && debian_policy::allows(right) {
        let expected = order.map(|_| debian_policy::compare(left, right));
        assert_eq!(order, expected, "`{left}` and `{right}`, by their keys and by the policy");
    }
    check_order::<Apk>(left, right);
    check_apk_order(left);
    check_order::<Rpm>(left, right);
    check_rpm_order(left);
    check_order::<Semver>(left, right);
    check_semver_order(left);
    check_order::<Pep440>(left, right);
    check_pep440_order(left);
    check_order::<Alpm>(left, right);
    check_alpm_order(left);
    check_order::<Portage>(left, right);
    check_portage_order(left);
    check_order::<Xbps>(left, right);
    check_xbps_order(left);
    check_order::<Maven>(left, right);
    check_order::<Gem>(left, right);
    check_order::<Go>(left, right);
    check_order::<Npm>(left, right);
    check_order::<Nuget>(left, right);
    check_order::<Composer>(left, right);
    check_order::<Crates>(left, right);
    check_order::<Pub>(left, right);
    check_order::<Hex>(left, right);
    check_order::<Swift>(left, right);
    check_order::<Julia>(left, right);
    check_order::<Bitnami>(left, right);
    check_order::<Cran>(left, right);
    check_order::<Haskell>(left, right);
    check_order::<Conda>(left, right);
    check_order::<Opam>(left, right);
    check_order::<Generic>(left, right);
    check_order::<Cpan>(left, right);
    check_orders_of_languages(left);
});

/// How two versions compare by their keys, where both are versions.
fn check_order<S: Scheme>(left: &str, right: &str) -> Option<Ordering> {
    let (left_key, right_key) = (S::key(left).ok()?, S::key(right).ok()?);
    let ceiling = S::ceiling(left).ok();
    assert!(ceiling.is_some_and(|ceiling| left_key <= ceiling), "`{left}` has a ceiling, which is not less");
    assert_eq!(S::key(left).as_ref(), Ok(&left_key), "`{left}` has one key");
    assert!(left != right || left_key == right_key, "`{left}` has one key");
    let begins =
        left_key != right_key && (left_key.starts_with(&right_key) || right_key.starts_with(&left_key));
    assert!(!begins, "the key of one of `{left}` and `{right}` begins that of the other");
    Some(left_key.cmp(&right_key))
}

/// Checks that a version ascends by what goes on after it, where all of these are versions.
fn check_ascending<S: Scheme>(version: &str, suffixes: &[&str]) {
    let keys: Result<Vec<_>, _> =
        suffixes.iter().map(|suffix| S::key(&format!("{version}{suffix}"))).collect();
    if let Ok(keys) = keys {
        assert!(keys.is_sorted_by(|left, right| left < right), "`{version}` with {suffixes:?}");
    }
}

/// What the grammar of apk's versions says of a version and those that go on after it.
fn check_apk_order(version: &str) {
    // Behind a place where apk reads no further, nothing makes a difference.
    let is_read = |suffix: &&str| {
        let text = format!("{version}{suffix}");
        Apk::key(&text) != Apk::key(&format!("{text}?"))
    };
    let ascend = |suffixes: &[&str]| {
        if suffixes.iter().all(is_read) {
            check_ascending::<Apk>(version, suffixes);
        }
    };
    ascend(&["_alpha", "_alpha1", "_beta", "_pre", "_rc2", "_rc10", "", "-r0", "-r2", "-r10"]);
    ascend(&["", "_cvs", "_svn", "_git20240101", "_hg", "_p", "_p1", "_p10"]);
    ascend(&["", "a", "b", ".1", ".2", ".10"]);
    ascend(&["", "-r1", "~0a", "~0a1"]);
}

/// What rpm-version(7) says of a version and those that go on after it.
fn check_rpm_order(version: &str) {
    // Behind letters or digits, more of these are of the same run.
    check_ascending::<Rpm>(version, &["~~", "~", "~0", "", "^", "^0", "^1", ".a", ".b", ".0", ".2", ".10"]);
    if !version.contains('-') {
        check_ascending::<Rpm>(version, &["", "-~", "-", "-^", "-a", "-0", "-2", "-10"]);
    }
}

/// What libalpm says of a version and those that go on after it.
fn check_alpm_order(version: &str) {
    if !version.contains('-') {
        check_ascending::<Alpm>(version, &["", "-0", "-1", "-1.a", "-1.1", "-2", "-10"]);
        let ceiling = Alpm::ceiling(version).ok();
        for build in ["", "-0", "-1", "-z.9"] {
            let key = Alpm::key(&format!("{version}{build}")).ok();
            assert!(key <= ceiling, "`{version}{build}` is a build of `{version}`");
        }
    }
    check_ascending::<Alpm>(version, &["", ".a", ".1", ".2", ".10", "..a", "..1"]);
}

/// What the Package Manager Specification says of a version and those that go on after it.
fn check_portage_order(version: &str) {
    if !version.contains("-r") {
        let suffixes = ["_alpha", "_alpha2", "_beta", "_pre", "_rc", "_rc10", "", "-r1", "-r10", "_p", "_p1"];
        check_ascending::<Portage>(version, &suffixes);
    }
    if !version.contains(['_', '-']) && version.ends_with(|last: char| last.is_ascii_digit()) {
        check_ascending::<Portage>(version, &["", "a", "z", ".0", ".01", ".1", ".2", ".10"]);
    }
}

/// What libxbps says of a version and those that go on after it.
fn check_xbps_order(version: &str) {
    // Behind letters, what goes on may make a word of them, and a revision is replaced by another.
    if !version.contains('_') && version.ends_with(|last: char| last.is_ascii_digit()) {
        check_ascending::<Xbps>(version, &["alpha", "beta", "rc", "rc2", "rc10", "", "_1", "_2", "_10"]);
        check_ascending::<Xbps>(version, &[".alpha", "_9", "...1", "..1", ".1", ".2", ".10", "-1"]);
    }
}

/// What SemVer says of a version and those that go on after it.
fn check_semver_order(version: &str) {
    let numbers = version.trim_start_matches(['v', '=']);
    if numbers.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) {
        check_ascending::<Semver>(version, &["-0", "-2", "-10", "-a", "-a.0", "-a.a", "-b", ""]);
    }
    if version.contains('-') && !version.contains('+') {
        check_ascending::<Semver>(version, &["", ".0", ".2", ".10", ".a", ".a.0"]);
    }
    if let (Ok(key), Ok(built)) = (Semver::key(version), Semver::key(&format!("{version}+1"))) {
        assert_eq!(key, built, "`{version}` with build metadata");
    }
}

/// What PEP 440 says of a version and those that go on after it.
fn check_pep440_order(version: &str) {
    let ascend = |suffixes: &[&str]| check_ascending::<Pep440>(version, suffixes);
    ascend(&[".dev0", ".dev1", "a0.dev1", "a0", "b0", "rc0", "", "+a", "+0", ".post0.dev0", ".post0"]);
    ascend(&["", "+a", "+a.0", "+b", "+2", "+10", "+10.a", "+10.0"]);
    // Behind a local version these are parts of that, and texts.
    if !version.contains('+') {
        let ceiling = Pep440::ceiling(version).ok();
        for build in ["", "+cpu", "+0.z"] {
            let key = Pep440::key(&format!("{version}{build}")).ok();
            assert!(key <= ceiling, "`{version}{build}` is a build of `{version}`");
        }
        assert!(
            ceiling.is_none()
                || Pep440::key(&format!("{version}.post0")).map_or(true, |key| ceiling < Some(key)),
            "`{version}.post0` is none",
        );
        ascend(&["", ".post0", ".post2", ".post10"]);
    }
}

/// What languages say of a version and those that go on after it.
fn check_orders_of_languages(version: &str) {
    // Behind anything else, the same text is of the same part.
    if version.is_empty() || !version.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit()) {
        return;
    }
    check_ascending::<Bitnami>(version, &["", "-0", "-2", "-10", "-a", "-a.0"]);
    check_ascending::<Composer>(version, &["-dev", "-alpha", "-alpha2", "-beta", "-RC1", "", "-p", "-p1"]);
    check_ascending::<Conda>(version, &["dev", "_", "a", "rc", "rc1", "", ".1", ".1post"]);
    check_ascending::<Cran>(version, &["", ".1", ".2", "-10"]);
    check_ascending::<Crates>(version, &["-0", "-10", "-a", "-a.0", "", "+0", "+00", "+1", "+a"]);
    check_ascending::<Gem>(version, &[".a", ".a.1", ".b", "", ".0.1", ".1", ".2", ".10"]);
    check_ascending::<Go>(version, &["-0", "-10", "-a", "-a.0", ""]);
    check_ascending::<Haskell>(version, &["", ".0", ".1", ".2", ".10"]);
    check_ascending::<Hex>(version, &["-0", "-10", "-a", "-a.0", ""]);
    check_ascending::<Julia>(version, &["-", "-0", "-10", "-a", "-a.0", "", "+0", "+10", "+a", "+"]);
    check_ascending::<Npm>(version, &["-0", "-10", "-a", "-a.0", ""]);
    check_ascending::<Nuget>(version, &["--5", "-0", "-10", "-A", "-b", "-b.0", ""]);
    check_ascending::<Opam>(version, &["~~", "~", "", "a", "+"]);
    check_ascending::<Pub>(version, &["--5", "-0", "-10", "-a", "-a.0", "", "+0", "+10", "+a"]);
    check_ascending::<Swift>(version, &["--5", "-0", "-10", "-a", "-a.0", ""]);
    // Zeros at the end of these do not count.
    check_ascending::<Generic>(version, &["~1", "-dev", "-alpha", "-beta2", "-rc1", "-rc2", ""]);
    check_ascending::<Maven>(
        version,
        &["-alpha", "-alpha1", "-m1", "-rc", "-SNAPSHOT", "", "-sp", "-x", "-x1", "-1"],
    );
}
