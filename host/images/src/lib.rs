//! Where images come from.
//!
//! This crate owns how images are found and named where they are kept: archives of `docker save`, OCI
//! image layouts as tars and directories; their manifests and configurations, which it verifies, and
//! where the bytes of each layer are. What a layer means is `limpid_layers`'. Whoever indexes images
//! knows an [`ImageSource`] and not where it leads: a source may be far away and slow, so it is asked
//! for a layer only where that is not known, by several threads at a time, can be stopped, and its
//! errors say whose fault they are ([`Error::fault`]).
//!
//! ```no_run
//! use std::path::Path;
//!
//! use limpid_images::{Archive, ImageSource, stored};
//! use limpid_bytes::Stop;
//! use limpid_layers::{ClaimSet, ClaimedFile, Limits, Sink, read_layer};
//! use limpid_model::{Claim, Grouping, Pattern};
//!
//! struct Print;
//!
//! impl Sink for Print {
//!     fn alone(&mut self, _claimant: usize, batch: Vec<ClaimedFile>) {
//!         for file in batch {
//!             println!("{} has {} bytes", file.path(), file.size());
//!         }
//!     }
//!
//!     fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
//!         self.alone(claimant, files);
//!     }
//! }
//!
//! fn main() -> Result<(), limpid_images::Error> {
//!     let (limits, scratch, stop) = (Limits::default(), Path::new("/var/tmp"), Stop::default());
//!     let pattern = Pattern::Path("etc/os-release".to_owned());
//!     let claims = [Claim::new(pattern, Grouping::Alone)];
//!     let claims = ClaimSet::new([claims.as_slice()].into_iter())?;
//!     let archive = Archive::open(Path::new("image.tar"), scratch, &limits)?;
//!     for found in archive.images(&stop)? {
//!         for layer in &found.layers {
//!             let layer = stored(&archive, layer, scratch, &stop)?;
//!             let contents = read_layer(&layer, &claims, scratch, &limits, &mut Print)?;
//!             println!("{} entries", contents.entries.last.len());
//!         }
//!     }
//!     Ok(())
//! }
//! ```

mod addressed;
mod archive;
mod attached;
mod bill;
mod choice;
mod content;
mod daemon;
mod directory;
mod document;
mod error;
mod manifest;
mod media_type;
mod name;
mod registry;
mod source;

pub use addressed::{AddressedImage, KnownLayer};
pub use archive::{Archive, ArrivingLayer, arriving};
pub use attached::{AttachedIdentity, AttachedSettings, Attaching, Belief, FoundAttachment, KeysError};
pub use bill::{is_bill, pack_bill};
pub use choice::{Choice, Chosen};
pub use content::{Content, read_stored, stored};
pub use daemon::{Daemon, DaemonImage, DaemonSettings, Environment};
pub use directory::pack_directory;
pub use error::{Error, Fault};
pub use name::{DaemonKind, Form, NoSource, Place, SourceName, Tried};
pub use registry::RegistryImages;
pub use source::{FoundImage, FoundLayer, ImageSource, Location};
