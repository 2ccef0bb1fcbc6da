//! Where a service spends its time.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;

use super::put_whole;
use crate::progress::Spinner;
use crate::service::Service;
use crate::settings::Settings;
use crate::turn::running_service;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// For how long it is looked what the service does
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// The file to write, which `pprof` reads; `-` for standard output
    #[arg(short, long, value_name = "FILE", default_value = "limpid.pb.gz")]
    output: PathBuf,
}

pub(crate) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let service = service(settings)?;
    let spinner = Spinner::start("looking what the service does");
    let mut profile = tempfile::NamedTempFile::new()?;
    service.client.profile(args.seconds, profile.as_file_mut())?;
    drop(spinner);
    put_whole(profile, &args.output)?;
    Ok(ExitCode::SUCCESS)
}

/// The service that is named, or the one that has the data directory.
fn service(settings: &Settings) -> anyhow::Result<Service> {
    if let Some(remote) = &settings.remote {
        return Ok(Service::new(remote.client(&settings.shown()?)?));
    }
    match running_service(&settings.data_dir) {
        Some(service) => Ok(service),
        None => bail!(
            "no service that answers has data directory `{}`: profiles are made of one that runs; name another by \
             `--data-dir` or `--server`",
            settings.data_dir.display()
        ),
    }
}
