//! OpenVEX 0.2.0: what is stated of the image, with the package that it is about as a subcomponent.
//!
//! | OpenVEX | Finding |
//! |---|---|
//! | `affected`, with what to do | *affected*, *wont-fix*, *fix-deferred*, *end-of-life*; the publisher's word is in `status_notes` |
//! | `under_investigation` | *under-investigation* |
//! | `not_affected`, `fixed` | by what a VEX document states; where a policy decides, it is `affected`, and `status_notes` say so |

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Each, HOME, Subject, TOOL, VERSION, advice, as_of, purl_of, suppression, uuid_of, write_document,
};
use crate::json as api;

pub(super) fn write(subject: Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = subject.report;
    let product = purl_of(&report.image);
    let mut by_key: BTreeMap<(&str, &str, String), Vec<&api::Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let key = (&*finding.vulnerability, &*finding.status, advice(finding));
        by_key.entry(key).or_default().push(finding);
    }
    let statements = Each(|| {
        let counted = by_key.iter().filter_map(|(key, findings)| statement(&product, key, findings));
        counted.chain(report.suppressed.iter().filter_map(|it| suppressed(&product, it)))
    });
    let id = uuid_of(&(&report.image.digest, &product, &statements))?;
    write_document(
        &Document {
            context: "https://openvex.dev/ns/v0.2.0",
            id: format!("{HOME}/vex/{id}"),
            author: TOOL,
            role: "scanner",
            timestamp: as_of(report),
            version: 1,
            tooling: format!("{TOOL} {VERSION}"),
            statements,
        },
        out,
    )
}

#[derive(Serialize)]
struct Document<S> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    author: &'static str,
    role: &'static str,
    timestamp: String,
    version: u32,
    tooling: String,
    statements: S,
}

fn statement(
    product: &str,
    (id, status, advice): &(&str, &str, String),
    findings: &[&api::Finding],
) -> Option<Value> {
    let first = findings.first()?;
    let mut purls: Vec<_> = findings.iter().map(|finding| finding.package.purl.as_str()).collect();
    purls.sort_unstable();
    purls.dedup();
    let subcomponents: Vec<_> =
        purls.into_iter().map(|purl| json!({ "@id": purl, "identifiers": { "purl": purl } })).collect();
    let mut statement = json!({
        "vulnerability": { "name": id, "aliases": first.aliases },
        "products": [{
            "@id": product,
            "identifiers": { "purl": product },
            "subcomponents": subcomponents,
        }],
        "status": if *status == "under-investigation" { "under_investigation" } else { "affected" },
    });
    let members = statement.as_object_mut()?;
    if *status != "under-investigation" {
        members.insert("action_statement".to_owned(), advice.as_str().into());
    }
    let notes =
        first.note.as_deref().map_or_else(|| (*status).to_owned(), |note| format!("{status}: {note}"));
    if notes != "affected" {
        members.insert("status_notes".to_owned(), notes.into());
    }
    Some(statement)
}

/// The statement on what does not count.
fn suppressed(product: &str, it: &api::Suppressed) -> Option<Value> {
    let (finding, known) = (&it.finding, &it.suppression);
    let key = (&*finding.vulnerability, &*finding.status, advice(finding));
    let mut statement = statement(product, &key, &[finding])?;
    let members = statement.as_object_mut()?;
    members.insert("status_notes".to_owned(), suppression(known).into());
    let Some(status) = known.vex_status() else { return Some(statement) };
    members.insert("status".to_owned(), status.as_str().into());
    members.remove("action_statement");
    if status == api::VexStatus::NotAffected {
        let justification = known.justification.as_deref();
        match justification.filter(|word| JUSTIFICATIONS.contains(word)) {
            Some(word) => members.insert("justification".to_owned(), word.into()),
            // One of both there must be.
            None => members.insert("impact_statement".to_owned(), suppression(known).into()),
        };
    }
    Some(statement)
}

/// Why something is not affected, in the words of OpenVEX.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];
