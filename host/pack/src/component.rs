//! A core module becomes a component that says who it is.

use std::convert::Infallible;

use wasm_encoder::ExportSection;
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{ExportSectionReader, Parser};
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::{Error, Identity};

/// The package of interfaces that plugins may import.
const CONTRACT: &str = "limpid:plugin/";

/// Begins the names of functions that are called when what another has returned is no longer needed.
const CLEARING_UP: &str = "cabi_post_";

/// Encodes a module that carries its world, as `wit-bindgen` leaves it, and adds the identity.
///
/// # Errors
/// Bytes that are no such module, and what [`identify`] refuses.
pub fn encode(module: &[u8], identity: &Identity) -> Result<Vec<u8>, Error> {
    let module = without_clearing_up(module).map_err(|error| Error::Encode(error.to_string()))?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .map_err(|error| Error::Encode(format!("{error:#}")))?;
    identify(&component, identity)
}

/// Adds the identity to a component, whichever tool made it, that the host would take.
///
/// # Errors
/// What the host would refuse: imports beyond the contract, a plugin without a role, a name that
/// cannot stand in an address; and a field that the standard metadata does not take.
pub fn identify(component: &[u8], identity: &Identity) -> Result<Vec<u8>, Error> {
    check_world(component)?;
    identity.metadata()?.to_wasm(component).map_err(|error| Error::Encode(format!("{error:#}")))
}

/// A module without the functions that take back the memory of what calls returned: each call has an
/// instance of its own, all of whose memory is gone a moment later.
fn without_clearing_up(module: &[u8]) -> Result<Vec<u8>, reencode::Error<Infallible>> {
    let mut out = wasm_encoder::Module::new();
    WithoutClearingUp.parse_core_module(&mut out, Parser::new(0), module)?;
    Ok(out.finish())
}

struct WithoutClearingUp;

impl Reencode for WithoutClearingUp {
    type Error = Infallible;

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), reencode::Error<Infallible>> {
        for export in section {
            let export = export?;
            if !export.name.starts_with(CLEARING_UP) {
                self.parse_export(exports, export)?;
            }
        }
        Ok(())
    }
}

fn check_world(component: &[u8]) -> Result<(), Error> {
    let decoded = wit_component::decode(component).map_err(|error| Error::Encode(format!("{error:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(Error::NotAComponent);
    };
    let world = resolve.worlds.get(world).ok_or(Error::NotAComponent)?;
    let imports: Vec<String> = world
        .imports
        .keys()
        .map(|key| resolve.name_world_key(key))
        .filter(|name| !name.starts_with(CONTRACT))
        .collect();
    if !imports.is_empty() {
        return Err(Error::Imports { imports, contract: CONTRACT });
    }
    if !world.exports.keys().any(|key| resolve.name_world_key(key).starts_with(CONTRACT)) {
        return Err(Error::NoRole(CONTRACT));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wasm_metadata::Payload;

    use super::*;

    fn identity() -> Identity {
        Identity {
            name: "nothing".into(),
            version: "1.2.3".into(),
            description: Some("Reads nothing.".into()),
            authors: vec!["A <a@example.org>".into(), "B".into()],
            license: Some("Apache-2.0".into()),
            repository: Some("https://example.org/limpid".into()),
        }
    }

    /// The smallest component: its preamble.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn identity_is_read_back_from_the_standard_metadata() {
        let bytes = identity().metadata().unwrap().to_wasm(EMPTY).unwrap();
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
    fn a_component_without_a_role_is_refused() {
        let error = identify(EMPTY, &identity()).unwrap_err().to_string();
        assert!(error.contains("exports nothing"), "{error}");
    }

    #[test]
    fn bytes_that_are_no_module_are_refused() {
        let error = encode(b"not wasm", &identity()).unwrap_err().to_string();
        assert!(error.contains("cannot encode"), "{error}");
    }
}
