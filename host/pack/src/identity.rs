use wasm_metadata::{AddMetadata, AddMetadataField, Authors, Description, Licenses, Source, Version};

use crate::Error;

/// Longest name of a plugin, in bytes.
const NAME_BYTES: usize = 64;

/// Who a plugin says that it is, in the standard component metadata, which `wasm-tools metadata show`
/// and registries read as well as the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is for, in a sentence.
    pub description: Option<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// SPDX expression.
    pub license: Option<String>,
    /// Address of its source code.
    pub repository: Option<String>,
}

/// Checks a name as the host does: names stand in addresses, file names and configuration.
///
/// # Errors
/// [`Error::Name`].
pub fn check_name(name: &str) -> Result<(), Error> {
    let speakable = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(speakable) {
        return Ok(());
    }
    Err(Error::Name(name.chars().take(NAME_BYTES).collect()))
}

impl Identity {
    pub(crate) fn metadata(&self) -> Result<AddMetadata, Error> {
        check_name(&self.name)?;
        let mut metadata = AddMetadata::default();
        metadata.name = AddMetadataField::Set(self.name.clone());
        metadata.version = AddMetadataField::Set(Version::new(self.version.clone()));
        if let Some(description) = &self.description {
            metadata.description = AddMetadataField::Set(Description::new(description.clone()));
        }
        if !self.authors.is_empty() {
            metadata.authors = AddMetadataField::Set(Authors::new(self.authors.join(", ")));
        }
        if let Some(license) = &self.license {
            let licenses = Licenses::new(license).map_err(refused("license", license))?;
            metadata.licenses = AddMetadataField::Set(licenses);
        }
        if let Some(repository) = &self.repository {
            let source = Source::new(repository).map_err(refused("repository", repository))?;
            metadata.source = AddMetadataField::Set(source);
        }
        Ok(metadata)
    }
}

fn refused<E: std::fmt::Display>(field: &'static str, value: &str) -> impl FnOnce(E) -> Error {
    let value = value.to_owned();
    move |error| Error::Metadata { field, value, why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_cannot_stand_in_an_address_is_refused() {
        let check = |name: &str, expected: bool| assert_eq!(check_name(name).is_ok(), expected, "{name}");
        check("os-release", true);
        check("7zip", true);
        check(&"a".repeat(64), true);
        check(&"a".repeat(65), false);
        check("", false);
        check("Pins", false);
        check("../pins", false);
        check("p_s", false);
    }

    #[test]
    fn a_licence_that_is_no_spdx_expression_is_refused_with_what_it_is() {
        let identity =
            Identity { name: "pins".into(), license: Some("my own words".into()), ..Identity::default() };
        let error = identity.metadata().unwrap_err().to_string();
        assert!(error.contains("license `my own words`"), "{error}");
    }
}
