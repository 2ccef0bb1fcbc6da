use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};
use limpid_model::ImageName;

/// Globs that one setting may have.
const GLOBS: usize = 1_000;

/// What is set for all repositories, and what in its place for those of a glob.
#[derive(Clone, Debug, Default)]
pub(super) struct ByRepository<R> {
    general: R,
    /// The longest glob first.
    by_glob: Vec<(String, GlobMatcher, R)>,
}

impl<R: Clone> ByRepository<R> {
    /// Of a setting such as `retention.repositories`.
    ///
    /// # Errors
    /// Which glob is none, and why.
    pub(super) fn new(setting: &str, general: R, globs: &BTreeMap<String, R>) -> Result<Self, String> {
        if globs.len() > GLOBS {
            return Err(format!("`{setting}` has more than {GLOBS} globs"));
        }
        let mut by_glob = Vec::new();
        for (pattern, rule) in globs {
            let canonical = ImageName { repository: pattern, tag: None }.canonical();
            let glob = GlobBuilder::new(&canonical).literal_separator(true).backslash_escape(true).build();
            let glob = glob.map_err(|error| {
                format!("`{setting}`: `{pattern}` is no glob of repositories: {}", error.kind())
            })?;
            by_glob.push((pattern.clone(), glob.compile_matcher(), rule.clone()));
        }
        by_glob.sort_by_key(|(pattern, ..)| std::cmp::Reverse(pattern.len()));
        Ok(Self { general, by_glob })
    }

    /// All that is set.
    pub(super) fn all(&self) -> impl Iterator<Item = &R> {
        std::iter::once(&self.general).chain(self.by_glob.iter().map(|(.., rule)| rule))
    }

    /// What is set for a repository, and by which glob; none where it is what all have.
    pub(super) fn of(&self, repository: Option<&str>) -> (&R, Option<&str>) {
        // Names are put into their whole form only where there is something to hold them against.
        let repository = repository.filter(|_| !self.by_glob.is_empty());
        let canonical = repository.map(|repository| ImageName { repository, tag: None }.canonical());
        let found = canonical.and_then(|name| self.by_glob.iter().find(|(_, glob, _)| glob.is_match(&name)));
        found.map_or((&self.general, None), |(pattern, _, rule)| (rule, Some(pattern.as_str())))
    }
}
