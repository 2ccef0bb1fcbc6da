//! The list: package -> vulnerability -> the version that fixed it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Intake, Meter, Range, Rating, Sink, Status};
use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::RATER;

/// Bytes of one package. That of the kernel, which has most, takes less than one MiB.
const MAX_PACKAGE: u64 = 16 << 20;
/// Bytes of a name, a version, an identifier or a word.
const MAX_NAME: usize = 256;
/// The versions under which stands what never affected a package.
const NEVER: [&str; 2] = ["0", "1"];

/// What the list says of a vulnerability in a package.
#[derive(Deserialize)]
struct Entry {
    fixed_version: Option<String>,
    severity: Option<String>,
}

/// Reads the list, package by package.
///
/// # Errors
///
/// [`Error::Malformed`] where its JSON is broken or no object, or where it holds no usable record: to take that for an
/// answer would withdraw all that the list said before. A record that cannot be used is none: it is rejected by its
/// path, `package/vulnerability`.
pub(crate) fn read(document: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let meter = Meter::new(MAX_PACKAGE);
    let mut packages = Packages(Intake::new(sink, &meter));
    let mut json = Deserializer::from_reader(meter.measure(document));
    let read = json.deserialize_map(&mut packages).and_then(|()| json.end());
    read.map_err(|error| Error::malformed(format!("the document is no list of packages: {error}")))?;
    packages.0.finish()
}

/// The packages of the list, one at a time.
struct Packages<'a>(Intake<'a>);

impl Packages<'_> {
    /// Left as text until here: a record that cannot be read must not cost the others.
    fn package(&mut self, name: &str, json: &RawValue) {
        self.0.read();
        if !is_word(name) {
            return self.0.reject(shown(name), "this cannot be the name of a package");
        }
        let vulnerabilities: BTreeMap<String, &RawValue> = match serde_json::from_str(json.get()) {
            Ok(vulnerabilities) => vulnerabilities,
            Err(error) => return self.0.reject(name, error),
        };
        for (id, json) in vulnerabilities {
            match advisory(name, &id, json) {
                Ok(advisory) => self.0.accept(advisory),
                Err(why) => self.0.reject(&format!("{name}/{}", shown(&id)), why),
            }
        }
    }
}

impl<'de> Visitor<'de> for &mut Packages<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of packages")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut packages: A) -> Result<(), A::Error> {
        while let Some((name, json)) = packages.next_entry::<String, Box<RawValue>>()? {
            self.package(&name, &json);
        }
        Ok(())
    }
}

fn advisory(package: &str, id: &str, json: &RawValue) -> Result<Advisory, String> {
    if !is_identifier(id) {
        return Err("this cannot be an identifier".to_owned());
    }
    let entry: Entry = serde_json::from_str(json.get()).map_err(|error| error.to_string())?;
    let (status, range) = match entry.fixed_version.as_deref().map(str::trim).unwrap_or_default() {
        "" => (Status::Affected, Range::all()),
        never if NEVER.contains(&never) => (Status::NotAffected, Range::all()),
        version if is_version(version) => (Status::Affected, Range::before(version)),
        other => return Err(format!("this cannot be a version: `{}`", shown(other))),
    };
    let severity = entry.severity.filter(|word| is_word(word) && status == Status::Affected);
    let affected = Affected {
        namespace: "echo".to_owned(),
        name: package.to_owned(),
        source: true,
        scheme: "dpkg".to_owned(),
        status,
        ranges: vec![range],
        ratings: severity.map(|word| Rating::word(RATER, word)).into_iter().collect(),
        ..Affected::default()
    };
    let references = vec![format!("https://advisory.echohq.com/cve/{id}")];
    Ok(Advisory { references, affected: vec![affected], ..Advisory::new(id) })
}

/// Whether `text` can be a name: visible ASCII without blanks.
fn is_word(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether `text` can be a version.
fn is_version(text: &str) -> bool {
    is_word(text) && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether `text` can be an identifier (`CVE-2025-4091`, `TEMP-0000000-F7A20F` of Debian), and stand in an address as it
/// is.
fn is_identifier(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// `text` as a message or a record's path shows it: never long.
fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or(text)
}
