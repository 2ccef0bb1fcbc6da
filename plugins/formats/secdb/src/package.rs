//! What a package's entry says.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range, Sink, Status};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Publisher, identifier};

/// Bytes of one package's JSON; the largest take some 100 KiB.
const MAX_PACKAGE: usize = 1 << 20;
/// Bytes of a package's name or a version.
const MAX_NAME: usize = 256;
/// Bytes of what stands where an identifier is expected.
const MAX_IDENTIFIERS: usize = 1024;
/// The version under which stands what never affected a package.
const NEVER: &str = "0";

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    pkg: Package<'a>,
}

#[derive(Deserialize)]
struct Package<'a> {
    name: String,
    #[serde(borrow)]
    secfixes: Option<BTreeMap<String, &'a RawValue>>,
}

/// What secdb says of one vulnerability in one package.
#[derive(Default)]
struct Fixes {
    aliases: BTreeSet<String>,
    versions: BTreeSet<String>,
    never: bool,
}

/// Where records go, and how many went where.
pub(crate) struct Intake<'a> {
    publisher: &'a dyn Publisher,
    sink: &'a mut dyn Sink,
    accepted: u64,
    rejected: u64,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(publisher: &'a dyn Publisher, sink: &'a mut dyn Sink) -> Self {
        Self { publisher, sink, accepted: 0, rejected: 0 }
    }

    /// Whether there was something that could be used.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where there was not: taking that for an answer would withdraw all that the source stated.
    pub(crate) fn finish(self) -> Result<(), Error> {
        match (self.accepted, self.rejected) {
            (0, 0) => Err(Error::malformed("the document is a secdb, but names no vulnerability")),
            (0, rejected) => {
                Err(Error::malformed(format!("none of the document's {rejected} records could be used")))
            }
            _ => Ok(()),
        }
    }

    fn reject(&mut self, path: &str, why: impl ToString) {
        self.rejected += 1;
        self.sink.reject(path, Error::malformed(why));
    }

    /// The package that stands at `position` in the document, counted from 0.
    pub(crate) fn package(&mut self, namespace: &str, position: usize, json: &RawValue) {
        let package = match package(json.get()) {
            Ok(package) => package,
            Err(why) => return self.reject(&format!("packages[{position}]"), why),
        };
        let mut vulnerabilities = BTreeMap::new();
        for (version, json) in package.secfixes.iter().flatten() {
            self.version(&package.name, version.trim(), json, &mut vulnerabilities);
        }
        for (id, fixes) in vulnerabilities {
            self.accepted += 1;
            let references = self.publisher.page(&id).into_iter().collect();
            let advisory = Advisory { references, ..advisory(namespace, &package.name, id, fixes) };
            self.sink.advisory(advisory);
        }
    }

    /// What `version` of `package` fixed.
    fn version(
        &mut self,
        package: &str,
        version: &str,
        json: &RawValue,
        vulnerabilities: &mut BTreeMap<String, Fixes>,
    ) {
        let path = format!("{}/{}", shown(package), shown(version));
        if !is_version(version) {
            return self.reject(&path, "this cannot be a version");
        }
        let texts: Vec<&RawValue> = match serde_json::from_str(json.get()) {
            Ok(texts) => texts,
            Err(error) => return self.reject(&path, error),
        };
        for text in texts {
            match identifiers(text) {
                Ok(names) => {
                    for (id, aliases) in names {
                        vulnerabilities.entry(id).or_default().add(version, aliases);
                    }
                }
                Err(why) => self.reject(&format!("{path}/{}", shown(text.get())), why),
            }
        }
    }
}

impl Fixes {
    fn add(&mut self, version: &str, aliases: Vec<String>) {
        self.aliases.extend(aliases);
        if version == NEVER {
            self.never = true;
        } else {
            self.versions.insert(version.to_owned());
        }
    }
}

fn package(json: &str) -> Result<Package<'_>, String> {
    within(json, MAX_PACKAGE)?;
    let package = serde_json::from_str::<Entry<'_>>(json).map_err(|error| error.to_string())?.pkg;
    if !is_word(&package.name) {
        return Err("its name is empty, too long or not plain ASCII".to_owned());
    }
    Ok(package)
}

/// The identifiers of what was fixed, each with its aliases. Two CVEs are two vulnerabilities, of
/// which an advisory under another identifier (`XSA-254`) may speak at once; where there is no CVE,
/// the first identifier stands for all.
fn identifiers(json: &RawValue) -> Result<Vec<(String, Vec<String>)>, String> {
    within(json.get(), MAX_IDENTIFIERS)?;
    let text: String = serde_json::from_str(json.get()).map_err(|error| error.to_string())?;
    let (cves, mut others): (Vec<_>, Vec<_>) =
        identifier::all(&text).into_iter().partition(|identifier| identifier.starts_with("CVE-"));
    if cves.is_empty() {
        let id = if others.is_empty() { None } else { Some(others.remove(0)) };
        return Ok(vec![(id.ok_or("there is no identifier in it")?, others)]);
    }
    Ok(cves.into_iter().map(|cve| (cve, others.clone())).collect())
}

fn advisory(namespace: &str, package: &str, id: String, fixes: Fixes) -> Advisory {
    let Fixes { aliases, versions, never } = fixes;
    let (status, ranges, note) = if versions.is_empty() {
        (Status::NotAffected, vec![Range::all()], None)
    } else {
        // Of some both is stated. Who believes the fix is told too much at worst, never too little.
        let note = never.then(|| "also listed as never having affected the package".to_owned());
        (Status::Affected, versions.into_iter().map(Range::before).collect(), note)
    };
    let affected = Affected {
        namespace: namespace.to_owned(),
        name: package.to_owned(),
        source: true,
        scheme: "apk".to_owned(),
        status,
        ranges,
        note,
        ..Affected::default()
    };
    Advisory { aliases: aliases.into_iter().collect(), affected: vec![affected], ..Advisory::new(id) }
}

fn within(json: &str, limit: usize) -> Result<(), String> {
    if json.len() <= limit {
        return Ok(());
    }
    Err(format!("it has {} bytes, over the limit of {limit}", json.len()))
}

/// Whether `text` can be a name: of plain ASCII without spaces, of 1 to 256 bytes.
pub fn is_word(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether `text` can be a version at all. Many in secdb break apk's rules (`6.6.2p1-r0`, `7.36.0`,
/// `0.8.21.r2`); what order they have is for the scheme to say.
fn is_version(text: &str) -> bool {
    is_word(text) && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// `text` as a message or a record's path shows it: never long.
pub(crate) fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or(text)
}
