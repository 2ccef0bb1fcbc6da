//! Who judges what a package of the distribution brought depends on whether the distribution speaks of
//! that package at all: a document that speaks of it first, or no longer, passes its modules on to
//! another judge, and with them vulnerabilities that it does not name.

use std::collections::BTreeSet;

use limpid_matching::{PackageAdvisory, Speaks};
use limpid_model::{Digest, Fact, Scope};
use limpid_store::View;
use limpid_store::tables::advisories::Advisories;
use limpid_store::tables::affects::Affects;
use limpid_store::tables::contexts::Contexts;
use limpid_store::tables::findings::Findings;

use super::Changes;
use crate::Error;
use crate::stated::{AfterChange, All, package_advisory};

/// The vulnerabilities of modules that are passed on to another judge.
pub(super) fn vulnerabilities(view: &View<'_>, changes: &Changes) -> Result<BTreeSet<String>, Error> {
    let mut vulnerabilities = BTreeSet::new();
    let names = names(view, changes)?;
    if names.is_empty() {
        return Ok(vulnerabilities);
    }
    for (diff_id, path) in owned(view, &names)? {
        let rows = view.scan::<Findings>(|key| {
            key.digest(&diff_id);
        });
        for row in rows {
            let (_, found, _) = row?.1.into_parts();
            for finding in found.findings.iter().filter(|finding| finding.path == path) {
                let Fact::Package(package) = &finding.fact else { continue };
                let Scope::Namespace(namespace) = &package.scope else { continue };
                let affects = view.scan::<Affects>(|key| {
                    key.text(namespace).text(&package.name);
                });
                for row in affects {
                    let (key, row) = row?;
                    vulnerabilities.extend(package_advisory(key, row).vulnerabilities);
                }
            }
        }
    }
    Ok(vulnerabilities)
}

/// Names of which is spoken now, and was not, or the other way round.
fn names(view: &View<'_>, changes: &Changes) -> Result<BTreeSet<(String, String)>, Error> {
    let fresh: Vec<&PackageAdvisory> = changes.fresh.values().flat_map(|(_, stated)| stated).collect();
    let mut names: BTreeSet<(String, String)> =
        fresh.iter().map(|stated| (stated.origin.namespace.clone(), stated.name.clone())).collect();
    for key in &changes.gone {
        let Some(row) = view.get::<Advisories>(key)? else { continue };
        let affected = row.into_advisory(key.id.clone()).affected;
        names.extend(affected.into_iter().map(|affected| (affected.namespace, affected.name)));
    }
    let mut before = All::new(view);
    let mut after = AfterChange { view, gone: &changes.gone, fresh };
    let mut turned = BTreeSet::new();
    for (namespace, name) in names {
        if before.speaks(&namespace, &name)? != after.speaks(&namespace, &name)? {
            turned.insert((namespace, name));
        }
    }
    Ok(turned)
}

/// Files that packages of these names own, by layer.
fn owned(view: &View<'_>, names: &BTreeSet<(String, String)>) -> Result<BTreeSet<(Digest, String)>, Error> {
    let mut owned = BTreeSet::new();
    for row in view.scan::<Contexts>(|_| ()) {
        let (key, row) = row?;
        for (path, owner) in row.owned() {
            let is_one = row.namespaces().iter().any(|namespace| {
                let name = |name: &str| names.contains(&(namespace.clone(), name.to_owned()));
                name(&owner.source) || name(&owner.package)
            });
            if is_one {
                owned.insert((key.diff_id, path.to_owned()));
            }
        }
    }
    Ok(owned)
}
