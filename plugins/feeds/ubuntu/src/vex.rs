//! Documents of OpenVEX: one for each vulnerability, and one for each notice (USN).
//!
//! A statement names products by package URLs: a source package in a place, and the binary packages of each
//! architecture, which say no more and are passed over. Its version is that which the place had when the document was
//! written. So what is affected, or is not, is so in whatever version; and what is fixed is fixed from that version on,
//! which may be much later than the fix. In a notice the version is that of the fix.

use std::collections::{BTreeMap, BTreeSet};

use limpid_openvex::{Product, Statement, Status as Vex};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Document, Documents, Range, Sink, Status};
use limpid_purl::Purl;

use crate::release::{Name, Place, named};
use crate::text;

/// What the source of all documents is called.
pub(crate) const SOURCE: &str = "vex";

/// Series that are not known, and are reported.
const MAX_UNKNOWN: usize = 64;
/// Addresses of one statement.
const MAX_REFERENCES: usize = 256;

/// How identifiers of notices begin.
const NOTICE: &str = "USN-";

/// Reads all documents: an archive, or a single one.
///
/// # Errors
///
/// [`Error::Malformed`] where no document could be used: taking that for an answer would withdraw all that the source
/// stated before.
pub(crate) fn read(
    source: &str,
    first: Document,
    documents: &mut dyn Documents,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let mut reading = Reading { sink, unknown: BTreeSet::new() };
    let (mut read, mut failed, mut why, mut newest, mut only) = (0u64, 0u64, None, None, None);
    let mut next = Some(first);
    while let Some(document) = next {
        let name = document.name().to_owned();
        // Beside them lies whatever whoever packed them had there.
        if name.ends_with(".json") || !name.contains('/') {
            match reading.document(document) {
                Ok((time, id)) => {
                    read += 1;
                    newest = newest.max(time);
                    only = only.or(id);
                }
                Err(error) => {
                    failed += 1;
                    why.get_or_insert_with(|| error.clone());
                    reading.sink.reject(text::shown(&name), error);
                }
            }
        }
        next = documents.next();
    }
    let Reading { sink, unknown } = reading;
    match (read, why) {
        (0, None) => return Err(Error::malformed("no document is one of OpenVEX")),
        (0, Some(why)) if failed == 1 => return Err(why),
        (0, Some(why)) => {
            let why = format!("none of {failed} documents could be used, the first: {why}");
            return Err(Error::malformed(why));
        }
        _ => {}
    }
    for series in &unknown {
        let why = Error::unsupported("it is no release that is known: what is said of it is left out");
        sink.reject(series, why);
    }
    match only {
        // One document does not stand for all.
        Some(id) if read + failed == 1 && source != SOURCE => sink.identify(&id),
        _ => sink.identify(SOURCE),
    }
    if let Some(newest) = newest {
        sink.dated(&newest);
    }
    Ok(())
}

struct Reading<'a> {
    sink: &'a mut dyn Sink,
    unknown: BTreeSet<String>,
}

