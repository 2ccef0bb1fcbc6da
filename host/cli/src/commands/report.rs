use std::process::ExitCode;

use anyhow::bail;
use limpid_formats::FindingFilter;
use limpid_formats::gate::Bar;
use limpid_formats::printable;
use limpid_model::{Platform, Platforms};
use limpid_scanner::AsOf;

use super::scan::{self, Reporting};
use crate::deciding;
use crate::filter::Filter;
use crate::forms;
use crate::holder::Holder;
use crate::open::OF_IMAGES;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Image that is known: name, digest or beginning of a digest
    #[arg(value_name = "IMAGE")]
    image: String,
    /// Only images for this platform, such as `linux/amd64`; can be repeated [default: all]
    #[arg(long = "platform", value_name = "OS/ARCH[/VARIANT]")]
    platforms: Vec<Platform>,
    /// What was known at a time, as `2026-11-26T05:00:00Z`, or at a revision of a feed, as `FEED@17`
    #[arg(long, value_name = "TIME", value_parser = as_of)]
    as_of: Option<String>,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    deciding: deciding::Args,
    #[command(flatten)]
    forms: forms::Args,
    /// Exit with 1 where a finding is all of these words, and with 3 where nothing could be judged: see `limpid scan`
    #[arg(long, value_name = "WORDS")]
    fail_on: Vec<Bar>,
}

/// Text that says which moment is meant.
fn as_of(text: &str) -> Result<String, String> {
    text.parse::<AsOf>().map(|_| text.to_owned())
}

impl Args {
    /// How the command ends where it fails, as of a scan.
    pub(crate) fn failed(&self) -> ExitCode {
        scan::failed(&self.fail_on, &self.deciding)
    }
}

/// Reports on an image that is known: nothing is looked into, whatever the name leads to elsewhere.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let forms = args.forms.read()?;
    let deciding = args.deciding.read(settings)?;
    let holder = Holder::of(settings, "limpid report", &OF_IMAGES)?;
    let platforms = match args.platforms.as_slice() {
        [] => Platforms::All,
        platforms => Platforms::Only(platforms.to_vec()),
    };
    let Some(images) = holder.known(&args.image, &platforms)? else {
        let image = printable(&args.image);
        bail!(
            "no image `{image}` is known: `limpid scan {image}` looks into one, `limpid image list` shows those that are known"
        );
    };
    let filter = FindingFilter::from(&args.filter);
    let as_of = args.as_of.as_deref();
    Reporting { holder: &holder, forms, deciding, filter, as_of, fail_on: &args.fail_on }.of(&images)
}
