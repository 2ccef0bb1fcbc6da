//! Documents of CSAF, one for each vulnerability.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use foldhash::HashMap;
use limpid_csaf::{Csaf, Id, Stated, Status as Vex, Vulnerability};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Document, Documents, Range, Rating, Sink, Status};

use crate::product;

/// What the source of all documents is called.
const SOURCE: &str = "vex";

/// The profile that is read. Others name builds of each architecture.
const PROFILE: &str = "csaf_vex";

/// The system of SUSE's words for severities.
const RATER: &str = "suse";

/// Addresses of further reading that are stated.
const MAX_REFERENCES: usize = 100;

/// Components of one vulnerability that are reported as broken.
const MAX_BROKEN: usize = 20;

/// Characters of a name of a document that are shown.
const MAX_SHOWN: usize = 200;

/// A package in a release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    namespace: &'a str,
    name: &'a str,
}

/// What is stated; where several things are, the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Fixed,
    FirstFixed,
    Affected,
    WontFix,
    UnderInvestigation,
    NotAffected,
}

/// Which versions, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Of<'a> {
    version: Option<&'a str>,
    note: Option<String>,
}

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
    let (mut read, mut failed) = (0usize, 0usize);
    let (mut why, mut only, mut newest) = (None, None, None);
    let mut next = Some(first);
    while let Some(mut document) = next {
        let name: String = document.name().chars().take(MAX_SHOWN).collect();
        // Beside them lie an index, a list of changes, digests and signatures.
        if document.name().ends_with(".json") || !document.name().contains('/') {
            match Csaf::read(document.by_ref()).and_then(|csaf| state(&csaf, sink)) {
                Ok((id, time)) => {
                    read += 1;
                    only.get_or_insert(id);
                    newest = newest.max(time);
                }
                Err(error) => {
                    failed += 1;
                    why.get_or_insert_with(|| error.clone());
                    sink.reject(&name, error);
                }
            }
        }
        next = documents.next();
    }
    match (read, why) {
        (0, None) => return Err(Error::malformed("no document is one of CSAF")),
        (0, Some(why)) if failed == 1 => return Err(why),
        (0, Some(why)) => {
            let why = format!("none of {failed} documents could be used, the first: {why}");
            return Err(Error::malformed(why));
        }
        _ => {}
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

/// States the vulnerabilities of a document. Returns its identifier, and when it was written.
fn state(csaf: &Csaf, sink: &mut dyn Sink) -> Result<(String, Option<String>), Error> {
    let (document, tracking) = (&csaf.document, &csaf.document.tracking);
    if document.category != PROFILE {
        return Err(Error::unsupported(format_args!(
            "the document is of the profile `{:.50}`, not `{PROFILE}`",
            document.category
        )));
    }
    if tracking.id.is_empty() {
        return Err(Error::malformed("the document has no identifier"));
    }
    for vulnerability in &csaf.vulnerabilities {
        let id = vulnerability.cve.as_ref().filter(|cve| !cve.is_empty()).unwrap_or(&tracking.id);
        let (affected, broken) = affected(csaf, vulnerability);
        for why in broken {
            sink.reject(id, Error::malformed(why));
        }
        let details = vulnerability.note("description").or_else(|| vulnerability.note("general"));
        sink.advisory(Advisory {
            title: Some(&vulnerability.title).filter(|title| *title != id).cloned().unwrap_or_default(),
            details: details.unwrap_or_default().trim().to_owned(),
            ratings: ratings(vulnerability),
            weaknesses: vulnerability.weaknesses().map(str::to_owned).collect(),
            references: references(vulnerability),
            published: vulnerability.release_date.clone().or_else(|| tracking.initial_release_date.clone()),
            modified: tracking.current_release_date.clone(),
            affected,
            ..Advisory::new(id.as_str())
        });
    }
    let time = tracking.current_release_date.as_ref().filter(|time| is_time(time));
    Ok((tracking.id.clone(), time.cloned()))
}

/// Whom it affects, and what could not be told.
fn affected(csaf: &Csaf, vulnerability: &Vulnerability) -> (Vec<Affected>, BTreeSet<String>) {
    let stated = csaf.statements(vulnerability);
    // A product has many components.
    let mut platforms: HashMap<Id, Vec<String>> = HashMap::default();
    for one in &stated {
        if let Some((_, platform)) = csaf.product(one.product).component_of {
            let namespaces = || csaf.product(platform).cpe.map(product::of_cpe).unwrap_or_default();
            platforms.entry(platform).or_insert_with(namespaces);
        }
    }
    let mut broken = BTreeSet::new();
    let mut packages: BTreeMap<Key<'_>, (Rank, BTreeSet<Of<'_>>)> = BTreeMap::new();
    for stated in stated {
        let product = csaf.product(stated.product);
        let Some((component, platform)) = product.component_of else {
            if product.name.is_empty() && broken.len() < MAX_BROKEN {
                broken.insert(format!("product `{:.200}` is not in the document", product.id));
            }
            continue;
        };
        let Some(namespaces) = platforms.get(&platform).filter(|all| !all.is_empty()) else { continue };
        let component = csaf.product(component);
        // Package URLs of components without a version are cut in the middle of names: not `pad-4_0-18`, but `pad` of
        // version 4_0-18.
        let text = if component.name.is_empty() { component.id } else { component.name };
        if text.is_empty() {
            continue;
        }
        let Some((rank, note)) = judgement(&stated) else { continue };
        let (name, version) = match rank {
            Rank::Fixed | Rank::FirstFixed => match split(text) {
                Some((name, version)) => (name, Some(version)),
                None if broken.len() < MAX_BROKEN => {
                    broken.insert(format!("`{text:.200}` is fixed in a version that is not named"));
                    continue;
                }
                None => continue,
            },
            _ => match split(text).filter(|(_, version)| is_version(version)) {
                Some((name, version)) => (name, Some(version)),
                None => (text, None),
            },
        };
        for namespace in namespaces {
            let known = packages.entry(Key { namespace, name }).or_insert_with(|| (rank, BTreeSet::new()));
            if rank < known.0 {
                *known = (rank, BTreeSet::new());
            }
            if rank == known.0 {
                known.1.insert(Of { version, note: note.clone() });
            }
        }
    }
    let affected = packages
        .into_iter()
        .flat_map(|(key, (rank, all))| all.into_iter().map(move |of| stated_of(&key, rank, of)))
        .collect();
    (affected, broken)
}

