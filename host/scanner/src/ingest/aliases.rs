//! Under which name all publishers speak of a vulnerability: aliases are transitive.
//!
//! An advisory that names no CVE itself may be linked to one by what others call it: one publisher's
//! `GHSA-1` is another's `PYSEC-1`, of which a third says that it is a CVE. All of them are one group,
//! unless that would join two CVEs: then each stays with what it says itself. Advisories about several
//! CVEs join nothing.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use limpid_model::{Advisory, is_cve};
use limpid_store::View;
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::known_as::{self, KnownAs};

use crate::Error;

/// Advisories of one group, at most. Groups of more are mistakes: each advisory in them stays with what
/// it says itself.
const GROUP: usize = 64;

/// The identifiers by which advisories are linked, as they will be once a document is written.
#[derive(Debug)]
pub(super) struct Aliases<'a> {
    view: &'a View<'a>,
    feed: &'a str,
    source: &'a str,
    /// Advisories of the document that are new or have changed, by identifier.
    fresh: BTreeMap<String, Names>,
    /// Which of these have a link, by that.
    linked: BTreeMap<String, BTreeSet<String>>,
    /// Advisories of the source that are there no longer in the form that they had.
    gone: BTreeSet<String>,
    /// Identifiers whose advisories may have another name now.
    touched: BTreeSet<String>,
    /// Which advisories that stay as they are have one of these, as far as there are any.
    stored: BTreeMap<String, Vec<advisories::Key>>,
}

/// The identifiers of one advisory.
#[derive(Clone, Debug, Default)]
struct Names {
    cves: BTreeSet<String>,
    links: BTreeSet<String>,
}

impl Names {
    fn of(advisory: &Advisory) -> Self {
        let all = std::iter::once(&advisory.id).chain(&advisory.aliases).cloned();
        let (cves, links) = all.partition(|id| is_cve(id));
        Self { cves, links }
    }

    /// Whether it is about one vulnerability, so that its identifiers name the same.
    fn is_of_one(&self) -> bool {
        self.cves.len() <= 1
    }
}

impl<'a> Aliases<'a> {
    pub(super) fn new(view: &'a View<'a>, feed: &'a str, source: &'a str) -> Self {
        let (fresh, linked, stored) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { view, feed, source, fresh, linked, gone: BTreeSet::new(), touched: BTreeSet::new(), stored }
    }

    /// An advisory that the document states anew.
    pub(super) fn put(&mut self, advisory: &Advisory) {
        let names = Names::of(advisory);
        if names.is_of_one() && !names.links.is_empty() {
            for link in &names.links {
                self.linked.entry(link.clone()).or_default().insert(advisory.id.clone());
                self.touched.insert(link.clone());
            }
            self.fresh.insert(advisory.id.clone(), names);
        }
    }

    /// An advisory of the source that is there no longer in this form.
    pub(super) fn remove(&mut self, advisory: &Advisory) {
        let names = Names::of(advisory);
        self.gone.insert(advisory.id.clone());
        if names.is_of_one() {
            self.touched.extend(names.links);
        }
    }

    /// Looks up what else has the identifiers of all these, once they are known.
    pub(super) fn look_up(&mut self) -> Result<(), Error> {
        let mut folded: Vec<_> = self.touched.iter().map(|link| (known_as::folded(link), link)).collect();
        folded.sort_unstable();
        let mut known_as = self.view.forward::<KnownAs>();
        let mut stored = BTreeMap::new();
        // Of some identifiers there are several spellings.
        for spellings in folded.chunk_by(|(a, _), (b, _)| a == b) {
            let Some((folded, _)) = spellings.first() else { continue };
            let keys = known_as.keys(|key| {
                key.text(folded);
            })?;
            let keys = self.others_of(keys)?;
            if !keys.is_empty() {
                stored.extend(spellings.iter().map(|(_, link)| ((*link).clone(), keys.clone())));
            }
        }
        self.stored = stored;
        Ok(())
    }

