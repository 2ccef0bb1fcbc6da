//! Statements of CSAF, of the VEX profile and of others.

use std::collections::BTreeMap;

use limpid_csaf::{Csaf, Id, Status as Stated, Vulnerability};

use super::{Product, Statement, Status, VexDocument, VexError, first, when};

pub(super) fn read(bytes: &[u8]) -> Result<VexDocument, VexError> {
    let csaf = Csaf::read(bytes).map_err(|error| VexError::Form { form: "CSAF", why: error.to_string() })?;
    let document = &csaf.document;
    let mut vex = VexDocument {
        id: document.tracking.id.clone(),
        author: document.publisher.name.clone(),
        ..VexDocument::default()
    };
    let tracking = &document.tracking;
    let at = when(&[
        tracking.current_release_date.as_deref().unwrap_or_default(),
        tracking.initial_release_date.as_deref().unwrap_or_default(),
    ]);
    for vulnerability in &csaf.vulnerabilities {
        let others = vulnerability.ids.iter().map(|id| &id.text);
        let identifiers: Vec<_> =
            vulnerability.cve.iter().chain(others).filter(|id| !id.is_empty()).cloned().collect();
        // Products of one status and reason are one statement.
        let mut alike: BTreeMap<(Status, Option<&str>, String), Vec<Product>> = BTreeMap::new();
        for stated in csaf.statements(vulnerability) {
            let Some(status) = status_of(stated.status) else { continue };
            match product(&csaf, stated.product) {
                None => vex.inapplicable += 1,
                Some(product) => {
                    let reason = impact(vulnerability, stated.product);
                    alike.entry((status, stated.justification, reason)).or_default().push(product);
                }
            }
        }
        for ((status, justification, reason), products) in alike {
            vex.push(Statement {
                identifiers: identifiers.clone(),
                products,
                status,
                justification: justification.map(str::to_owned),
                reason: first(&[&reason, &vulnerability.title, &document.title]),
                at,
            })?;
        }
    }
    Ok(vex)
}

/// What a status says of an installed version; none where it says what to install.
const fn status_of(stated: Stated) -> Option<Status> {
    match stated {
        Stated::KnownNotAffected => Some(Status::NotAffected),
        Stated::Fixed | Stated::FirstFixed => Some(Status::Fixed),
        Stated::KnownAffected | Stated::FirstAffected | Stated::LastAffected => Some(Status::Affected),
        Stated::UnderInvestigation => Some(Status::UnderInvestigation),
        Stated::Recommended => None,
    }
}

/// A product by its package URL. A component of an image is one there; one of anything else, a release of a
/// distribution for example, is recognised by nothing that an image states.
fn product(csaf: &Csaf, id: Id) -> Option<Product> {
    let known = csaf.product(id);
    let Some((part, whole)) = known.component_of else {
        return within(Product::of(known.purl?, std::iter::empty())?, known.range);
    };
    let (part, whole) = (csaf.product(part), csaf.product(whole));
    // Which images are in a range, nobody orders.
    let whole = whole.purl.filter(|_| whole.range.is_none())?;
    match Product::of(whole, std::iter::once(part.purl?))? {
        image @ Product::Image { .. } => within(image, part.range),
        Product::Package(_) => None,
    }
}

fn within(product: Product, range: Option<&str>) -> Option<Product> {
    match range {
        None => Some(product),
        Some(range) => product.within(range),
    }
}

/// Why a product is not affected, in the publisher's words.
fn impact(vulnerability: &Vulnerability, product: Id) -> String {
    let is_of = |threat: &&limpid_csaf::Threat| {
        threat.category == "impact"
            && (threat.product_ids.is_empty() || threat.product_ids.contains(&product))
    };
    vulnerability.threats.iter().find(is_of).map(|threat| threat.details.clone()).unwrap_or_default()
}
