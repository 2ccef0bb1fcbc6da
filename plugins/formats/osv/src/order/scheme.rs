//! The order of a scheme, for those schemes of which packages can be judged.
//!
//! Events are put in order by it, and nothing else: the host orders versions when it judges. Of what a scheme
//! takes for no version there is no order here either. Tests hold all of it against the schemes.

use std::cmp::Ordering;
use std::str::FromStr as _;

use pep440_rs::Version;

/// How two versions compare in a scheme; none where it is not known.
pub(crate) fn compare(scheme: &str, left: &str, right: &str) -> Option<Ordering> {
    match scheme {
        "pep440" => Some(Version::from_str(left).ok()?.cmp(&Version::from_str(right).ok()?)),
        "semver" | "npm" | "go" | "hex" => Some(Semantic::parse(left)?.cmp(&Semantic::parse(right)?)),
        // What they order otherwise than SemVer does is left open: builds, and what they take for a number.
        "crates" | "julia" | "pub" | "swift" => {
            let is_plain = |version: &str| !(version.contains('+') || version.split(['.', '-']).any(is_odd));
            (is_plain(left) && is_plain(right)).then_some(())?;
            Some(Semantic::parse(left)?.cmp(&Semantic::parse(right)?))
        }
        // A revision is later than the version without, but records of Go pass on SemVer's `1.24.0-0` as what is before
        // `1.24.0`: which of the two is meant is left open, so that events stay as they were written.
        "bitnami" => {
            let (left, right) = (Semantic::parse(left)?, Semantic::parse(right)?);
            let is_open = left.numbers == right.numbers && left.is_release != right.is_release;
            (!is_open).then(|| left.cmp(&right))
        }
        "apk" => Some(Apk::parse(left)?.cmp(&Apk::parse(right)?)),
        "dpkg" => Some(Dpkg::parse(left)?.cmp(&Dpkg::parse(right)?)),
        _ => None,
    }
}

/// Whether a part of a version is one that a language may take for a number with a sign, or for none because it is too
/// great.
fn is_odd(part: &str) -> bool {
    part.is_empty() || part.len() > 18 || part.starts_with("0x") || part.starts_with("0X")
}

/// `major.minor.patch[-identifiers][+build]`, of which the last numbers may be missing.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Semantic<'a> {
    numbers: [u64; 3],
    /// Releases come after what comes before them.
    is_release: bool,
    pre_release: Vec<Identifier<'a>>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(u64),
    Text(&'a str),
}

impl<'a> Semantic<'a> {
    fn parse(version: &'a str) -> Option<Self> {
        let version = version.strip_prefix('v').unwrap_or(version);
        let (version, _build) = version.split_once('+').unwrap_or((version, ""));
        let (release, pre_release) = match version.split_once('-') {
            Some((release, pre_release)) => (release, Some(pre_release)),
            None => (version, None),
        };
        let mut numbers = [0; 3];
        let mut given = release.split('.');
        numbers[0] = number(given.next()?)?;
        for place in numbers.iter_mut().skip(1) {
            *place = given.next().map_or(Some(0), number)?;
        }
        let pre_release = pre_release.into_iter().flat_map(|text| text.split('.')).map(Identifier::parse);
        let pre_release = pre_release.collect::<Option<Vec<_>>>()?;
        given.next().is_none().then_some(Self { numbers, is_release: pre_release.is_empty(), pre_release })
    }
}

impl<'a> Identifier<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return number(text).map(Self::Number);
        }
        let is_identifier = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (!text.is_empty() && text.bytes().all(is_identifier)).then_some(Self::Text(text))
    }
}

/// `number(.number)*letter?(_suffix number?)*(-rN)?`, without numbers that begin with a zero: those are
/// fractions; and without a suffix that has no number before another suffix: what that is compared with a number
/// is told by the other suffix.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Apk {
    numbers: Vec<u64>,
    letter: Option<u8>,
    /// Rank and number of each suffix, and the rank of their end.
    suffixes: Vec<(i8, Option<u64>)>,
    revision: Option<u64>,
}

/// Those before 0 come before the version itself.
const SUFFIXES: [(&str, i8); 9] = [
    ("alpha", -4),
    ("beta", -3),
    ("pre", -2),
    ("rc", -1),
    ("cvs", 1),
    ("svn", 2),
    ("git", 3),
    ("hg", 4),
    ("p", 5),
];

