//! The packages that were found, until all are: which vendor is the distribution's own, and which epoch a source
//! package has, other packages tell.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{File, Ownership, Package as Stated, Problems, Providers, Report};
use limpid_plugin_sdk::{Error, Purl};
use limpid_rpmdb::{Header, Package};

use crate::source::Sources;
use crate::vendor::Vendors;

/// How many bytes packages and their paths may take, as [`weight`] and the paths' lengths count them. With what is
/// stated of them they take about twice as much, of the 256 MiB that a plugin may use.
pub(crate) const MAX_KEPT: usize = 64 << 20;

/// What a package takes in memory beside its texts, and a path, in bytes.
const OVERHEAD: usize = 512;
const PATH_OVERHEAD: usize = 32;

/// Directories that are links into `usr` where these are merged; packages list files in them all the same.
const MERGED: [&str; 4] = ["bin/", "sbin/", "lib/", "lib64/"];

const USR: &str = "usr/";

/// What rpm keeps the keys of publishers as.
const KEY: &str = "gpg-pubkey";

/// Name, version and architecture.
type Identity = (String, String, Option<String>);

#[derive(Debug, Default)]
pub(crate) struct Found {
    packages: BTreeMap<Identity, Kept>,
    sources: Sources,
    vendors: Vendors,
    providers: Providers,
    kept: usize,
    /// Whether there was no room for the paths of a package.
    has_left_paths: bool,
}

#[derive(Debug)]
struct Kept {
    /// Which file states it.
    file: usize,
    package: Package,
    paths: Vec<String>,
    /// By what number it is known what it needs; none where nobody says that.
    needs: Option<usize>,
}

impl Found {
    pub(crate) fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// Adds what a header says.
    ///
    /// # Errors
    ///
    /// Where it does not say which package it is, or there is no room for more.
    pub(crate) fn add(
        &mut self,
        header: &Header<'_>,
        file: usize,
        problems: &mut Problems,
    ) -> Result<(), Error> {
        let mut package = header.package()?;
        for problem in package.problems.drain(..) {
            problems.push(problem.into());
        }
        if package.name == KEY {
            return Ok(());
        }
        let identity = identity(&package);
        if self.packages.contains_key(&identity) {
            return Ok(());
        }
        let paths = self.paths(header, &package, problems);
        let needs = Some(self.needs(header, &package.name));
        self.keep(identity, Kept { file, package, paths, needs })
    }

    /// Adds a package of which nothing else is known.
    ///
    /// # Errors
    ///
    /// Where there is no room for more.
    pub(crate) fn add_package(&mut self, package: Package, file: usize) -> Result<(), Error> {
        if package.name.ends_with("-release") {
            self.vendors.release(&package.name, package.vendor.as_deref());
        }
        let identity = identity(&package);
        if package.name == KEY || self.packages.contains_key(&identity) {
            return Ok(());
        }
        self.keep(identity, Kept { file, package, paths: Vec::new(), needs: None })
    }

    fn keep(&mut self, identity: Identity, kept: Kept) -> Result<(), Error> {
        self.kept += weight(&kept.package);
        if self.kept > MAX_KEPT {
            return Err(Error::unsupported(format_args!(
                "package `{:.200}`: there is no room for it in the {} MiB that this plugin uses",
                kept.package.name,
                MAX_KEPT >> 20
            )));
        }
        self.sources.add(&kept.package);
        self.packages.insert(identity, kept);
        Ok(())
    }

    /// Keeps what a package needs until all are known.
    fn needs(&mut self, header: &Header<'_>, name: &str) -> usize {
        let (mut requires, provides) = (header.requires(), header.provides().collect::<Vec<_>>());
        let needs: Vec<_> = requires.by_ref().collect();
        let needs = (!requires.is_broken()).then(|| needs.iter().map(|it| &**it));
        self.providers.keep(name, provides.iter().map(|it| &**it), needs)
    }

    /// Some packages need files, and whoever put these there provides them.
    fn provide_files(&mut self) {
        let needed = self.providers.all_needs().filter_map(|it| it.strip_prefix('/'));
        let needed: BTreeSet<String> = needed.map(str::to_owned).collect();
        for ((name, ..), kept) in &self.packages {
            for path in kept.paths.iter().filter(|path| needed.contains(*path)) {
                self.providers.add(name, [&*format!("/{path}")]);
            }
        }
    }

