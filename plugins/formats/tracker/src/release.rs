//! What the tracker says of one release, before it is compared with what it says of others.

use std::collections::BTreeMap;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Rating, Status};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::text::{self, Text, within};

/// Bytes of the security team's words on why there is no DSA.
const MAX_NOTE: usize = 4 << 10;
/// Versions of one package in one release: it has a few archives.
const MAX_KEPT: usize = 64;

/// One release.
pub(crate) struct Release<'a> {
    pub(crate) codename: Text<'a>,
    pub(crate) verdict: Verdict<'a>,
    /// The versions that its archives have.
    pub(crate) kept: Vec<Text<'a>>,
    pub(crate) rating: Option<Rating>,
    pub(crate) note: Option<Text<'a>>,
}

/// What the tracker says of the versions of one release.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict<'a> {
    /// None ever was vulnerable.
    Never,
    /// They are vulnerable before this one.
    Fixed(Text<'a>),
    /// Those that it has are vulnerable, or may be; it may know the version that will not be.
    Open(Status, Option<Text<'a>>),
}

/// As it is written. `scope` (local or remote) says nothing about whom the vulnerability affects.
#[derive(Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
pub(crate) struct Json<'a, R> {
    #[serde(borrow)]
    status: Text<'a>,
    fixed_version: Option<Text<'a>>,
    urgency: Option<Text<'a>>,
    nodsa: Option<Text<'a>>,
    nodsa_reason: Option<Text<'a>>,
    repositories: Option<R>,
}

/// Archive to version.
pub(crate) type Archives<'a> = BTreeMap<Text<'a>, Text<'a>>;

impl<'a> Release<'a> {
    /// What is written of a release.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where its name is none, or what is written is not as expected.
    pub(crate) fn read(codename: &Text<'a>, json: &'a RawValue) -> Result<Self, Error> {
        check_name(codename)?;
        let json: Json<'a, &RawValue> = serde_json::from_str(json.get()).map_err(Error::malformed)?;
        // Where the archives are odd, they cost only themselves.
        Self::of(codename, json, |archives| serde_json::from_str(archives.get()).unwrap_or_default())
    }

    /// The same of what has been read.
    pub(crate) fn new(codename: &Text<'a>, json: Json<'a, Archives<'a>>) -> Result<Self, Error> {
        check_name(codename)?;
        Self::of(codename, json, |archives| archives)
    }

    fn of<R>(
        codename: &Text<'a>,
        json: Json<'a, R>,
        archives: impl FnOnce(R) -> Archives<'a>,
    ) -> Result<Self, Error> {
        within("`nodsa`", json.nodsa.as_deref().unwrap_or_default(), MAX_NOTE)?;
        let verdict = verdict(&json)?;
        Ok(Self {
            codename: codename.clone(),
            rating: rating(json.urgency.as_deref())?,
            // It stays there when the fix has come after all, and then explains nothing.
            note: json.nodsa.filter(|note| matches!(verdict, Verdict::Open(..)) && !note.is_empty()),
            kept: json.repositories.map(|json| kept(archives(json))).unwrap_or_default(),
            verdict,
        })
    }
}

fn check_name(codename: &str) -> Result<(), Error> {
    if text::is_word(codename) {
        return Ok(());
    }
    Err(Error::malformed("the release's name is empty, too long or not plain ASCII"))
}

/// `resolved` in version 0 is how the tracker says that no version of this release ever was vulnerable.
fn verdict<'a, R>(release: &Json<'a, R>) -> Result<Verdict<'a>, Error> {
    let fix = release.fixed_version.as_ref();
    let later = || fix.filter(|fix| &***fix != "0" && text::is_version(fix)).cloned();
    match (&*release.status, fix) {
        ("resolved", Some(fix)) if &**fix == "0" => Ok(Verdict::Never),
        ("resolved", Some(fix)) if text::is_version(fix) => Ok(Verdict::Fixed(fix.clone())),
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
fn open<R>(release: &Json<'_, R>) -> Status {
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

fn kept(archives: Archives<'_>) -> Vec<Text<'_>> {
    let mut kept: Vec<_> =
        archives.into_values().filter(|version| text::is_version(version)).take(MAX_KEPT).collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}
