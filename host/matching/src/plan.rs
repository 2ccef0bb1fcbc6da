//! What to do about the findings of an image: per package, the least version that clears the most of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use limpid_model::Text;
use limpid_model::plan::{Cleared, Plan, PlannedLayer, Update};
use limpid_model::report::{Finding, InstalledPackage, Report};

/// A package in its place: the same one may be there several times.
type Place<'r> = (&'r Text, &'r Text, Option<&'r Text>, &'r Text, Option<&'r str>, usize);

/// Which packages of a report to update, and to what. How that is done, plugins say.
pub fn plan(report: &Report) -> Plan {
    let mut by_package: BTreeMap<Place<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        by_package.entry(place(&finding.package)).or_default().push(finding);
    }
    let distribution = report.coverage.distribution.as_ref().map(|known| &known.distribution);
    let of_distribution = distribution.map_or(&[][..], |known| &known.namespaces);
    let mut layers: BTreeMap<usize, PlannedLayer> = BTreeMap::new();
    for findings in by_package.into_values() {
        let Some(update) = update(&findings, of_distribution) else { continue };
        let layer = &update.package.layer;
        let planned = layers.entry(layer.index).or_insert_with(|| PlannedLayer {
            provenance: report.base.as_ref().map(|base| base.provenance(layer.index)),
            layer: Arc::clone(layer),
            updates: Vec::new(),
        });
        planned.updates.push(update);
    }
    let mut layers: Vec<_> = layers.into_values().collect();
    for layer in &mut layers {
        // Stable: what weighs as much stays in the order of names.
        layer.updates.sort_by_key(|update| Reverse(weight(update)));
    }
    Plan {
        image: report.image.clone(),
        distribution: distribution.cloned(),
        base: report.base.clone(),
        recommendation: report.recommendation.clone(),
        findings: report.findings.len(),
        suppressed: report.suppressed.len(),
        clears: layers.iter().flat_map(|layer| &layer.updates).map(|update| update.clears.len()).sum(),
        layers,
        commands: Vec::new(),
        untold: Vec::new(),
        failures: Vec::new(),
        copacetic: None,
        gaps: report.coverage.gaps.clone(),
    }
}

fn place(package: &InstalledPackage) -> Place<'_> {
    let InstalledPackage { name, version, arch, path, member, layer, .. } = package;
    (name, version, arch.as_ref(), path, member.as_deref(), layer.index)
}

/// What to update a package to; none where no version is known that fixes any of its findings.
fn update(findings: &[&Finding], of_distribution: &[String]) -> Option<Update> {
    let mut targets: BTreeMap<&Text, usize> = BTreeMap::new();
    for target in findings.iter().filter_map(|finding| target(finding)) {
        *targets.entry(target).or_default() += 1;
    }
    // Of those that clear as many, the one that comes first in every run.
    let (&to, _) = targets.iter().max_by_key(|(version, count)| (**count, Reverse(**version)))?;
    let (cleared, remaining): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| target(finding).is_some());
    let first = cleared.first()?;
    Some(Update {
        package: Arc::clone(&first.package),
        to: to.clone(),
        also: targets.into_keys().filter(|version| *version != to).cloned().collect(),
        // Those of a report are in their order.
        clears: cleared.iter().map(|finding| of(finding)).collect(),
        remains: remaining.len(),
        of_distribution: of_distribution.contains(&first.origin.namespace),
    })
}

/// The version to which its package is to be updated for a finding.
fn target(finding: &Finding) -> Option<&Text> {
    finding.update_to.as_ref().or(finding.fixed_version.as_ref())
}

fn of(finding: &Finding) -> Cleared {
    Cleared {
        fingerprint: finding.fingerprint.clone(),
        vulnerability: finding.vulnerability.clone(),
        severity: finding.severity.severity,
        exploited: finding.exploited.is_some(),
    }
}

fn weight(update: &Update) -> (bool, Option<limpid_model::Severity>, usize) {
    let exploited = update.clears.iter().any(|cleared| cleared.exploited);
    (exploited, update.clears.iter().map(|cleared| cleared.severity).max(), update.clears.len())
}

#[cfg(test)]
mod tests;
