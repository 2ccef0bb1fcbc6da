use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use limpid_formats::gate::Bar;
use limpid_formats::{Filtered, FindingFilter, json as api};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::scan::{CANNOT_JUDGE, code};
use crate::filter::Filter;
use crate::forms::{self, Reported, Reports, name_of};

/// The longest document that is read.
const DOCUMENT_BYTES: u64 = 1 << 30;

const AFTER_HELP: &str = "\
A report is what `limpid scan --format json` prints, or what GET /v1/images/IMAGE/report answers. Forms that list all \
packages of an image (cyclonedx, spdx, trivy) need them beside it: `--packages` takes what `limpid packages --format \
json` prints, or GET /v1/images/IMAGE/packages answers. With `--layers`, form html shows what each layer did.";

#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Reports in JSON: one, or a list of them; `-` reads standard input
    #[arg(value_name = "FILE", required = true)]
    reports: Vec<PathBuf>,
    /// The packages of the images in JSON, as `limpid packages --format json` prints them
    #[arg(long, value_name = "FILE")]
    packages: Vec<PathBuf>,
    /// What each layer of the images did in JSON, as `limpid layers --format json` prints it
    #[arg(long, value_name = "FILE")]
    layers: Vec<PathBuf>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    forms: forms::Args,
    /// Exit with 1 where a finding is all of these words, as `limpid scan` does; with 3 where nothing could be judged
    #[arg(long, value_name = "WORDS")]
    fail_on: Vec<Bar>,
}

impl Args {
    /// How the command ends where it fails: a pipeline must not take that for what is too bad.
    pub(crate) fn failed(&self) -> ExitCode {
        if self.fail_on.is_empty() { ExitCode::FAILURE } else { CANNOT_JUDGE.into() }
    }
}

/// Writes stored reports in other forms. It needs neither data directory nor plugins.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let forms = args.forms.read()?;
    let filter = FindingFilter::from(&args.filter);
    let mut inventories: Vec<api::Inventory> = all(&args.packages)?;
    let mut layers: Vec<api::ImageLayers> = all(&args.layers)?;
    let mut reported = Reported::default();
    for path in &args.reports {
        let text = text(path)?;
        let reports: Vec<api::Report> = read(path, &text)?;
        let filters: Vec<Stored> = read(path, &text)?;
        drop(text);
        for (report, Stored { filter: stored }) in reports.into_iter().zip(filters) {
            let digest = &report.image.digest;
            let packages = inventories.iter().position(|of| of.image.digest == *digest);
            let packages = packages.map(|place| inventories.swap_remove(place));
            if let (None, Some(form)) = (&packages, forms.listing_packages()) {
                bail!(
                    "`{form}` lists all packages of an image, and the report of `{}` has those with findings only: \
                     give `--packages FILE`, which `limpid packages --format json` prints",
                    name_of(&report)
                );
            }
            if let Some(stored) = stored.as_ref().filter(|stored| stored.hidden() > 0) {
                let (hidden, asked) = (stored.hidden(), stored.asked());
                eprintln!(
                    "{}: {hidden} findings were left out when it was stored: `{asked}`",
                    name_of(&report)
                );
            }
            let what = layers.iter().position(|of| of.image.digest == *digest);
            let what = what.map(|place| layers.swap_remove(place));
            reported.images.push(Reports::new(report, &filter, stored).with(packages, what));
        }
    }
    // Whether any are stored is not known here.
    reported.hints.any_advisories = true;
    forms.write(&reported, &filter)?;
    Ok(code(reported.reports(), |_| args.fail_on.clone()))
}

/// What of a stored report is not of the report.
#[derive(Deserialize)]
struct Stored {
    filter: Option<Filtered>,
}

fn all<T: DeserializeOwned>(paths: &[PathBuf]) -> anyhow::Result<Vec<T>> {
    let mut all = Vec::new();
    for path in paths {
        all.extend(read::<T>(path, &text(path)?)?);
    }
    Ok(all)
}

fn text(path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read `{}`", path.display());
    let from: &mut dyn Read = match path.as_os_str() == "-" {
        true => &mut io::stdin().lock(),
        false => &mut File::open(path).with_context(cannot)?,
    };
    // As much as the file has, so that it is in memory once.
    let length = fs::metadata(path).map_or(0, |known| known.len().min(DOCUMENT_BYTES));
    let mut text = Vec::with_capacity(usize::try_from(length).unwrap_or(0).saturating_add(1));
    from.take(DOCUMENT_BYTES.saturating_add(1)).read_to_end(&mut text).with_context(cannot)?;
    if text.len() as u64 > DOCUMENT_BYTES {
        bail!("`{}` has more than {DOCUMENT_BYTES} bytes", path.display());
    }
    Ok(text)
}

/// The documents of a file: one, or a list of them.
fn read<T: DeserializeOwned>(path: &Path, text: &[u8]) -> anyhow::Result<Vec<T>> {
    let is_list = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    let read = match is_list {
        true => serde_json::from_slice(text),
        false => serde_json::from_slice(text).map(|one| vec![one]),
    };
    read.with_context(|| format!("`{}` holds something else than what is read from it", path.display()))
}
