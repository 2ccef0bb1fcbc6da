//! What `detect` returns, as the contract declares it, but for what would cost most to take over: the
//! paths that packages own are lifted into one piece of memory, and not into a string each. That made
//! a third of what a call of the detector `dpkg` takes.

use limpid_model::Paths;
use wasmtime::component::__internal::wasmtime_environ::component::StringEncoding;
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext};
use wasmtime::component::{ComponentType, Lift, WasmList, WasmStr};
use wasmtime::{Result, ValRaw, bail};

use super::memory::{STRING, part, parts};
use super::types;

/// `detector.report`
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Finding>,
    pub(crate) unread: Vec<(String, types::Error)>,
}

/// `detector.finding`
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) member: Option<String>,
    pub(crate) fact: Fact,
}

/// `detector.fact`
#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum Fact {
    #[component(name = "distribution")]
    Distribution(types::Distribution),
    #[component(name = "package")]
    Package(types::Package),
    #[component(name = "ownership")]
    Ownership(Ownership),
    #[component(name = "property")]
    Property((String, String)),
}

/// `detector.ownership`
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct Ownership {
    pub(crate) package: String,
    pub(crate) paths: PackedPaths,
}

/// A `list<string>`.
pub(crate) struct PackedPaths(pub(crate) Paths);

impl PackedPaths {
    /// Lifts a list of which memory says where it begins, and how many elements it has.
    fn lift(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        if cx.options().string_encoding != StringEncoding::Utf8 {
            let strings = Vec::<String>::linear_lift_from_memory(cx, ty, bytes)?;
            return Ok(Self(strings.iter().collect()));
        }
        // Holds place and length against the memory, and takes the list off what may be returned.
        WasmList::<WasmStr>::linear_lift_from_memory(cx, ty, bytes)?;
        let memory = cx.memory();
        let [place, count] = parts(bytes)?;
        let strings = memory.get(place..).and_then(|memory| memory.get(..count.checked_mul(STRING)?));
        let (mut text, mut ends) = (Vec::new(), Vec::with_capacity(count));
        for string in strings.unwrap_or_default().chunks_exact(STRING) {
            let path = part(memory, string)?;
            cx.consume_fuel(path.len())?;
            text.extend_from_slice(path);
            ends.push(text.len());
        }
        let Some(paths) = Paths::from_parts(String::from_utf8(text)?, ends) else {
            bail!("a path is not UTF-8");
        };
        Ok(Self(paths))
    }
}

// SAFETY: all that is said of its form is what is said of the form of a list of strings, which the
// component is held to have in its place.
#[allow(unsafe_code, reason = "the engine has no safe way to lift a list into something else than a `Vec`")]
unsafe impl ComponentType for PackedPaths {
    type Lower = <Vec<String> as ComponentType>::Lower;
    const ABI: CanonicalAbiInfo = <Vec<String> as ComponentType>::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        <Vec<String> as ComponentType>::typecheck(ty, types)
    }
}

// SAFETY: `typecheck` is overridden, and nothing outside of the plugin's memory is looked at.
#[allow(unsafe_code, reason = "as above")]
unsafe impl Lift for PackedPaths {
    fn linear_lift_from_flat(
        cx: &mut LiftContext<'_>,
        ty: InterfaceType,
        flat: &Self::Lower,
    ) -> Result<Self> {
        let bytes: Vec<u8> = flat.iter().flat_map(|value: &ValRaw| value.get_u32().to_le_bytes()).collect();
        Self::lift(cx, ty, &bytes)
    }

    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        Self::lift(cx, ty, bytes)
    }
}
