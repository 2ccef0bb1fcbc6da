//! What each layer of an image did to what affects it.
//!
//! A finding is a property of a package, so that each package that was ever there is judged once, by the
//! judge of reports and as the whole image has it judged: by its distribution, its properties and its owners.
//! What a layer introduced and cleared is then the difference between the packages from that layer on and
//! those below it, and all of these differences together are what affects the image.

use std::collections::{BTreeMap, HashMap};

use limpid_model::{Scope, Text};

use crate::fold;
use crate::{Contents, Installed, Match, fingerprint};

/// The packages that were ever there in an image, each once, and how many of each every layer brought and
/// took away.
#[derive(Debug, Default)]
pub struct States {
    packages: Vec<Installed>,
    /// Places in `packages` by name, version and architecture.
    known: HashMap<(Text, Text, Option<Text>), Vec<usize>>,
    /// By the place of the layer: how many more of a package there are than below.
    steps: BTreeMap<usize, Step>,
    now: Step,
}

/// A number of packages by their places, without those of which it is none.
type Step = BTreeMap<usize, i64>;

/// What a layer did to the findings: places of matches of [`States::contents`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingChanges {
    /// What affects the image from this layer on.
    pub introduced: Vec<usize>,
    /// What does no longer.
    pub cleared: Vec<Cleared>,
}

/// A finding that is gone from a layer on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// Place of the match.
    pub found: usize,
    /// The version of the package from this layer on; none where the package is gone.
    pub version: Option<Text>,
}

impl States {
    /// Notes what is there from a layer on, as [`fold::fold_with_states`] tells it.
    pub fn note(&mut self, layer: usize, packages: &[Installed]) {
        let mut then = Step::new();
        for installed in fold::once(packages) {
            *then.entry(self.place_of(installed)).or_default() += 1;
        }
        let mut step = then.clone();
        for (place, count) in &self.now {
            *step.entry(*place).or_default() -= count;
        }
        step.retain(|_, count| *count != 0);
        self.steps.insert(layer, step);
        self.now = then;
    }

    fn place_of(&mut self, installed: &Installed) -> usize {
        let package = &installed.package;
        let key = (package.name.clone(), package.version.clone(), package.arch.clone());
        let alike = self.known.entry(key).or_default();
        let is_same = |place: &&usize| {
            self.packages.get(**place).is_some_and(|it| {
                it.package == installed.package && it.keys == installed.keys && it.owner == installed.owner
            })
        };
        if let Some(place) = alike.iter().find(is_same) {
            return *place;
        }
        alike.push(self.packages.len());
        self.packages.push(installed.clone());
        self.packages.len() - 1
    }

    /// All of those packages, to be judged as the image of `contents` has them judged.
    pub fn contents(&self, contents: &Contents) -> Contents {
        Contents {
            distribution: contents.distribution.clone(),
            elsewhere: contents.elsewhere.clone(),
            properties: contents.properties.clone(),
            packages: self.packages.clone(),
            ..Contents::default()
        }
    }

    /// What each of so many layers did to the findings. A finding is the same as long as its fingerprint
    /// is: another version that is affected as well introduces nothing and clears nothing.
    pub fn changes(&self, layers: usize, matches: &[Match]) -> Vec<FindingChanges> {
        let judged = Judged::new(&self.packages, matches);
        let mut now = Step::new();
        let each = |layer: usize| {
            let Some(step) = self.steps.get(&layer) else { return FindingChanges::default() };
            for (place, count) in step {
                *now.entry(*place).or_default() += count;
            }
            now.retain(|_, count| *count > 0);
            judged.changes(step, &now)
        };
        (0..layers).map(each).collect()
    }
}

/// Which package it is, whatever its version, as its fingerprints have it.
type Identity<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

fn identity(installed: &Installed) -> Identity<'_> {
    let package = &installed.package;
    let namespace = match &package.scope {
        Scope::Distribution => None,
        Scope::Namespace(namespace) => Some(namespace.as_str()),
    };
    (&package.name, package.arch.as_deref(), namespace)
}

/// What affects the packages.
struct Judged<'a> {
    packages: &'a [Installed],
    /// Places of matches and their fingerprints, by the place of the package.
    findings: HashMap<usize, Vec<(usize, String)>>,
}

impl<'a> Judged<'a> {
    fn new(packages: &'a [Installed], matches: &[Match]) -> Self {
        let mut findings: HashMap<_, Vec<_>> = HashMap::new();
        for (place, found) in matches.iter().enumerate() {
            let Some(installed) = packages.get(found.package) else { continue };
            let fingerprint = fingerprint(&found.first_name, &installed.package);
            findings.entry(found.package).or_default().push((place, fingerprint));
        }
        Self { packages, findings }
    }

    fn changes(&self, step: &Step, now: &Step) -> FindingChanges {
        // What there is more and less of each finding, by fingerprint.
        let mut by_fingerprint: BTreeMap<&str, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for (package, count) in step {
            let copies = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
            for (found, fingerprint) in self.findings.get(package).into_iter().flatten() {
                let (more, less) = by_fingerprint.entry(fingerprint).or_default();
                let side = if *count > 0 { more } else { less };
                side.extend(std::iter::repeat_n(*found, copies));
            }
        }
        let mut changes = FindingChanges::default();
        let mut versions: HashMap<Identity<'_>, &Text> = HashMap::new();
        // What the layer brought comes last, and so counts.
        let mut there: Vec<_> = now.keys().collect();
        there.sort_by_key(|place| (step.get(place).is_some_and(|count| *count > 0), **place));
        for installed in there.into_iter().filter_map(|place| self.packages.get(*place)) {
            versions.insert(identity(installed), &installed.package.version);
        }
        let package_of: HashMap<usize, usize> = self
            .findings
            .iter()
            .flat_map(|(package, of)| of.iter().map(|(found, _)| (*found, *package)))
            .collect();
        for (more, less) in by_fingerprint.into_values() {
            let both = more.len().min(less.len());
            changes.introduced.extend(more.into_iter().skip(both));
            for found in less.into_iter().skip(both) {
                let installed = package_of.get(&found).and_then(|place| self.packages.get(*place));
                let version = installed.and_then(|it| versions.get(&identity(it)).map(|it| Text::clone(it)));
                changes.cleared.push(Cleared { found, version });
            }
        }
        changes.introduced.sort_unstable();
        changes.cleared.sort_by_key(|cleared| cleared.found);
        changes
    }
}
