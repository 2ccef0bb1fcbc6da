//! What a vulnerability says of each product.

use foldhash::HashMap;

use crate::document::{Csaf, Remediation, Vulnerability};
use crate::names::Id;

/// What is stated of one product.
#[derive(Clone, Copy, Debug)]
pub struct Stated<'a> {
    /// The product.
    pub product: Id,
    /// Its status.
    pub status: Status,
    /// Why it is not affected: `vulnerable_code_not_present`.
    pub justification: Option<&'a str>,
    /// Why there is no fix, or none yet: of category `none_available` or `no_fix_planned`, or since 2.1 `fix_planned`.
    pub without_fix: Option<&'a Remediation>,
}

/// A status, as a document calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `fixed`: this version has the fix
    Fixed,
    /// `first_fixed`: this version is the first one with it
    FirstFixed,
    /// `recommended`: the publisher recommends this version, which has the fix, too
    Recommended,
    /// `known_affected`
    KnownAffected,
    /// `first_affected`: this version is the first one that is affected
    FirstAffected,
    /// `last_affected`: this version is the last one that is affected
    LastAffected,
    /// `known_not_affected`
    KnownNotAffected,
    /// `under_investigation`
    UnderInvestigation,
}

impl Csaf {
    /// What a vulnerability states, product by product.
    pub fn statements<'a>(&'a self, vulnerability: &'a Vulnerability) -> Vec<Stated<'a>> {
        let mut justifications: HashMap<Id, &str> = HashMap::default();
        for flag in &vulnerability.flags {
            for id in &flag.product_ids {
                justifications.entry(*id).or_insert(&flag.label);
            }
        }
        let mut without_fix: HashMap<Id, &Remediation> = HashMap::default();
        for remediation in &vulnerability.remediations {
            if matches!(remediation.category.as_str(), "none_available" | "no_fix_planned" | "fix_planned") {
                for id in &remediation.product_ids {
                    without_fix.entry(*id).or_insert(remediation);
                }
            }
        }
        let status = &vulnerability.product_status;
        let all = [
            (Status::Fixed, &status.fixed),
            (Status::FirstFixed, &status.first_fixed),
            (Status::Recommended, &status.recommended),
            (Status::KnownAffected, &status.known_affected),
            (Status::FirstAffected, &status.first_affected),
            (Status::LastAffected, &status.last_affected),
            (Status::KnownNotAffected, &status.known_not_affected),
            (Status::UnderInvestigation, &status.under_investigation),
        ];
        let stated = all.into_iter().flat_map(|(status, products)| {
            let (justifications, without_fix) = (&justifications, &without_fix);
            products.iter().map(move |product| Stated {
                product: *product,
                status,
                justification: justifications.get(product).copied(),
                without_fix: without_fix.get(product).copied(),
            })
        });
        stated.collect()
    }
}
