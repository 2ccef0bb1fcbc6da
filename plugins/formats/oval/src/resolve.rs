//! What criteria mean, once everything that they refer to has been read.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::{HashMap, HashSet};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Affected, Bound, Range};

use crate::criteria::{Criteria, Node, Place};
use crate::ids::{Id, Names, Text};
use crate::module;
use crate::publisher::{Condition, Operation, Publisher};
use crate::tables::{Entity, Object, State, Tables};
use crate::term::{OneOf, Term, Until, Versions, union};

/// In how many ways the criteria of one definition may be met.
const MAX_TERMS: usize = 100_000;

/// Everything that criteria refer to.
pub(crate) struct Resolver<'a, P> {
    pub(crate) publisher: &'a P,
    pub(crate) tables: Tables,
    pub(crate) criteria: Criteria,
    pub(crate) names: Names,
    /// What each test means, as far as it was asked for.
    pub(crate) known: HashMap<Id, Result<Term, String>>,
}

impl<P: Publisher> Resolver<'_, P> {
    /// What a definition affects: `every`, with the namespaces, packages and versions of its criteria.
    pub(crate) fn affected(&mut self, criteria: Place, every: &Affected) -> Result<Vec<Affected>, Error> {
        let terms = self.terms(criteria).map_err(Error::unsupported)?;
        let mut affected = Vec::new();
        for term in terms {
            self.state(&term, every, &mut affected).map_err(Error::unsupported)?;
        }
        Ok(best(affected))
    }

    /// The ways in which criteria can be met.
    fn terms(&mut self, place: Place) -> Result<Vec<Term>, String> {
        match self.criteria.of(place).cloned() {
            Some(Node::Test(test)) => Ok(vec![self.test(test)?]),
            Some(Node::Any(parts)) => {
                let mut terms = Vec::new();
                for part in parts {
                    terms.extend(self.terms(part)?);
                }
                Ok(union(terms))
            }
            Some(Node::All(parts)) => {
                let mut terms = vec![Term::default()];
                for part in parts {
                    let others = self.terms(part)?;
                    if terms.len().saturating_mul(others.len()) > MAX_TERMS {
                        return Err(format!("criteria can be met in more than {MAX_TERMS} ways"));
                    }
                    let mut both = Vec::with_capacity(terms.len() * others.len());
                    for term in &terms {
                        for other in &others {
                            both.extend(term.and(other)?);
                        }
                    }
                    terms = both;
                }
                Ok(terms)
            }
            Some(Node::Unsupported(why)) => Err(self.names.of(why).to_owned()),
            None => Err("criteria are missing".to_owned()),
        }
    }

    fn test(&mut self, id: Id) -> Result<Term, String> {
        if let Some(known) = self.known.get(&id) {
            return known.clone();
        }
        let term = self.asked(id).map_err(|why| format!("test `{:.200}` {why}", self.names.written(id)));
        self.known.insert(id, term.clone());
        term
    }

    fn asked(&mut self, id: Id) -> Result<Term, String> {
        let test = self.tables.tests.get(&id).ok_or("is not in the document")?.clone();
        if let Some(why) = test.problem {
            return Err(self.names.of(why).to_owned());
        }
        let object = test.object.ok_or("has no object")?;
        let object = *self.tables.objects.get(&object).ok_or_else(|| {
            format!("is of object `{:.200}`, which is not in the document", self.names.written(object))
        })?;
        let mut states: Vec<State> = Vec::new();
        for id in &test.states {
            let state = self.tables.states.get(id).ok_or_else(|| {
                format!("is of state `{:.200}`, which is not in the document", self.names.written(*id))
            })?;
            if let Some(why) = state.problem {
                return Err(format!("is of a state that {}", self.names.of(why)));
            }
            states.push(state.clone());
        }
        let entities = states.iter().flat_map(|state| state.entities.iter().copied());
        match object {
            Object::Unsupported(why) => Err(format!("is of an object that {}", self.names.of(why))),
            Object::Package(name) | Object::File(name) if self.publisher.is_release(self.names.of(name)) => {
                self.release(name, entities)
            }
            Object::Package(name) => self.package(name, entities),
            Object::File(path) => self.module(path, entities),
        }
    }

    /// A release of a distribution, or an architecture of its systems.
    fn release(&mut self, name: Text, entities: impl Iterator<Item = Entity>) -> Result<Term, String> {
        let mut term = Term::default();
        let mut is_named = false;
        for Entity { field, operation, value } in entities {
            let asks = match self.names.of(field) {
                "version" | "evr" | "subexpression" => {
                    is_named = true;
                    let namespaces = self.named(name, value, operation)?;
                    Term { namespaces, ..Term::default() }
                }
                "arch" => Term { systems: self.arches(operation, value)?, ..Term::default() },
                // Whoever signed it, it names the release.
                "signature_keyid" => {
                    is_named = true;
                    continue;
                }
                other => return Err(format!("asks for `{other:.100}` of a release")),
            };
            // What is asked for twice is met by nothing only where the publisher contradicts itself.
            term = term.and(&asks)?.unwrap_or(Term { namespaces: Some(Rc::default()), ..term });
        }
        if !is_named && term.systems.is_none() {
            let anything = self.names.text("");
            term.namespaces = self.named(name, anything, Operation::Pattern)?;
        }
        Ok(term)
    }

    fn named(&mut self, package: Text, version: Text, operation: Operation) -> Result<OneOf, String> {
        let condition = Condition { operation, value: self.names.of(version) };
        let namespaces =
            self.publisher.namespaces(self.names.of(package), condition).map_err(|why| why.to_string())?;
        Ok(Some(Rc::new(namespaces.iter().map(|namespace| self.names.text(namespace)).collect())))
    }

    fn package(&mut self, name: Text, entities: impl Iterator<Item = Entity>) -> Result<Term, String> {
        let mut term = Term::default();
        let mut is_limited = false;
        for Entity { field, operation, value } in entities {
            let asks = match self.names.of(field) {
                "evr" | "version" => {
                    is_limited = true;
                    let versions = self.versions(field, operation, value)?;
                    Term { package: Some((name, versions)), ..Term::default() }
                }
                "arch" => Term { arches: self.arches(operation, value)?, ..Term::default() },
                "signature_keyid" if operation == Operation::Equals => {
                    let key = self.names.of(value).to_lowercase();
                    let signers = Some(Rc::new(BTreeSet::from([self.names.text(&key)])));
                    Term { signers, signed: Some(name), ..Term::default() }
                }
                other => return Err(format!("asks for `{other:.100}` in a way that is not understood")),
            };
            let never = Term { package: Some((name, Versions::Never)), ..Term::default() };
            term = term.and(&asks)?.unwrap_or(never);
        }
        if !is_limited && term.signed.is_none() {
            // That it is there is all that is asked for.
            term.package = Some((name, Versions::ALL));
        }
        Ok(term)
    }

    fn versions(&mut self, field: Text, operation: Operation, value: Text) -> Result<Versions, String> {
        let written = self.names.of(value);
        let is_zero = matches!(written, "0" | "0:0" | "0-0" | "0:0-0");
        // Some write a space behind the epoch.
        let cleaned = written.split_whitespace().collect::<String>();
        let value = self.names.text(&cleaned);
        match operation {
            Operation::Equals if is_zero => Ok(Versions::Never),
            Operation::Greater | Operation::GreaterOrEqual if is_zero => Ok(Versions::ALL),
            _ if self.names.of(field) == "version" => Err("limits versions without their release".to_owned()),
            _ if cleaned.is_empty() => Err("names no version".to_owned()),
            Operation::Equals => Ok(Versions::Exactly(value)),
            Operation::Less => Ok(Versions::Range { from: None, until: Until::Before(value) }),
            Operation::LessOrEqual => Ok(Versions::Range { from: None, until: Until::Through(value) }),
            Operation::GreaterOrEqual => Ok(Versions::Range { from: Some(value), until: Until::Open }),
            Operation::Greater | Operation::Pattern | Operation::Other => {
                Err("compares versions in a way that no range has".to_owned())
            }
        }
    }

    /// `x86_64`, or `(aarch64|x86_64)`.
    fn arches(&mut self, operation: Operation, value: Text) -> Result<OneOf, String> {
        let text = self.names.of(value).to_owned();
        let bare = match operation {
            Operation::Equals => text.as_str(),
            Operation::Pattern => {
                let bare = text.trim_start_matches('^').trim_end_matches('$');
                bare.strip_prefix('(').and_then(|bare| bare.strip_suffix(')')).unwrap_or(bare)
            }
            _ => return Err("compares an architecture in a way that is not understood".to_owned()),
        };
        let is_arch = |arch: &&str| {
            !arch.is_empty() && arch.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let arches: Vec<&str> = bare.split('|').collect();
        if !arches.iter().all(is_arch) {
            return Err(format!("asks for the architecture `{text:.100}`"));
        }
        Ok(Some(Rc::new(arches.into_iter().map(|arch| self.names.text(arch)).collect())))
    }

    fn module(&mut self, path: Text, entities: impl Iterator<Item = Entity>) -> Result<Term, String> {
        let path = self.names.of(path);
        let name = module::name(path).ok_or_else(|| format!("is of file `{path:.200}`"))?;
        let mut streams = entities.map(|entity| match self.names.of(entity.field) {
            "text" if entity.operation == Operation::Pattern => module::stream(self.names.of(entity.value)),
            _ => None,
        });
        match (streams.next().flatten(), streams.next()) {
            (Some(stream), None) => {
                let module = format!("{name}:{stream}");
                Ok(Term { module: Some(self.names.text(&module)), ..Term::default() })
            }
            _ => Err(format!("does not name one stream of module `{name:.100}`")),
        }
    }

    /// What one way of meeting criteria says.
    fn state(&self, term: &Term, every: &Affected, affected: &mut Vec<Affected>) -> Result<(), &'static str> {
        let (package, versions) = term.package.ok_or("criteria name no versions of a package")?;
        if term.signed.is_some_and(|signed| signed != package) {
            return Err("one package must be there and another one signed");
        }
        let text = |place: Text| self.names.of(place).to_owned();
        let texts = |places: &BTreeSet<Text>| {
            let mut texts: Vec<_> = places.iter().map(|place| text(*place)).collect();
            texts.sort_unstable();
            texts
        };
        let mut one = Affected { name: text(package), ..every.clone() };
        match versions {
            Versions::Never => return Ok(()),
            Versions::Exactly(version) => one.versions = vec![text(version)],
            Versions::Range { from, until } => {
                let until = match until {
                    Until::Open => None,
                    Until::Before(version) => Some(Bound::Excluding(text(version))),
                    Until::Through(version) => Some(Bound::Including(text(version))),
                };
                one.ranges = vec![self.publisher.range(Range { introduced: from.map(text), until })];
            }
        }
        if let Some(systems) = &term.systems {
            one.requires.push(("arch".to_owned(), installable(&texts(systems))));
        }
        if let Some(arches) = &term.arches {
            one.requires.push(("arch".to_owned(), texts(arches)));
        }
        if let Some(signers) = &term.signers {
            one.requires.push(("signer".to_owned(), texts(signers)));
        }
        if let Some(module) = term.module {
            one.requires.push(("module".to_owned(), vec![text(module)]));
        }
        let namespaces = match &term.namespaces {
            Some(namespaces) => texts(namespaces),
            None => one.ranges.iter().flat_map(|range| self.publisher.implied(range)).collect(),
        };
        if namespaces.is_empty() && term.namespaces.is_none() {
            return Err("criteria name no release");
        }
        affected.extend(namespaces.into_iter().map(|namespace| Affected { namespace, ..one.clone() }));
        Ok(())
    }
}

/// The architectures of the packages that systems of these architectures can install.
fn installable(systems: &[String]) -> Vec<String> {
    const INTEL: [&str; 4] = ["i386", "i486", "i586", "i686"];
    let mut arches = BTreeSet::from(["noarch"]);
    for system in systems {
        arches.insert(system);
        if system == "x86_64" || INTEL.contains(&system.as_str()) {
            arches.extend(INTEL);
        }
    }
    arches.into_iter().map(str::to_owned).collect()
}

/// Without those that name no end where another one of the same package names one: a publisher that goes on to fix
/// what others of its products no longer get says both.
fn best(affected: Vec<Affected>) -> Vec<Affected> {
    let is_open = |one: &Affected| one.ranges.iter().any(|range| range.until.is_none());
    if !affected.iter().any(is_open) {
        return affected;
    }
    let key = |one: &Affected| (one.namespace.clone(), one.name.clone(), one.requires.clone());
    let ended: HashSet<_> = affected.iter().filter(|one| !is_open(one)).map(key).collect();
    affected.into_iter().filter(|one| !is_open(one) || !ended.contains(&key(one))).collect()
}
