use std::collections::HashMap;

use limpid_model::Owner;

use crate::Statements;

/// What becomes of packages whose files the distribution put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnedPackages {
    /// The distribution judges them, where it speaks of what it put there.
    LeftToDistribution,
    /// They are judged like all others, too.
    Judged,
}

/// Says whether anything is stated of a name at all.
pub trait Speaks {
    /// Why that cannot be read.
    type Error;

    /// Whether a namespace speaks of a package or source package of that name.
    ///
    /// # Errors
    /// It cannot be read.
    fn speaks(&mut self, namespace: &str, name: &str) -> Result<bool, Self::Error>;
}

impl<S: Statements> Speaks for S {
    type Error = S::Error;

    fn speaks(&mut self, namespace: &str, name: &str) -> Result<bool, S::Error> {
        Ok(!self.about(namespace, name)?.is_empty())
    }
}

/// Who judges what a package of the distribution brought: the distribution, but only where it
/// published that package itself, and where its advisories speak of that package at all. Otherwise
/// nobody would judge it.
#[derive(Debug)]
pub struct Authority<S> {
    speaks: S,
    owned: OwnedPackages,
    known: HashMap<(Vec<String>, Owner), bool>,
}

impl<S: Speaks> Authority<S> {
    /// One that asks `speaks` what is stated.
    pub fn new(speaks: S, owned: OwnedPackages) -> Self {
        Self { speaks, owned, known: HashMap::new() }
    }

    /// Whether the distribution whose advisories are in these namespaces judges what this owner
    /// brought.
    ///
    /// # Errors
    /// What is stated cannot be read.
    pub fn judges(&mut self, owner: Option<&Owner>, namespaces: &[String]) -> Result<bool, S::Error> {
        let is_its_own = |owner: &&Owner| is_of_distribution(owner, namespaces);
        let owner = owner.filter(|_| self.owned == OwnedPackages::LeftToDistribution).filter(is_its_own);
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
