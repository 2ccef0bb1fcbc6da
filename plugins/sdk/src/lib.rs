//! What authors of Limpid plugins use.
//!
//! A plugin is a WebAssembly component with one or more of three roles. Each is a trait here, and a
//! macro that exports a type which implements it:
//!
//! | Role | Trait | Macro | It |
//! |---|---|---|---|
//! | detector | [`detector::Detector`] | [`export_detector!`] | finds what is installed in a layer |
//! | feed | [`feed::Feed`] | [`export_feed!`] | reads what a publisher of advisories publishes |
//! | scheme | [`scheme::Scheme`] | [`export_scheme!`] | orders the versions of one kind |
//!
//! A plugin is a function of its input: it has no files, no clock, no network and no randomness, and
//! nothing of it survives a call. Its bytes are hostile until it has read them: what it cannot read
//! is an [`Error`] or an `unread` entry, never a panic, which would cost all that the call found. Where it
//! panics all the same, the message and the line reach the author and the operator, and [`log`] takes whatever
//! else it has to tell them.
//!
//! It brings an allocator that is made for plugins. Feature `allocator`, which is on by default, leaves it out where
//! it is off: for a plugin that has one of its own.
//!
//! This crate owns what the contract `limpid:plugin` looks like to Rust. It must not know any
//! ecosystem. All of it also runs natively, where the macros export nothing: a plugin's parser is
//! tested without WebAssembly, on [`detector::File::in_memory`] and the types in [`testing`].
//!
//! A detector for an ecosystem whose packages leave a `NAME-VERSION.pin` file:
//!
//! ```
//! use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
//! use limpid_plugin_sdk::{Error, Purl, export_detector};
//!
//! struct Pins;
//!
//! impl Detector for Pins {
//!     fn claims() -> Vec<Claim> {
//!         vec![Claim::alone("opt/pins/*.pin")]
//!     }
//!
//!     fn detect(files: &[File]) -> Result<Report, Error> {
//!         Ok(Report::of_each(files, |file, report| {
//!             let stem = file.path().trim_start_matches("opt/pins/").trim_end_matches(".pin");
//!             let (name, version) =
//!                 stem.rsplit_once('-').ok_or_else(|| Error::malformed("no version in the file's name"))?;
//!             let package = Package::new(name, version, "semver")
//!                 .namespace("pins")
//!                 .purl(Purl::new("generic", name).version(version));
//!             report.found(file.path(), package);
//!             Ok(())
//!         }))
//!     }
//! }
//!
//! export_detector!(Pins);
//!
//! let report = Pins::detect(&[File::in_memory("opt/pins/left-1.0.pin", "")]).unwrap();
//! assert_eq!(report.packages().next().map(|package| package.version.as_str()), Some("1.0"));
//! ```

#[doc(hidden)]
pub mod bindings;
mod chunks;
pub mod detector;
mod error;
pub mod feed;
pub mod log;
#[cfg(all(target_family = "wasm", feature = "allocator"))]
mod memory;
pub mod scheme;
pub mod testing;
pub mod text;

pub use error::Error;
pub use limpid_purl::{Invalid, Purl};
