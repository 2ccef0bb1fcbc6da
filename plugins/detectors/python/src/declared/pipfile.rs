//! [`Pipfile.lock`](https://github.com/pypa/pipfile): a map for each category of packages.

use limpid_plugin_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Declared, Sink};
use crate::origin::Origin;

/// The largest file that is read, in bytes.
pub(super) const MAX_FILE: u64 = 16 << 20;

#[derive(Deserialize)]
struct Entry {
    version: Option<String>,
    git: Option<String>,
    r#ref: Option<String>,
    file: Option<String>,
    path: Option<String>,
    #[serde(default)]
    editable: bool,
}

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), Error> {
    let text = sink.file.read_to_string(MAX_FILE)?;
    let document: &RawValue = serde_json::from_str(&text).map_err(Error::malformed)?;
    limpid_json::entries(document, |category, packages| match category.as_str() {
        "_meta" => Ok(()),
        _ => limpid_json::entries(packages, |name, entry| take(name, entry, &mut *sink)),
    })
}

fn take(name: String, entry: &RawValue, sink: &mut Sink<'_>) -> Result<(), Error> {
    let entry: Entry = match serde_json::from_str(entry.get()) {
        Ok(entry) => entry,
        Err(error) => {
            sink.problems.push(Error::malformed(format_args!("package `{name:.100}`: {error}")));
            return Ok(());
        }
    };
    let version = entry.version.as_deref().map(|version| version.trim_start_matches('=').trim().to_owned());
    let (version, origin) = match (entry.git, entry.r#ref) {
        (Some(url), Some(commit)) => {
            (version.unwrap_or_else(|| commit.clone()), Origin::of_commit("git", &url, &commit))
        }
        _ => {
            let mut origin = entry.file.map_or_else(Origin::default, |url| Origin::of_url(&url));
            origin.editable = entry.editable;
            let Some(version) = version else {
                // A folder of the project makes its version when it is built.
                if entry.path.is_none() && !entry.editable {
                    let why = format_args!("package `{name:.100}` has no version");
                    sink.problems.push(Error::malformed(why));
                }
                return Ok(());
            };
            (version, origin)
        }
    };
    sink.push(Declared { name, version, origin })
}
