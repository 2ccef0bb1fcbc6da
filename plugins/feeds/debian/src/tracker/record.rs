use std::collections::BTreeMap;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range, Rating, Status};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::text;

/// Bytes of one entry's JSON; a few KiB are usual.
const MAX_ENTRY: usize = 1 << 20;
/// Bytes of an identifier, a name or a version.
const MAX_NAME: usize = 256;
/// Bytes of a description. The tracker itself cuts them at some 70.
const MAX_DESCRIPTION: usize = 64 << 10;
/// Bytes of the security team's words on why there is no DSA.
const MAX_NOTE: usize = 4 << 10;
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

/// What it knows of that in one release. `repositories` (which versions are in the archive) and
/// `scope` (local or remote) say nothing about whom the vulnerability concerns.
#[derive(Deserialize)]
struct Release {
    status: String,
    fixed_version: Option<String>,
    urgency: Option<String>,
    nodsa: Option<String>,
    nodsa_reason: Option<String>,
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
    let mut affected = Vec::with_capacity(entry.releases.len());
    let mut rejected = Vec::new();
    for (codename, json) in &entry.releases {
        match release(package, codename, json) {
            Ok(judged) => affected.push(judged),
            Err(why) => rejected.push((format!("{path}/{}", text::shown(codename)), why)),
        }
    }
    let advisory = (!affected.is_empty()).then(|| advisory(id, &entry, affected));
    (advisory, rejected)
}

fn entry<'a>(package: &str, id: &str, json: &'a RawValue) -> Result<Entry<'a>, Error> {
    let json = json.get();
    within("the entry", json, MAX_ENTRY)?;
    if !text::is_word(package, MAX_NAME) {
        return Err(Error::malformed("its package's name is empty, too long or not plain ASCII"));
    }
    if !text::is_identifier(id, MAX_NAME) {
        return Err(Error::malformed("its identifier is empty, too long or not plain ASCII"));
    }
    let entry: Entry<'_> = serde_json::from_str(json).map_err(Error::malformed)?;
    within("its description", entry.description.as_deref().unwrap_or_default(), MAX_DESCRIPTION)?;
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
        // Said once where one line holds it all, as is the rule in this source.
        details: if title == description { String::new() } else { description.to_owned() },
        references,
        affected,
        ..Advisory::new(id)
    }
}

fn release(package: &str, codename: &str, json: &RawValue) -> Result<Affected, Error> {
    if !text::is_word(codename, MAX_NAME) {
        return Err(Error::malformed("the release's name is empty, too long or not plain ASCII"));
    }
    let release: Release = serde_json::from_str(json.get()).map_err(Error::malformed)?;
    within("`nodsa`", release.nodsa.as_deref().unwrap_or_default(), MAX_NOTE)?;
    let (status, range) = judge(&release)?;
    // It stays there when the fix has come after all, and then explains nothing.
    let note = release.nodsa.filter(|note| release.status == "open" && !note.is_empty());
    Ok(Affected {
        namespace: format!("debian:{codename}"),
        name: package.to_owned(),
        source: true,
        scheme: "dpkg".to_owned(),
        status,
        ranges: vec![range],
        ratings: rating(release.urgency.as_deref())?.into_iter().collect(),
        note,
        ..Affected::default()
    })
}

/// What the release says, and of which versions. `resolved` in version 0 is how the tracker says
/// that no version of this release ever was vulnerable.
fn judge(release: &Release) -> Result<(Status, Range), Error> {
    match (release.status.as_str(), release.fixed_version.as_deref()) {
        ("resolved", Some("0")) => Ok((Status::NotAffected, Range::all())),
        ("resolved", Some(fix)) if text::is_version(fix, MAX_NAME) => {
            Ok((Status::Affected, Range::before(fix)))
        }
        ("resolved", Some(fix)) => {
            Err(Error::malformed(format!("`fixed_version` is no version: `{}`", text::shown(fix))))
        }
        ("resolved", None) => Err(Error::malformed("it is `resolved`, but has no `fixed_version`")),
        ("open", _) => Ok((open(release), Range::all())),
        ("undetermined", _) => Ok((Status::UnderInvestigation, Range::all())),
        (other, _) => Err(Error::malformed(format!("unknown status `{}`", text::shown(other)))),
    }
}

/// What will become of an open one.
fn open(release: &Release) -> Status {
    if release.urgency.as_deref() == Some("end-of-life") {
        return Status::EndOfLife;
    }
    match (release.nodsa_reason.as_deref(), release.nodsa.as_deref()) {
        (Some("ignored"), _) => Status::WontFix,
        (Some("postponed" | ""), _) | (None, Some(_)) => Status::FixDeferred,
        // A reason not known here may mean anything, except that the release is not vulnerable.
        (Some(_), _) | (None, None) => Status::Affected,
    }
}

/// The security team's urgency. What came from the NVD once ended in asterisks (`low**`), which
/// are no part of the word. `end-of-life` is a status, not a rating.
fn rating(urgency: Option<&str>) -> Result<Option<Rating>, Error> {
    match urgency.unwrap_or_default().trim_end_matches('*') {
        "" | "not yet assigned" | "end-of-life" => Ok(None),
        word if text::is_word(word, MAX_NAME) => Ok(Some(Rating::word("debian", word))),
        other => Err(Error::malformed(format!("unknown urgency `{}`", text::shown(other)))),
    }
}

fn within(what: &str, text: &str, limit: usize) -> Result<(), Error> {
    if text.len() <= limit {
        return Ok(());
    }
    Err(Error::malformed(format!("{what} has {} bytes, over the limit of {limit}", text.len())))
}
