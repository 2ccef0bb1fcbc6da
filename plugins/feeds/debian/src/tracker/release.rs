//! What the tracker says of one release, before it is compared with what it says of others.

use std::collections::BTreeMap;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Rating, Status};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::text::{self, within};

/// Bytes of the security team's words on why there is no DSA.
const MAX_NOTE: usize = 4 << 10;
/// Versions of one package in one release: it has a few archives.
const MAX_KEPT: usize = 64;

/// One release.
pub(super) struct Release {
    pub(super) codename: String,
    pub(super) verdict: Verdict,
    /// The versions that its archives have.
    pub(super) kept: Vec<String>,
    pub(super) rating: Option<Rating>,
    pub(super) note: Option<String>,
}

/// What the tracker says of the versions of one release.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// None ever was vulnerable.
    Never,
    /// They are vulnerable before this one.
    Fixed(String),
    /// Those that it has are vulnerable, or may be; it may know the version that will not be.
    Open(Status, Option<String>),
}

/// As it is written. `scope` (local or remote) says nothing about whom the vulnerability affects.
#[derive(Deserialize)]
struct Json<'a> {
    status: String,
    fixed_version: Option<String>,
    urgency: Option<String>,
    nodsa: Option<String>,
    nodsa_reason: Option<String>,
    /// Archive to version. Left as text: where it is odd, it costs only itself.
    #[serde(borrow)]
    repositories: Option<&'a RawValue>,
}

impl Release {
    /// What is written of a release.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where its name is none, or what is written is not as expected.
    pub(super) fn read(codename: &str, json: &RawValue) -> Result<Self, Error> {
        if !text::is_word(codename) {
            return Err(Error::malformed("the release's name is empty, too long or not plain ASCII"));
        }
        let json: Json<'_> = serde_json::from_str(json.get()).map_err(Error::malformed)?;
        within("`nodsa`", json.nodsa.as_deref().unwrap_or_default(), MAX_NOTE)?;
        let verdict = verdict(&json)?;
        Ok(Self {
            codename: codename.to_owned(),
            rating: rating(json.urgency.as_deref())?,
            // It stays there when the fix has come after all, and then explains nothing.
            note: json.nodsa.filter(|note| matches!(verdict, Verdict::Open(..)) && !note.is_empty()),
            kept: json.repositories.map(kept).unwrap_or_default(),
            verdict,
        })
    }
}

/// `resolved` in version 0 is how the tracker says that no version of this release ever was vulnerable.
fn verdict(release: &Json<'_>) -> Result<Verdict, Error> {
    let fix = release.fixed_version.as_deref();
    let later = || fix.filter(|fix| *fix != "0" && text::is_version(fix)).map(str::to_owned);
    match (release.status.as_str(), fix) {
        ("resolved", Some("0")) => Ok(Verdict::Never),
        ("resolved", Some(fix)) if text::is_version(fix) => Ok(Verdict::Fixed(fix.to_owned())),
        ("resolved", Some(fix)) => {
            Err(Error::malformed(format!("`fixed_version` is no version: `{}`", text::shown(fix))))
        }
        ("resolved", None) => Err(Error::malformed("it is `resolved`, but has no `fixed_version`")),
        ("open", _) => Ok(Verdict::Open(open(release), later())),
        ("undetermined", _) => Ok(Verdict::Open(Status::UnderInvestigation, later())),
        (other, _) => Err(Error::malformed(format!("unknown status `{}`", text::shown(other)))),
    }
}

/// What will become of an open one.
fn open(release: &Json<'_>) -> Status {
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
        word if text::is_word(word) => Ok(Some(Rating::word("debian", word))),
        other => Err(Error::malformed(format!("unknown urgency `{}`", text::shown(other)))),
    }
}

fn kept(repositories: &RawValue) -> Vec<String> {
    let repositories: BTreeMap<String, String> = serde_json::from_str(repositories.get()).unwrap_or_default();
    let mut kept: Vec<String> =
        repositories.into_values().filter(|version| text::is_version(version)).take(MAX_KEPT).collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}
