//! Findings made up for tests.

use std::sync::Arc;

use limpid_model::report::{Finding, InstalledPackage, LayerOrigin, Origin, RatedSeverity};
use limpid_model::{Digest, Evidence, Severity, Status};

use super::plugin;

/// A package of a report.
pub(crate) fn reported(name: &str, path: &str, layer: usize) -> Arc<InstalledPackage> {
    let diff_id = Digest::of(layer.to_string().as_bytes());
    Arc::new(InstalledPackage {
        name: name.into(),
        version: "1".into(),
        scheme: "test".into(),
        arch: None,
        purl: format!("pkg:test/{name}@1"),
        qualifiers: Vec::new(),
        source: None,
        evidence: Evidence::Installed,
        licenses: Vec::new(),
        requires: None,
        path: path.into(),
        member: None,
        layer: Arc::new(LayerOrigin { index: layer, diff_id, created_by: None }),
        detector: Arc::new(plugin("detector")),
        owner: None,
    })
}

/// A finding of a report, with the version that fixes it and the one to update to.
pub(crate) fn finding(
    id: &str,
    severity: Severity,
    package: &Arc<InstalledPackage>,
    fixed: &[&str],
) -> Finding {
    let origin =
        Origin { feed: "f".to_owned(), source: "s".to_owned(), namespace: "distribution:1".to_owned() };
    Finding {
        fingerprint: format!("{id} {}", package.name),
        vulnerability: id.into(),
        aliases: Vec::new(),
        summary: None,
        status: Status::Affected,
        note: None,
        severity: RatedSeverity { severity, ..RatedSeverity::UNRATED },
        package: Arc::clone(package),
        fixed_version: fixed.first().map(|version| (*version).into()),
        update_to: fixed.get(1).map(|version| (*version).into()),
        origin: Arc::new(origin),
        advisory: id.into(),
        publishers: Vec::new(),
        exploited: None,
        exploit_probability: None,
        enrichments: Arc::default(),
    }
}
