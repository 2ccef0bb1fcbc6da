//! `cargo xtask verify`: what needs real images, real advisories or minutes.
//!
//! Each check holds what Limpid says against an answer that was found by another route: by dpkg and
//! tar themselves, or by an oracle that shares no code with host and plugins.

mod adversarial;
mod alpine;
mod clair;
mod crashes;
mod cvss;
mod debian;
mod debsecan;
mod detectors;
mod fetching;
mod judges;
mod layers;
mod made;
mod reports;
mod resubmission;
mod rpm_findings;
mod sboms;
mod slow_clients;
mod swaps;
mod tally;
mod ubuntu;
mod versions;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::corpus::{Corpus, DebianImage, SUITES, install_programs};
use crate::ignored;
use crate::limpid::Limpid;
use crate::workspace::Workspace;
use tally::Tally;

pub(crate) use debian::TRACKER;
pub(crate) use versions::{Form, lines, pairs};

/// What checks work with.
struct Setting<'a> {
    workspace: &'a Workspace,
    limpid: Limpid,
    corpus: Corpus,
    folder: PathBuf,
}

/// Runs all checks, or those of the parts that are named. The service is killed `kills` times.
///
/// # Errors
/// Where a check fails; all others are run before.
pub(crate) fn verify(parts: &[Part], kills: u64) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    let asked = |part| parts.is_empty() || parts.contains(&part);
    let mut tally = Tally::default();
    if asked(Part::Detectors) {
        detectors::check(&workspace, &mut tally);
    }
    if asked(Part::Layers) {
        layers::check(&workspace, &mut tally);
    }
    if asked(Part::SlowClients) {
        slow_clients::check(&workspace, &mut tally);
    }
    if !parts.is_empty() && parts.iter().all(|part| part.needs_no_corpus()) {
        return finish(&tally);
    }
    let corpus = match Corpus::find(&workspace) {
        Ok(corpus) => corpus,
        Err(why) => {
            println!("{tally}");
            bail!("{why}: no check that needs it was run");
        }
    };
    if asked(Part::Corpus) {
        tally.check("corpus: the tests that read it", || {
            let targets = ["--lib", "--bins", "--tests"];
            let count = ignored::run(&workspace, &targets, "corpus::", Some(corpus.root()))?;
            Ok(tally::Comparison::new(format!("{count} tests"), Vec::new()))
        });
        if parts == [Part::Corpus] {
            return finish(&tally);
        }
    }
    install_programs()?;
    let folder = workspace.target().join("verify/scratch");
    let limpid =
        Limpid::build_for_release(&workspace, &[])?.kept_in(&workspace.target().join("verify/program"))?;
    // Each check has a data directory of its own, and all of them the same plugins.
    let limpid = limpid.with_compiled(folder.join("compiled"));
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot clear `{}`", folder.display()))?;
    }
    let setting = Setting { workspace: &workspace, limpid, corpus, folder };
    if asked(Part::Versions) {
        versions::check(&setting, &mut tally);
    }
    if asked(Part::Debsecan) {
        debsecan::check(&setting, &mut tally);
    }
    if asked(Part::Cvss) {
        cvss::check(&setting, &mut tally);
    }
    if asked(Part::Alpine) {
        alpine::check(&setting, &mut tally);
    }
    if asked(Part::RpmFindings) {
        rpm_findings::check(&setting, &mut tally);
    }
    if asked(Part::Ubuntu) {
        ubuntu::check(&setting, &mut tally);
    }
    if asked(Part::Clair) {
        clair::check(&setting, &mut tally);
    }
    if asked(Part::Adversarial) {
        adversarial::check(&setting, &mut tally);
    }
    if asked(Part::Reports) {
        reports::check(&setting, &mut tally);
    }
    if asked(Part::Sboms) {
        sboms::check(&setting, &mut tally);
    }
    if asked(Part::Feeds) {
        fetching::check(&setting, &mut tally);
    }
    if asked(Part::Swaps) {
        swaps::check(&setting, &mut tally);
    }
    if asked(Part::Crashes) {
        crashes::check(&setting, kills, &mut tally);
    }
    if asked(Part::Debian) {
        check_debian(&setting, &mut tally);
    }
    finish(&tally)
}

fn finish(tally: &Tally) -> anyhow::Result<()> {
    println!("{tally}");
    if tally.failed() > 0 {
        bail!("{} checks failed", tally.failed());
    }
    Ok(())
}

/// A part of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// Generated databases of packages, read by detectors and by what writes such
    Detectors,
    /// Generated stacks of layers, unpacked by another program
    Layers,
    /// The tests that read real documents and archives
    Corpus,
    /// The order of versions, and ranges of them
    Versions,
    /// What the tracker says of versions of other releases
    Debsecan,
    /// Scores of CVSS
    Cvss,
    /// Alpine's root file systems
    Alpine,
    /// Findings in databases of rpm, by OVAL, OSV and CSAF
    RpmFindings,
    /// Findings in packages of Ubuntu, by the files of its tracker
    Ubuntu,
    /// Findings, times and memory of Clair 4.9.0, beside Limpid's: Go, its proxy of modules, and PostgreSQL
    Clair,
    /// Odd and hostile layers
    Adversarial,
    /// Reports in the forms of other tools, by their validators
    Reports,
    /// Bills of materials of Syft and Trivy, against the images that they describe
    Sboms,
    /// Feeds fetched from a publisher on loopback
    Feeds,
    /// Clients that do not read, bodies that stop, and reports of the past
    SlowClients,
    /// Changes of plugins while many clients are served
    Swaps,
    /// A service that is killed time and again
    Crashes,
    /// Images of three Debian releases, and their second submission
    Debian,
}

impl Part {
    const fn needs_no_corpus(self) -> bool {
        matches!(self, Self::Detectors | Self::Layers | Self::SlowClients)
    }
}

fn check_debian(setting: &Setting<'_>, tally: &mut Tally) {
    let mut images = Vec::new();
    for suite in SUITES {
        match DebianImage::of(suite, &setting.corpus, setting.workspace) {
            Ok(image) => {
                debian::check(setting, &image, tally);
                images.push(image);
            }
            Err(why) => tally.failure(&format!("debian {suite}: image"), &why),
        }
    }
    resubmission::check(setting, &images, tally);
}

impl Setting<'_> {
    /// An empty folder for a check.
    fn fresh(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.folder.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot clear `{}`", folder.display()))?;
        }
        fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        Ok(folder)
    }
}

/// The JSON of a document that is compressed with zstd.
pub(crate) fn read_zstd(path: &Path) -> anyhow::Result<serde_json::Value> {
    let mut zstd = crate::command::command("zstd");
    let text = crate::command::output(zstd.args(["-dcq"]).arg(path))?;
    serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", path.display()))
}
