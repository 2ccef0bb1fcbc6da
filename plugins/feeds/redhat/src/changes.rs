//! Lists of which document changed, and of which was deleted, newest first: `"2024/cve-2024-0727.json","TIME"`.

use std::collections::BTreeSet;
use std::io::{BufRead, Read};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};
use limpid_plugin_sdk::text::Lines;

use crate::{FOLDER, VEX};

/// What the source of the archive's name is called.
pub(crate) const LATEST: &str = "archive";
/// The source's name, whatever the cursor is.
const SOURCE: &str = "changes";
/// What stands between that and the cursor.
const SINCE: &str = " since ";

/// Bytes of a line.
const MAX_LINE: usize = 256;
/// Changed documents that are fetched one by one. Where there are more, the archive is: Red Hat generates all of
/// them anew some times a year.
const MAX_CHANGES: usize = 2_000;

/// Where a run starts. The contract hands the cursor to `sources` only, so it goes along in the name and is taken
/// off again by [`Since::of_source`].
pub(crate) fn source(cursor: Option<&str>) -> Source {
    let name = match cursor.filter(|cursor| is_time(cursor)) {
        Some(cursor) => format!("{SOURCE}{SINCE}{cursor}"),
        None => SOURCE.to_owned(),
    };
    Source::delta(name, format!("{FOLDER}changes.csv"))
}

fn latest() -> Source {
    Source::delta(LATEST, format!("{FOLDER}archive_latest.txt"))
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
        let time = rest.strip_prefix(SINCE).filter(|time| is_time(time))?;
        Some(Self::Time(time.to_owned()))
    }
}

/// Asks for what changed, and says when the newest change was.
///
/// # Errors
///
/// [`Error::Malformed`] where a line is none of this list, as in the page of a proxy.
pub(crate) fn follow(list: impl BufRead, since: &Since, sink: &mut dyn Sink) -> Result<String, Error> {
    let mut newest: Option<String> = None;
    let mut changed = BTreeSet::new();
    let mut lines = Lines::new(list, MAX_LINE);
    while let Some(line) = lines.next()? {
        let text = line.text();
        let (path, time) = entry(&text, line.number)?;
        if newest.as_deref().is_none_or(|newest| newest < time) {
            newest = Some(time.to_owned());
        }
        match since {
            Since::Time(since) if time > since.as_str() && changed.len() <= MAX_CHANGES => {
                changed.insert(path.to_owned());
            }
            Since::Time(_) | Since::Ever => break,
        }
    }
    let newest = newest.ok_or_else(|| Error::malformed("the list of changes is empty"))?;
    // By this the next run asks for it, so that it need not come while nothing has changed.
    sink.identify(&source(Some(&newest)).name);
    sink.dated(&newest);
    if *since == Since::Ever || changed.len() > MAX_CHANGES {
        sink.follow(latest());
    } else if !changed.is_empty() {
        // First: a document that was deleted and published again is among the changes.
        sink.follow(Source::delta(VEX, format!("{FOLDER}deletions.csv")));
        for path in changed {
            sink.follow(Source::delta(VEX, format!("{FOLDER}{path}")));
        }
    }
    Ok(newest)
}

/// Asks for the archive that a text names.
///
/// # Errors
///
/// [`Error::Malformed`] where it names none.
pub(crate) fn follow_archive(document: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut text = String::new();
    document.take(1024).read_to_string(&mut text)?;
    let name = text.trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if !name.ends_with(".tar.zst") || name.starts_with('.') || !name.bytes().all(is_plain) {
        return Err(Error::malformed(format_args!("`{name:.100}` is not the name of an archive")));
    }
    sink.follow(Source::whole(VEX, format!("{FOLDER}{name}")));
    Ok(())
}

/// Takes back what the documents stated that a list names.
///
/// # Errors
///
/// [`Error::Malformed`] where a line is none of this list.
pub(crate) fn withdraw(list: impl BufRead, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut lines = Lines::new(list, MAX_LINE);
    while let Some(line) = lines.next()? {
        let text = line.text();
        let (path, _) = entry(&text, line.number)?;
        let name = path.rsplit('/').next().and_then(|file| file.strip_suffix(".json")).unwrap_or_default();
        sink.withdraw(&name.to_ascii_uppercase());
    }
    Ok(())
}

/// The path and the time of a line.
fn entry(line: &str, number: u64) -> Result<(&str, &str), Error> {
    let parsed = line.split_once(',').and_then(|(path, time)| {
        let path = path.strip_prefix('"')?.strip_suffix('"')?;
        let time = time.strip_prefix('"')?.strip_suffix('"')?;
        (is_path(path) && is_time(time)).then_some((path, time))
    });
    parsed.ok_or_else(|| {
        Error::malformed(format_args!("line {number} is no `\"YEAR/cve-ID.json\",\"TIME\"`: `{line:.100}`"))
    })
}

/// `2024/cve-2024-0727.json`
fn is_path(path: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = path.split_once('/').and_then(|(year, file)| {
        let (of, number) = file.strip_prefix("cve-")?.strip_suffix(".json")?.split_once('-')?;
        Some((year, of, number))
    });
    parts.is_some_and(|(year, of, number)| digits(year) && digits(of) && digits(number))
}

/// `2024-08-04T10:17:22+00:00`: times of this form compare as texts.
fn is_time(text: &str) -> bool {
    text.len() == 25
        && text.ends_with("+00:00")
        && text.bytes().take(19).enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        })
}
