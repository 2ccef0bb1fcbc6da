//! The contract `limpid:plugin`, and whether a component keeps to it.

use limpid_model::Role;
use wasmparser::{Parser, Payload};
use wasmtime::Engine;
use wasmtime::component::{Component, ComponentExportIndex, HasSelf, Linker};

use crate::LoadError;
use crate::call::State;

/// The versions of the contract that this host serves, newest first.
const VERSIONS: [Version; 2] = [Version::V0_2, Version::V0_1];

/// The same as text, for errors.
pub(crate) const SERVED: &str = "0.2.0 and 0.1.0";

/// A version of the contract that this host serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V0_1,
    V0_2,
}

impl Version {
    const fn as_str(self) -> &'static str {
        match self {
            Self::V0_1 => "0.1.0",
            Self::V0_2 => "0.2.0",
        }
    }

    fn of(text: &str) -> Option<Self> {
        VERSIONS.into_iter().find(|version| version.as_str() == text)
    }
}

/// Begins the name of every interface of the contract, whatever its version.
const PACKAGE: &str = "limpid:plugin/";

/// What plugins may import. `types` holds no functions, yet components name it.
const IMPORTS: [&str; 4] = ["types", "log", "layer", "intake"];

/// What plugins may export, and the role that it gives them.
const EXPORTS: [(&str, Role); 3] =
    [("detector", Role::Detector), ("feed", Role::Feed), ("scheme", Role::Scheme)];

/// What a plugin may export beside the role that needs it: another answer to what it is asked.
const BESIDE: [(&str, Role); 2] = [("builds", Role::Scheme), ("upgrades", Role::Detector)];

/// Generated from the contract in its newest version; what it declares is documented there.
#[allow(missing_docs, unreachable_pub, unsafe_code, clippy::all, reason = "generated code")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/plugin.wit",
        world: "host",
        with: {
            "limpid:plugin/layer.file": crate::handles::ShownFile,
            "limpid:plugin/layer.view": crate::handles::View,
            "limpid:plugin/intake.document": crate::handles::OpenDocument,
            "limpid:plugin/intake.documents": crate::handles::Stream,
            "limpid:plugin/intake.sink": crate::handles::Drain,
        },
        imports: { default: trappable },
        ownership: Borrowing { duplicate_if_necessary: false },
    });
}

mod keys;
mod packed;
mod report;
mod v0_1;

pub(crate) use bindings::exports::limpid::plugin::{detector, upgrades};
pub(crate) use bindings::limpid::plugin::{intake, layer, log, types};
pub(crate) use packed::Packed;
#[cfg(test)]
pub(crate) use report::Ownership;
pub(crate) use report::{Fact, Finding, Package, Report};
pub(crate) use v0_1::{Claim as ClaimOfV0_1, types::Package as PackageOfV0_1};

/// Everything that plugins may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    bindings::Host_::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    v0_1::add_to_linker(&mut linker)?;
    Ok(linker)
}

/// Functions of one interface that a component exports, in the newest version in which it does.
pub(crate) struct Exported<'c> {
    component: &'c Component,
    name: String,
    index: ComponentExportIndex,
    pub(crate) version: Version,
}

impl<'c> Exported<'c> {
    /// None where the component does not export the interface.
    pub(crate) fn of(component: &'c Component, interface: &str) -> Option<Self> {
        VERSIONS.into_iter().find_map(|version| {
            let name = format!("{PACKAGE}{interface}@{}", version.as_str());
            let index = component.get_export_index(None, &name)?;
            Some(Self { component, name, index, version })
        })
    }

    /// The same, of an interface that it must export.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn required(component: &'c Component, interface: &str) -> Result<Self, LoadError> {
        let missing = || LoadError::Misfit(format!("exports no `{PACKAGE}{interface}`"));
        Self::of(component, interface).ok_or_else(missing)
    }

    /// Where it exports a function.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn function(&self, function: &str) -> Result<ComponentExportIndex, LoadError> {
        let found = self.component.get_export_index(Some(&self.index), function);
        found.ok_or_else(|| LoadError::Misfit(format!("exports no `{function}` in `{}`", self.name)))
    }
}

/// What a component takes and gives, compared with the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Surface {
    /// By what it exports; at least one.
    pub(crate) roles: Vec<Role>,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

