use std::collections::{BTreeSet, HashMap};

use limpid_model::Owner;
use limpid_store::View;
use limpid_store::tables::advisories;
use limpid_store::tables::affects::Affects;

use super::{Said, Statements};
use crate::Error;
use crate::Settings;

/// What becomes of packages whose files the distribution put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owned {
    /// The distribution judges them, where it speaks of what it put there.
    LeftToDistribution,
    /// They are judged like all others, too.
    Judged,
}

impl Owned {
    /// As setting `reports.judge_owned` has it.
    pub(crate) const fn by(settings: &Settings) -> Self {
        if settings.judge_owned { Self::Judged } else { Self::LeftToDistribution }
    }
}

/// Says whether anything is stated of a name at all.
pub(crate) trait Speaks {
    /// Whether a namespace speaks of a package or source package of that name.
    fn speaks(&mut self, namespace: &str, name: &str) -> Result<bool, Error>;
}

impl<S: Statements> Speaks for S {
    fn speaks(&mut self, namespace: &str, name: &str) -> Result<bool, Error> {
        Ok(!self.about(namespace, name)?.is_empty())
    }
}

/// Who judges what a package of the distribution brought: the distribution, but only where it
/// published that package itself, and where its advisories speak of that package at all. Otherwise
/// nobody would judge it.
pub(crate) struct Authority<S> {
    speaks: S,
    owned: Owned,
    known: HashMap<(Vec<String>, Owner), bool>,
}

impl<S: Speaks> Authority<S> {
    pub(crate) fn new(speaks: S, owned: Owned) -> Self {
        Self { speaks, owned, known: HashMap::new() }
    }

    /// Whether the distribution whose advisories are in these namespaces judges what this owner
    /// brought.
    pub(crate) fn judges(&mut self, owner: Option<&Owner>, namespaces: &[String]) -> Result<bool, Error> {
        let is_its_own = |owner: &&Owner| is_of_distribution(owner, namespaces);
        let owner = owner.filter(|_| self.owned == Owned::LeftToDistribution).filter(is_its_own);
        let Some(owner) = owner else { return Ok(false) };
        let key = (namespaces.to_vec(), owner.clone());
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let mut judges = false;
        for namespace in namespaces {
            judges = judges
                || self.speaks.speaks(namespace, &owner.source)?
                || (owner.source != owner.package && self.speaks.speaks(namespace, &owner.package)?);
        }
        self.known.insert(key, judges);
        Ok(judges)
    }
}

/// Whether the distribution published a package itself: nobody else is named, or it is, by the name of its
/// namespaces (`debian` of `debian:bookworm`).
fn is_of_distribution(owner: &Owner, namespaces: &[String]) -> bool {
    let name = |namespace: &str| namespace.split(':').next().unwrap_or_default().to_owned();
    let is_named = |vendor: &String| namespaces.iter().any(|it| name(it).eq_ignore_ascii_case(vendor));
    owner.vendor.as_ref().is_none_or(is_named)
}

/// What is spoken of once a change is written.
pub(crate) struct AfterChange<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) gone: &'a BTreeSet<advisories::Key>,
    pub(crate) fresh: Vec<&'a Said>,
}

impl Speaks for AfterChange<'_> {
    fn speaks(&mut self, namespace: &str, name: &str) -> Result<bool, Error> {
        if self.fresh.iter().any(|said| said.key.namespace == namespace && said.key.name == name) {
            return Ok(true);
        }
        let keys = self.view.keys::<Affects>(|key| {
            key.text(namespace).text(name);
        });
        for key in keys {
            let key = key?;
            let advisory = advisories::Key { feed: key.feed, id: key.id, source: key.source };
            if !self.gone.contains(&advisory) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
