//! A core module becomes a component that says who it is.

use anyhow::{Context, bail};
use wasm_metadata::{AddMetadata, AddMetadataField, Authors, Description, Licenses, Source, Version};
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::workspace::Package;

/// The package of interfaces that plugins may import.
const CONTRACT: &str = "limpid:plugin/";

/// Encodes a module that carries its world, as `wit-bindgen` leaves it, and adds the identity to
/// the standard component metadata.
pub(super) fn encode(module: &[u8], name: &str, package: &Package) -> anyhow::Result<Vec<u8>> {
    let component = ComponentEncoder::default()
        .validate(true)
        .module(module)
        .and_then(|encoder| encoder.encode())
        .context("cannot encode the module as a component")?;
    identify(&component, name, package)
}

/// Adds the identity to a component, whichever tool made it, that the host would take.
pub(crate) fn identify(component: &[u8], name: &str, package: &Package) -> anyhow::Result<Vec<u8>> {
    check_world(component)?;
    identity(name, package)?.to_wasm(component).context("cannot add the identity to the component")
}

fn identity(name: &str, package: &Package) -> anyhow::Result<AddMetadata> {
    let required = |field: &Option<String>, what: &str| {
        field.clone().with_context(|| format!("its manifest has no `{what}`"))
    };
    let mut identity = AddMetadata::default();
    identity.name = AddMetadataField::Set(name.to_owned());
    identity.version = AddMetadataField::Set(Version::new(package.version.clone()));
    identity.description =
        AddMetadataField::Set(Description::new(required(&package.description, "description")?));
    identity.authors = AddMetadataField::Set(Authors::new(package.authors.join(", ")));
    identity.licenses = AddMetadataField::Set(Licenses::new(&required(&package.license, "license")?)?);
    identity.source = AddMetadataField::Set(Source::new(&required(&package.repository, "repository")?)?);
    Ok(identity)
}

/// Refuses here what the host would refuse: imports beyond the contract, and a plugin without a role.
fn check_world(component: &[u8]) -> anyhow::Result<()> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        bail!("is not a component");
    };
    let world = resolve.worlds.get(world).context("has no world")?;
    let foreign: Vec<String> = world
        .imports
        .keys()
        .map(|key| resolve.name_world_key(key))
        .filter(|name| !name.starts_with(CONTRACT))
        .collect();
    if !foreign.is_empty() {
        bail!("imports `{}`; plugins import nothing but `{CONTRACT}*`", foreign.join("`, `"));
    }
    if !world.exports.keys().any(|key| resolve.name_world_key(key).starts_with(CONTRACT)) {
        bail!("exports nothing of `{CONTRACT}*`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wasm_metadata::Payload;

    use super::*;

    fn package() -> Package {
        Package {
            version: "1.2.3".into(),
            description: Some("Reads nothing.".into()),
            authors: vec!["A <a@example.org>".into(), "B".into()],
            license: Some("Apache-2.0".into()),
            repository: Some("https://example.org/limpid".into()),
            ..Package::default()
        }
    }

    /// The smallest component: its preamble.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn identity_is_read_back_from_the_standard_metadata() {
        let bytes = identity("nothing", &package()).unwrap().to_wasm(EMPTY).unwrap();
        let payload = Payload::from_binary(&bytes).unwrap();
        let metadata = payload.metadata();
        assert_eq!(metadata.name.as_deref(), Some("nothing"));
        let text = |field: Option<String>| field.unwrap();
        assert_eq!(text(metadata.version.as_ref().map(ToString::to_string)), "1.2.3");
        assert_eq!(text(metadata.description.as_ref().map(ToString::to_string)), "Reads nothing.");
        assert_eq!(text(metadata.authors.as_ref().map(ToString::to_string)), "A <a@example.org>, B");
        assert_eq!(text(metadata.licenses.as_ref().map(ToString::to_string)), "Apache-2.0");
    }

    #[test]
    fn an_identity_without_a_licence_is_refused() {
        let package = Package { license: None, ..package() };
        assert!(identity("nothing", &package).unwrap_err().to_string().contains("`license`"));
    }

    #[test]
    fn a_component_without_a_role_is_refused() {
        let error = check_world(EMPTY).unwrap_err().to_string();
        assert!(error.contains("exports nothing"), "{error}");
    }

    #[test]
    fn bytes_that_are_no_module_are_refused() {
        let error = encode(b"not wasm", "nothing", &package()).unwrap_err();
        assert!(format!("{error:#}").contains("cannot encode"), "{error:#}");
    }
}
