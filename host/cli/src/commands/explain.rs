use std::path::Path;
use std::process::ExitCode;

use limpid_model::Digest;
use limpid_server::api;

use super::{Format, print, print_json};
use crate::settings::Settings;
use crate::{open, table};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Digest of an image that is known, or an image archive
    image: String,
    /// The vulnerability, by any of its identifiers
    vulnerability: String,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Says why a vulnerability concerns an image, or why it does not, from the advisories that are
/// held.
pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let scanner = open::scanner(settings)?;
    let images = match args.image.parse::<Digest>() {
        Ok(digest) => vec![digest],
        Err(_) => open::images(&scanner, Path::new(&args.image))?,
    };
    let mut explanations = Vec::new();
    for image in images {
        explanations.push(api::Explanation::from(scanner.explain(&image, &args.vulnerability)?));
    }
    match args.format {
        Format::Json => print_json(&explanations),
        Format::Table => {
            let texts: Vec<_> = explanations.iter().map(table::explanation).collect();
            print(&texts.join("\n"))
        }
    }
}
