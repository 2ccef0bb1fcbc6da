use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use limpid_fetch::{Fetched, Fetcher, Login, Logins, Options, PlainHttp, Source};

use super::change;
use crate::commands::Format;
use crate::open;
use crate::progress::Spinner;
use crate::settings::Settings;

/// Longest password and longest signature that is read, in bytes.
const TEXT_BYTES: u64 = 64 << 10;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file, an `https://` address, or `registry/repository:tag` or `...@sha256:...` in an OCI registry
    source: String,
    /// File with a signature over the component's digest, for setting `plugins.allow` [default:
    /// `FILE.sig` beside a file]
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// User of the registry [default: whom `docker login` left]
    #[arg(long, requires = "password_stdin", value_name = "USER")]
    username: Option<String>,
    /// Read the user's password, or an access token, from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// Take plain HTTP from other machines, too
    #[arg(long)]
    plain_http: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Fetches the component, and loads it before anything is written.
pub(super) fn run(settings: &Settings, args: &Args) -> anyhow::Result<ExitCode> {
    let source: Source = args.source.parse()?;
    let fetched = fetch(settings, args, &source)?;
    let signature = signature(args, &source)?;
    let registry = open::registry(settings)?;
    let change = registry
        .add(&fetched.bytes, signature.as_deref())
        .with_context(|| format!("`{source}` is not added"))?;
    change::show(change, args.format)
}

fn fetch(settings: &Settings, args: &Args, source: &Source) -> anyhow::Result<Fetched> {
    let plain_http = if args.plain_http { PlainHttp::Anywhere } else { PlainHttp::Loopback };
    let (component_bytes, registries) = (settings.plugins.component_bytes, settings.registries.clone());
    let fetcher = Fetcher::new(Options { component_bytes, plain_http, logins: logins(args)?, registries })?;
    let _spinner = Spinner::start(&format!("fetching {source}"));
    Ok(fetcher.fetch(source)?)
}

fn logins(args: &Args) -> anyhow::Result<Logins> {
    let Some(username) = args.username.clone() else { return Ok(Logins::docker()) };
    let mut password = String::new();
    let input = std::io::stdin().lock();
    input.take(TEXT_BYTES).read_to_string(&mut password).context("the password cannot be read")?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    Ok(Logins::Given(Login::password(username, password)))
}

/// The signature that is named, or that lies beside a file.
fn signature(args: &Args, source: &Source) -> anyhow::Result<Option<String>> {
    let beside = || match source {
        Source::File(path) => {
            let mut path = path.clone().into_os_string();
            path.push(".sig");
            Some(PathBuf::from(path)).filter(|path| path.exists())
        }
        _ => None,
    };
    args.signature.clone().or_else(beside).map(|path| read_text(&path)).transpose()
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(TEXT_BYTES).read_to_string(&mut text))
        .with_context(|| format!("signature `{}` cannot be read", path.display()))?;
    Ok(text)
}
