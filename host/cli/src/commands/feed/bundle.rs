//! Bundles: feeds carried to where no publisher is reached.

use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use limpid_formats::json as api;
use limpid_formats::table;
use limpid_scanner::signature::PrivateKey;

use super::trust;
use crate::commands::{Format, STANDARD, page, print_json, printable, put_whole, show};
use crate::holder::Holder;
use crate::input::scratch;
use crate::open::OF_ADVISORIES;
use crate::progress::Spinner;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    /// The bundle to write; `-` for standard output
    file: PathBuf,
    /// Feed to put into it; may be given several times [default: all of which something is kept]
    #[arg(long = "feed", value_name = "NAME")]
    feeds: Vec<String>,
    /// Private key to sign it with: ed25519 in PEM, as `openssl genpkey -algorithm ed25519` writes it
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The bundle; `-` for standard input
    bundle: PathBuf,
    /// Ingest it even where newer documents are kept, or it states next to nothing of what was there
    #[arg(long)]
    force: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn export(settings: &Settings, args: &Export) -> anyhow::Result<ExitCode> {
    let key = args.key.as_deref().map(private_key).transpose()?;
    let spinner = Spinner::start("making a bundle");
    let scratch = scratch(settings)?;
    let mut bundle = tempfile::NamedTempFile::new_in(&scratch)?;
    let mut told = Vec::new();
    match Holder::of(settings, "limpid feed export", &OF_ADVISORIES)? {
        Holder::Service(service) => {
            service.client.export(&args.feeds, bundle.as_file_mut())?;
        }
        Holder::Here(here) => {
            let exported = here.scanner.export(&args.feeds, bundle.as_file())?;
            for feed in exported.feeds {
                for (source, why) in feed.missing {
                    told.push(format!(
                        "source `{source}` of feed `{}` is not in the bundle: {why}",
                        feed.feed
                    ));
                }
                let (sources, documents) = (feed.sources, feed.documents);
                told.push(format!("feed `{}`: {sources} sources, {documents} documents", feed.feed));
            }
        }
    }
    if let Some(key) = &key {
        bundle.rewind()?;
        let mut signed = tempfile::NamedTempFile::new_in(&scratch)?;
        let unsigned = bundle.into_file();
        limpid_scanner::sign(unsigned, key, &settings.bundles, &settings.documents, &scratch, &mut signed)?;
        bundle = signed;
    }
    drop(spinner);
    told.iter().for_each(|line| eprintln!("{}", printable(line)));
    put_whole(bundle, &args.file)?;
    if let Some(key) = &key {
        eprintln!("signed: `bundles.trusted_keys` of those who ingest it is to have {}", key.public());
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn import(settings: &Settings, args: &Import) -> anyhow::Result<ExitCode> {
    let spinner = Spinner::start("ingesting a bundle");
    let bundle = given(settings, &args.bundle)?;
    let imported = match Holder::of(settings, "limpid feed import", &OF_ADVISORIES)? {
        Holder::Service(service) => service.client.import(bundle, args.force)?,
        Holder::Here(here) => api::Imported::from(here.scanner.import(bundle, trust(args.force))?),
    };
    drop(spinner);
    let code = match args.format {
        Format::Json => print_json(&imported)?,
        Format::Table => {
            let mut page = page();
            table::imported(&mut page, &imported);
            show(page)?
        }
    };
    let refused = imported.feeds.iter().flat_map(|feed| &feed.refused).count();
    if refused > 0 {
        bail!("not all of the bundle is in: {refused} refused");
    }
    Ok(code)
}

fn private_key(path: &Path) -> anyhow::Result<PrivateKey> {
    let what = || format!("key `{}` cannot be used", path.display());
    let text = std::fs::read_to_string(path).with_context(what)?;
    PrivateKey::from_pem(&text).with_context(what)
}

/// The bundle that is given.
fn given(settings: &Settings, path: &Path) -> anyhow::Result<File> {
    if path != Path::new(STANDARD) {
        return File::open(path).with_context(|| format!("`{}` cannot be opened", path.display()));
    }
    let mut file = tempfile::tempfile_in(scratch(settings)?)?;
    io::copy(&mut io::stdin().lock(), &mut file)?;
    file.rewind()?;
    Ok(file)
}