    /// The paths of a package, as far as there is room for them.
    fn paths(&mut self, header: &Header<'_>, package: &Package, problems: &mut Problems) -> Vec<String> {
        let mut paths = Vec::new();
        let mut files = header.files();
        for path in files.by_ref().filter(|path| path.len() + USR.len() <= Ownership::MAX_PATH) {
            self.vendors.file(&path, package.vendor.as_deref());
            self.kept += path.len() + PATH_OVERHEAD;
            if self.kept > MAX_KEPT / 4 * 3 {
                // What is a package matters more than what is in it.
                self.kept -= path.len() + PATH_OVERHEAD;
                if !self.has_left_paths {
                    self.has_left_paths = true;
                    problems.push(Error::unsupported(format_args!(
                        "the paths of package `{:.200}` and further ones take too much memory: what other \
                         detectors read from them is stated beside the packages",
                        package.name
                    )));
                }
                break;
            }
            if MERGED.iter().any(|directory| path.starts_with(directory)) {
                paths.push(format!("{USR}{path}"));
            }
            paths.push(path);
        }
        if files.is_broken() {
            problems
                .push(Error::malformed(format_args!("package `{:.200}`: its list of files", package.name)));
        }
        paths
    }

    /// States all packages and what they own.
    pub(crate) fn state(mut self, files: &[File], report: &mut Report) {
        self.provide_files();
        for ((name, version, _), kept) in self.packages {
            let Some(file) = files.get(kept.file) else { continue };
            let Kept { package, paths, needs, .. } = kept;
            let source = self.sources.of(&package);
            let purl = Purl::new("rpm", &name)
                .version(with_release(&package))
                .qualifier(
                    "epoch",
                    package.epoch.filter(|&epoch| epoch > 0).map_or(String::new(), |epoch| epoch.to_string()),
                )
                .qualifier("arch", package.arch.as_deref().unwrap_or_default());
            let mut stated = Stated::new(&name, version, "rpm").purl(purl);
            stated.arch = package.arch;
            stated.licenses.extend(package.license);
            if let Some((name, version)) = source {
                stated = stated.source(name, version);
            }
            if let Some(module) = package.module.as_deref().and_then(stream) {
                stated = stated.qualifier("module", module);
            }
            stated.requires = needs.and_then(|number| self.providers.kept(number));
            stated.signer = package.signer;
            stated.vendor = package.vendor.filter(|vendor| self.vendors.is_other(vendor));
            report.found(file.path(), stated);
            if !paths.is_empty() {
                report.found(file.path(), Ownership { package: name, paths });
            }
        }
    }
}

fn identity(package: &Package) -> Identity {
    (package.name.clone(), version(package), package.arch.clone())
}

/// `[epoch:]version-release`; an epoch of 0 is none to rpm.
fn version(package: &Package) -> String {
    match package.epoch {
        None | Some(0) => with_release(package),
        Some(epoch) => format!("{epoch}:{}", with_release(package)),
    }
}

/// `version-release`.
pub(crate) fn with_release(package: &Package) -> String {
    match package.release.as_str() {
        "" => package.version.clone(),
        release => format!("{}-{release}", package.version),
    }
}

/// `nodejs:18` of `nodejs:18:9020020230825081254:rhel9`: by that advisories name a module.
fn stream(label: &str) -> Option<&str> {
    let (second, _) = label.match_indices(':').nth(1).unwrap_or((label.len(), ""));
    label.get(..second).filter(|stream| stream.contains(':'))
}

/// What a package takes in memory, with what is stated of it, in bytes.
fn weight(package: &Package) -> usize {
    let texts = [&package.arch, &package.source_rpm, &package.vendor, &package.module, &package.license];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    OVERHEAD + 3 * (package.name.len() + package.version.len() + package.release.len()) + 2 * texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_named_by_its_name_and_stream() {
        assert_eq!(stream("nodejs:18:9020020230825081254:rhel9"), Some("nodejs:18"));
        assert_eq!(stream("nodejs:18"), Some("nodejs:18"));
        assert_eq!(stream("nodejs"), None);
    }

    #[test]
    fn memory_is_bounded() {
        let mut found = Found::default();
        let big = "v".repeat(60 << 10);
        let mut add =
            |name: String| found.add_package(Package { name, version: big.clone(), ..Package::default() }, 0);
        // The same package again and again takes no more.
        for _ in 0..1000 {
            add("a".to_owned()).unwrap();
        }
        let refused = (0..1000).find_map(|number| add(format!("b{number}")).err()).unwrap();
        let refused = refused.to_string();
        assert!(refused.contains("there is no room for it in the 64 MiB that this plugin uses"), "{refused}");
    }
}
