//! Lists that are lifted into one piece of memory, and not into an allocation for each of their elements, as
//! what the contract declares would be.
//!
//! In a plugin's memory, a string or a list is where it begins and how long it is, four bytes each
//! ([Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md)).

use wasmtime::component::__internal::wasmtime_environ::component::StringEncoding;
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext};
use wasmtime::component::{ComponentType, Lift, WasmList};
use wasmtime::{Result, ValRaw, bail};

/// Size of where something begins and how long it is, in bytes.
const PLACE: usize = 8;

/// What a list is packed into.
pub(crate) trait Pack: Sized + Send + Sync + 'static {
    /// The list that the contract declares.
    type Declared: Lift + ComponentType<Lower = [ValRaw; 2]>;
    /// An element of it, left where it is. Its last bytes say where the bytes are that it stands for.
    type Element: Lift;

    /// Packs what was lifted as it is declared.
    fn declared(list: Self::Declared) -> Result<Self>;

    /// Packs elements, so many: the first byte of each, and the bytes that it stands for.
    fn pack<'m>(count: usize, elements: impl Iterator<Item = Result<(u8, &'m [u8])>>) -> Result<Self>;
}

/// A list that is packed.
pub(crate) struct Packed<T>(pub(crate) T);

impl<T: Pack> Packed<T> {
    /// Lifts a list of which memory says where it begins, and how many elements it has.
    fn lift(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        if cx.options().string_encoding != StringEncoding::Utf8 {
            return T::declared(T::Declared::linear_lift_from_memory(cx, ty, bytes)?).map(Self);
        }
        // Holds place and length against the memory, and takes the list off what may be returned.
        WasmList::<T::Element>::linear_lift_from_memory(cx, ty, bytes)?;
        let (memory, size) = (cx.memory(), T::Element::SIZE32);
        let [place, count] = place(bytes)?;
        let elements = memory.get(place..).and_then(|memory| memory.get(..count.checked_mul(size)?));
        let elements = elements.unwrap_or_default().chunks_exact(size).map(|element| {
            let part = part(memory, element)?;
            cx.consume_fuel(part.len())?;
            Ok((element.first().copied().unwrap_or_default(), part))
        });
        T::pack(count, elements).map(Self)
    }
}

/// Where something begins and how long it is, of which these are the last bytes.
fn place(bytes: &[u8]) -> Result<[usize; 2]> {
    let words = bytes.last_chunk::<PLACE>().copied().unwrap_or_default();
    let number = |bytes: Option<&[u8; PLACE / 2]>| u32::from_le_bytes(bytes.copied().unwrap_or_default());
    Ok([usize::try_from(number(words.first_chunk()))?, usize::try_from(number(words.last_chunk()))?])
}

/// The bytes of a string, or of a list of bytes.
fn part<'m>(memory: &'m [u8], bytes: &[u8]) -> Result<&'m [u8]> {
    let [place, length] = place(bytes)?;
    match place.checked_add(length).and_then(|end| memory.get(place..end)) {
        Some(part) => Ok(part),
        None => bail!("string pointer/length out of bounds of memory"),
    }
}

// SAFETY: all that is stated of its form is what is stated of the form of the list that it stands for, which
// the component is taken to have in its place.
#[allow(unsafe_code, reason = "the engine has no safe way to lift a list into something else than a `Vec`")]
unsafe impl<T: Pack> ComponentType for Packed<T> {
    type Lower = <T::Declared as ComponentType>::Lower;
    const ABI: CanonicalAbiInfo = <T::Declared as ComponentType>::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        <T::Declared as ComponentType>::typecheck(ty, types)
    }
}

// SAFETY: `typecheck` is overridden, and nothing outside of the plugin's memory is looked at.
#[allow(unsafe_code, reason = "as above")]
unsafe impl<T: Pack> Lift for Packed<T> {
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
