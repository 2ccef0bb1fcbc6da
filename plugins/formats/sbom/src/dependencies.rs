//! Which components a document says that others need.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{Package, Requirement};

use crate::MAX_DEPENDENCIES;

/// What components need, by what the document calls them.
///
/// A component of which the document says nothing may need anything. What is no package is left out of what others need,
/// and so is what is of another ecosystem: names are only told apart within one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// What components are called, each once.
    names: BTreeMap<String, u32>,
    needs: BTreeMap<u32, Vec<u32>>,
    count: usize,
}

impl Dependencies {
    /// Whether there are more than are read.
    pub(crate) const fn is_full(&self) -> bool {
        self.count > MAX_DEPENDENCIES
    }

    /// The document says what a component needs, which may be nothing.
    pub(crate) fn know(&mut self, from: &str) {
        self.count += 1;
        if let Some(from) = self.number(from) {
            self.needs.entry(from).or_default();
        }
    }

    /// A component needs another one.
    pub(crate) fn add(&mut self, from: &str, to: &str) {
        self.count += 1;
        if let (Some(from), Some(to)) = (self.number(from), self.number(to)) {
            self.needs.entry(from).or_default().push(to);
        }
    }

    fn number(&mut self, name: &str) -> Option<u32> {
        if self.is_full() {
            (self.names, self.needs) = Default::default();
            return None;
        }
        let next = u32::try_from(self.names.len()).ok()?;
        match self.names.get(name) {
            Some(number) => Some(*number),
            None => Some(*self.names.entry(name.to_owned()).or_insert(next)),
        }
    }

    /// States of packages what they need: of each, what the document calls it. Where it calls several the same, each is
    /// told, as long as that is no more than a document may say of all.
    pub fn state<'r>(self, packages: impl IntoIterator<Item = (&'r str, &'r mut Package)>) {
        let mut packages: Vec<_> = packages
            .into_iter()
            .filter_map(|(name, package)| Some((*self.names.get(name)?, package)))
            .collect();
        let mut known: BTreeMap<u32, (String, Requirement)> = BTreeMap::new();
        for (number, package) in &packages {
            let requirement = Requirement::from((package.name.clone(), package.version.as_str()));
            known.entry(*number).or_insert_with(|| (kind(package).to_owned(), requirement));
        }
        let (mut told, mut room) = (BTreeSet::new(), MAX_DEPENDENCIES);
        for (number, package) in &mut packages {
            let Some(needs) = self.needs.get(number) else { continue };
            if !told.insert(*number) {
                let Some(left) = room.checked_sub(needs.len().max(1)) else { continue };
                room = left;
            }
            let needed = needs.iter().filter(|it| *it != number).filter_map(|it| known.get(it));
            let needed = needed.filter(|(of, _)| of == kind(package)).map(|(_, requirement)| requirement);
            let needed: BTreeSet<_> = needed.collect();
            let is_told = needed.len() <= Package::MAX_REQUIREMENTS;
            package.requires = is_told.then(|| needed.into_iter().cloned().collect());
        }
    }
}

/// The type of its package URL.
fn kind(package: &Package) -> &str {
    package.purl.split('/').next().unwrap_or_default()
}
