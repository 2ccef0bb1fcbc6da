//! Ordering the versions of one kind.

mod exported;
mod key;

pub use exported::Exported;
pub use key::KeyWriter;

/// Orders the versions of one scheme.
pub trait Scheme {
    /// The scheme's name, as packages and advisories call it: `dpkg`, `rpm`, `semver`.
    const NAME: &'static str;

    /// A key for a version. Keys compare as bytes the way the versions compare in this scheme:
    /// versions that are equal have equal keys, even where their texts differ.
    ///
    /// # Errors
    ///
    /// Why this text is not a version.
    fn key(version: &str) -> Result<Vec<u8>, String>;
}

/// Exports a type that implements [`Scheme`] as this plugin's scheme. It does so only where the
/// target is WebAssembly; elsewhere it checks the type.
#[macro_export]
macro_rules! export_scheme {
    ($type:ty) => {
        const _: () = {
            type Exported = $crate::scheme::Exported<$type>;
            const fn is_scheme<T: $crate::scheme::Scheme>() {}
            is_scheme::<$type>();
            #[cfg(target_arch = "wasm32")]
    $crate::bindings::scheme::export!(Exported with_types_in $crate::bindings::scheme);
        };
    };
}
