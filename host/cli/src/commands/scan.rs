use std::process::ExitCode;

use anyhow::bail;
use limpid_formats::FindingFilter;
use limpid_formats::gate::{self, Bar, Verdict};
use limpid_formats::json as api;

use crate::attaching;
use crate::deciding::{self, Deciding};
use crate::filter::Filter;
use crate::forms::{self, Forms, Reported, Reports, name_of};
use crate::holder::Holder;
use crate::input::{FORMS, SourceArgs};
use crate::open::OF_IMAGES;
use crate::settings::Settings;

/// Exit codes of a scan that is held against bars: findings are over one; it cannot be said.
const OVER: u8 = 1;
pub(super) const CANNOT_JUDGE: u8 = 3;

#[derive(Debug, clap::Args)]
#[command(after_long_help = FORMS)]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    deciding: deciding::Args,
    #[command(flatten)]
    attaching: attaching::Args,
    #[command(flatten)]
    forms: forms::Args,
    /// Exit with 1 where a finding is all of these words, separated by commas: `malicious`, `critical`, `high`,
    /// `medium`, `low` or `negligible` (and worse; what nobody has rated counts), `rated`, `fixable`, `exploited`,
    /// `epss=0.1`. Exit with 3 where nothing could be judged; with `incomplete`, also where anything could not. May be
    /// given several times
    #[arg(long, value_name = "WORDS")]
    fail_on: Vec<Bar>,
}

impl Args {
    /// How the command ends where it fails: a pipeline must not take that for what is too bad.
    pub(crate) fn failed(&self) -> ExitCode {
        failed(&self.fail_on, &self.deciding)
    }
}

/// The same of all commands that hold reports against bars.
pub(super) fn failed(fail_on: &[Bar], deciding: &deciding::Args) -> ExitCode {
    match fail_on.is_empty() && !deciding.may_have_bars() {
        true => ExitCode::FAILURE,
        false => CANNOT_JUDGE.into(),
    }
}

/// Indexes the archive into the store of the data directory, where a layer that is known is not
/// read again, and reports from the advisories that are kept there.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let forms = args.forms.read()?;
    let deciding = args.deciding.read(settings)?;
    let settings = &args.attaching.over(settings);
    let named = args.attaching.of_registry(args.source.named(settings)?)?;
    let holder = Holder::of(settings, "limpid scan", &OF_IMAGES)?;
    if args.attaching.is_given() && matches!(holder, Holder::Service(_)) {
        bail!(
            "a service does the work, and decides by its settings `attached.*` what counts: \
             `--attached`, `--attached-key` and `--attached-identity` are for scans without one"
        );
    }
    let filter = FindingFilter::from(&args.filter);
    let images = holder.images(named, settings)?;
    Reporting { holder: &holder, forms, deciding, filter, as_of: None, fail_on: &args.fail_on }.of(&images)
}

/// Reporting on images, whoever has them.
pub(super) struct Reporting<'a> {
    pub(super) holder: &'a Holder,
    pub(super) forms: Forms<'a>,
    pub(super) deciding: Deciding,
    pub(super) filter: FindingFilter,
    /// The moment of which the reports are; none: now.
    pub(super) as_of: Option<&'a str>,
    pub(super) fail_on: &'a [Bar],
}

impl Reporting<'_> {
    /// Writes the reports, and says by the exit code whether one is over a bar.
    pub(super) fn of(&self, images: &[String]) -> anyhow::Result<ExitCode> {
        let Self { holder, forms, deciding, filter, as_of, fail_on } = self;
        let mut reported = Reported::default();
        for image in images {
            // Packages and layers are asked for where a form shows them: others need none.
            let inventory = forms.show_packages().then(|| holder.inventory(image)).transpose()?;
            // What layers did is known as of now.
            let shows_layers = forms.show_layers() && as_of.is_none();
            let layers = shows_layers.then(|| holder.layers(image)).transpose()?;
            let mut report = match as_of {
                Some(as_of) => holder.report_as_of(image, as_of)?,
                None => holder.report(image)?,
            };
            let schemes = match deciding.has_ranges() {
                true => holder.schemes(image)?,
                false => None,
            };
            deciding.apply(&mut report, schemes.as_ref());
            let report = Reports::new(report, filter, None);
            reported.images.push(report.with(inventory, layers));
        }
        reported.hints.any_advisories = any_advisories(holder, reported.reports())?;
        forms.write(&reported, filter)?;
        let bars =
            |report: &api::Report| fail_on.iter().cloned().chain(deciding.bars(report)).collect::<Vec<_>>();
        Ok(code(reported.reports(), bars))
    }
}

/// What comes of holding reports against bars; why, to standard error.
pub(super) fn code<'a>(
    reports: impl Iterator<Item = &'a api::Report>,
    bars: impl Fn(&api::Report) -> Vec<Bar>,
) -> ExitCode {
    let (mut over, mut unknown) = (false, false);
    for report in reports {
        let (name, bars) = (name_of(report), bars(report));
        if bars.is_empty() {
            continue;
        }
        match gate::judge(report, &bars) {
            Verdict::Passes => {}
            Verdict::Fails(findings) => {
                over = true;
                let findings = if findings == 1 {
                    "1 finding is".to_owned()
                } else {
                    format!("{findings} findings are")
                };
                eprintln!("{name}: {findings} over the bar of `--fail-on` or of a policy");
            }
            Verdict::CannotJudge(why) => {
                unknown = true;
                eprintln!(
                    "{name}: it cannot be said whether a finding is over the bar: {}",
                    limpid_formats::printable(&why)
                );
            }
        }
    }
    match (over, unknown) {
        (true, _) => OVER.into(),
        (false, true) => CANNOT_JUDGE.into(),
        (false, false) => ExitCode::SUCCESS,
    }
}

/// Whether advisories are kept, of whatever. Asked only where none counted.
fn any_advisories<'a>(
    holder: &Holder,
    mut reports: impl Iterator<Item = &'a api::Report>,
) -> anyhow::Result<bool> {
    if reports.all(|report| !report.coverage.sources.is_empty()) {
        return Ok(true);
    }
    Ok(holder.feeds()?.feeds.iter().any(|feed| feed.advisories > 0))
}
