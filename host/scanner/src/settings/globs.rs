//! Repositories by glob, as settings name them.

use globset::{GlobBuilder, GlobMatcher};
use limpid_model::ImageName;

/// Globs that one setting may state.
const GLOBS: usize = 1_000;

/// What holds for repositories by glob. Of several that fit, the longest counts.
#[derive(Clone, Debug)]
pub(crate) struct ByRepository<T>(Vec<(String, GlobMatcher, T)>);

impl<T> Default for ByRepository<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByRepository<T> {
    /// Reads those of a setting.
    ///
    /// # Errors
    /// Which glob is none, and why; there are too many.
    pub(crate) fn read<'p>(
        setting: &str,
        stated: impl IntoIterator<Item = (&'p String, T)>,
    ) -> Result<Self, String> {
        let mut all = Vec::new();
        for (pattern, value) in stated {
            let canonical = ImageName { repository: pattern, tag: None }.canonical();
            let glob = GlobBuilder::new(&canonical).literal_separator(true).backslash_escape(true).build();
            let glob = glob.map_err(|error| {
                format!("`{setting}`: `{pattern}` is no glob of repositories: {}", error.kind())
            })?;
            if all.len() >= GLOBS {
                return Err(format!("`{setting}` has more than {GLOBS} globs"));
            }
            all.push((pattern.clone(), glob.compile_matcher(), value));
        }
        all.sort_by_key(|(pattern, ..)| std::cmp::Reverse(pattern.len()));
        Ok(Self(all))
    }

    /// What holds for a repository, and by which glob.
    pub(crate) fn find(&self, repository: &str) -> Option<(&str, &T)> {
        if self.0.is_empty() {
            return None;
        }
        let name = ImageName { repository, tag: None }.canonical();
        let found = self.0.iter().find(|(_, glob, _)| glob.is_match(&name));
        found.map(|(pattern, _, value)| (pattern.as_str(), value))
    }

    /// All that is stated.
    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(.., value)| value)
    }
}
