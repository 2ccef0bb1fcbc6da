//! What rules name things by: globs of paths and images, and package URLs with globs in them.

use globset::{GlobBuilder, GlobMatcher};
use limpid_purl::Purl;
use percent_encoding::percent_decode_str;

/// Longest pattern, in bytes.
const MAX_BYTES: usize = 1_024;

/// Why a text is no pattern.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    /// Its globs are none.
    #[error("`{text}` is no pattern: {source}")]
    Glob {
        /// The text.
        text: String,
        /// What is wrong with it.
        source: globset::Error,
    },
    /// It is longer than texts are that anything is called by.
    #[error("a pattern is longer than {MAX_BYTES} bytes")]
    Long,
    /// It is empty.
    #[error("a pattern is empty")]
    Empty,
}

/// A glob of a path, a repository or a name; `*` does not go over a slash, `**` does.
#[derive(Clone, Debug)]
pub(crate) struct Glob(GlobMatcher);

impl Glob {
    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(PatternError::Long);
        }
        let mut builder = GlobBuilder::new(text);
        builder.literal_separator(true).backslash_escape(true);
        let glob = builder.build().map_err(|source| PatternError::Glob { text: text.to_owned(), source })?;
        Ok(Self(glob.compile_matcher()))
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// Which packages are meant: `pkg:npm/lodash`, `pkg:deb/debian/openssl*@3.0.*`, or a glob of names alone: `lodash`.
#[derive(Clone, Debug)]
pub(crate) enum Packages {
    Name(Glob),
    Purl {
        /// Type, namespace and name, with slashes between them.
        path: Glob,
        version: Option<Glob>,
    },
}

impl Packages {
    pub(crate) fn new(text: &str) -> Result<Self, PatternError> {
        let Some(rest) = text.strip_prefix("pkg:") else { return Glob::new(text).map(Self::Name) };
        // Qualifiers say from where a package is, and are not asked for.
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let name_at = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (path, version) = match rest.get(name_at..).and_then(|name| name.rfind('@')) {
            // A scope begins with it.
            None | Some(0) => (rest, None),
            Some(at) => (rest.get(..name_at + at).unwrap_or(rest), rest.get(name_at + at + 1..)),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let version = version.map(|version| Glob::new(&decoded(version))).transpose()?;
        Ok(Self::Purl { path: Glob::new(&decoded(path.trim_start_matches('/')))?, version })
    }

    pub(crate) fn matches(&self, name: &str, purl: Option<&Purl>) -> bool {
        match (self, purl) {
            (Self::Name(glob), _) => glob.matches(name),
            (Self::Purl { .. }, None) => false,
            (Self::Purl { path, version }, Some(purl)) => {
                let Purl { kind, namespace, name, .. } = purl;
                let whole = match namespace {
                    Some(namespace) => format!("{kind}/{namespace}/{name}"),
                    None => format!("{kind}/{name}"),
                };
                path.matches(&whole)
                    && version
                        .as_ref()
                        .is_none_or(|glob| purl.version.as_ref().is_some_and(|it| glob.matches(it)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_named_by_package_urls_with_globs_or_by_names() {
        let check = |pattern: &str, purl: &str, expected: bool| {
            let purl: Purl = purl.parse().unwrap();
            let found = Packages::new(pattern).unwrap().matches(&purl.name, Some(&purl));
            assert_eq!(found, expected, "{pattern} {purl}");
        };
        check("pkg:npm/lodash", "pkg:npm/lodash@4.17.4", true);
        check("pkg:npm/lodash@4.*", "pkg:npm/lodash@4.17.4", true);
        check("pkg:npm/lodash@3.*", "pkg:npm/lodash@4.17.4", false);
        check("pkg:npm/*", "pkg:npm/%40babel/core@7.0.0", false);
        check("pkg:npm/**", "pkg:npm/%40babel/core@7.0.0", true);
        check("pkg:npm/@babel/*", "pkg:npm/%40babel/core@7.0.0", true);
        check("pkg:npm/%40babel/core@7.0.0", "pkg:npm/%40babel/core@7.0.0", true);
        check("pkg:npm/@babel", "pkg:npm/%40babel/core@7.0.0", false);
        check("pkg:deb/debian/libssl3@3.0.*", "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64", true);
        check(
            "pkg:deb/debian/libstdc++6@12.2.0-14%2Bb1",
            "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bb1",
            true,
        );
        check("pkg:deb/debian/libssl3?arch=amd64", "pkg:deb/debian/libssl3@3.0.11-1", true);
        check("pkg:deb/ubuntu/*", "pkg:deb/debian/libssl3@3.0.11-1", false);
        check("libssl*", "pkg:deb/debian/libssl3@3.0.11-1", true);
        check("{libssl3,openssl}", "pkg:deb/debian/libssl3@3.0.11-1", true);
        assert!(Packages::new("").is_err() && Packages::new("pkg:").is_err() && Packages::new("a[").is_err());
        assert!(!Packages::new("pkg:npm/**").unwrap().matches("a", None));
    }
}
