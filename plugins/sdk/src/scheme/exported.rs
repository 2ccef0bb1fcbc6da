use std::marker::PhantomData;

use super::Scheme;
use crate::bindings::scheme_role as role;

/// A [`Scheme`] as the contract wants it; what [`export_scheme!`](crate::export_scheme) exports.
#[doc(hidden)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Scheme + 'static> role::Guest for Exported<T> {
    fn name() -> String {
        T::NAME.to_owned()
    }

    fn keys(versions: Vec<String>) -> Vec<Result<Vec<u8>, String>> {
        let keys = versions.iter().map(|version| T::key(version)).collect();
        // The instance ends with this call, and all its memory with it: nothing is to be given back.
        std::mem::forget(versions);
        keys
    }
}
