use wasmparser::{ComponentName, CustomSectionReader, Encoding, KnownCustom, Parser, Payload};

use crate::LoadError;

/// Longest value that is taken from a component's metadata, in bytes.
const VALUE_BYTES: usize = 4096;
const NAME_BYTES: usize = 64;
const VERSION_BYTES: usize = 64;

/// What a component says of itself in custom sections, the same that `wasm-tools metadata show`
/// prints: see
/// [registry metadata](https://github.com/bytecodealliance/wasm-tools/tree/main/crates/wasm-metadata).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// What it is for.
    pub description: Option<String>,
    /// SPDX expression.
    pub licenses: Option<String>,
    /// Who wrote it.
    pub authors: Option<String>,
    /// Address of its source code.
    pub source: Option<String>,
    /// Address to read more at.
    pub homepage: Option<String>,
    /// What its source control calls this state of it.
    pub revision: Option<String>,
}

/// Who a component says that it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) metadata: Metadata,
}

/// Reads the metadata of the component itself, not that of the modules in it. Runs nothing.
pub(crate) fn read(component: &[u8]) -> Result<Identity, LoadError> {
    let sections = sections(component).map_err(|error| LoadError::Invalid(error.to_string()))?;
    let name = sections.name.ok_or(LoadError::Anonymous("name"))?;
    let version = sections.version.ok_or(LoadError::Anonymous("version"))?;
    if !is_name(&name) {
        let expected = "1 to 64 of the characters a-z, 0-9 and -";
        return Err(identity("name", &name, expected));
    }
    if !is_version(&version) {
        return Err(identity("version", &version, "1 to 64 printable characters without spaces"));
    }
    Ok(Identity { name, version, metadata: sections.metadata })
}

/// Names stand in addresses, file names and configuration.
fn is_name(name: &str) -> bool {
    (1..=NAME_BYTES).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_version(version: &str) -> bool {
    (1..=VERSION_BYTES).contains(&version.len()) && version.bytes().all(|byte| byte.is_ascii_graphic())
}

fn identity(field: &'static str, value: &str, expected: &'static str) -> LoadError {
    LoadError::Identity { field, value: value.chars().take(NAME_BYTES).collect(), expected }
}

#[derive(Default)]
struct Sections {
    name: Option<String>,
    version: Option<String>,
    metadata: Metadata,
}

fn sections(component: &[u8]) -> wasmparser::Result<Sections> {
    let mut found = Sections::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 => found.take(&section),
            _ => {}
        }
    }
    Ok(found)
}

impl Sections {
    /// Custom sections cannot make a component invalid; one that cannot be read is none.
    fn take(&mut self, section: &CustomSectionReader<'_>) {
        if let KnownCustom::ComponentName(names) = section.as_known() {
            let name = names.into_iter().find_map(|name| match name {
                Ok(ComponentName::Component { name, .. }) => Some(name.to_owned()),
                _ => None,
            });
            self.name = name.or_else(|| self.name.take());
            return;
        }
        let slot = match section.name() {
            "version" => &mut self.version,
            "description" => &mut self.metadata.description,
            "licenses" => &mut self.metadata.licenses,
            "authors" => &mut self.metadata.authors,
            "source" => &mut self.metadata.source,
            "homepage" => &mut self.metadata.homepage,
            "revision" => &mut self.metadata.revision,
            _ => return,
        };
        let value = section.data();
        if value.len() <= VALUE_BYTES {
            *slot = std::str::from_utf8(value).ok().map(str::to_owned);
        }
    }
}

/// What some bytes are, by their first eight:
/// [preamble of a component](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md#component-definitions).
pub(crate) fn encoding(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [b'\0', b'a', b's', b'm', _, _, 0, 0, ..] => Some(Encoding::Module),
        [b'\0', b'a', b's', b'm', _, _, 1, 0, ..] => Some(Encoding::Component),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cannot_stand_in_an_address_are_refused() {
        let check = |name: &str, expected: bool| assert_eq!(is_name(name), expected, "{name}");
        check("os-release", true);
        check("apk", true);
        check("", false);
        check("Apk", false);
        check("a/b", false);
        check("..", false);
        check(&"a".repeat(65), false);
    }

    #[test]
    fn metadata_of_a_module_inside_is_not_that_of_the_component() {
        let component = wat::parse_str(
            r#"(component $outer
                (@custom "version" "1.2.3")
                (@custom "description" "of the outer one")
                (core module $inner (@custom "version" "9.9.9"))
            )"#,
        )
        .unwrap();
        let identity = read(&component).unwrap();
        assert_eq!(identity.name, "outer");
        assert_eq!(identity.version, "1.2.3");
        assert_eq!(identity.metadata.description.as_deref(), Some("of the outer one"));
    }
}
