//! `modified_id.csv`: when which record changed, newest first, a line `TIME,ECOSYSTEM/ID` for each.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use limpid_osv::text;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};
use limpid_plugin_sdk::text::Lines;

use crate::{bucket, index};

/// The source's name, whatever the cursor is.
const SOURCE: &str = "changes";
/// What stands between that and the cursor.
const SINCE: &str = " since ";

/// Bytes of a line.
const MAX_LINE: usize = 1024;
/// Ecosystems that it may name.
const MAX_ECOSYSTEMS: usize = 256;
/// Changed records of one ecosystem that are fetched one by one. Where there are more, its archive
/// is: one request that takes seconds, against as many requests.
const MAX_RECORDS: usize = 100;

/// Where a run starts. The contract hands the cursor to `sources` only, so it goes along in the name
/// and is taken off again by [`Since::of_source`].
pub(crate) fn source(cursor: Option<&str>) -> Source {
    let name = match cursor.filter(|cursor| text::is_time(cursor)) {
        Some(cursor) => format!("{SOURCE}{SINCE}{cursor}"),
        None => SOURCE.to_owned(),
    };
    Source::delta(name, bucket::address("modified_id.csv"))
}

/// From when on changes count.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// There is no cursor: everything is fetched.
    Ever,
    /// The newest change that is known.
    Time(String),
}

impl Since {
    /// What the name of a source says; none where it is not that of the list of changes.
    pub(crate) fn of_source(name: &str) -> Option<Self> {
        let rest = name.strip_prefix(SOURCE)?;
        if rest.is_empty() {
            return Some(Self::Ever);
        }
        let time = rest.strip_prefix(SINCE).filter(|time| text::is_time(time))?;
        Some(Self::Time(time.to_owned()))
    }
}

/// Asks for what changed, and says when the newest change was.
///
/// # Errors
///
/// [`Error::Malformed`] where a line is none of this list, as in the page of a proxy, or where it
/// names too many ecosystems.
pub(crate) fn follow(list: impl BufRead, since: &Since, sink: &mut dyn Sink) -> Result<String, Error> {
    let mut newest = None;
    let mut changed = Changed::default();
    let mut lines = Lines::new(list, MAX_LINE);
    while let Some(line) = lines.next()? {
        let text = line.text();
        let change = Change::parse(&text).filter(|_| !line.cut).ok_or_else(|| {
            let shown = text::shown(&text);
            Error::malformed(format!("line {} is no `TIME,ECOSYSTEM/ID`: `{shown}`", line.number))
        })?;
        newest.get_or_insert_with(|| change.time.to_owned());
        match since {
            Since::Time(since) if text::is_later(change.time, since) => changed.add(&change)?,
            Since::Time(_) | Since::Ever => break,
        }
    }
    let newest = newest.ok_or_else(|| Error::malformed("the list of changes is empty"))?;
    // By this the next run asks for it, so that it need not come while nothing has changed.
    sink.identify(&source(Some(&newest)).name);
    sink.dated(&newest);
    match since {
        Since::Ever => sink.follow(index::source()),
        Since::Time(_) => changed.follow(sink),
    }
    Ok(newest)
}

/// A line of the list.
struct Change<'a> {
    time: &'a str,
    ecosystem: &'a str,
    id: &'a str,
}

impl<'a> Change<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (time, path) = line.split_once(',')?;
        let (ecosystem, id) = path.rsplit_once('/')?;
        text::is_time(time).then_some(Self { time, ecosystem, id })
    }
}

/// Which records of which ecosystem changed; of an ecosystem no more than are fetched one by one,
/// and one to know that there are more.
#[derive(Default)]
struct Changed(BTreeMap<String, BTreeSet<String>>);

impl Changed {
    /// Adds a record, unless it is of no ecosystem that says anything of packages.
    fn add(&mut self, change: &Change<'_>) -> Result<(), Error> {
        let Some(ecosystem) = bucket::folder(change.ecosystem) else { return Ok(()) };
        if !text::is_identifier(change.id) || change.id.contains("..") {
            let shown = text::shown(change.id);
            return Err(Error::malformed(format!("the list names a record `{shown}`")));
        }
        if self.0.len() >= MAX_ECOSYSTEMS && !self.0.contains_key(ecosystem) {
            return Err(Error::malformed(format!(
                "the list names more ecosystems than the limit of {MAX_ECOSYSTEMS}"
            )));
        }
        let records = self.0.entry(ecosystem.to_owned()).or_default();
        if records.len() <= MAX_RECORDS {
            records.insert(change.id.to_owned());
        }
        Ok(())
    }

    fn follow(self, sink: &mut dyn Sink) {
        for (ecosystem, records) in self.0 {
            if records.len() > MAX_RECORDS {
                sink.follow(bucket::archive(&ecosystem));
            } else {
                records.iter().for_each(|id| sink.follow(bucket::record(&ecosystem, id)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_goes_along_in_the_name() {
        let check = |cursor: Option<&str>, expected: Since| {
            assert_eq!(Since::of_source(&source(cursor).name), Some(expected), "{cursor:?}");
        };
        check(None, Since::Ever);
        check(Some("2024-05-01T00:00:00Z"), Since::Time("2024-05-01T00:00:00Z".into()));
        check(Some("not a time"), Since::Ever);
        assert_eq!(Since::of_source("changes of mine"), None);
        assert_eq!(Since::of_source("npm"), None);
    }
}
