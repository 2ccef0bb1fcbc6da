//! What of a registry a watch covers.

use std::cmp::Ordering;

use globset::{Glob, GlobSet, GlobSetBuilder};
use limpid_model::{ImageName, WatchSpec};

use crate::WatchError;

/// The registry that is meant where a name says none.
const USUAL: &str = "docker.io";

/// Other names of it.
const ALSO_USUAL: [&str; 3] = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/// Longest name of a registry or repository, and of a tag, in bytes.
const NAME_BYTES: usize = 255;
const TAG_BYTES: usize = 128;

/// What a watch covers, ready to be asked often.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Repositories by name.
    pub(crate) names: Vec<String>,
    globs: GlobSet,
    /// None: all.
    tags: Option<GlobSet>,
    newest: Option<usize>,
}

impl Selection {
    pub(crate) fn new(spec: &WatchSpec) -> Result<Self, WatchError> {
        let is_glob = |name: &&String| name.contains(['*', '?', '[', '{', '\\']);
        let (globs, names): (Vec<_>, Vec<_>) = spec.repositories.iter().partition(is_glob);
        for name in &names {
            if !is_repository(name) {
                return Err(WatchError::Pattern {
                    given: (*name).clone(),
                    what: "repositories",
                    why: "it is neither a name nor a glob".to_owned(),
                });
            }
        }
        let tags = (!spec.tags.is_empty()).then(|| set(spec.tags.iter(), "tags")).transpose()?;
        Ok(Self {
            names: names.into_iter().cloned().collect(),
            globs: set(globs.into_iter(), "repositories")?,
            tags,
            newest: spec.newest.map(|newest| usize::try_from(newest).unwrap_or(usize::MAX)),
        })
    }

    /// Whether the registry is to be asked which repositories it has.
    pub(crate) fn asks_for_catalog(&self) -> bool {
        !self.globs.is_empty()
    }

    pub(crate) fn covers(&self, repository: &str) -> bool {
        self.names.iter().any(|name| name == repository) || self.globs.is_match(repository)
    }

    /// Those of the tags of a repository that are followed.
    pub(crate) fn tags(&self, mut tags: Vec<String>) -> Vec<String> {
        tags.retain(|tag| self.tags.as_ref().is_none_or(|globs| globs.is_match(tag)));
        tags.sort_unstable_by(|a, b| natural(a, b));
        tags.dedup();
        let before = self.newest.map_or(0, |newest| tags.len().saturating_sub(newest));
        tags.split_off(before)
    }
}

fn set<'g>(globs: impl Iterator<Item = &'g String>, what: &'static str) -> Result<GlobSet, WatchError> {
    let bad = |given: &str, error: &globset::Error| WatchError::Pattern {
        given: given.to_owned(),
        what,
        why: error.kind().to_string(),
    };
    let mut set = GlobSetBuilder::new();
    for given in globs {
        set.add(Glob::new(given).map_err(|error| bad(given, &error))?);
    }
    set.build().map_err(|error| bad(error.glob().unwrap_or_default(), &error))
}

/// The order of tags: numbers in them are compared as numbers, so that `1.10` comes after `1.9`. What is no number is
/// compared byte by byte.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        let ((this, a_rest), (that, b_rest)) = match (run(left), run(right)) {
            (Some(this), Some(that)) => (this, that),
            (this, that) => return this.is_some().cmp(&that.is_some()).then_with(|| a.cmp(b)),
        };
        let order = match (is_number(this), is_number(that)) {
            (true, true) => {
                let (this, that) = (without_zeros(this), without_zeros(that));
                this.len().cmp(&that.len()).then_with(|| this.cmp(that))
            }
            _ => this.cmp(that),
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (a_rest, b_rest);
    }
}

/// The digits with which a text begins, or else all up to the next digit, and the rest.
fn run(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = text.first()?.is_ascii_digit();
    let end = text.iter().position(|byte| byte.is_ascii_digit() != first).unwrap_or(text.len());
    text.split_at_checked(end)
}

fn is_number(run: &[u8]) -> bool {
    run.first().is_some_and(u8::is_ascii_digit)
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

/// A registry as watches name it.
pub(super) fn registry(given: &str) -> Result<String, WatchError> {
    let host = given.to_ascii_lowercase();
    let speakable =
        |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b':' | b'[' | b']' | b'_');
    if host.is_empty() || host.len() > NAME_BYTES || !host.bytes().all(speakable) {
        return Err(WatchError::Registry(given.chars().take(NAME_BYTES).collect()));
    }
    Ok(if ALSO_USUAL.contains(&host.as_str()) { USUAL.to_owned() } else { host })
}

/// Whether a text can be the name of a repository. What a registry lists is put into references, where other characters
/// mean something.
pub(crate) fn is_repository(text: &str) -> bool {
    let speakable = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_');
    text.len() <= NAME_BYTES
        && text.split('/').all(|part| !part.is_empty() && part.bytes().all(speakable) && part != "..")
}

/// Whether a text can be a tag.
pub(crate) fn is_tag(text: &str) -> bool {
    let speakable = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (1..=TAG_BYTES).contains(&text.len()) && text.bytes().all(speakable) && !text.starts_with(['-', '.'])
}

