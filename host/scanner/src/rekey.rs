//! Ordering anew what was stored with another build of a scheme: keys of two builds have nothing
//! to say to each other.

use limpid_model::{Digest, Fact, KeyedVersion, Package};
use limpid_store::Batch;
use limpid_store::tables::affects::{self, Affects, KeyedRange, Statement};
use limpid_store::tables::findings::{self, Findings, PackageKeys};

use crate::versions::{self, Keys, Wanted};
use crate::{Error, Scanner};

/// Rows rewritten in one batch.
const ROWS: usize = 1_000;

impl Scanner {
    /// Computes again the keys of versions whose scheme's component is not the one that is loaded.
    pub(crate) fn rekey(&self) -> Result<(), Error> {
        let mut batch = Batch::default();
        let mut rewritten = 0_usize;
        let view = self.store().view();
        for row in view.scan::<Findings>(|_| ()) {
            let (key, row) = row?;
            if let Some(row) = self.rekeyed_findings(row) {
                batch.put::<Findings>(&key, &row)?;
                rewritten += 1;
            }
            self.flush(&mut batch, ROWS)?;
        }
        for row in view.scan::<Affects>(|_| ()) {
            let (key, row) = row?;
            if let Some(row) = self.rekeyed_statements(row) {
                batch.put::<Affects>(&key, &row)?;
                rewritten += 1;
            }
            self.flush(&mut batch, ROWS)?;
        }
        self.flush(&mut batch, 0)?;
        if rewritten > 0 {
            tracing::info!(rewritten, "ordered versions anew: the plugins of their schemes have changed");
        }
        Ok(())
    }

    fn flush(&self, batch: &mut Batch, at: usize) -> Result<(), Error> {
        if batch.len() > at {
            self.store().commit(std::mem::take(batch))?;
        }
        Ok(())
    }

    fn loaded(&self, scheme: &str) -> Option<Digest> {
        self.plugins().scheme(scheme).map(|scheme| scheme.plugin().digest)
    }

    fn rekeyed_findings(&self, row: findings::Row) -> Option<findings::Row> {
        let (plugin, found, keys) = row.into_parts();
        let packages = || {
            found.findings.iter().filter_map(|finding| match &finding.fact {
                Fact::Package(package) => Some(&**package),
                _ => None,
            })
        };
        let stale = |(package, keys): (&Package, &PackageKeys)| self.loaded(&package.scheme) != keys.scheme;
        if !packages().zip(&keys).any(stale) {
            return None;
        }
        let keys = self.package_keys(packages());
        Some(findings::Row::new(plugin, found, keys))
    }

    /// The keys of packages, from the schemes that are loaded now.
    pub(crate) fn package_keys<'a>(
        &self,
        packages: impl Iterator<Item = &'a Package> + Clone,
    ) -> Vec<PackageKeys> {
        let mut wanted = Wanted::default();
        for package in packages.clone() {
            wanted.add(&package.scheme, &package.version);
            if let Some(source) = &package.source {
                wanted.add(&package.scheme, &source.version);
            }
        }
        let keys = self.keys_of(wanted);
        packages
            .map(|package| PackageKeys {
                scheme: keys.component(&package.scheme),
                version: keys.keyed(&package.scheme, &package.version),
                source: package.source.as_ref().map(|s| keys.keyed(&package.scheme, &s.version)),
            })
            .collect()
    }

    pub(crate) fn keys_of(&self, wanted: Wanted) -> Keys {
        versions::keys(&self.plugins(), wanted, self.settings().versions_a_call)
    }

    fn rekeyed_statements(&self, row: affects::Row) -> Option<affects::Row> {
        let mut statements = row.into_statements();
        if statements.iter().all(|statement| self.loaded(&statement.scheme) == statement.component) {
            return None;
        }
        let mut wanted = Wanted::default();
        for statement in &statements {
            for keyed in versions_of(statement) {
                wanted.add(&statement.scheme, &keyed.version);
            }
        }
        let keys = self.keys_of(wanted);
        for statement in &mut statements {
            statement.component = keys.component(&statement.scheme);
            let scheme = statement.scheme.clone();
            let ends = statement.ranges.iter_mut().flat_map(range_ends);
            for keyed in ends.chain(statement.versions.iter_mut()) {
                *keyed = keys.keyed(&scheme, &keyed.version);
            }
        }
        Some(affects::Row::new(statements))
    }
}

fn versions_of(statement: &Statement) -> impl Iterator<Item = &KeyedVersion> {
    let ends = statement.ranges.iter().flat_map(|range| [&range.introduced, &range.until]);
    ends.flatten().chain(&statement.versions)
}

fn range_ends(range: &mut KeyedRange) -> impl Iterator<Item = &mut KeyedVersion> {
    [&mut range.introduced, &mut range.until].into_iter().flatten()
}
