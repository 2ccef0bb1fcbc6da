use std::collections::BTreeMap;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::judgement;
use super::release::Release;
use super::text::{self, within};

/// Bytes of one entry's JSON; a few KiB are usual.
const MAX_ENTRY: usize = 1 << 20;
/// Releases that one entry names; the tracker knows about five at a time.
const MAX_RELEASES: usize = 64;
/// Bytes of a description. The tracker itself cuts them at some 70.
const MAX_DESCRIPTION: usize = 64 << 10;
/// Bytes of a title; what is longer goes on in the details.
const MAX_TITLE: usize = 200;

const TRACKER: &str = "https://security-tracker.debian.org/tracker";
const BUGS: &str = "https://bugs.debian.org";

/// What the tracker knows of one vulnerability in one source package.
#[derive(Deserialize)]
struct Entry<'a> {
    description: Option<String>,
    debianbug: Option<u64>,
    /// Left as text, so that one release that cannot be read does not cost the others.
    #[serde(borrow)]
    releases: BTreeMap<String, &'a RawValue>,
}

/// A record that could not be used, and why.
pub(super) type Rejected = (String, Error);

/// What an entry says, and which of its releases could not be used; no advisory where no release
/// could.
pub(super) fn read(package: &str, id: &str, json: &RawValue) -> (Option<Advisory>, Vec<Rejected>) {
    let path = format!("{}/{}", text::shown(package), text::shown(id));
    let entry = match entry(package, id, json) {
        Ok(entry) => entry,
        Err(why) => return (None, vec![(path, why)]),
    };
    let mut releases = Vec::with_capacity(entry.releases.len());
    let mut rejected = Vec::new();
    for (codename, json) in &entry.releases {
        match Release::read(codename, json) {
            Ok(release) => releases.push(release),
            Err(why) => rejected.push((format!("{path}/{}", text::shown(codename)), why)),
        }
    }
    let affected = judgement::of(package, &releases);
    let advisory = (!affected.is_empty()).then(|| advisory(id, &entry, affected));
    (advisory, rejected)
}

fn entry<'a>(package: &str, id: &str, json: &'a RawValue) -> Result<Entry<'a>, Error> {
    let json = json.get();
    within("the entry", json, MAX_ENTRY)?;
    if !text::is_word(package) {
        return Err(Error::malformed("its package's name is empty, too long or not plain ASCII"));
    }
    if !text::is_identifier(id) {
        return Err(Error::malformed("its identifier is empty, too long or not plain ASCII"));
    }
    let entry: Entry<'_> = serde_json::from_str(json).map_err(Error::malformed)?;
    within("its description", entry.description.as_deref().unwrap_or_default(), MAX_DESCRIPTION)?;
    if entry.releases.len() > MAX_RELEASES {
        let count = entry.releases.len();
        return Err(Error::malformed(format!("it names {count} releases, over the limit of {MAX_RELEASES}")));
    }
    if entry.releases.is_empty() {
        return Err(Error::malformed("it names no release"));
    }
    Ok(entry)
}

fn advisory(id: &str, entry: &Entry<'_>, affected: Vec<Affected>) -> Advisory {
    let description = entry.description.as_deref().unwrap_or_default().trim();
    let title = text::first_line(description, MAX_TITLE);
    let mut references = vec![format!("{TRACKER}/{id}")];
    references.extend(entry.debianbug.map(|bug| format!("{BUGS}/{bug}")));
    Advisory {
        title: title.to_owned(),
        // Stated once where one line holds it all, as is the rule in this source.
        details: if title == description { String::new() } else { description.to_owned() },
        references,
        affected,
        ..Advisory::new(id)
    }
}
