//! Findings by what is to be done about them: one group for each source package in one version,
//! those that an update fixes apart from the others.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::{Finding, Word};

/// What is found of one source package in one version.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// The source package, or the package where it has none.
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    /// The least versions that fix all of it; one, where it is known which of several that is.
    pub(crate) updates: Vec<&'a str>,
    /// The packages that are affected.
    pub(crate) packages: BTreeSet<&'a str>,
    /// Indices of the layers that brought them.
    pub(crate) layers: BTreeSet<usize>,
    /// The files that state them, and how they know: `installed`, `declared` or `inferred`.
    pub(crate) paths: BTreeSet<(&'a str, &'a str)>,
    /// Whether the package's own ecosystem judges it, and not the distribution: then it is the file
    /// that tells where it is.
    pub(crate) own_file: bool,
    /// How many findings it is.
    pub(crate) findings: usize,
    /// The worst first.
    pub(crate) rows: Vec<Row<'a>>,
}

/// One vulnerability of the packages of a group.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) packages: BTreeSet<&'a str>,
    pub(crate) layers: BTreeSet<usize>,
    pub(crate) paths: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Row<'a> {
    /// How those know of the packages which state them.
    pub(crate) fn evidence(&self) -> BTreeSet<&'a str> {
        self.paths.iter().map(|(_, evidence)| *evidence).collect()
    }
}

/// By what findings belong together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct GroupKey<'a> {
    namespace: &'a str,
    name: &'a str,
    version: &'a str,
    fixable: bool,
}

/// By what rows of a group do.
type RowKey<'a> = (&'a str, &'a str, Option<&'a str>, &'a str);

/// Groups, those first about which something can be done, and of these what is exploited, then the
/// worst, then the most.
pub(crate) fn groups<'a>(
    findings: impl Iterator<Item = &'a Finding>,
    of_distribution: &[String],
) -> Vec<Group<'a>> {
    let mut by_key: BTreeMap<GroupKey<'a>, Vec<&'a Finding>> = BTreeMap::new();
    for finding in findings {
        let package = &finding.package;
        let key = GroupKey {
            // What several namespaces of one distribution say of a package is one group.
            namespace: if is_of(&finding.namespace, of_distribution) { "" } else { &finding.namespace },
            name: package.source_name.as_deref().unwrap_or(&package.name),
            version: package.source_version.as_deref().unwrap_or(&package.version),
            fixable: finding.fixed_version.is_some(),
        };
        by_key.entry(key).or_default().push(finding);
    }
    let mut groups: Vec<_> = by_key.into_iter().map(|(key, findings)| group(&key, &findings)).collect();
    // Stable: those that weigh as much stay in the order of their names.
    groups.sort_by_key(|group| std::cmp::Reverse(weight(group)));
    groups
}

fn is_of(namespace: &str, distribution: &[String]) -> bool {
    distribution.iter().any(|known| known == namespace)
}

fn group<'a>(key: &GroupKey<'a>, findings: &[&'a Finding]) -> Group<'a> {
    let mut rows: Vec<Row<'a>> = Vec::new();
    let mut places: BTreeMap<RowKey<'a>, usize> = BTreeMap::new();
    for &finding in findings {
        let row_key = (
            finding.vulnerability.as_str(),
            finding.status.as_ref(),
            finding.fixed_version.as_deref(),
            finding.severity.level.as_ref(),
        );
        let place = *places.entry(row_key).or_insert(rows.len());
        if place == rows.len() {
            rows.push(Row {
                finding,
                packages: BTreeSet::new(),
                layers: BTreeSet::new(),
                paths: BTreeSet::new(),
            });
        }
        if let Some(row) = rows.get_mut(place) {
            row.packages.insert(&finding.package.name);
            row.layers.insert(finding.package.layer.index);
            row.paths.insert((&finding.package.path, &finding.package.evidence));
        }
    }
    Group {
        name: key.name,
        version: key.version,
        updates: updates(findings),
        packages: rows.iter().flat_map(|row| row.packages.iter().copied()).collect(),
        layers: rows.iter().flat_map(|row| row.layers.iter().copied()).collect(),
        paths: rows.iter().flat_map(|row| row.paths.iter().copied()).collect(),
        own_file: !key.namespace.is_empty(),
        findings: findings.len(),
        rows,
    }
}

fn updates<'a>(findings: &[&'a Finding]) -> Vec<&'a str> {
    let mut updates: Vec<&str> =
        findings.iter().filter_map(|it| it.update_to.as_deref().or(it.fixed_version.as_deref())).collect();
    updates.sort_unstable();
    updates.dedup();
    updates
}

/// What decides which group is first.
fn weight(group: &Group<'_>) -> (bool, bool, u8, usize) {
    let exploited = group.rows.iter().any(|row| row.finding.exploited.is_some());
    let worst = group.rows.iter().map(|row| rank(&row.finding.severity.level)).max().unwrap_or(0);
    (!group.updates.is_empty(), exploited, worst, group.findings)
}

/// How bad a level is; 0 where nobody has rated it.
pub(crate) fn rank(level: &Word) -> u8 {
    let levels = limpid_model::Severity::WORST_FIRST;
    let place = levels.iter().rev().position(|known| known.as_str() == level.as_ref());
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(0)
}
