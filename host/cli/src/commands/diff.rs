use std::process::ExitCode;

use anyhow::bail;
use limpid_formats::table;
use limpid_model::Platform;

use super::{Format, page, print_json, show};
use crate::deciding;
use crate::holder::Holder;
use crate::input::SourceArgs;
use crate::open::OF_IMAGES;
use crate::settings::Settings;

/// The exit code where nothing differs as far as is known.
const CANNOT_SAY: u8 = 3;

/// The exit code where nothing could be compared: 1 is an answer.
pub(crate) const FAILED: u8 = 2;

/// What exit codes say.
const HELP: &str = "\
Exit codes: 0 no package and no finding differs, 1 some do, 2 wrong usage or the command failed, 3 none differs as \
far as is known, but the comparison is not complete.";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// The image before: a SOURCE, as `limpid scan --help` lists them
    before: String,
    /// The image after, named likewise
    after: String,
    /// Only images for this platform, such as `linux/amd64`; can be repeated [default: all]
    #[arg(long = "platform", value_name = "OS/ARCH[/VARIANT]")]
    platforms: Vec<Platform>,
    #[command(flatten)]
    deciding: deciding::Args,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Says in which packages and findings two images differ, from the advisories that are kept.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let named = |source: &str| {
        SourceArgs { source: source.to_owned(), platforms: args.platforms.clone() }.named(settings)
    };
    let (before, after) = (named(&args.before)?, named(&args.after)?);
    let deciding = args.deciding.read(settings)?;
    let holder = Holder::of(settings, "limpid diff", &OF_IMAGES)?;
    deciding.let_decide(&holder, &args.deciding)?;
    let one = |named, text: &str| match holder.images(named, settings)?.as_slice() {
        [image] => Ok(image.clone()),
        images => bail!(
            "`{text}` holds {} images: name one of {}, which are known now",
            images.len(),
            images.join(", ")
        ),
    };
    let (before, after) = (one(before, &args.before)?, one(after, &args.after)?);
    let difference = holder.difference(&before, &after)?;
    match args.format {
        Format::Json => print_json(&difference)?,
        Format::Table => {
            let mut page = page();
            table::difference(&mut page, &difference, [&args.before, &args.after]);
            show(page)?
        }
    };
    Ok(match (difference.is_empty(), difference.doubts.is_empty()) {
        (false, _) => ExitCode::FAILURE,
        (true, true) => ExitCode::SUCCESS,
        (true, false) => CANNOT_SAY.into(),
    })
}
