//! Single parsers. Natively, only the parser is measured; as a plugin, all that a call takes:
//! an instance of its own, the way of the bytes into it, and the way of what it found out of it.

mod feed;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use limpid_detector_apk::Apk;
use limpid_detector_dpkg::Dpkg;
use limpid_detector_rpm::Rpm;
use limpid_feed_azure_linux::AzureLinux;
use limpid_feed_debian::Debian;
use limpid_feed_redhat::RedHat;
use limpid_model::Claim;
use limpid_plugin_sdk::detector::Detector;
use limpid_plugin_sdk::scheme::Scheme;
use limpid_runtime::{Registry, Snapshot};
use limpid_scanner::borrowed;
use limpid_scheme_dpkg::Dpkg as DpkgVersions;
use serde_json::{Value, json};

use crate::archive::Opened;
use crate::comparison::Comparison;
use crate::detectors::{Sandboxed, stored};
use feed::Form;

const TRACKER: Form = Form { feed: "debian", source: "tracker", what: "tracker" };
const OVAL: Form = Form { feed: "azure-linux", source: "cbl-mariner-2.0", what: "OVAL" };
const CSAF: Form = Form { feed: "redhat", source: "vex", what: "CSAF" };

/// What is parsed.
#[derive(clap::Args)]
pub(crate) struct Inputs {
    /// Archive of an image with dpkg's database
    #[arg(long)]
    debian: PathBuf,
    /// Archive of an image with apk's database
    #[arg(long)]
    alpine: PathBuf,
    /// The security tracker's document
    #[arg(long)]
    tracker: PathBuf,
    /// OVAL definitions of Mariner
    #[arg(long)]
    oval: PathBuf,
    /// A CSAF document of Red Hat
    #[arg(long)]
    csaf: PathBuf,
    /// Versions of Debian packages, one a line
    #[arg(long)]
    versions: PathBuf,
    /// How often each side is measured
    #[arg(long)]
    times: usize,
}

pub(crate) fn compare(registry: &Registry, inputs: &Inputs) -> anyhow::Result<Value> {
    let plugins = registry.snapshot();
    let comparisons = [
        detector::<Dpkg>(&plugins, "dpkg", &inputs.debian, inputs.times)?,
        detector::<Apk>(&plugins, "apk", &inputs.alpine, inputs.times)?,
        feed::compare::<Debian>(&plugins, &TRACKER, &inputs.tracker, inputs.times)?,
        feed::compare::<AzureLinux>(&plugins, &OVAL, &inputs.oval, inputs.times)?,
        feed::compare::<RedHat>(&plugins, &CSAF, &inputs.csaf, inputs.times)?,
        scheme(&plugins, &inputs.versions, inputs.times)?,
    ];
    Ok(json!(comparisons.each_ref().map(Comparison::to_json)))
}

/// The reader of RPM databases alone.
pub(crate) fn rpm(registry: &Registry, image: &Path, times: usize) -> anyhow::Result<Value> {
    Ok(json!([detector::<Rpm>(&registry.snapshot(), "rpm", image, times)?.to_json()]))
}

/// What a detector makes of all files of an image that it claims, shown at once.
fn detector<D: Detector>(
    plugins: &Snapshot,
    name: &str,
    image: &Path,
    times: usize,
) -> anyhow::Result<Comparison> {
    let plugin = Sandboxed::named(plugins, name)?;
    let claims: &[Claim] = plugin.claims()?;
    let files = Opened::open(image)?.claimed(claims)?;
    if files.is_empty() {
        bail!("`{}` has no file that detector `{name}` claims", image.display());
    }
    let bytes: u64 = files.iter().map(limpid_layers::ClaimedFile::size).sum();
    let linked = stored(&files)?;
    let what = format!("{name}: {} of {} kB", counted(files.len(), "file"), bytes / 1_000);
    Comparison::of(
        what,
        times,
        || Ok(plugin.role()?.detect("a measurement", borrowed(files.clone()))?.findings),
        || Ok(D::detect(&linked)?.findings),
    )
}

fn scheme(plugins: &Snapshot, versions: &Path, times: usize) -> anyhow::Result<Comparison> {
    let text = read(versions)?;
    let versions: Vec<&str> = std::str::from_utf8(&text)?.lines().collect();
    let scheme = plugins.scheme(DpkgVersions::NAME).context("no plugin orders versions of dpkg")?;
    Comparison::of(
        format!("dpkg-versions: keys of {} versions", versions.len()),
        times,
        || Ok(scheme.keys("a measurement", &versions)?),
        || Ok(versions.iter().map(|version| DpkgVersions::key(version)).collect::<Vec<_>>()),
    )
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
