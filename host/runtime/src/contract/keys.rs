//! What `keys` returns.

use limpid_model::Keys;
use wasmtime::component::{WasmList, WasmStr};
use wasmtime::{Result, bail};

use super::packed::Pack;
use crate::convert::shorten;
use crate::failure::Stop;

/// Longest key, in bytes: room for a scheme to write several bytes for each of a version.
const KEY_BYTES: usize = 64 << 10;

impl Pack for Keys {
    type Declared = Vec<Result<Vec<u8>, String>>;
    type Element = Result<WasmList<u8>, WasmStr>;

    fn declared(list: Self::Declared) -> Result<Self> {
        let mut keys = Self::with_capacity(list.len());
        for answer in &list {
            push(&mut keys, answer.as_deref().map_err(String::as_str))?;
        }
        Ok(keys)
    }

    fn pack<'m>(count: usize, elements: impl Iterator<Item = Result<(u8, &'m [u8])>>) -> Result<Self> {
        let mut keys = Self::with_capacity(count);
        for element in elements {
            match element? {
                (0, key) => push(&mut keys, Ok(key))?,
                (1, why) => push(&mut keys, Err(std::str::from_utf8(why)?))?,
                _ => bail!("unexpected discriminant"),
            }
        }
        Ok(keys)
    }
}

fn push(keys: &mut Keys, answer: Result<&[u8], &str>) -> Result<()> {
    match answer {
        Ok(key) if key.len() > KEY_BYTES => {
            let message = format!("gave a key of {} bytes, over the limit of {KEY_BYTES}", key.len());
            return Err(Stop::Contract(message).into());
        }
        Ok(key) => keys.push(Ok(key)),
        Err(why) => keys.push(Err(&shorten(why.to_owned()))),
    }
    Ok(())
}
