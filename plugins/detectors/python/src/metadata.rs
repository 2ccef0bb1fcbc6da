//! What a package says of itself
//! ([core metadata](https://packaging.python.org/en/latest/specifications/core-metadata/)).

use std::io::Read;

use limpid_plugin_sdk::Error;

use crate::headers::{Header, Headers};

/// Bytes of a file that are read. Old metadata has the whole description among its headers, but
/// after the name and the version.
pub const MAX_HEADERS: u64 = 1024 * 1024;

/// The longest value that is used, in bytes.
pub const MAX_VALUE: usize = 4096;

/// The longest value of `License`, in bytes, that is taken for the name of a licence. Many packages
/// put its text there.
const MAX_LICENSE: usize = 200;

/// How many licences are kept.
const MAX_LICENSES: usize = 20;

/// What the metadata of a package says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// As it is written there.
    pub name: String,
    /// As it is written there.
    pub version: String,
    /// An SPDX expression, or the package's own words, or the names of its licence classifiers: the
    /// first of them that there are.
    pub licenses: Vec<String>,
    /// Names of packages that it needs, as it writes them, but for those that only extras need; none where there are
    /// more than were read.
    pub requires: Option<Vec<String>>,
}

/// What the name of the folder or file says that the metadata is in. It counts where the metadata does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stated<'a> {
    /// The package's name, which may be written otherwise than the package writes it.
    pub name: Option<&'a str>,
    /// The package's version.
    pub version: Option<&'a str>,
}

impl Metadata {
    /// Reads the headers of a file of metadata.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where nothing states a name or a version.
    pub fn read(reader: impl Read, stated: &Stated<'_>) -> Result<Self, Error> {
        let mut text = Vec::new();
        reader.take(MAX_HEADERS).read_to_end(&mut text)?;
        let mut fields = Fields::default();
        if text.len() as u64 == MAX_HEADERS {
            fields.requires_more = true;
            // The line at its end may go on after it, and half a version is another one.
            text.truncate(text.iter().rposition(|&byte| byte == b'\n').unwrap_or(0));
        }
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        let mut headers = Headers::new(text, MAX_VALUE);
        while let Some(header) = headers.next()? {
            fields.take(header)?;
        }
        fields.finish(stated).map_err(Error::malformed)
    }
}

/// The fields that were read so far. Where one that may stand once stands several times, the first
/// counts, as it does for pip.
#[derive(Default)]
struct Fields {
    name: Option<String>,
    version: Option<String>,
    expression: Option<String>,
    license: Option<String>,
    classifiers: Vec<String>,
    requires: Vec<String>,
    /// Whether some of what it needs was not read.
    requires_more: bool,
}

impl Fields {
    fn take(&mut self, header: Header) -> Result<(), Error> {
        let Header { name, value, cut } = header;
        match name.as_str() {
            // Half a name is another one.
            "name" | "version" if cut => {
                let why = format_args!("field `{name}` is longer than {MAX_VALUE} bytes");
                return Err(Error::malformed(why));
            }
            "name" => _ = self.name.get_or_insert(value),
            "version" => _ = self.version.get_or_insert(value),
            // What is longer is no name of a licence.
            "license-expression" if !cut => _ = self.expression.get_or_insert(value),
            "license" if !cut => _ = self.license.get_or_insert(value),
            "requires-dist" if cut => self.requires_more = true,
            "requires-dist" => self.requires.extend(required(&value).map(str::to_owned)),
            "classifier" if self.classifiers.len() < MAX_LICENSES => {
                self.classifiers.extend(license_of(&value).map(str::to_owned));
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self, stated: &Stated<'_>) -> Result<Metadata, String> {
        let is_stated = |value: &String| !value.is_empty();
        let name = self.name.filter(is_stated).or_else(|| stated.name.map(str::to_owned));
        let name = name.ok_or("the metadata states no name")?;
        let version = self.version.filter(is_stated).or_else(|| stated.version.map(str::to_owned));
        let version = version.ok_or_else(|| format!("the metadata of `{name}` states no version"))?;
        // distutils writes `UNKNOWN` for what it was not told.
        let is_name = |value: &String| {
            is_stated(value) && value.len() <= MAX_LICENSE && !value.eq_ignore_ascii_case("unknown")
        };
        let license = self.expression.filter(is_stated).or_else(|| self.license.filter(is_name));
        let licenses = license.map_or(self.classifiers, |license| vec![license]);
        let requires = (!self.requires_more).then_some(self.requires);
        Ok(Metadata { name, version, licenses, requires })
    }
}

/// The name in a [requirement](https://packaging.python.org/en/latest/specifications/dependency-specifiers/):
/// `requests[security] (>=2.8); python_version < "3"`. None where it is one of an extra.
pub(crate) fn required(requirement: &str) -> Option<&str> {
    let (requirement, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
    let is_word = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let is_of_extra = marker.split(|character| !is_word(character)).any(|word| word == "extra");
    let name = requirement.trim().split(|character| !is_word(character)).next().unwrap_or_default();
    (!name.is_empty() && !is_of_extra).then_some(name)
}

/// The licence that a classifier names: `License :: OSI Approved :: MIT License`.
fn license_of(classifier: &str) -> Option<&str> {
    let name = classifier.strip_prefix("License ::")?.rsplit("::").next()?.trim();
    // What is stated of licences, and not which.
    (!name.is_empty() && name != "OSI Approved").then_some(name)
}

#[cfg(test)]
mod tests;