impl Apk {
    fn parse(version: &str) -> Option<Self> {
        let (version, revision) = match version.rsplit_once("-r") {
            Some((version, revision)) => (version, Some(plain(revision)?)),
            None => (version, None),
        };
        let mut parts = version.split('_');
        let release = parts.next()?;
        let letter = release.bytes().last().filter(u8::is_ascii_lowercase);
        let release = release.strip_suffix(|last: char| last.is_ascii_lowercase()).unwrap_or(release);
        let numbers = release.split('.').map(plain).collect::<Option<_>>()?;
        let mut suffixes = parts.map(suffix).collect::<Option<Vec<_>>>()?;
        let is_told =
            suffixes.split_last().is_none_or(|(_, before)| before.iter().all(|(_, no)| no.is_some()));
        suffixes.push((0, None));
        is_told.then_some(Self { numbers, letter, suffixes, revision })
    }
}

fn suffix(text: &str) -> Option<(i8, Option<u64>)> {
    let end = text.bytes().position(|byte| byte.is_ascii_digit()).unwrap_or(text.len());
    let (name, digits) = text.split_at_checked(end)?;
    let (_, rank) = SUFFIXES.iter().find(|(known, _)| *known == name)?;
    Some((*rank, if digits.is_empty() { None } else { Some(plain(digits)?) }))
}

