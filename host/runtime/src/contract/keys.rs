//! What `keys` returns, as the contract declares it, but lifted into one piece of memory, and not into an
//! allocation for each version.

use limpid_model::Keys;
use wasmtime::component::__internal::wasmtime_environ::component::StringEncoding;
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext};
use wasmtime::component::{ComponentType, Lift, WasmList, WasmStr};
use wasmtime::{Result, ValRaw, bail};

use super::memory::{part, parts};
use crate::convert::shorten;
use crate::failure::Stop;

/// Longest key, in bytes: room for a scheme to write several bytes for each of a version.
const KEY_BYTES: usize = 64 << 10;

/// A `list<result<list<u8>, string>>`.
pub(crate) struct PackedKeys(pub(crate) Keys);

type Declared = Vec<Result<Vec<u8>, String>>;
type Seen = WasmList<Result<WasmList<u8>, WasmStr>>;

/// Size of an answer in a list, in bytes: which of both it is, at the place of a word, and where its bytes are.
const ANSWER: usize = 12;

impl PackedKeys {
    /// Lifts a list of which memory says where it begins, and how many elements it has.
    fn lift(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        let mut keys = Self(Keys::default());
        if cx.options().string_encoding != StringEncoding::Utf8 {
            for answer in Declared::linear_lift_from_memory(cx, ty, bytes)? {
                match answer {
                    Ok(key) => keys.key(&key)?,
                    Err(why) => keys.none(why),
                }
            }
            return Ok(keys);
        }
        // Holds place and length against the memory, and takes the list off what may be returned.
        Seen::linear_lift_from_memory(cx, ty, bytes)?;
        let memory = cx.memory();
        let [place, count] = parts(bytes)?;
        let answers = memory.get(place..).and_then(|memory| memory.get(..count.checked_mul(ANSWER)?));
        keys.0 = Keys::with_capacity(count);
        for answer in answers.unwrap_or_default().chunks_exact(ANSWER) {
            let bytes = part(memory, answer)?;
            cx.consume_fuel(bytes.len())?;
            match answer.first() {
                Some(0) => keys.key(bytes)?,
                Some(1) => keys.none(std::str::from_utf8(bytes)?.to_owned()),
                _ => bail!("unexpected discriminant"),
            }
        }
        Ok(keys)
    }

    fn key(&mut self, key: &[u8]) -> Result<()> {
        if key.len() > KEY_BYTES {
            let message = format!("gave a key of {} bytes, over the limit of {KEY_BYTES}", key.len());
            return Err(Stop::Contract(message).into());
        }
        self.0.push(Ok(key));
        Ok(())
    }

    fn none(&mut self, why: String) {
        self.0.push(Err(&shorten(why)));
    }
}

// SAFETY: all that is said of its form is what is said of the form of the list that it stands for, which
// the component is held to have in its place.
#[allow(unsafe_code, reason = "the engine has no safe way to lift a list into something else than a `Vec`")]
unsafe impl ComponentType for PackedKeys {
    type Lower = <Declared as ComponentType>::Lower;
    const ABI: CanonicalAbiInfo = <Declared as ComponentType>::ABI;

    fn typecheck(ty: &InterfaceType, types: &InstanceType<'_>) -> Result<()> {
        <Declared as ComponentType>::typecheck(ty, types)
    }
}

// SAFETY: `typecheck` is overridden, and nothing outside of the plugin's memory is looked at.
#[allow(unsafe_code, reason = "as above")]
unsafe impl Lift for PackedKeys {
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
