use std::collections::BTreeMap;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Tracker;
use crate::release::{Archives, Json, Release};
use crate::text::{self, Text, within};
use crate::{document, judgement};

/// Bytes of one entry's JSON; a few KiB are usual.
const MAX_ENTRY: usize = 1 << 20;
/// Releases that one entry names; the tracker knows about five at a time.
const MAX_RELEASES: usize = 64;
/// Bytes of a description. The tracker itself cuts them at some 70.
const MAX_DESCRIPTION: usize = 64 << 10;
/// Bytes of a title; what is longer goes on in the details.
const MAX_TITLE: usize = 200;

const BUGS: &str = "https://bugs.debian.org";

/// What the tracker knows of one vulnerability in one source package.
#[derive(Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct Entry<'a, R> {
    #[serde(borrow)]
    description: Option<Text<'a>>,
    debianbug: Option<u64>,
    releases: BTreeMap<Text<'a>, R>,
}

/// What a record says, and which of its parts could not be used, by path.
pub(crate) type Read = (Option<Advisory>, Vec<(String, Error)>);

/// What an entry says, and which of its releases could not be used; no advisory where no release
/// could.
pub(crate) fn read(tracker: &Tracker, package: &str, id: &str, json: &RawValue) -> Read {
    // Each release is left as text, so that one that cannot be read does not cost the others.
    let read = || {
        within("the entry", json.get(), MAX_ENTRY)?;
        check_names(package, id)?;
        let entry: Entry<'_, &RawValue> = serde_json::from_str(json.get()).map_err(Error::malformed)?;
        entry.check()?;
        Ok(entry)
    };
    match read() {
        Ok(entry) => entry.judged(tracker, package, id, Release::read),
        Err(why) => (None, vec![(path(package, id), why)]),
    }
}

/// The same of the entry with which `json` begins, and how many bytes it has, where nothing is wrong with how
/// it is written: all of it is read at once.
pub(crate) fn read_fast(tracker: &Tracker, package: &str, id: &str, json: &[u8]) -> Option<(Read, usize)> {
    check_names(package, id).ok()?;
    // What is longer does not end there, and nothing is made of it.
    let json = json.get(..MAX_ENTRY).unwrap_or(json);
    let (entry, length) = document::read::<Entry<'_, Json<'_, Archives<'_>>>>(json).ok()?;
    entry.check().ok()?;
    Some((entry.judged(tracker, package, id, Release::new), length))
}

fn check_names(package: &str, id: &str) -> Result<(), Error> {
    if !text::is_word(package) {
        return Err(Error::malformed("its package's name is empty, too long or not plain ASCII"));
    }
    if !text::is_identifier(id) {
        return Err(Error::malformed("its identifier is empty, too long or not plain ASCII"));
    }
    Ok(())
}

fn path(package: &str, id: &str) -> String {
    format!("{}/{}", text::shown(package), text::shown(id))
}

impl<'a, R> Entry<'a, R> {
    fn check(&self) -> Result<(), Error> {
        within("its description", self.description(), MAX_DESCRIPTION)?;
        let count = self.releases.len();
        if count > MAX_RELEASES {
            return Err(Error::malformed(format!(
                "it names {count} releases, over the limit of {MAX_RELEASES}"
            )));
        }
        if count == 0 {
            return Err(Error::malformed("it names no release"));
        }
        Ok(())
    }

    fn description(&self) -> &str {
        self.description.as_deref().unwrap_or_default()
    }

    /// What it says, of those releases from which `release` makes something.
    fn judged(
        mut self,
        tracker: &Tracker,
        package: &str,
        id: &str,
        release: impl Fn(&Text<'a>, R) -> Result<Release<'a>, Error>,
    ) -> Read {
        let mut releases = Vec::with_capacity(self.releases.len());
        let mut rejected = Vec::new();
        for (codename, json) in std::mem::take(&mut self.releases) {
            match release(&codename, json) {
                Ok(release) => releases.push(release),
                Err(why) => {
                    rejected.push((format!("{}/{}", path(package, id), text::shown(&codename)), why));
                }
            }
        }
        let affected = judgement::of(tracker, package, &releases);
        ((!affected.is_empty()).then(|| self.advisory(tracker, id, affected)), rejected)
    }

    fn advisory(&self, tracker: &Tracker, id: &str, affected: Vec<Affected>) -> Advisory {
        let description = self.description().trim();
        let title = text::first_line(description, MAX_TITLE);
        let mut references = vec![format!("{}/{id}", tracker.pages)];
        references.extend(self.debianbug.map(|bug| format!("{BUGS}/{bug}")));
        Advisory {
            title: title.to_owned(),
            // Stated once where one line holds it all, as is the rule in this source.
            details: if title == description { String::new() } else { description.to_owned() },
            references,
            affected,
            ..Advisory::new(id)
        }
    }
}
