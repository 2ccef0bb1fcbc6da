//! What `detect` returns, as the contract declares it, but for what would cost most to take over: the
//! paths that packages own are lifted into one piece of memory, and not into a string each. That made
//! a third of what a call of the detector `dpkg` takes.

use limpid_model::Paths;
use wasmtime::component::{ComponentType, Lift, WasmStr};
use wasmtime::{Result, bail};

use super::packed::{Pack, Packed};
use super::types;
pub(crate) use super::types::Package;

/// `detector.report`, with packages as one version of the contract has them.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Report<P> {
    pub(crate) findings: Vec<Finding<P>>,
    pub(crate) unread: Vec<(String, types::Error)>,
}

/// `types.finding`
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Finding<P> {
    pub(crate) path: String,
    pub(crate) member: Option<String>,
    pub(crate) fact: Fact<P>,
}

/// `types.fact`
#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Fact<P> {
    #[component(name = "distribution")]
    Distribution(types::Distribution),
    #[component(name = "package")]
    Package(P),
    #[component(name = "ownership")]
    Ownership(Ownership),
    #[component(name = "property")]
    Property((String, String)),
}

/// `types.ownership`
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Ownership {
    pub(crate) package: String,
    pub(crate) paths: Packed<Paths>,
}

/// A part of what a detector found comes as it is declared: only what is too large for one answer does.
impl From<types::Finding> for Finding<Package> {
    fn from(finding: types::Finding) -> Self {
        let fact = match finding.fact {
            types::Fact::Distribution(distribution) => Fact::Distribution(distribution),
            types::Fact::Package(package) => Fact::Package(package),
            types::Fact::Ownership(types::Ownership { package, paths }) => {
                Fact::Ownership(Ownership { package, paths: Packed(paths.iter().collect()) })
            }
            types::Fact::Property(property) => Fact::Property(property),
        };
        Self { path: finding.path, member: finding.member, fact }
    }
}

impl Pack for Paths {
    type Declared = Vec<String>;
    type Element = WasmStr;

    fn declared(list: Self::Declared) -> Result<Self> {
        Ok(list.iter().collect())
    }

    fn pack<'m>(count: usize, elements: impl Iterator<Item = Result<(u8, &'m [u8])>>) -> Result<Self> {
        let (mut text, mut ends) = (Vec::new(), Vec::with_capacity(count));
        for element in elements {
            let (_, path) = element?;
            text.extend_from_slice(path);
            ends.push(text.len());
        }
        let Some(paths) = Self::from_parts(String::from_utf8(text)?, ends) else {
            bail!("a path is not UTF-8");
        };
        Ok(paths)
    }
}
