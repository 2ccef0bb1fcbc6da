//! The part of the order of versions that is the same in every scheme.
//!
//! Records list the versions of a range one by one beside the range itself: thousands of texts that
//! the range says in two. By the schema's
//! [evaluation](https://ossf.github.io/osv-schema/#evaluation) a version is affected where it is listed
//! *or* in a range, so those that are surely in a range need not be listed again, and all others
//! must be. What is sure here is what dpkg, rpm, apk and the schemes of all languages
//! agree on, where they take both for versions at all: leading numbers between dots decide, where they
//! differ before anything else begins, and likewise those behind a hyphen. To put events in order is worth
//! more: what this leaves open is asked of the scheme.

mod scheme;

use std::cmp::Ordering;

/// How two versions compare in a scheme; none where it is not known.
pub(crate) fn compare(scheme: &str, left: &str, right: &str) -> Option<Ordering> {
    surely(scheme, left, right).or_else(|| scheme::compare(scheme, left, right))
}

/// Schemes whose numbers do not decide: versions of Perl are fractions, so that 1.9 is later than 1.10.
const FRACTIONS: [&str; 1] = ["cpan"];

/// How two versions compare in a scheme, by what is sure; none where it leaves that open.
pub(crate) fn surely(scheme: &str, left: &str, right: &str) -> Option<Ordering> {
    certainly(left, right).filter(|order| order.is_eq() || !FRACTIONS.contains(&scheme))
}

/// How two versions compare in every scheme whose versions are numbers one after the other; none where schemes may differ.
///
/// ```
/// use std::cmp::Ordering;
/// use limpid_osv::order::certainly;
///
/// assert_eq!(certainly("1.9", "1.10"), Some(Ordering::Less));
/// assert_eq!(certainly("1.9rc1", "1.10"), Some(Ordering::Less));
/// assert_eq!(certainly("1.10rc1", "1.10"), None); // before it in pep440, after it in dpkg
/// ```
pub fn certainly(left: &str, right: &str) -> Option<Ordering> {
    if left == right {
        return Some(Ordering::Equal);
    }
    let ((left_epoch, mut left), (right_epoch, mut right)) = (epoch(left)?, epoch(right)?);
    if left_epoch != right_epoch {
        return Some(by_value(left_epoch, right_epoch));
    }
    let mut behind_hyphen = false;
    loop {
        let ((left_number, left_rest), (right_number, right_rest)) = (number(left)?, number(right)?);
        if left_number != right_number {
            // A pre-release `1a` comes after `2` in semver, and `1ubuntu1` before it in dpkg.
            // NuGet takes long digits behind a hyphen for text.
            let is_text = |number: &str| number.len() > DIGITS;
            let are_texts = is_text(left_number) && is_text(right_number);
            let are_numbers = is_alone(left_rest) && is_alone(right_rest) && !are_texts;
            let decides = !behind_hyphen || are_numbers;
            return decides.then(|| by_value(left_number, right_number));
        }
        let behind =
            |separator: char| left_rest.strip_prefix(separator).zip(right_rest.strip_prefix(separator));
        if let Some(rests) = behind('.') {
            (left, right) = rests;
        } else if let Some(rests) = behind('-').filter(|_| hyphens(left_rest) == hyphens(right_rest)) {
            // The last one begins dpkg's revision, so both must have as many.
            behind_hyphen = true;
            (left, right) = rests;
        } else {
            return longer(left_rest, right_rest);
        }
    }
}

/// How many digits every language takes for a number.
const DIGITS: usize = 9;

/// How two versions compare of which one, or both, end or go on otherwise after the same numbers.
fn longer(left_rest: &str, right_rest: &str) -> Option<Ordering> {
    match (left_rest.strip_prefix('.'), right_rest.strip_prefix('.')) {
        (Some(more), None) if right_rest.is_empty() && is_above_zero(more) => Some(Ordering::Greater),
        (None, Some(more)) if left_rest.is_empty() && is_above_zero(more) => Some(Ordering::Less),
        _ => None,
    }
}

fn is_alone(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '~', '+'])
}

fn hyphens(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'-').count()
}

/// The epoch of dpkg and rpm, and what follows it. None where there may be one of another kind, as in
/// pep440's `1!2.0`.
fn epoch(version: &str) -> Option<(&str, &str)> {
    if version.contains('!') {
        return None;
    }
    let Some((epoch, rest)) = version.split_once(':') else { return Some(("0", version)) };
    let (epoch, after) = number(epoch)?;
    after.is_empty().then_some((epoch, rest))
}

/// A leading number without leading zeros, which apk takes for a fraction, and what follows it.
fn number(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    let is_plain = number == "0" || !(number.is_empty() || number.starts_with('0'));
    is_plain.then_some((number, rest))
}

