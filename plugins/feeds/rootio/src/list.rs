//! The list: distribution -> releases -> packages -> vulnerabilities.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Intake, Meter, Range, Rating, Sink};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::ranges::{self, Named, shown};
use crate::{RATER, builds};

/// Bytes of what is said of one release.
const MAX_RELEASE: u64 = 64 << 20;
/// Bytes of a name, an identifier or a word.
const MAX_NAME: usize = 256;

#[derive(Deserialize)]
struct Release<'a> {
    distroversion: String,
    #[serde(borrow)]
    packages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    pkg: Package<'a>,
}

#[derive(Deserialize)]
struct Package<'a> {
    name: String,
    #[serde(borrow)]
    cves: BTreeMap<String, &'a RawValue>,
}

/// What the list says of a vulnerability in a package.
#[derive(Deserialize)]
struct Vulnerability {
    #[serde(default)]
    vulnerable_ranges: Vec<String>,
    #[serde(default)]
    fixed_versions: Vec<String>,
    severity: Option<String>,
}

/// Reads the list, release by release.
///
/// # Errors
///
/// [`Error::Malformed`] where its JSON is broken or no such list, or where it holds no usable record: to take that for
/// an answer would withdraw all that the list said before. A record that cannot be used is none: it is rejected by its
/// path, `distribution:release/package/vulnerability`.
pub(crate) fn read(document: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let meter = Meter::new(MAX_RELEASE);
    let mut distributions = Distributions(Intake::new(sink, &meter));
    let mut json = Deserializer::from_reader(meter.measure(document));
    let read = json.deserialize_map(&mut distributions).and_then(|()| json.end());
    read.map_err(|error| Error::malformed(format!("the document is no list of releases: {error}")))?;
    distributions.0.finish()
}

/// The distributions of the list, one at a time.
struct Distributions<'a>(Intake<'a>);

impl Distributions<'_> {
    /// Left as text until here: what cannot be read must not cost the rest.
    fn release(&mut self, distribution: &str, json: &RawValue) {
        self.0.read();
        let release: Release<'_> = match serde_json::from_str(json.get()) {
            Ok(release) => release,
            Err(error) => return self.0.reject(distribution, error),
        };
        let path = format!("{distribution}:{}", shown(&release.distroversion));
        let Some((namespace, scheme)) = builds::place(distribution, &release.distroversion) else {
            return self.0.reject(&path, "this cannot be a release");
        };
        for json in release.packages {
            self.package(&path, &namespace, scheme, json);
        }
    }

    fn package(&mut self, path: &str, namespace: &str, scheme: &str, json: &RawValue) {
        let Package { name, cves } = match serde_json::from_str::<Entry<'_>>(json.get()) {
            Ok(entry) => entry.pkg,
            Err(error) => return self.0.reject(path, error),
        };
        let path = format!("{path}/{}", shown(&name));
        if !is_word(&name) {
            return self.0.reject(&path, "this cannot be the name of a package");
        }
        let every = Affected {
            namespace: namespace.to_owned(),
            name,
            scheme: scheme.to_owned(),
            ..Affected::default()
        };
        for (id, json) in cves {
            match advisory(&every, &id, json) {
                Ok(advisory) => self.0.accept(advisory),
                Err(why) => self.0.reject(&format!("{path}/{}", shown(&id)), why),
            }
        }
    }
}

impl<'de> Visitor<'de> for &mut Distributions<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of distributions")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut distributions: A) -> Result<(), A::Error> {
        while let Some(name) = distributions.next_key::<String>()? {
            if builds::place(&name, "1").is_some() {
                distributions.next_value_seed(Releases(&name, &mut *self))?;
            } else {
                let IgnoredAny = distributions.next_value()?;
                self.0.read();
            }
        }
        Ok(())
    }
}

/// The releases of a distribution, one at a time.
struct Releases<'a, 'b>(&'a str, &'a mut Distributions<'b>);

impl<'de> DeserializeSeed<'de> for Releases<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Releases<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of releases")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut releases: A) -> Result<(), A::Error> {
        while let Some(json) = releases.next_element::<Box<RawValue>>()? {
            self.1.release(self.0, &json);
        }
        Ok(())
    }
}

fn advisory(every: &Affected, id: &str, json: &RawValue) -> Result<Advisory, String> {
    if !is_identifier(id) {
        return Err("this cannot be an identifier".to_owned());
    }
    let said: Vulnerability = serde_json::from_str(json.get()).map_err(|error| error.to_string())?;
    let fixes: Vec<String> = said.fixed_versions.iter().map(|version| version.trim().to_owned()).collect();
    if let Some(other) = fixes.iter().find(|version| !ranges::is_version(version)) {
        return Err(format!("this cannot be a version: `{}`", shown(other)));
    }
    let mut affected = every.clone();
    for text in &said.vulnerable_ranges {
        match ranges::read(text)? {
            Named::Range(range) => affected.ranges.push(range),
            Named::Version(version) => affected.versions.push(version),
        }
    }
    if affected.ranges.is_empty() && affected.versions.is_empty() {
        affected.ranges = fixes.iter().map(|fix| Range::before(fix.as_str())).collect();
    }
    let severity = said.severity.filter(|word| is_word(word));
    affected.ratings = severity.map(|word| Rating::word(RATER, word)).into_iter().collect();
    let affected = builds::judged(affected, fixes);
    if affected.is_empty() {
        return Err("it names no version".to_owned());
    }
    Ok(Advisory { affected, ..Advisory::new(id) })
}

/// Whether `text` can be a name: visible ASCII without blanks.
fn is_word(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether `text` can be an identifier: `CVE-2024-50382`, `GHSA-...`.
fn is_identifier(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}
