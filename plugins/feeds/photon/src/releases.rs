use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};
use serde::Deserialize;

/// What the source of the list of releases is called.
pub(crate) const SOURCE: &str = "releases";

/// Below which all is.
const ORIGIN: &str = "https://packages.broadcom.com/photon/photon_cve_metadata/";

/// Bytes of the list.
const MAX_LIST: u64 = 1 << 20;
/// Releases that it may name; there were five in ten years.
const MAX_RELEASES: usize = 256;

#[derive(Deserialize)]
struct Releases {
    branches: Vec<String>,
}

pub(crate) fn source() -> Source {
    Source::whole(SOURCE, format!("{ORIGIN}photon_versions.json"))
}

/// Asks for the document of each release.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is no list of releases, or names none or too many.
pub(crate) fn follow(list: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let list: Releases = serde_json::from_reader(list.take(MAX_LIST))
        .map_err(|error| Error::malformed(format_args!("the document is no list of releases: {error}")))?;
    let releases: Vec<&str> = list.branches.iter().filter_map(|name| release(name)).collect();
    if releases.is_empty() || releases.len() > MAX_RELEASES {
        let count = releases.len();
        return Err(Error::malformed(format_args!(
            "the list names {count} releases, not 1 to {MAX_RELEASES}"
        )));
    }
    for release in releases {
        sink.follow(Source::whole(release, format!("{ORIGIN}cve_data_photon{release}.json")));
    }
    sink.identify(SOURCE);
    Ok(())
}

/// A text that is a release: `5.0`.
pub(crate) fn release(text: &str) -> Option<&str> {
    let is_number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').filter(|(major, minor)| is_number(major) && is_number(minor)).map(|_| text)
}

/// The release that the name of a file tells.
pub(crate) fn of_file(name: &str) -> Option<&str> {
    let name = name.rsplit('/').next().unwrap_or(name);
    release(name.strip_prefix("cve_data_photon")?.strip_suffix(".json")?)
}