/// Compares two numbers without leading zeros.
fn by_value(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// Whether further numbers make a version a later one: not so where all are zero, and not surely where
/// anything but numbers follows.
fn is_above_zero(numbers: &str) -> bool {
    numbers.split('.').all(|part| number(part).is_some_and(|(_, rest)| rest.is_empty()))
        && numbers.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::scheme::Scheme;
    use limpid_scheme_bitnami::Bitnami;
    use limpid_scheme_composer::Composer;
    use limpid_scheme_conda::Conda;
    use limpid_scheme_cran::Cran;
    use limpid_scheme_crates::Crates;
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
    use limpid_scheme_pub::Pub;
    use limpid_scheme_semver::Semver;
    use limpid_scheme_swift::Swift;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn leading_numbers_decide_and_nothing_else() {
        use Ordering::{Equal, Greater, Less};
        let check = |left: &str, right: &str, expected: Option<Ordering>| {
            assert_eq!(certainly(left, right), expected, "`{left}` and `{right}`");
            let reverse = expected.map(Ordering::reverse);
            assert_eq!(certainly(right, left), reverse, "`{right}` and `{left}`");
        };
        check("1.2", "1.2", Some(Equal));
        check("x", "x", Some(Equal));
        check("1.2", "1.10", Some(Less));
        check("99999999999999999999.1", "100000000000000000000", Some(Less));
        check("1.2", "1.2.1", Some(Less));
        check("1.2.0.1", "1.2", Some(Greater));
        check("1.2rc1", "1.3", Some(Less));
        check("7.74.0-1.3ubuntu2", "7.81.0-1ubuntu1.21", Some(Less));
        check("1:1.0-1", "2.0-1", Some(Greater));
        check("1:1.0-1", "1:1.1-1", Some(Less));
        check("4.15.0-1030.31~16.04.1", "4.15.0-1162.175~16.04.1", Some(Less));
        check("1.2-1", "1.2-1.1", Some(Less));
        // dpkg and rpm tell these apart, others do not.
        check("1.2", "1.2.0", None);
        // Schemes disagree, or what decides is no number.
        check("1.2", "1.2rc1", None);
        check("1.2", "1.2-1", None);
        check("1.2", "1.2.1rc1", None);
        check("1.2.0rc1", "1.2.0rc2", None);
        check("1.2.final", "1.2.1", None);
        check("1.2-1ubuntu1", "1.2-2", None);
        check("1.2-2", "1.2-1-1", None);
        check("1.02", "1.3", None);
        check("1!1.0", "2.0", None);
        check("v1.0", "2.0", None);
        check("a:1", "1", None);
        check("", "1", None);
        check("1..2", "1.1", None);
        check("1.2-99999999999", "1.2-100000000000", None);
    }

    #[test]
    fn fractions_have_no_order_that_is_sure() {
        assert_eq!(compare("cpan", "1.9", "1.10"), None);
        assert_eq!(compare("cpan", "1.9", "1.9"), Some(Ordering::Equal));
        assert_eq!(compare("generic", "1.9", "1.10"), Some(Ordering::Less));
    }

    /// Where it is sure, and both are versions in a scheme, that says the same.
    fn agrees<S: Scheme>(left: &str, right: &str) -> Result<(), TestCaseError> {
        let order = certainly(left, right);
        if let (Some(order), Ok(left_key), Ok(right_key)) = (order, S::key(left), S::key(right)) {
            prop_assert_eq!(left_key.cmp(&right_key), order, "{}: {} and {}", S::NAME, left, right);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn all_schemes_agree_on_what_is_sure(
            start in "[0-3](\\.[0-9]{1,2}){0,2}",
            left in "[0-9]{0,2}(\\.[0-9]{1,2}|-[0-9]{1,2}|-[0-9]{10,12}|[.-]?(a|b|rc|post|dev|x|sp|final)[0-9]?){0,3}",
            right in "[0-9]{0,2}(\\.[0-9]{1,2}|-[0-9]{1,2}|-[0-9]{10,12}|[.-]?(a|b|rc|post|dev|x|sp|final)[0-9]?){0,3}",
        ) {
            let (left, right) = (format!("{start}{left}"), format!("{start}{right}"));
            agrees::<Bitnami>(&left, &right)?;
            agrees::<Composer>(&left, &right)?;
            agrees::<Conda>(&left, &right)?;
            agrees::<Cran>(&left, &right)?;
            agrees::<Crates>(&left, &right)?;
            agrees::<Gem>(&left, &right)?;
            agrees::<Generic>(&left, &right)?;
            agrees::<Go>(&left, &right)?;
            agrees::<Haskell>(&left, &right)?;
            agrees::<Hex>(&left, &right)?;
            agrees::<Julia>(&left, &right)?;
            agrees::<Maven>(&left, &right)?;
            agrees::<Npm>(&left, &right)?;
            agrees::<Nuget>(&left, &right)?;
            agrees::<Opam>(&left, &right)?;
            agrees::<Pep440>(&left, &right)?;
            agrees::<Pub>(&left, &right)?;
            agrees::<Semver>(&left, &right)?;
            agrees::<Swift>(&left, &right)?;
        }
    }
}
