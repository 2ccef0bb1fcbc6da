//! Holding packages against advisories: comparisons of bytes in memory, and ordered scans.

mod judge;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use limpid_model::report::{Origin, UnjudgedAdvisory, UnorderedVersion};
use limpid_model::{Rating, Scope, Status};
use limpid_store::View;
use limpid_store::tables::affects::{self, Affects, Statement};

use crate::Error;
use crate::fold::{Contents, Held};
use judge::{Judged, Subject, judge};

/// An advisory that concerns a package.
#[derive(Debug)]
pub(crate) struct Match {
    /// Place of the package in the contents.
    pub(crate) package: usize,
    pub(crate) id: String,
    pub(crate) origin: Origin,
    pub(crate) status: Status,
    pub(crate) fixed_version: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) ratings: Vec<Rating>,
}

/// All that matching gives.
#[derive(Debug, Default)]
pub(crate) struct Matches {
    pub(crate) matches: Vec<Match>,
    pub(crate) unordered: Vec<UnorderedVersion>,
    pub(crate) unjudged: Vec<UnjudgedAdvisory>,
}

/// Holds all packages of an image against all advisories for their names, in one view.
pub(crate) fn matches(view: &View<'_>, contents: &Contents) -> Result<Matches, Error> {
    let mut matcher = Matcher { view, contents, said: HashMap::new(), out: Matches::default() };
    for place in 0..contents.packages.len() {
        matcher.package(place)?;
    }
    Ok(matcher.out)
}

/// Where advisories for a package are published, best first.
pub(crate) fn namespaces<'a>(contents: &'a Contents, held: &'a Held) -> &'a [String] {
    match &held.package.scope {
        Scope::Distribution => contents.distribution.as_ref().map_or(&[], |d| &d.namespaces),
        Scope::Namespace(namespace) => std::slice::from_ref(namespace),
    }
}

type Said = Rc<Vec<(affects::Key, Vec<Statement>)>>;

struct Matcher<'a> {
    view: &'a View<'a>,
    contents: &'a Contents,
    /// What is said of each namespace and name: binaries of one source ask for the same.
    said: HashMap<(String, String), Said>,
    out: Matches,
}

impl Matcher<'_> {
    fn package(&mut self, place: usize) -> Result<(), Error> {
        let contents = self.contents;
        let Some(held) = contents.packages.get(place) else { return Ok(()) };
        let subject = Subject::new(held, &contents.properties);
        if let Err(why) = subject.orderable() {
            self.out.unordered.push(UnorderedVersion {
                package: held.package.name.clone(),
                version: held.package.version.clone(),
                why: why.to_owned(),
            });
        }
        let mut decided = HashSet::new();
        for namespace in namespaces(contents, held) {
            let mut said: Vec<Said> = vec![self.said(namespace, &held.package.name)?];
            if subject.source_name() != held.package.name {
                said.push(self.said(namespace, subject.source_name())?);
            }
            self.namespace(place, &subject, &said, &mut decided);
        }
        Ok(())
    }

    /// Judges a package by what one namespace says; what a better namespace decided stands.
    fn namespace(
        &mut self,
        place: usize,
        subject: &Subject<'_>,
        said: &[Said],
        decided: &mut HashSet<String>,
    ) {
        // Ordered, so that what cannot be judged is told in the same order each time.
        let mut by_id: BTreeMap<&str, (Vec<&affects::Key>, Vec<&Statement>)> = BTreeMap::new();
        for (key, statements) in said.iter().flat_map(|said| said.iter()) {
            for statement in statements.iter().filter(|s| subject.is_meant_by(s, &key.name)) {
                let (keys, statements) = by_id.entry(&key.id).or_default();
                keys.push(key);
                statements.push(statement);
            }
        }
        for (id, (keys, statements)) in by_id {
            if decided.contains(id) {
                continue;
            }
            match judge(subject, &statements) {
                Judged::Unconcerned => {}
                Judged::Decided => {
                    decided.insert(id.to_owned());
                }
                Judged::Unknown { place: said, why } => {
                    let Some(key) = keys.get(said) else { continue };
                    self.out.unjudged.push(UnjudgedAdvisory {
                        id: id.to_owned(),
                        feed: key.feed.clone(),
                        package: subject.name().to_owned(),
                        why,
                    });
                }
                Judged::Concerned { place: said, fixed_version } => {
                    let (Some(key), Some(statement)) = (keys.get(said), statements.get(said)) else {
                        continue;
                    };
                    decided.insert(id.to_owned());
                    self.out.matches.push(Match {
                        package: place,
                        id: id.to_owned(),
                        origin: Origin {
                            feed: key.feed.clone(),
                            source: key.source.clone(),
                            namespace: key.namespace.clone(),
                        },
                        status: statement.status,
                        fixed_version,
                        note: statement.note.clone(),
                        ratings: statement.ratings.clone(),
                    });
                }
            }
        }
    }

    fn said(&mut self, namespace: &str, name: &str) -> Result<Said, Error> {
        match self.said.entry((namespace.to_owned(), name.to_owned())) {
            Entry::Occupied(entry) => Ok(Rc::clone(entry.get())),
            Entry::Vacant(entry) => {
                let rows = self.view.scan::<Affects>(|key| {
                    key.text(namespace).text(name);
                });
                let said: Result<Vec<_>, limpid_store::Error> =
                    rows.map(|row| row.map(|(key, row)| (key, row.into_statements()))).collect();
                Ok(Rc::clone(entry.insert(Rc::new(said?))))
            }
        }
    }
}

#[cfg(test)]
mod tests;