/// What a component imports and exports. Runs none of it.
///
/// # Errors
/// The first import that plugins are not given, or export that this host does not serve.
pub(crate) fn surface(engine: &Engine, component: &Component) -> Result<Surface, LoadError> {
    let component = component.component_type();
    let mut surface = Surface::default();
    for (import, _) in component.imports(engine) {
        check_import(import)?;
        surface.imports.push(import.to_owned());
    }
    let mut beside = Vec::new();
    for (export, _) in component.exports(engine) {
        match given_by(export)? {
            Some(Given::Role(role)) => surface.roles.push(role),
            Some(Given::Beside(role)) => beside.push((export, role)),
            None => {}
        }
        surface.exports.push(export.to_owned());
    }
    if surface.roles.is_empty() {
        return Err(LoadError::NoRole { served: SERVED });
    }
    if let Some((export, role)) = beside.into_iter().find(|(_, role)| !surface.roles.contains(role)) {
        let role = role.as_str();
        return Err(LoadError::Misfit(format!("exports `{export}`, and is no {role}")));
    }
    surface.roles.sort_unstable();
    Ok(surface)
}

/// The roles of a component by the names of what it exports, without compiling it. One that is none of ours, or
/// damaged, has none.
pub(crate) fn roles(component: &[u8]) -> Vec<Role> {
    let mut roles = Vec::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload {
            Ok(Payload::ModuleSection { .. } | Payload::ComponentSection { .. }) => depth += 1,
            Ok(Payload::End(_)) => depth = depth.saturating_sub(1),
            Ok(Payload::ComponentExportSection(exports)) if depth == 0 => {
                let names = exports.into_iter().flatten().map(|export| export.name.name);
                roles.extend(names.filter_map(|name| match given_by(name) {
                    Ok(Some(Given::Role(role))) => Some(role),
                    _ => None,
                }));
            }
            Ok(_) => {}
            Err(_) => return Vec::new(),
        }
    }
    roles
}

fn check_import(import: &str) -> Result<(), LoadError> {
    let foreign = || LoadError::Import { import: import.to_owned(), served: SERVED };
    let (interface, version) = interface_of(import).ok_or_else(foreign)?;
    if Version::of(version).is_none() {
        return Err(other_version(import));
    }
    if IMPORTS.contains(&interface) { Ok(()) } else { Err(foreign()) }
}

/// What an export gives a plugin.
enum Given {
    Role(Role),
    /// More to ask of a plugin that has the role.
    Beside(Role),
}

/// What an export gives; nothing for exports that are not of the contract, which nobody calls.
fn given_by(export: &str) -> Result<Option<Given>, LoadError> {
    let Some((interface, version)) = interface_of(export) else { return Ok(None) };
    let among =
        |known: &[(&str, Role)]| known.iter().find(|(name, _)| *name == interface).map(|(_, role)| *role);
    let given = among(&EXPORTS).map(Given::Role).or_else(|| among(&BESIDE).map(Given::Beside));
    match given {
        Some(given) if Version::of(version).is_some() => Ok(Some(given)),
        _ => Err(other_version(export)),
    }
}

/// Splits `limpid:plugin/detector@0.1.0` into `detector` and `0.1.0`.
fn interface_of(name: &str) -> Option<(&str, &str)> {
    let name = name.strip_prefix(PACKAGE)?;
    Some(name.split_once('@').unwrap_or((name, "")))
}

fn other_version(interface: &str) -> LoadError {
    LoadError::Version { interface: interface.to_owned(), served: SERVED }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_served_versions_are_those_of_the_contract_files() {
        let files = [include_str!("../../../wit/plugin.wit"), include_str!("../../../wit/earlier/0.1.0.wit")];
        for (contract, version) in files.into_iter().zip(VERSIONS) {
            assert!(contract.starts_with(&format!("package limpid:plugin@{};", version.as_str())));
        }
        assert_eq!(VERSIONS.map(Version::as_str).join(" and "), SERVED);
    }

    #[test]
    fn only_served_versions_of_the_contract_may_be_imported() {
        let check = |import: &str, expected: &str| {
            let text = check_import(import).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(text.starts_with(expected), "{import}: {text}");
            assert_eq!(text.is_empty(), expected.is_empty(), "{import}: {text}");
        };
        check("limpid:plugin/types@0.1.0", "");
        check("limpid:plugin/layer@0.1.0", "");
        check("limpid:plugin/intake@0.1.0", "");
        check("limpid:plugin/intake@0.2.0", "");
        check(
            "limpid:plugin/layer@0.3.0",
            "uses `limpid:plugin/layer@0.3.0`; this host serves versions 0.2.0 and 0.1.0",
        );
        check("limpid:plugin/layer", "uses `limpid:plugin/layer`");
        check("limpid:plugin/detector@0.1.0", "imports `limpid:plugin/detector@0.1.0`, which is not part");
        check("wasi:cli/environment@0.2.0", "imports `wasi:cli/environment@0.2.0`, which is not part");
        check("limpid:plugins/layer@0.1.0", "imports `limpid:plugins/layer@0.1.0`");
        check("", "imports ``");
    }
}