impl Reading<'_> {
    /// When a document was written, and of which vulnerability its first statement is.
    fn document(&mut self, document: Document) -> Result<(Option<String>, Option<String>), Error> {
        let path = document.name().to_owned();
        let mut first = None;
        let vex = limpid_openvex::read(document, |statement| match statement {
            Ok(statement) => {
                first.get_or_insert_with(|| statement.vulnerability.name.clone());
                self.statement(&statement);
            }
            Err(unread) => {
                let place = format!("{}/statements[{}]", text::shown(&path), unread.place);
                self.sink.reject(&place, unread.why);
            }
        })?;
        Ok((time(&vex.timestamp), first.filter(|id| text::is_identifier(id))))
    }

    fn statement(&mut self, statement: &Statement) {
        let id = &statement.vulnerability.name;
        if !text::is_identifier(id) {
            let why = Error::malformed("it has no identifier that could be one");
            return self.sink.reject(text::shown(id), why);
        }
        let mut affected = BTreeMap::new();
        let mut broken = BTreeSet::new();
        for product in &statement.products {
            match self.affected(statement, product) {
                Ok(Some(one)) => drop(affected.insert((one.namespace.clone(), one.name.clone()), one)),
                Ok(None) => {}
                Err(why) if broken.len() < MAX_UNKNOWN => drop(broken.insert(why)),
                Err(_) => {}
            }
        }
        for why in broken {
            self.sink.reject(id, Error::malformed(why));
        }
        if !affected.is_empty() {
            self.sink
                .advisory(Advisory { affected: affected.into_values().collect(), ..advisory(statement) });
        }
    }

    /// What is stated of a product; none where it is no source package in a place.
    fn affected(&mut self, statement: &Statement, product: &Product) -> Result<Option<Affected>, String> {
        let Some(purl) = product.component.purl() else { return Ok(None) };
        // Most are binary packages, of which nothing else is asked.
        if !purl.contains("arch=source") {
            return Ok(None);
        }
        let purl: Purl =
            purl.parse().map_err(|why| format!("`{}` is no package URL: {why}", text::shown(purl)))?;
        let value =
            |key: &str| purl.qualifiers.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        let is_ubuntus = purl.kind == "deb" && purl.namespace.as_deref() == Some("ubuntu");
        let Some(distro) = value("distro").filter(|_| is_ubuntus) else { return Ok(None) };
        let Place { version, pocket } = match named(distro, None) {
            Name::Place(place) => place,
            Name::Other => return Ok(None),
            Name::Unknown => {
                if self.unknown.len() < MAX_UNKNOWN {
                    self.unknown.insert(text::shown(distro).to_owned());
                }
                return Ok(None);
            }
        };
        if !text::is_word(&purl.name) {
            return Err("a package's name is too long or has blanks".to_owned());
        }
        let Some((status, range, note)) = judgement(statement, purl.version.as_deref())? else {
            return Ok(None);
        };
        Ok(Some(Affected {
            namespace: Place::namespace(&version, pocket.as_deref()),
            name: purl.name,
            source: true,
            scheme: "dpkg".to_owned(),
            status,
            ranges: vec![range],
            note,
            ..Affected::default()
        }))
    }
}

/// What a statement means for a source package of this version.
fn judgement(
    statement: &Statement,
    version: Option<&str>,
) -> Result<Option<(Status, Range, Option<String>)>, String> {
    let action = statement.action_statement.as_str();
    let notes = action.split_once("CVE Notes:").map_or("", |(_, notes)| notes.trim());
    let notes = Some(notes.to_owned()).filter(|notes| !notes.is_empty());
    Ok(Some(match statement.status {
        // The release does not have it.
        Vex::NotAffected if statement.justification == "component_not_present" => return Ok(None),
        Vex::NotAffected => {
            let why = Some(statement.justification.replace('_', " ")).filter(|why| !why.is_empty());
            (Status::NotAffected, Range::all(), why)
        }
        Vex::UnderInvestigation => (Status::UnderInvestigation, Range::all(), None),
        Vex::Affected if action.contains("no longer supported") => (Status::EndOfLife, Range::all(), notes),
        Vex::Affected if action.contains("decided to not fix") => (Status::WontFix, Range::all(), notes),
        Vex::Affected if action.contains("defer") => (Status::FixDeferred, Range::all(), notes),
        Vex::Affected => (Status::Affected, Range::all(), None),
        Vex::Fixed => {
            let version = version
                .filter(|version| text::is_version(version))
                .ok_or("a package is fixed in a version that is not named")?;
            match statement.vulnerability.name.starts_with(NOTICE) {
                true => (Status::Affected, Range::before(version), None),
                false => (Status::Fixed, Range::since(version), None),
            }
        }
    }))
}

fn advisory(statement: &Statement) -> Advisory {
    let vulnerability = &statement.vulnerability;
    let page = match vulnerability.name.strip_prefix(NOTICE) {
        Some(_) => format!("https://ubuntu.com/security/notices/{}", vulnerability.name),
        None => format!("https://ubuntu.com/security/{}", vulnerability.name),
    };
    let mut references = vec![page];
    for address in [&vulnerability.id].into_iter().chain(&vulnerability.aliases) {
        let is_new = references.len() < MAX_REFERENCES && !references.contains(address);
        if is_new && text::is_address(address) {
            references.push(address.clone());
        }
    }
    let is_alias = |alias: &&String| text::is_identifier(alias) && **alias != vulnerability.name;
    Advisory {
        aliases: vulnerability.aliases.iter().filter(is_alias).cloned().collect(),
        details: vulnerability.description.clone(),
        references,
        published: time(&statement.timestamp),
        ..Advisory::new(vulnerability.name.clone())
    }
}

/// RFC 3339 of `2025-03-26T17:08:28.810633`, `2025-03-26 02:44:10.025070` or `2025-02-05`.
fn time(text: &str) -> Option<String> {
    text::time(text.split('.').next()?)
}
