use std::marker::PhantomData;

use super::Scheme;
use crate::bindings::{builds_role, scheme_role as role};
use crate::log;

/// A [`Scheme`] as the contract wants it; what [`export_scheme!`](crate::export_scheme) exports.
#[doc(hidden)]
pub struct Exported<T>(PhantomData<T>);

impl<T: Scheme + 'static> role::Guest for Exported<T> {
    fn name() -> String {
        T::NAME.to_owned()
    }

    fn keys(versions: Vec<String>) -> Vec<Result<Vec<u8>, String>> {
        each(versions, T::key)
    }
}

impl<T: Scheme + 'static> builds_role::Guest for Exported<T> {
    fn ceilings(versions: Vec<String>) -> Vec<Result<Vec<u8>, String>> {
        each(versions, T::ceiling)
    }
}

fn each(
    versions: Vec<String>,
    key: impl Fn(&str) -> Result<Vec<u8>, String>,
) -> Vec<Result<Vec<u8>, String>> {
    log::report_panics();
    let keys = versions.iter().map(|version| key(version)).collect();
    // The instance ends with this call, and all its memory with it: nothing is to be given back.
    std::mem::forget(versions);
    keys
}
