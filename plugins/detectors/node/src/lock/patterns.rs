//! Patterns by which Yarn's packages are asked for, `NAME@RANGE`: each entry of a lock file says for which it stands.

use std::collections::BTreeMap;

use limpid_lockfile::{Declarations, MAX_PACKAGES};
use limpid_plugin_sdk::detector::{Package, Requirement};

/// How many patterns are kept.
const MAX_PATTERNS: usize = 4 * MAX_PACKAGES;

/// Packages by the patterns that they stand for.
#[derive(Debug, Default)]
pub(super) struct Patterns(BTreeMap<String, Requirement>);

impl Patterns {
    /// A package stands for patterns.
    pub(super) fn add<'a>(&mut self, patterns: impl IntoIterator<Item = &'a str>, name: &str, version: &str) {
        for pattern in patterns {
            if self.0.len() < MAX_PATTERNS {
                let package = Requirement::from((name.to_owned(), version));
                self.0.insert(pattern.to_owned(), package);
            }
        }
    }

    /// Puts packages in the place of the patterns by which those ask for them that were stated. What is not found is not
    /// there, or is the project's own.
    pub(super) fn resolve(&self, declarations: &mut Declarations<'_>) {
        for needed in declarations.packages().filter_map(|package| package.requires.as_mut()).flatten() {
            let range = needed.version.take().unwrap_or_default();
            let name = &needed.name;
            // Yarn 2 to 3 leave out what stands for npm where a package asks.
            let found = self.0.get(&format!("{name}@{range}"));
            if let Some(found) = found.or_else(|| self.0.get(&format!("{name}@npm:{range}"))) {
                needed.clone_from(found);
            }
        }
    }
}

/// What an entry asks for, until it is [resolved](Patterns::resolve).
#[derive(Debug, Default)]
pub(super) struct Asked(Vec<Requirement>);

impl Asked {
    pub(super) fn add(&mut self, name: &str, range: &str) {
        // One that is too many is enough to tell that there are.
        if self.0.len() <= Package::MAX_REQUIREMENTS {
            self.0.push(Requirement::from((name.to_owned(), range)));
        }
    }

    pub(super) fn take(&mut self, declarations: &mut Declarations<'_>) -> Option<Vec<Requirement>> {
        declarations.needs().of(std::mem::take(&mut self.0))
    }
}