    /// The vulnerabilities that an advisory is about.
    pub(super) fn names(&self, advisory: &Advisory) -> Result<Vec<String>, Error> {
        let own = advisory.vulnerabilities();
        if own.iter().any(|name| is_cve(name)) {
            return Ok(own);
        }
        Ok(self.group(Names::of(advisory).links)?.map_or(own, |name| vec![name]))
    }

    /// Advisories of others that may have another name now, with what they are.
    pub(super) fn others(&self) -> Result<Vec<(advisories::Key, Advisory)>, Error> {
        let mut others = BTreeMap::new();
        let (mut open, mut seen) = (self.touched.iter().cloned().collect::<Vec<_>>(), self.touched.clone());
        while let Some(link) = open.pop() {
            for key in self.stored(&link)?.iter() {
                if others.contains_key(key) {
                    continue;
                }
                let Some(row) = self.view.get::<Advisories>(key)? else { continue };
                let advisory = row.into_advisory(key.id.clone());
                let names = Names::of(&advisory);
                if !names.links.contains(&link) || !names.cves.is_empty() {
                    continue;
                }
                open.extend(names.links.into_iter().filter(|link| seen.insert(link.clone())));
                others.insert(key.clone(), advisory);
            }
        }
        Ok(others.into_iter().collect())
    }

    /// The one name of all that is linked: its CVE, or where there is none, the identifier that sorts
    /// first. None where that would join two CVEs, or too many advisories.
    fn group(&self, links: BTreeSet<String>) -> Result<Option<String>, Error> {
        let mut cves = BTreeSet::new();
        let (mut open, mut seen): (Vec<_>, _) = (links.iter().cloned().collect(), links);
        let mut advisories = 0;
        while let Some(link) = open.pop() {
            for names in self.linked_by(&link)? {
                advisories += 1;
                cves.extend(names.cves);
                if advisories > GROUP || cves.len() > 1 {
                    return Ok(None);
                }
                open.extend(names.links.into_iter().filter(|link| seen.insert(link.clone())));
            }
        }
        Ok(cves.pop_first().or_else(|| seen.pop_first()))
    }

    /// The advisories about one vulnerability that have an identifier.
    fn linked_by(&self, link: &str) -> Result<Vec<Names>, Error> {
        let fresh = self.linked.get(link).into_iter().flatten();
        let mut linked: Vec<_> = fresh.filter_map(|id| self.fresh.get(id)).cloned().collect();
        for key in self.stored(link)?.iter() {
            if linked.len() > GROUP {
                break;
            }
            let Some(row) = self.view.get::<Advisories>(key)? else { continue };
            let names = Names::of(&row.into_advisory(key.id.clone()));
            if names.is_of_one() && names.links.contains(link) {
                linked.push(names);
            }
        }
        Ok(linked)
    }

    /// Advisories that have an identifier and stay as they are.
    fn stored(&self, link: &str) -> Result<Cow<'_, [advisories::Key]>, Error> {
        if self.touched.contains(link) {
            return Ok(self.stored.get(link).map_or(&[][..], Vec::as_slice).into());
        }
        let keys = self.view.keys::<KnownAs>(|key| {
            key.text(&known_as::folded(link));
        });
        Ok(self.others_of(keys)?.into())
    }

    /// Of advisories that have an identifier, those that stay as they are.
    fn others_of(
        &self,
        keys: impl Iterator<Item = Result<known_as::Key, limpid_store::Error>>,
    ) -> Result<Vec<advisories::Key>, Error> {
        let mut others = Vec::new();
        for key in keys {
            let key = key?;
            let is_own = key.feed == self.feed && key.source == self.source;
            if !is_own || !(self.gone.contains(&key.id) || self.fresh.contains_key(&key.id)) {
                others.push(advisories::Key { feed: key.feed, id: key.id, source: key.source });
            }
            if others.len() > GROUP {
                break;
            }
        }
        Ok(others)
    }
}
