use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use limpid_model::{Advisory, Enrichment, InputError};
use limpid_runtime::{Sink, Source};

use super::{REMEMBERED, Records};
use crate::Error;

/// Statements of one advisory, over all of its parts. The largest that are known speak of a few
/// thousand packages.
const AFFECTED: usize = 200_000;
/// Aliases of an advisory, and likewise ratings, weaknesses and references.
const COMMON: usize = 1_000;

/// What a feed's plugin makes of one source.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    pub(crate) records: Records,
    /// Advisories that come in several parts, by identifier, joined as far as they have come.
    in_parts: BTreeMap<String, Advisory>,
    pub(crate) withdrawn: BTreeSet<String>,
    pub(crate) rejected: u64,
    pub(crate) rejections: Vec<(String, String)>,
    pub(crate) follow: Vec<Source>,
    /// The source that the plugin recognised in the document.
    pub(crate) identified: Option<String>,
    /// Of when the document says that it is.
    pub(crate) dated: Option<String>,
    /// Identifiers of which more was stated than one advisory may hold.
    oversized: BTreeSet<String>,
    /// Whether more was stated than may be.
    overflowed: bool,
    limit: usize,
    /// Whether more was named to be fetched than may be.
    overled: bool,
    most_followed: usize,
}

impl Collector {
    /// For so many advisories, and so many sources that they may name.
    pub(super) fn new(limit: usize, most_followed: usize) -> Self {
        Self { limit, most_followed, ..Self::default() }
    }

    /// Of what there is too much.
    pub(super) fn excess(&self) -> Option<Error> {
        if self.overflowed {
            return Some(Error::TooManyAdvisories { limit: self.limit });
        }
        self.overled.then_some(Error::TooManyFollowed { limit: self.most_followed })
    }

    /// How many records were stated.
    pub(super) fn stated(&self) -> usize {
        self.records.count() + self.records.enrichments.len()
    }

    /// Of when the document says that it is, in milliseconds since 1970: a date, or a time. None where
    /// it says nothing that can be read.
    pub(super) fn dated(&self) -> Option<u64> {
        let text = self.dated.as_deref()?;
        let time = text.parse::<jiff::Timestamp>().ok().or_else(|| {
            let day = text.parse::<jiff::civil::Date>().ok()?;
            jiff::tz::TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
        })?;
        u64::try_from(time.as_millisecond()).ok()
    }

    /// Adds what a change says of what is here.
    pub(super) fn change(&mut self, change: Self) -> Result<(), Error> {
        for id in &change.withdrawn {
            self.records.take_back(id)?;
        }
        self.records.state_all(change.records)?;
        self.rejected += change.rejected;
        self.rejections.extend(change.rejections);
        self.rejections.truncate(REMEMBERED);
        Ok(())
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self) {
        for (_, advisory) in std::mem::take(&mut self.in_parts) {
            self.state(advisory);
        }
    }

    fn state(&mut self, advisory: Advisory) {
        let id = advisory.id.clone();
        if let Err(error) = self.records.state(advisory) {
            self.reject(id, InputError::Malformed(error.to_string()));
        }
    }

    /// Takes one of several parts, or what may be the only one.
    fn part(&mut self, advisory: Advisory) {
        if self.oversized.contains(&advisory.id) {
            return;
        }
        let mut known = match self.in_parts.entry(advisory.id.clone()) {
            Entry::Occupied(known) => known,
            Entry::Vacant(place) => match self.records.take_back(&advisory.id) {
                Ok(Some(first)) => place.insert_entry(first),
                Ok(None) => return self.state(advisory),
                Err(error) => return self.reject(advisory.id, InputError::Malformed(error.to_string())),
            },
        };
        if let Err(why) = join(known.get_mut(), advisory) {
            let id = known.remove_entry().0;
            self.oversized.insert(id.clone());
            self.reject(id, why);
        }
    }
}

impl Sink for Collector {
    fn identify(&mut self, source: String) {
        self.identified = Some(source);
    }

    fn dated(&mut self, when: String) {
        self.dated = Some(when);
    }

    fn advisories(&mut self, batch: Vec<Advisory>) {
        // What comes after too much is not looked at: the document is refused anyway.
        if self.overflowed {
            return;
        }
        for advisory in batch {
            self.part(advisory);
        }
        if self.records.count() + self.in_parts.len() > self.limit {
            self.overflowed = true;
            self.records = Records::default();
            self.in_parts = BTreeMap::new();
        }
    }

    fn enrichments(&mut self, batch: Vec<Enrichment>) {
        if self.overflowed {
            return;
        }
        for enrichment in batch {
            let id = enrichment.id.clone();
            if let Err(error) = self.records.know(enrichment) {
                self.reject(id, InputError::Malformed(error.to_string()));
            }
        }
        if self.records.enrichments.len() > self.limit {
            self.overflowed = true;
            self.records = Records::default();
        }
    }

    fn withdraw(&mut self, id: String) {
        if self.withdrawn.len() < self.limit {
            self.withdrawn.insert(id);
        } else {
            self.overflowed = true;
        }
    }

    fn reject(&mut self, id: String, why: InputError) {
        self.rejected += 1;
        if self.rejections.len() < REMEMBERED {
            self.rejections.push((id, why.to_string()));
        }
    }

    fn follow(&mut self, source: Source) {
        if self.follow.len() < self.most_followed {
            self.follow.push(source);
        } else {
            self.overled = true;
        }
    }
}

/// Adds to an advisory what another part of it says.
fn join(into: &mut Advisory, part: Advisory) -> Result<(), InputError> {
    let or = |into: &mut String, part: String| {
        if into.is_empty() {
            *into = part;
        }
    };
    or(&mut into.title, part.title);
    or(&mut into.details, part.details);
    add(&mut into.aliases, part.aliases);
    add(&mut into.ratings, part.ratings);
    add(&mut into.weaknesses, part.weaknesses);
    add(&mut into.references, part.references);
    for affected in part.affected {
        // Beyond that, saying something twice does less harm than looking whether it was stated.
        if into.affected.len() >= COMMON || !into.affected.contains(&affected) {
            into.affected.push(affected);
        }
    }
    into.published = into.published.take().or(part.published);
    into.modified = into.modified.take().or(part.modified);
    into.withdrawn = into.withdrawn.take().or(part.withdrawn);
    if into.affected.len() > AFFECTED {
        return Err(InputError::Unsupported(format!("it affects more than {AFFECTED} packages")));
    }
    Ok(())
}

/// Adds what is not there yet, up to what a reader could make use of.
fn add<T: PartialEq>(into: &mut Vec<T>, part: Vec<T>) {
    for item in part {
        if into.len() < COMMON && !into.contains(&item) {
            into.push(item);
        }
    }
}

#[cfg(test)]
mod tests;
