//! SPDX 2.3: all packages of an image. It has no place for what affects them.
//!
//! | SPDX | Report |
//! |---|---|
//! | the package that the document describes | the image, as a container |
//! | `packages` | the distribution as `OPERATING-SYSTEM`, and packages, by package URL; what each was built from, where and how it was found, and which package of the distribution put it there is in `sourceInfo` |
//! | `relationships` | the image contains all of them, and a package those that are part of it; it depends on those that it needs to run, or on `NONE` where it says that it needs nothing |
//! | `licenseComments` | licences in the words of the package |
//! | `annotations` | gaps: what is missing for a full list of packages |

use std::io::{self, Write};
use std::iter;

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Each, Extent, Needs, Parts, Subject, TOOL, VERSION, as_of, name_of, purl_of, uuid_of, write_document,
};
use crate::json as api;

/// What is not asserted.
const NOTHING: &str = "NOASSERTION";

/// What is there of what there is none of.
const NONE: &str = "NONE";

const DEPENDS_ON: &str = "DEPENDS_ON";

const IMAGE: &str = "SPDXRef-Image";

const SYSTEM: &str = "SPDXRef-OperatingSystem";

pub(super) fn write(subject: Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Subject { report, inventory, .. } = subject;
    let created = as_of(report);
    let tool = format!("Tool: {TOOL}-{VERSION}");
    let id = |place: usize| format!("SPDXRef-Package-{place}");
    let distribution = report.coverage.distribution.as_ref();
    let (parts, needs) = (Parts::of(inventory), Needs::of(&inventory.packages));
    let packages = Each(|| {
        let found = inventory.packages.iter().enumerate();
        let found = found.map(|(place, package)| of_package(package, &id(place)));
        iter::once(image(&report.image)).chain(distribution.map(operating_system)).chain(found)
    });
    let relationships = Each(|| {
        let contained = distribution.map(|_| SYSTEM.to_owned()).into_iter();
        let contained = contained.chain((0..inventory.packages.len()).map(id));
        let contained = contained.map(|id| relationship(IMAGE, "CONTAINS", &id));
        let parts = parts.iter().flat_map(|(holder, parts)| {
            parts.iter().map(move |part| relationship(&id(holder), "CONTAINS", &id(*part)))
        });
        let needed = needs.iter().flat_map(|(place, needed)| {
            let nothing = needed.places.is_empty() && needed.extent == Extent::All;
            let nothing = nothing.then(|| relationship(&id(place), DEPENDS_ON, NONE));
            let places = needed.places.iter();
            nothing.into_iter().chain(places.map(move |on| relationship(&id(place), DEPENDS_ON, &id(*on))))
        });
        let described = iter::once(relationship("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE));
        described.chain(contained).chain(parts).chain(needed)
    });
    let annotations = subject.remarks().into_iter().map(|(code, text)| {
        json!({
            "annotationDate": created,
            "annotationType": "OTHER",
            "annotator": tool,
            "comment": format!("{code}: {text}"),
        })
    });
    write_document(
        &Document {
            spdx_version: "SPDX-2.3",
            data_license: "CC0-1.0",
            id: "SPDXRef-DOCUMENT",
            name: name_of(&report.image),
            document_namespace: format!("urn:uuid:{}", uuid_of(&(&packages, needs.places()))?),
            creation_info: json!({ "created": created, "creators": [tool] }),
            annotations: annotations.collect(),
            packages,
            relationships,
        },
        out,
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a, P, R> {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: &'a str,
    document_namespace: String,
    creation_info: Value,
    annotations: Vec<Value>,
    packages: P,
    relationships: R,
}

fn relationship(from: &str, kind: &str, to: &str) -> Value {
    json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to })
}

fn image(image: &api::Image) -> Value {
    let digest = image.manifests.first().unwrap_or(&image.digest);
    json!({
        "SPDXID": IMAGE,
        "name": name_of(image),
        "versionInfo": digest,
        "primaryPackagePurpose": "CONTAINER",
        "downloadLocation": NOTHING,
        "filesAnalyzed": false,
        "licenseConcluded": NOTHING,
        "licenseDeclared": NOTHING,
        "copyrightText": NOTHING,
        "externalRefs": [purl(&purl_of(image))],
    })
}

/// The distribution, by which readers tell whose advisories speak of its packages.
fn operating_system(distribution: &api::Distribution) -> Value {
    let mut package = json!({
        "SPDXID": SYSTEM,
        "name": distribution.id,
        "summary": distribution.pretty_name,
        "primaryPackagePurpose": "OPERATING-SYSTEM",
        "downloadLocation": NOTHING,
        "filesAnalyzed": false,
        "licenseConcluded": NOTHING,
        "licenseDeclared": NOTHING,
        "copyrightText": NOTHING,
    });
    if !distribution.version_id.is_empty()
        && let Some(package) = package.as_object_mut()
    {
        package.insert("versionInfo".to_owned(), distribution.version_id.as_str().into());
    }
    package
}

fn purl(purl: &str) -> Value {
    json!({ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl })
}

fn of_package(package: &api::Package, id: &str) -> Value {
    let member = package.member.as_deref().map_or_else(String::new, |member| format!("!{member}"));
    let mut document = json!({
        "SPDXID": id,
        "name": package.name,
        "versionInfo": package.version,
        "downloadLocation": NOTHING,
        "filesAnalyzed": false,
        "licenseConcluded": NOTHING,
        "licenseDeclared": NOTHING,
        "copyrightText": NOTHING,
        "sourceInfo": format!(
            "{}{} by detector {} from {}{member} in layer {} ({}){}",
            built_from(package),
            package.evidence,
            package.detector,
            package.path,
            package.layer.index,
            package.layer.diff_id,
            package.owner.as_ref().map_or_else(String::new, |owner| format!("; part of package: {owner}")),
        ),
        "externalRefs": [purl(&package.purl)],
    });
    if !package.licenses.is_empty()
        && let Some(document) = document.as_object_mut()
    {
        document.insert("licenseComments".to_owned(), package.licenses.join("; ").into());
    }
    document
}

/// The source package, in the words in which other scanners state it.
fn built_from(package: &api::Package) -> String {
    let source = package.source_name.as_ref().zip(package.source_version.as_ref());
    source.map_or_else(String::new, |(name, version)| format!("built package from: {name} {version}; "))
}
