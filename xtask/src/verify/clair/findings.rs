//! What a report in Clair's form says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::Context as _;
use serde_json::Value;

/// That a package has a vulnerability.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) package: String,
    pub(super) version: String,
    pub(super) vulnerability: String,
    /// The first version without it; empty where none is known.
    pub(super) fixed_in: String,
}

impl Finding {
    /// The same with another fix.
    pub(super) fn with_fix(&self, fixed_in: &str) -> Self {
        Self { fixed_in: fixed_in.to_owned(), ..self.clone() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { package, version, vulnerability, fixed_in } = self;
        write!(f, "{package} {version} {vulnerability} fixed in {fixed_in}")
    }
}

/// What Clair makes links to aliases of.
const ALIAS: &str = "https://osv.dev/vulnerability/";

/// A package: its name and version.
pub(super) type Package = (String, String);

/// What a report says.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) findings: BTreeSet<Finding>,
    /// All packages, and what each was found in: a file, or the database of a package manager.
    pub(super) packages: BTreeMap<Package, String>,
    /// By what other names the links of a vulnerability call it.
    pub(super) aliases: BTreeMap<String, BTreeSet<String>>,
}

/// What a report says.
///
/// # Errors
/// It is not in Clair's form.
pub(super) fn found(report: &[u8]) -> anyhow::Result<Found> {
    let report: Value = serde_json::from_slice(report).context("a report is not JSON")?;
    let text = |pointer: &str| -> anyhow::Result<String> {
        let value = report.pointer(pointer).and_then(Value::as_str);
        Ok(value.with_context(|| format!("a report has no `{pointer}`"))?.to_owned())
    };
    let mut found = Found::default();
    for id in report.get("packages").and_then(Value::as_object).into_iter().flat_map(|all| all.keys()) {
        let package = (text(&format!("/packages/{id}/name"))?, text(&format!("/packages/{id}/version"))?);
        // A package that Clair knows as the source of others is in no environment.
        let database = text(&format!("/environments/{id}/0/package_db")).unwrap_or_default();
        found.packages.insert(package, database);
    }
    let packages = report.get("package_vulnerabilities").and_then(Value::as_object);
    for (package, ids) in packages.into_iter().flatten() {
        for id in ids.as_array().into_iter().flatten().filter_map(Value::as_str) {
            let links = text(&format!("/vulnerabilities/{id}/links")).unwrap_or_default();
            let aliases = links.split(' ').filter_map(|link| link.strip_prefix(ALIAS)).map(str::to_owned);
            let name = text(&format!("/vulnerabilities/{id}/name"))?;
            found.aliases.entry(name).or_default().extend(aliases);
            found.findings.insert(Finding {
                package: text(&format!("/packages/{package}/name"))?,
                version: text(&format!("/packages/{package}/version"))?,
                vulnerability: text(&format!("/vulnerabilities/{id}/name"))?,
                fixed_in: fix(&text(&format!("/vulnerabilities/{id}/fixed_in_version"))?),
            });
        }
    }
    Ok(found)
}

/// The fix as a version: of OSV's ranges Clair makes `fixed=2.0.2&introduced=0`.
fn fix(text: &str) -> String {
    if !text.contains('=') {
        return text.to_owned();
    }
    let parts = text.split('&').find_map(|part| part.strip_prefix("fixed="));
    parts.unwrap_or_default().replace("%2B", "+").replace("%21", "!")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_is_a_version_or_part_of_a_range() {
        let check = |text: &str, expected: &str| assert_eq!(fix(text), expected, "{text}");
        check("1:2.3-4+deb12u1", "1:2.3-4+deb12u1");
        check("", "");
        check("fixed=2.0.2&introduced=0", "2.0.2");
        check("introduced=1.0&fixed=1.0%2B1", "1.0+1");
        check("introduced=0&lastAffected=3", "");
    }
}
