//! Who published a package, where that is clearly not the distribution.
//!
//! A record names no repository. Root.io builds packages of Alpine anew, from the same recipes: their names begin with
//! `rootio-`, and their revisions have `007` and a count behind the digits of Alpine's, at least one: `-r10071` is its
//! first build of `-r1`.

/// What the publisher is called, as advisories require it.
pub(crate) const ROOT: &str = "Root";

/// What names begin with, and the names of recipes.
const PREFIX: &str = "rootio-";

/// What stands between Alpine's revision and the count of builds.
const MARK: &str = "007";

/// Whether Root.io built a package.
pub(crate) fn is_root(name: &str, version: &str) -> bool {
    let revision = version.rsplit_once("-r").map_or("", |(_, revision)| revision);
    let is_number = revision.bytes().all(|byte| byte.is_ascii_digit());
    let is_marked = revision.match_indices(MARK).any(|(at, _)| at > 0 && at + MARK.len() < revision.len());
    name.starts_with(PREFIX) || (is_number && is_marked)
}

/// The name by which the distribution's advisories speak of a recipe.
pub(crate) fn bare(origin: String) -> String {
    match origin.strip_prefix(PREFIX) {
        Some(bare) if !bare.is_empty() => bare.to_owned(),
        _ => origin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_of_root_is_told_by_its_revision_or_name() {
        let check = |name: &str, version: &str, expected: bool| {
            assert_eq!(is_root(name, version), expected, "{name} {version}");
        };
        check("botan", "2.19.5-r00071", true);
        check("botan", "2.38.1-r10071", true);
        check("botan", "2.38.1-r200712", true);
        check("rootio-botan", "2.38.1-r1", true);
        check("botan", "2.38.1-r0", false);
        check("botan", "2.38.1-r107", false);
        check("botan", "2.38.1-r1007", false);
        check("botan", "2.38.1-r0071", false);
        check("botan", "10071", false);
        check("botan", "2-r1_10071", false);
        assert_eq!(bare("rootio-botan".to_owned()), "botan");
        assert_eq!(bare("rootio-".to_owned()), "rootio-");
    }
}
