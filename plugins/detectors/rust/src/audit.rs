//! What cargo-auditable writes: a list of crates as JSON, compressed by zlib, in a section of its own
//! ([its format](https://github.com/rust-secure-code/cargo-auditable/blob/master/PARSING.md)).

use std::borrow::Cow;
use std::io::Read as _;

use flate2::read::ZlibDecoder;
use limpid_executable::Executable;
use limpid_lockfile::Origin;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Needs, Problems};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Crate, is_name};

/// The section.
pub(crate) const SECTION: &[u8] = b".dep-v0";

/// The largest section that is read, in bytes. A thousand crates have 20 KB.
const MAX_COMPRESSED: u64 = 8 << 20;

/// The largest list that is read, in bytes; the reader of cargo-auditable reads as much.
const MAX_LIST: u64 = 16 << 20;

/// How many crates are taken of a list.
const MAX_CRATES: usize = 20_000;

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    packages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(default)]
    root: bool,
    /// Places in the list, of crates that only build it as well.
    #[serde(default)]
    dependencies: Vec<usize>,
}

/// What a place of the list has.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A crate that is in the executable, by its number among these.
    Crate(usize),
    /// A crate that only built it.
    Built,
    /// Nothing that can be read.
    Damaged,
}

/// The crates that are in an executable; none where it has no such section. One that is damaged costs itself.
///
/// # Errors
/// [`Error::Malformed`] where the section cannot be read.
pub(crate) fn read(executable: &Executable<'_>, problems: &mut Problems) -> Result<Vec<Crate>, Error> {
    let name = String::from_utf8_lossy(SECTION);
    let Some(section) = executable.section(&name) else { return Ok(Vec::new()) };
    if section.size > MAX_COMPRESSED {
        let size = section.size;
        return Err(Error::unsupported(format_args!(
            "section `{name}` has {size} bytes, over this plugin's limit of {MAX_COMPRESSED}"
        )));
    }
    let compressed = executable.content(section, MAX_COMPRESSED as u32);
    let mut text = Vec::new();
    ZlibDecoder::new(compressed.as_slice()).take(MAX_LIST + 1).read_to_end(&mut text).map_err(|error| {
        Error::malformed(format_args!("section `{name}` cannot be decompressed: {error}"))
    })?;
    if text.len() as u64 > MAX_LIST {
        return Err(Error::unsupported(format_args!(
            "section `{name}` holds more than {MAX_LIST} bytes, this plugin's limit"
        )));
    }
    parse(&text, problems).map_err(|error| Error::malformed(format_args!("section `{name}`: {error}")))
}

/// The crates of a list that are in the executable, not those that only built it.
fn parse(text: &[u8], problems: &mut Problems) -> Result<Vec<Crate>, serde_json::Error> {
    let list: List<'_> = serde_json::from_slice(text)?;
    if list.packages.len() > MAX_CRATES {
        let count = list.packages.len();
        return Err(serde::de::Error::custom(format_args!(
            "it lists {count} crates, over this plugin's limit of {MAX_CRATES}"
        )));
    }
    let (mut crates, mut places) = (Vec::new(), Vec::new());
    for (number, listed) in list.packages.iter().enumerate() {
        places.push(match serde_json::from_str::<Listed<'_>>(listed.get()) {
            Ok(listed) if !is_name(&listed.name) || !is_name(&listed.version) || !is_name(&listed.source) => {
                problems.push(Error::malformed(format_args!(
                    "crate {number} has no name, version or source, or one that is too long"
                )));
                Place::Damaged
            }
            Ok(listed) if listed.kind.as_deref() == Some("build") => Place::Built,
            Ok(Listed { name, version, source, root: is_root, .. }) => {
                let origin = match &*source {
                    "crates.io" => Origin::Published,
                    "registry" => Origin::Registry(None),
                    "git" => Origin::commit("git", "", ""),
                    "local" => Origin::Local,
                    other => Origin::Other(other.to_owned()),
                };
                let (name, version) = (name.into_owned(), version.into_owned());
                crates.push(Crate { name, version, origin, is_root, requires: None });
                Place::Crate(crates.len() - 1)
            }
            Err(error) => {
                problems.push(Error::malformed(format_args!("crate {number}: {error}")));
                Place::Damaged
            }
        });
    }
    state_needs(&list.packages, &places, &mut crates);
    Ok(crates)
}

/// States what crates need of which the list tells it whole. Lists are read once more for that: places of all
/// crates at once would take more memory than the list.
fn state_needs(listed: &[&RawValue], places: &[Place], crates: &mut [Crate]) {
    let mut needs = Needs::default();
    for (listed, place) in listed.iter().zip(places) {
        let Place::Crate(number) = *place else { continue };
        let Ok(Listed { dependencies, .. }) = serde_json::from_str(listed.get()) else { continue };
        let of = |place: &usize| places.get(*place).copied().unwrap_or(Place::Damaged);
        if dependencies.iter().any(|place| matches!(of(place), Place::Damaged)) {
            continue;
        }
        let needed = dependencies.iter().filter_map(|place| match of(place) {
            Place::Crate(number) => crates.get(number).map(|it| (it.name.clone(), it.version.clone())),
            Place::Built | Place::Damaged => None,
        });
        let requires = needs.of(needed);
        if let Some(found) = crates.get_mut(number) {
            found.requires = requires;
        }
    }
}
