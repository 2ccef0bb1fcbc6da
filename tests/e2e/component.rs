//! Components made from WebAssembly text: core modules by hand, kept together by the contract.

use wasm_metadata::{AddMetadata, AddMetadataField, Version};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The contract in the versions that the host serves.
const CONTRACTS: [(&str, &str); 2] =
    [("0.1.0", include_str!("../../wit/earlier/0.1.0.wit")), ("0.2.0", include_str!("../../wit/plugin.wit"))];

/// A line with which a module says that its texts are UTF-16.
const UTF16: &str = ";; Texts are UTF-16.";

/// Makes a component of the fields of a core module, which has the roles whose functions it exports.
pub(crate) fn of_fields(fields: &str) -> Vec<u8> {
    let mut module = wat::parse_str(format!("(module {fields}\n)")).unwrap_or_else(|error| panic!("{error}"));
    let mut resolve = Resolve::default();
    let is_exported = |version: &str| fields.contains(&format!("@{version}#"));
    let (version, contract) = CONTRACTS.into_iter().find(|(version, _)| is_exported(version)).unwrap();
    resolve.push_source("plugin.wit", contract).unwrap();
    let guest = resolve.push_source("guest.wit", &world(fields, version)).unwrap();
    let world = resolve.select_world(&[guest], None).unwrap();
    let strings = if fields.contains(UTF16) { StringEncoding::UTF16 } else { StringEncoding::UTF8 };
    wit_component::embed_component_metadata(&mut module, &resolve, world, strings).unwrap();
    let encoded = ComponentEncoder::default().validate(true).module(&module).unwrap().encode();
    encoded.unwrap_or_else(|error| panic!("{error:#}"))
}

/// Adds to a component who it says that it is.
pub(crate) fn with_name(component: &[u8], name: &str) -> Vec<u8> {
    let mut identity = AddMetadata::default();
    identity.name = AddMetadataField::Set(name.to_owned());
    identity.version = AddMetadataField::Set(Version::new("1.0.0".to_owned()));
    identity.to_wasm(component).unwrap()
}

/// A world that exports the roles of a module.
fn world(fields: &str, version: &str) -> String {
    let roles = ["detector", "feed", "scheme"].map(|role| format!("limpid:plugin/{role}@{version}"));
    let exported = roles.iter().filter(|role| fields.contains(&format!("\"{role}#")));
    let exports: String = exported.map(|role| format!("export {role};")).collect();
    assert!(!exports.is_empty(), "the module exports no function of a role");
    format!(
        "package test:guest;
         world guest {{
             import limpid:plugin/layer@{version}; import limpid:plugin/intake@{version}; {exports}
         }}"
    )
}
