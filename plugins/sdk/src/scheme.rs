//! Ordering the versions of one kind.

mod exported;
mod key;

pub use exported::Exported;
pub use key::KeyWriter;

/// Orders the versions of one scheme.
///
/// Versions that are two numbers, of which the second may be missing and is 0 then:
///
/// ```
/// use limpid_plugin_sdk::export_scheme;
/// use limpid_plugin_sdk::scheme::{KeyWriter, Scheme};
///
/// struct Pairs;
///
/// impl Scheme for Pairs {
///     const NAME: &'static str = "pairs";
///
///     fn key(version: &str) -> Result<Vec<u8>, String> {
///         let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
///         for number in [major, minor] {
///             if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
///                 return Err(format!("`{number}` is not a number"));
///             }
///         }
///         let mut key = KeyWriter::default();
///         key.number(major).number(minor);
///         Ok(key.finish())
///     }
/// }
///
/// export_scheme!(Pairs);
///
/// assert!(Pairs::key("1.9") < Pairs::key("1.10"));
/// assert_eq!(Pairs::key("2"), Pairs::key("2.00"));
/// assert!(Pairs::key("2.x").is_err());
/// ```
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

    /// The key of the last build of a version, as publishers mean it: where they say that `2.6.0` is
    /// affected, or the last that is, PEP 440 means `2.6.0+cu121`, too. All versions whose keys are from
    /// the version's own up to this one are that version. It is never less than the key.
    ///
    /// Where a scheme knows no builds, that is the key itself.
    ///
    /// # Errors
    ///
    /// Why this text is not a version.
    fn ceiling(version: &str) -> Result<Vec<u8>, String> {
        Self::key(version)
    }
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
