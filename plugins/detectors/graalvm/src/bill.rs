//! The bill of materials: [CycloneDX](https://cyclonedx.org/docs/1.6/json/).

use std::io::Read as _;

use flate2::read::GzDecoder;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use serde::Deserialize;

use crate::MAX_INFLATED;

/// The longest group, name or version that is believed to be one, in bytes.
const MAX_WORD: usize = 256;

/// An artifact that is in the program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Artifact {
    pub(crate) group: Option<String>,
    pub(crate) artifact: String,
    pub(crate) version: String,
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "bomFormat")]
    format: String,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
struct Component {
    group: Option<String>,
    #[serde(default)]
    name: String,
    version: Option<String>,
    purl: Option<String>,
    #[serde(default)]
    components: Vec<Self>,
}

/// The artifacts that are named, each once, and what is wrong with others.
pub(crate) fn read(compressed: &[u8], problems: &mut Problems) -> Result<Vec<Artifact>, Error> {
    let mut json = Vec::new();
    let mut inflated = GzDecoder::new(compressed).take(MAX_INFLATED + 1);
    inflated.read_to_end(&mut json).map_err(|why| malformed(&why))?;
    if json.len() as u64 > MAX_INFLATED {
        return Err(Error::unsupported(format_args!(
            "the bill of materials has more bytes than this plugin's limit of {MAX_INFLATED}"
        )));
    }
    let document: Document = serde_json::from_slice(&json).map_err(|why| malformed(&why))?;
    if document.format != "CycloneDX" {
        return Err(Error::unsupported(format_args!(
            "a bill of materials of format `{:.100}`",
            document.format
        )));
    }
    let (mut artifacts, mut left) = (Vec::new(), document.components);
    while let Some(component) = left.pop() {
        let Component { group, name, version, purl, components } = component;
        left.extend(components);
        // What is not of Maven is a part of the runtime, or of the operating system.
        if purl.is_some_and(|purl| !purl.starts_with("pkg:maven/")) {
            continue;
        }
        let group = group.filter(|group| !group.is_empty());
        match version {
            Some(version) if is_word(&version) && is_word(&name) && group.as_deref().is_none_or(is_word) => {
                artifacts.push(Artifact { group, artifact: name, version });
            }
            _ => problems
                .push(Error::malformed(format_args!("component `{name:.200}` has no name and version"))),
        }
    }
    artifacts.sort();
    artifacts.dedup();
    Ok(artifacts)
}

fn is_word(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn malformed(why: &dyn std::fmt::Display) -> Error {
    Error::malformed(format_args!("the bill of materials cannot be read: {why}"))
}
