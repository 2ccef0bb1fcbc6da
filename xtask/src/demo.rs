//! `cargo xtask demo`: the whole path through the service, on samples.

mod report;

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use serde_json::Value;
use xtask::sample::{self, Compression, Image};

use crate::api::Api;
use crate::limpid::Limpid;
use crate::progress::run_with_progress;
use crate::service::{Interrupts, Service};
use crate::workspace::Workspace;
use crate::{build_plugins, setup};

/// How long the service is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stay {
    /// Until somebody presses Ctrl-C.
    UntilInterrupted,
    /// Until the reports have been printed.
    UntilShown,
}

/// Builds everything, starts the service and shows what it does.
///
/// # Errors
/// Where something cannot be built, or the service does not answer as it should.
pub(crate) fn demo(stay: Stay) -> anyhow::Result<()> {
    setup::run()?;
    let workspace = Workspace::load()?;
    eprintln!("demo: building the plugins");
    build_plugins::build(&workspace)?;
    eprintln!("demo: building the service (the first time, 10 to 15 minutes on two cores)");
    run_with_progress(&mut Limpid::build_program(), &workspace)?;

    let samples = Samples::write(&workspace)?;
    let interrupts = Interrupts::watch()?;
    let folder = workspace.target().join("demo");
    let data = folder.join("data");
    if data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("cannot clear `{}`", data.display()))?;
    }
    eprintln!("demo: starting the service; its log is in `{}`", folder.display());
    let mut service = Service::start(&Limpid::of(&workspace), &folder, &interrupts)?;
    let api = Api::new(service.address());
    samples
        .submit(&api)
        .with_context(|| format!("the demo failed; the service's log is `{}`", service.log().display()))?;
    samples.suggest(&api);
    match stay {
        Stay::UntilShown => service.stop(),
        Stay::UntilInterrupted => {
            eprintln!("demo: the service stays up until Ctrl-C");
            service.serve_until(&interrupts)
        }
    }
}

/// Sample images and advisories, as files that can be submitted by hand again.
struct Samples {
    /// Feed, and a document for it.
    advisories: Vec<(&'static str, PathBuf)>,
    images: Vec<(Image, PathBuf)>,
}

impl Samples {
    fn write(workspace: &Workspace) -> anyhow::Result<Self> {
        let folder = workspace.target().join("demo");
        fs::create_dir_all(&folder)?;
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))?;
            anyhow::Ok(path)
        };
        let (debian, alpine) = (sample::debian(), sample::alpine());
        // One of each form in which images come.
        let debian_archive = debian.docker_archive(Compression::None)?;
        let alpine_archive = alpine.oci_archive(Compression::Gzip)?;
        Ok(Self {
            advisories: vec![
                ("debian", write("debian.json", sample::advisories::debian_tracker().as_bytes())?),
                ("alpine", write("alpine.json", sample::advisories::alpine_secdb().as_bytes())?),
            ],
            images: vec![
                (debian, write("debian.tar", &debian_archive)?),
                (alpine, write("alpine.tar", &alpine_archive)?),
            ],
        })
    }

    fn submit(&self, api: &Api) -> anyhow::Result<()> {
        for (feed, path) in &self.advisories {
            let taken = api.import(feed, &fs::read(path)?)?;
            let count = |name: &str| taken.get(name).and_then(Value::as_u64).unwrap_or_default();
            let (advisories, rejected) = (count("advisories"), count("rejected"));
            eprintln!("demo: feed `{feed}`: {advisories} advisories ingested, {rejected} records rejected");
        }
        for (image, path) in &self.images {
            eprintln!("demo: submitting the image `{}`", path.display());
            let report = api.submit(&image.id()?, &fs::read(path)?)?;
            println!("\n{}", report::table(image.name(), &report));
        }
        Ok(())
    }

    fn suggest(&self, api: &Api) {
        let Some((image, path)) = self.images.first() else { return };
        let (url, path) = (api.url(), path.display());
        let id = image.id().unwrap_or_default();
        println!("What to try next:");
        println!("  curl {url}/v1/plugins");
        println!("  curl {url}/v1/feeds");
        println!("  curl {url}/v1/images/{id}/report");
        println!("  curl {url}/v1/images/{id}/layers");
        println!("  curl -H 'Prefer: wait=60' --data-binary @{path} {url}/v1/images");
        println!("  docker save IMAGE | curl -H 'Prefer: wait=60' --data-binary @- {url}/v1/images");
    }
}
