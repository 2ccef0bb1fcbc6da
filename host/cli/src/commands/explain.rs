use std::process::ExitCode;

use limpid_formats::json as api;
use limpid_formats::table;
use limpid_model::explanation::Answer;

use super::{Format, page, print_json, show};
use crate::deciding;
use crate::holder::Holder;
use crate::input::{FORMS, SourceArgs};
use crate::open::OF_IMAGES;
use crate::settings::Settings;

/// The exit code where it is unknown whether an image is affected.
const CANNOT_SAY: u8 = 3;

/// The exit code where nothing could be asked: 1 is an answer.
pub(crate) const FAILED: u8 = 2;

/// What exit codes say.
const HELP: &str = "\
Exit codes: 0 the image is not affected, or all findings of it are suppressed, 1 it is affected, 2 wrong usage or the \
command failed, 3 it is unknown. Of several images the worst counts: affected, then unknown.";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP, after_long_help = format!("{FORMS}\n\n{HELP}"))]
pub(crate) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// The vulnerability, by any of its identifiers
    vulnerability: String,
    #[command(flatten)]
    deciding: deciding::Args,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Says why a vulnerability affects an image, or why it does not, or why that is unknown, from
/// the advisories that are kept.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let named = args.source.named(settings)?;
    let deciding = args.deciding.read(settings)?;
    let holder = Holder::of(settings, "limpid explain", &OF_IMAGES)?;
    deciding.let_decide(&holder, &args.deciding)?;
    let mut explanations = Vec::new();
    for image in holder.images(named, settings)? {
        explanations.push(holder.explain(&image, &args.vulnerability)?);
    }
    match args.format {
        Format::Json => print_json(&explanations)?,
        Format::Table => {
            let mut page = page();
            for explanation in &explanations {
                page.blank();
                table::explanation(&mut page, explanation);
            }
            show(page)?
        }
    };
    Ok(code(&explanations))
}

fn code(explanations: &[api::Explanation]) -> ExitCode {
    let is = |answer: Answer| explanations.iter().any(|explanation| explanation.answer == answer.as_str());
    if explanations.iter().any(|explanation| explanation.counts) {
        ExitCode::FAILURE
    } else if is(Answer::CannotSay) {
        CANNOT_SAY.into()
    } else {
        ExitCode::SUCCESS
    }
}
