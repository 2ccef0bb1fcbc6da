//! Makes a plugin of a crate: `cargo xtask build-plugins` and `limpid plugin build` do it by the
//! same code.
//!
//! This crate owns which compiler builds plugins, how a core module becomes a component, and how a
//! component says who it is. It runs no plugin, and knows no other crate of the workspace: the tasks
//! of the workspace, which must build where nothing else is there yet, depend on it.
//!
//! ```no_run
//! use limpid_pack::{Identity, TARGET, Toolchain, encode};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let toolchain = Toolchain::find()?;
//! toolchain.build().arg("--release").status()?;
//! let module = std::fs::read(format!("target/{TARGET}/release/pins.wasm"))?;
//! let identity = Identity { name: "pins".into(), version: "0.1.0".into(), ..Identity::default() };
//! std::fs::write("pins.wasm", encode(&module, &identity)?)?;
//! # Ok(())
//! # }
//! ```

mod component;
mod error;
mod identity;
mod program;
mod toolchain;

pub use component::{encode, identify};
pub use error::Error;
pub use identity::{Identity, check_name};
pub use program::{command, find};
pub use toolchain::{DEBIAN_PACKAGES, TARGET, Toolchain};
