//! The header of [safetensors](https://github.com/huggingface/safetensors#format): its length in eight bytes, the least
//! first, and an object of JSON, in which `__metadata__` holds texts.

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::cursor::Cursor;
use crate::{HEAD, Model, text};

/// The longest header that the format allows, in bytes.
const MAX_HEADER: u64 = 100_000_000;

const KEY: &str = "__metadata__";

/// What of it identifies a model ([ModelSpec](https://github.com/Stability-AI/ModelSpec)).
#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(rename = "modelspec.title")]
    title: Option<String>,
    #[serde(rename = "modelspec.version")]
    version: Option<String>,
    #[serde(rename = "modelspec.architecture")]
    architecture: Option<String>,
    #[serde(rename = "modelspec.license")]
    license: Option<String>,
}

/// What the header says, and why more of it could not be read.
pub(crate) fn read(head: &[u8], is_whole: bool) -> Result<(Model, Option<Error>), Error> {
    let mut cursor = Cursor::new(head);
    let len = cursor.u64().map_err(|_| Error::malformed("it has no header"))?;
    if !(2..=MAX_HEADER).contains(&len) {
        return Err(Error::malformed(format_args!(
            "its header has {len} bytes, which the format does not allow"
        )));
    }
    let metadata = match cursor.take(len) {
        Ok(header) => whole(header)?,
        Err(_) if is_whole => return Err(Error::malformed("it ends within its header")),
        // Writers put it before everything else.
        Err(_) => {
            let beginning = head.get(8..).unwrap_or_default();
            let Some(metadata) = first(beginning) else {
                let why = format_args!("its header goes beyond the first {HEAD} bytes, which are read");
                return Err(Error::unsupported(why));
            };
            Some(metadata)
        }
    };
    let metadata = match metadata {
        Some(text) => serde_json::from_str(text.get())
            .map_err(|why| Error::malformed(format_args!("`{KEY}` of its header: {why}")))?,
        None => Metadata::default(),
    };
    let Metadata { title, version, architecture, license } = metadata;
    let text = |value: Option<String>| value.and_then(|value| text(&value));
    let model = Model {
        name: text(title),
        version: text(version),
        architecture: text(architecture),
        licenses: text(license).into_iter().collect(),
        ..Model::default()
    };
    Ok((model, None))
}

/// `__metadata__` of a whole header.
fn whole(header: &[u8]) -> Result<Option<&RawValue>, Error> {
    let wrong = |why: serde_json::Error| Error::malformed(format_args!("its header: {why}"));
    let header: &RawValue = serde_json::from_slice(header).map_err(wrong)?;
    let mut metadata = None;
    limpid_json::entries(header, |key, value| {
        if key == KEY {
            metadata = Some(value);
        }
        Ok(())
    })?;
    Ok(metadata)
}

/// `__metadata__` where a header begins with it.
fn first(beginning: &[u8]) -> Option<&RawValue> {
    let rest = beginning.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"__metadata__\"")?.trim_ascii_start().strip_prefix(b":")?;
    serde_json::Deserializer::from_slice(rest).into_iter().next()?.ok()
}