fn stated_of(key: &Key<'_>, rank: Rank, of: Of<'_>) -> Affected {
    let (ranges, versions) = match (rank, of.version) {
        (Rank::Fixed | Rank::FirstFixed, Some(fix)) => (vec![Range::before(fix)], Vec::new()),
        (_, Some(version)) => (Vec::new(), vec![version.to_owned()]),
        (_, None) => (vec![Range::all()], Vec::new()),
    };
    Affected {
        namespace: key.namespace.to_owned(),
        name: key.name.to_owned(),
        scheme: "rpm".to_owned(),
        status: match rank {
            Rank::Fixed | Rank::FirstFixed | Rank::Affected => Status::Affected,
            Rank::WontFix => Status::WontFix,
            Rank::UnderInvestigation => Status::UnderInvestigation,
            Rank::NotAffected => Status::NotAffected,
        },
        ranges,
        versions,
        note: of.note,
        ..Affected::default()
    }
}

/// What SUSE means by a status; none where it says nothing that holds for versions.
fn judgement(stated: &Stated<'_>) -> Option<(Rank, Option<String>)> {
    Some(match stated.status {
        Vex::Recommended | Vex::Fixed => (Rank::Fixed, None),
        Vex::FirstFixed => (Rank::FirstFixed, None),
        Vex::KnownAffected => match stated.without_fix {
            Some(remediation) if remediation.category == "no_fix_planned" => {
                let details = remediation.details.trim();
                (Rank::WontFix, Some(details.to_owned()).filter(|details| !details.is_empty()))
            }
            _ => (Rank::Affected, None),
        },
        Vex::UnderInvestigation => (Rank::UnderInvestigation, None),
        Vex::KnownNotAffected => {
            (Rank::NotAffected, stated.justification.map(|label| label.replace('_', " ")))
        }
        // SUSE states neither.
        Vex::FirstAffected | Vex::LastAffected => return None,
    })
}

/// `pad` and `1.2-3.1` of `pad-1.2-3.1`.
fn split(text: &str) -> Option<(&str, &str)> {
    let (rest, release) = text.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    let start = name.len() + 1;
    let is_complete = !name.is_empty() && !version.is_empty() && !release.is_empty();
    is_complete.then_some(name).zip(text.get(start..))
}

/// Whether a version and release are such, or the end of a name: `java-1_8_0-openjdk`.
fn is_version(text: &str) -> bool {
    let is_release = |release: &str| release.contains('.');
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.split_once('-').is_some_and(|(_, release)| is_release(release))
}

/// SUSE's word, written as in OVAL (`Moderate`), and the worst score of each version of CVSS.
fn ratings(vulnerability: &Vulnerability) -> Vec<Rating> {
    let mut ratings: Vec<Rating> = Vec::new();
    let impact = vulnerability.threats.iter().find(|threat| threat.category == "impact");
    if let Some(word) = impact.map(|threat| threat.details.trim()).filter(|word| !word.is_empty()) {
        let mut rest = word.chars();
        let first = rest.next().map(|first| first.to_ascii_uppercase());
        ratings.push(Rating::word(RATER, first.into_iter().chain(rest).collect::<String>()));
    }
    for (rating, _) in vulnerability.ratings() {
        match ratings.iter_mut().find(|known| known.system == rating.system) {
            Some(known) if known.score < rating.score => *known = rating,
            Some(_) => {}
            None => ratings.push(rating),
        }
    }
    ratings
}

fn references(vulnerability: &Vulnerability) -> Vec<String> {
    let mut references: Vec<String> = Vec::new();
    for reference in &vulnerability.references {
        if references.len() < MAX_REFERENCES && !references.contains(&reference.url) {
            references.push(reference.url.clone());
        }
    }
    references
}

/// Whether a text is a time as SUSE writes it, of which the greater is the later: `2024-07-26T03:43:57Z`.
fn is_time(text: &str) -> bool {
    let form = b"0000-00-00T00:00:00Z";
    text.len() == form.len()
        && text.bytes().zip(form).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            _ => byte == *form,
        })
}

#[cfg(test)]
mod tests;