/// Repository and tag of a name, where it is one of this registry.
pub(super) fn within(registry: &str, name: &str) -> Option<(String, String)> {
    let ImageName { repository: name, tag } = ImageName::read(name);
    let tag = tag?;
    let (host, rest) = match name.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest.to_owned()),
        Some(_) => (USUAL, name.to_owned()),
        None => (USUAL, format!("library/{name}")),
    };
    let host = if ALSO_USUAL.contains(&host) { USUAL } else { host };
    // Of this registry, names without a folder are in one.
    let rest = if host == USUAL && !rest.contains('/') { format!("library/{rest}") } else { rest };
    (host.eq_ignore_ascii_case(registry)).then(|| (rest, tag.to_owned()))
}

#[cfg(test)]
mod tests {
    use limpid_model::Platforms;
    use proptest::prelude::*;

    use super::*;

    fn spec(repositories: &[&str], tags: &[&str], newest: Option<u64>) -> WatchSpec {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        WatchSpec {
            registry: "registry.example".to_owned(),
            aliases: Vec::new(),
            repositories: texts(repositories),
            tags: texts(tags),
            newest,
            max_age: None,
            platforms: Platforms::All,
            interval: None,
            enabled: true,
        }
    }

    #[test]
    fn numbers_in_tags_are_compared_as_numbers() {
        let mut tags = ["1.10", "1.9", "latest", "1.9-rc1", "01.9", "2", "1.9.0", "v10", "v9", ""];
        tags.sort_unstable_by(|a, b| natural(a, b));
        assert_eq!(tags, ["", "01.9", "1.9", "1.9-rc1", "1.9.0", "1.10", "2", "latest", "v9", "v10"]);
    }

    proptest! {
        #[test]
        fn the_order_of_tags_is_one(a in "[0-9a.]{0,5}", b in "[0-9a.]{0,5}", c in "[0-9a.]{0,5}") {
            prop_assert_eq!(natural(&a, &b), natural(&b, &a).reverse());
            prop_assert_eq!(natural(&a, &b) == Ordering::Equal, a == b);
            if natural(&a, &b).is_le() && natural(&b, &c).is_le() {
                prop_assert!(natural(&a, &c).is_le());
            }
        }
    }

    #[test]
    fn the_newest_of_the_tags_that_match_are_followed() {
        let tags = || ["1.2", "1.10", "2.0", "dev", "1.2"].map(str::to_owned).to_vec();
        let check = |patterns: &[&str], newest, expected: &[&str]| {
            let selection = Selection::new(&spec(&["a"], patterns, newest)).unwrap();
            assert_eq!(selection.tags(tags()), expected);
        };
        check(&[], None, &["1.2", "1.10", "2.0", "dev"]);
        check(&["[0-9]*"], Some(2), &["1.10", "2.0"]);
        check(&["1.*", "dev"], None, &["1.2", "1.10", "dev"]);
        check(&["x"], Some(9), &[]);
    }

    #[test]
    fn a_repository_is_named_or_matches_a_glob() {
        let selection = Selection::new(&spec(&["shop/web", "team-*/**"], &[], None)).unwrap();
        assert!(selection.asks_for_catalog());
        let covered = ["shop/web", "team-a/x", "team-b/x/y"];
        assert!(covered.iter().all(|name| selection.covers(name)));
        assert!(!selection.covers("shop/web2") && !selection.covers("team/x"));
        assert!(!Selection::new(&spec(&["a", "b"], &[], None)).unwrap().asks_for_catalog());
        for bad in ["a b", "A", "a//b", "../a", "a@b", "[a"] {
            let refused = Selection::new(&spec(&[bad], &[], None));
            assert!(matches!(refused, Err(WatchError::Pattern { given, .. }) if given == bad), "{bad}");
        }
    }

    #[test]
    fn what_a_registry_lists_is_a_name_before_it_is_used_as_one() {
        assert!(["1.0", "v1_a", "_x", "latest"].iter().all(|tag| is_tag(tag)));
        assert!(["", "a b", "a/b", "a:b", "a@b", ".a", "-a", "ä"].iter().all(|tag| !is_tag(tag)));
        assert!(!is_tag(&"a".repeat(TAG_BYTES + 1)) && is_tag(&"a".repeat(TAG_BYTES)));
    }

    #[test]
    fn names_of_images_are_of_their_registry() {
        let check = |registry: &str, name: &str, expected: Option<(&str, &str)>| {
            let expected = expected.map(|(repository, tag)| (repository.to_owned(), tag.to_owned()));
            assert_eq!(within(registry, name), expected, "{name}");
        };
        check("registry.example:5000", "registry.example:5000/a/b:1", Some(("a/b", "1")));
        check("registry.example", "registry.example:5000/a/b:1", None);
        check("registry.example", "registry.example/a", None);
        check("docker.io", "nginx:1", Some(("library/nginx", "1")));
        check("docker.io", "docker.io/nginx:1", Some(("library/nginx", "1")));
        check("docker.io", "index.docker.io/shop/web:1", Some(("shop/web", "1")));
        check("docker.io", "shop/web:1", Some(("shop/web", "1")));
        check("localhost", "localhost/a:1@sha256:00", Some(("a", "1")));
    }
}
