//! Ranges of versions as [vers](https://github.com/package-url/vers-spec) writes them: `vers:npm/>=1.2|<2`.

use percent_encoding::percent_decode_str;

/// Most constraints of one range.
const MAX_CONSTRAINTS: usize = 1_000;

/// Of which versions of a package something is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Versions {
    /// Of all that its package URL leaves open.
    #[default]
    Any,
    /// Of those in a range.
    In(Range),
    /// Of some that nobody can tell.
    Unknown,
}

/// A range in the versions of one type of packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range(Vec<Constraint>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Constraint {
    comparator: Comparator,
    version: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparator {
    Equal,
    NotEqual,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// As they are written, the longer first.
const COMPARATORS: [(&str, Comparator); 6] = [
    (">=", Comparator::AtLeast),
    ("<=", Comparator::AtMost),
    ("!=", Comparator::NotEqual),
    ("<", Comparator::Below),
    (">", Comparator::Above),
    ("=", Comparator::Equal),
];

impl Comparator {
    const fn has_its_version(self) -> bool {
        matches!(self, Self::Equal | Self::AtMost | Self::AtLeast)
    }

    const fn begins(self) -> bool {
        matches!(self, Self::Above | Self::AtLeast)
    }

    const fn ends(self) -> bool {
        matches!(self, Self::Below | Self::AtMost)
    }
}

impl Versions {
    /// The versions of a range that are meant of packages of a type. Whoever orders the versions of that type is asked,
    /// so that a range in another order is unknown; so is what is no `vers` at all.
    pub(crate) fn read(text: &str, kind: &str) -> Self {
        let text: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        let rest = text.strip_prefix("vers:").and_then(|rest| rest.split_once('/'));
        let Some((stated, constraints)) = rest else { return Self::Unknown };
        let is_all = constraints == "*";
        if is_all && (stated == "all" || stated.eq_ignore_ascii_case(kind)) {
            return Self::Any;
        }
        if is_all && stated == "none" {
            return Self::In(Range(Vec::new()));
        }
        if is_all || !stated.eq_ignore_ascii_case(kind) {
            return Self::Unknown;
        }
        let constraints = constraints.trim_matches('|').split('|').take(MAX_CONSTRAINTS + 1);
        let read: Option<Vec<_>> = constraints.map(constraint).collect();
        match read {
            Some(read) if read.len() <= MAX_CONSTRAINTS => Self::In(Range(read)),
            _ => Self::Unknown,
        }
    }

    /// Whether a version is meant; none where nobody can tell. `keys` orders versions: it gives keys that compare as
    /// they do, and none for those that cannot be ordered.
    pub(crate) fn have(
        &self,
        version: &str,
        keys: impl FnOnce(&[&str]) -> Vec<Option<Vec<u8>>>,
    ) -> Option<bool> {
        match self {
            Self::Any => Some(true),
            Self::Unknown => None,
            Self::In(range) => range.has(version, keys),
        }
    }
}

fn constraint(text: &str) -> Option<Constraint> {
    let stated = COMPARATORS.into_iter().find_map(|(word, it)| Some((it, text.strip_prefix(word)?)));
    let (comparator, version) = stated.unwrap_or((Comparator::Equal, text));
    let version = percent_decode_str(version).decode_utf8().ok()?.into_owned();
    (!version.is_empty() && version != "*").then_some(Constraint { comparator, version })
}

impl Range {
    fn has(&self, version: &str, keys: impl FnOnce(&[&str]) -> Vec<Option<Vec<u8>>>) -> Option<bool> {
        let Self(constraints) = self;
        if constraints.is_empty() {
            return Some(false);
        }
        let asked: Vec<&str> =
            std::iter::once(version).chain(constraints.iter().map(|it| it.version.as_str())).collect();
        let mut keys = keys(&asked).into_iter();
        let own = keys.next().flatten();
        let keyed: Vec<_> = constraints.iter().zip(keys.chain(std::iter::repeat(None))).collect();
        let is_same = |(constraint, key): &(&Constraint, Option<Vec<u8>>)| {
            constraint.version == version || (own.is_some() && own == *key)
        };
        let mut same = keyed.iter().filter(|it| is_same(it)).map(|(constraint, _)| constraint.comparator);
        if same.clone().any(Comparator::has_its_version) {
            return Some(true);
        }
        if same.any(|comparator| comparator == Comparator::NotEqual) {
            return Some(false);
        }
        let own = own?;
        let mut ends = Vec::new();
        for (constraint, key) in &keyed {
            let key = key.as_ref()?;
            if constraint.comparator.begins() || constraint.comparator.ends() {
                ends.push((key, constraint.comparator));
            }
        }
        if ends.is_empty() {
            // All but some.
            return Some(constraints.iter().all(|it| it.comparator == Comparator::NotEqual));
        }
        ends.sort_by(|a, b| a.0.cmp(b.0));
        within(&own, &ends)
    }
}

/// Whether a key that is none of the ends lies between two that belong together; none where the ends make no sense.
fn within(own: &Vec<u8>, ends: &[(&Vec<u8>, Comparator)]) -> Option<bool> {
    let below_first = ends.first().is_some_and(|(key, comparator)| comparator.ends() && own < *key);
    let above_last = ends.last().is_some_and(|(key, comparator)| comparator.begins() && own > *key);
    let mut is_in = below_first || above_last;
    for pair in ends.windows(2) {
        let [(low, first), (high, second)] = pair else { continue };
        if low == high || first.begins() == second.begins() {
            return None;
        }
        is_in |= first.begins() && own > *low && own < *high;
    }
    Some(is_in)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Orders numbers.
    fn keys(versions: &[&str]) -> Vec<Option<Vec<u8>>> {
        let key = |version: &&str| version.parse::<u32>().ok().map(|number| number.to_be_bytes().to_vec());
        versions.iter().map(key).collect()
    }

    #[track_caller]
    fn check(range: &str, version: &str, expected: Option<bool>) {
        assert_eq!(Versions::read(range, "npm").have(version, keys), expected, "{version} in {range}");
    }

    #[test]
    fn versions_are_in_a_range_as_vers_says() {
        for (range, inside, outside) in [
            ("vers:npm/<3", "1 2", "3 4"),
            ("vers:npm/<=3", "1 3", "4"),
            ("vers:npm/>3", "4 9", "1 3"),
            ("vers:npm/>=3", "3 4", "2"),
            ("vers:npm/>=2|<4", "2 3", "1 4"),
            ("vers:npm/<4|>=2", "2 3", "1 4"),
            ("vers:npm/<2|>=4|<6|>8", "1 4 5 9", "2 3 6 7 8"),
            ("vers:npm/3", "3 03", "2 4"),
            ("vers:npm/=3|5", "3 5", "4"),
            ("vers:npm/!=3", "2 4", "3 03"),
            ("vers:npm/>=2|!=3|<5", "2 4", "3 5 1"),
            ("vers:NPM/ >= 2 | < 4 ", "2 3", "1 4"),
            ("vers:npm/%33", "3", "4"),
            ("vers:npm/*", "1 any", ""),
            ("vers:all/*", "1 any", ""),
            ("vers:none/*", "", "1 any"),
        ] {
            inside.split_whitespace().for_each(|version| check(range, version, Some(true)));
            outside.split_whitespace().for_each(|version| check(range, version, Some(false)));
        }
    }

    #[test]
    fn what_cannot_be_compared_is_neither_inside_nor_outside() {
        check("vers:npm/<3", "next", None);
        check("vers:npm/<next", "1", None);
        check("vers:npm/>=2|>4", "3", None);
        check("vers:npm/>=2|<2", "3", None);
        for unknown in
            ["vers:pypi/<3", "<3", "vers:npm", "vers:npm/", "vers:npm/<", "vers:npm/1|*", "vers:pypi/*"]
        {
            assert_eq!(Versions::read(unknown, "npm"), Versions::Unknown, "{unknown}");
        }
        let many = format!("vers:npm/{}", vec!["1"; MAX_CONSTRAINTS + 1].join("|"));
        assert_eq!(Versions::read(&many, "npm"), Versions::Unknown);
        // What is the same as it is written needs no order.
        check("vers:npm/next|<3", "next", Some(true));
        check("vers:npm/!=next|<3", "next", Some(false));
    }

    proptest! {
        #[test]
        fn no_range_is_too_odd_to_be_read(text in "(vers:)?(npm/)?[<>=!|*0-9a-f% ]{0,20}", version in "[0-9a]{0,3}") {
            let _ = Versions::read(&text, "npm").have(&version, keys);
        }

        #[test]
        fn an_interval_has_what_is_between_its_ends(low in 0..9_u32, length in 1..9_u32, version in 0..20_u32) {
            let high = low + length;
            check(
                &format!("vers:npm/>={low}|<{high}"),
                &version.to_string(),
                Some((low..high).contains(&version)),
            );
        }
    }
}