/// `[epoch:]upstream[-revision]`: the last two as signs, a number, signs, a number, and so on.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Dpkg<'a> {
    epoch: u64,
    upstream: Vec<(Vec<u16>, Digits<'a>)>,
    revision: Vec<(Vec<u16>, Digits<'a>)>,
}

/// Digits without leading zeros.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Digits<'a>(usize, &'a str);

impl<'a> Dpkg<'a> {
    fn parse(version: &'a str) -> Option<Self> {
        let (epoch, rest) = match version.split_once(':') {
            Some((epoch, rest)) => (number(epoch)?, rest),
            None => (0, version),
        };
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".+-~:".contains(&byte);
        let is_version = !upstream.is_empty() && rest.bytes().all(is_allowed) && !rest.ends_with('-');
        is_version.then(|| Self { epoch, upstream: runs(upstream), revision: runs(revision) })
    }
}

/// The last run has no signs and no digits, so that what ends there is compared with what goes on.
fn runs(mut text: &str) -> Vec<(Vec<u16>, Digits<'_>)> {
    // A revision that is not there is 0.
    if text.is_empty() {
        text = "0";
    }
    let mut runs = Vec::new();
    loop {
        let (signs, rest) = split(text, |byte| byte.is_ascii_digit());
        let (digits, rest) = split(rest, |byte| !byte.is_ascii_digit());
        let digits = digits.trim_start_matches('0');
        runs.push((signs.bytes().map(rank).chain([1]).collect(), Digits(digits.len(), digits)));
        if text.is_empty() {
            return runs;
        }
        text = rest;
    }
}

/// `~` comes before the end, which is 1, that before letters, and those before all else.
const fn rank(byte: u8) -> u16 {
    match byte {
        b'~' => 0,
        byte if byte.is_ascii_alphabetic() => byte as u16 + 1,
        byte => byte as u16 + 257,
    }
}

/// Splits before the first byte for which `stop` holds.
fn split(text: &str, stop: impl Fn(u8) -> bool) -> (&str, &str) {
    let at = text.bytes().position(stop).unwrap_or(text.len());
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// A number; none where it is none, or too large.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A number without leading zeros.
fn plain(text: &str) -> Option<u64> {
    number(text).filter(|_| text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::scheme::Scheme;
    use limpid_scheme_apk::Apk;
    use limpid_scheme_bitnami::Bitnami;
    use limpid_scheme_crates::Crates;
    use limpid_scheme_dpkg::Dpkg;
    use limpid_scheme_go::Go;
    use limpid_scheme_hex::Hex;
    use limpid_scheme_julia::Julia;
    use limpid_scheme_npm::Npm;
    use limpid_scheme_pep440::Pep440;
    use limpid_scheme_pub::Pub;
    use limpid_scheme_semver::Semver;
    use limpid_scheme_swift::Swift;
    use proptest::prelude::*;

    use super::*;

    /// Where there is an order here and in the scheme, they are the same.
    fn agrees<S: Scheme>(left: &str, right: &str) -> Result<(), TestCaseError> {
        let order = compare(S::NAME, left, right);
        if let (Some(order), Ok(left_key), Ok(right_key)) = (order, S::key(left), S::key(right)) {
            prop_assert_eq!(order, left_key.cmp(&right_key), "{} and {}", left, right);
        }
        Ok(())
    }

    #[test]
    fn what_differs_in_a_suffix_only_has_an_order() {
        let check = |scheme: &str, ascending: &[&str]| {
            for pair in ascending.windows(2) {
                assert_eq!(compare(scheme, pair[0], pair[1]), Some(Ordering::Less), "{scheme}: {pair:?}");
            }
        };
        check(
            "pep440",
            &["4.3.12.dev1", "4.3.12a1", "4.3.12rc1", "4.3.12", "4.3.12+cpu", "4.3.12.post1", "1!0"],
        );
        check(
            "semver",
            &["1.0.0-0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0", "1.1"],
        );
        check("go", &["0.0.0-20190101000000-abcdef012345", "1.21.0-rc.2", "1.21.0"]);
        check("crates", &["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0"]);
        check("bitnami", &["1.2.3-0", "1.2.3-1", "1.2.3-10", "1.2.4"]);
        check(
            "apk",
            &[
                "1.2_alpha3",
                "1.2_rc1",
                "1.2_rc1-r1",
                "1.2_rc2",
                "1.2-r0",
                "1.2-r9",
                "1.2-r10",
                "1.2_p1",
                "1.2a",
                "1.2.0",
            ],
        );
        check(
            "dpkg",
            &["1.0~rc1-1", "1.0-1~deb12u1", "1.0-1", "1.0-1+deb12u1", "1.0-1+deb12u10", "1.0a-1", "1:0.1"],
        );
        check(
            "semver",
            &[
                "0.0.0-20190101000000-abcdef012345",
                "2.0.0+incompatible",
                "3.0.1-0.20180525145409-4c9a+incompatible",
            ],
        );
    }

    #[test]
    fn what_is_no_version_has_no_order() {
        let check = |scheme, left: &str| assert_eq!(compare(scheme, left, "1"), None, "{scheme}: `{left}`");
        for (scheme, left) in [
            ("pep440", "2004d"),
            ("pep440", ""),
            ("semver", "1.x"),
            ("semver", "1.2.3.4"),
            ("semver", "1.2.3-"),
            ("semver", "99999999999999999999"),
            ("apk", "1.02"),
            ("apk", "1.2_what"),
            ("apk", ""),
            ("dpkg", ""),
            ("dpkg", "a:1"),
            ("dpkg", "1_2"),
            ("bitnami", "1-0"),
            ("crates", "1.0+1"),
            ("swift", "1.0--5"),
            ("maven", "2"),
        ] {
            check(scheme, left);
        }
    }

    proptest! {
        #[test]
        fn an_order_is_that_of_the_scheme(
            semver in prop::array::uniform2("v?[0-2](\\.[0-2]){0,3}(-[0-9a-c.-]{1,6})?(\\+[0-9a.]{1,3})?"),
            dpkg in prop::array::uniform2("([0-2]:)?[0-2][0-9a-c.+~]{0,8}(-[0-9a-c.+~]{1,5})?"),
            apk in prop::array::uniform2("[0-2](\\.[0-9]{1,2}){0,3}[a-c]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)[0-2]{0,2}){0,2}(-r[0-9]{1,2})?"),
            pep440 in prop::array::uniform2("([0-2]!)?[0-2](\\.[0-2]){0,3}((a|b|rc)[0-2])?(\\.post[0-2])?(\\.dev[0-2])?(\\+[a-c0-2.]{1,3})?"),
        ) {
            agrees::<Semver>(&semver[0], &semver[1])?;
            agrees::<Npm>(&semver[0], &semver[1])?;
            agrees::<Go>(&semver[0], &semver[1])?;
            agrees::<Hex>(&semver[0], &semver[1])?;
            agrees::<Crates>(&semver[0], &semver[1])?;
            agrees::<Julia>(&semver[0], &semver[1])?;
            agrees::<Pub>(&semver[0], &semver[1])?;
            agrees::<Swift>(&semver[0], &semver[1])?;
            agrees::<Bitnami>(&semver[0], &semver[1])?;
            agrees::<Dpkg>(&dpkg[0], &dpkg[1])?;
            agrees::<Apk>(&apk[0], &apk[1])?;
            agrees::<Pep440>(&pep440[0], &pep440[1])?;
        }
    }
}
