use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};

use super::Corpus;
use crate::command::{command, find, run_bounded};
use crate::setup::apt::Apt;
use crate::workspace::Workspace;

/// Debian releases of which the recipe makes images.
pub(crate) const SUITES: [&str; 3] = ["bookworm", "bullseye", "trixie"];

const RECIPE: &str = "recipes/build-debian-image.sh";

/// What the recipe and the judges call; each is the package of the same name.
const PROGRAMS: [&str; 6] = ["mmdebstrap", "umoci", "skopeo", "zstd", "jq", "rpm"];

/// It takes between one and two minutes where packages come quickly.
const LIMIT: Duration = Duration::from_secs(1_200);

/// A Debian image of five layers, as the recipe of the corpus builds it: base; packages; language
/// packages; a purge; a security upgrade.
#[derive(Clone, Debug)]
pub(crate) struct DebianImage {
    suite: &'static str,
    folder: PathBuf,
}

impl DebianImage {
    /// The image of a suite, built where it has not been built before.
    ///
    /// # Errors
    /// Where the recipe fails; what it calls is for [`install_programs`] to bring.
    pub(crate) fn of(suite: &'static str, corpus: &Corpus, workspace: &Workspace) -> anyhow::Result<Self> {
        let images = workspace.target().join("verify/images");
        let image = Self { suite, folder: images.join(suite) };
        if !image.is_complete() {
            image.build(corpus, &images)?;
        }
        Ok(image)
    }

    /// Its release.
    pub(crate) const fn suite(&self) -> &'static str {
        self.suite
    }

    /// As `docker save` writes it, layers plain.
    pub(crate) fn docker(&self) -> PathBuf {
        self.file("-docker.tar")
    }

    /// As a tar of an OCI layout, layers in gzip.
    pub(crate) fn oci(&self) -> PathBuf {
        self.file("-oci.tar")
    }

    /// As a tar of an OCI layout, layers in zstd.
    pub(crate) fn oci_zstd(&self) -> PathBuf {
        self.file("-oci-zstd.tar")
    }

    /// dpkg's database of what is installed in it.
    pub(crate) fn status(&self) -> PathBuf {
        self.file(".dpkg-status")
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}{ending}", self.suite))
    }

    fn is_complete(&self) -> bool {
        [self.docker(), self.oci(), self.oci_zstd(), self.status()].iter().all(|path| path.is_file())
    }

    fn build(&self, corpus: &Corpus, images: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(images).with_context(|| format!("cannot create `{}`", images.display()))?;
        let unfinished = images.join(format!("{}.unfinished", self.suite));
        let log = images.join(format!("{}.log", self.suite));
        for folder in [&unfinished, &self.folder] {
            if folder.exists() {
                fs::remove_dir_all(folder).with_context(|| format!("cannot clear `{}`", folder.display()))?;
            }
        }
        eprintln!("building the image of {}: one to two minutes; log in `{}`", self.suite, log.display());
        let output = File::create(&log).with_context(|| format!("cannot write `{}`", log.display()))?;
        let mut recipe = command("bash");
        recipe.arg(corpus.path(RECIPE)).arg(self.suite).arg(&unfinished);
        recipe.stdout(output.try_clone()?).stderr(output);
        run_bounded(&mut recipe, LIMIT)
            .with_context(|| format!("the recipe failed; its log is `{}`", log.display()))?;
        fs::rename(&unfinished, &self.folder)
            .with_context(|| format!("cannot create `{}`", self.folder.display()))?;
        if !self.is_complete() {
            bail!("the recipe left files out in `{}`; its log is `{}`", self.folder.display(), log.display());
        }
        Ok(())
    }
}

/// Installs what the recipe calls, as far as it is missing; zstd also reads documents of the corpus.
///
/// # Errors
/// Where something is missing and cannot be installed from here.
pub(crate) fn install_programs() -> anyhow::Result<()> {
    let missing = || PROGRAMS.into_iter().filter(|program| find(program).is_none()).collect::<Vec<_>>();
    if missing().is_empty() {
        return Ok(());
    }
    if let Some(apt) = Apt::find() {
        apt.install(&missing());
    }
    match missing().as_slice() {
        [] => Ok(()),
        still => bail!(
            "the recipe `{RECIPE}` and the judges need {}; install them and run this again",
            still.join(", ")
        ),
    }
}
