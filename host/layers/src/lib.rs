//! Image archives and layers: reads, verifies, inflates and walks them.
//!
//! This crate owns what bytes an image archive holds and what they mean for a file system: archives
//! of `docker save`, OCI image layouts as tars and directories, layers plain or compressed by gzip
//! or zstd, their tars in every form, whiteouts. It verifies whatever has a digest, and bounds all
//! that it does by [`Limits`], because every byte is foreign. It shows files to those who claimed
//! them by path or first bytes, and knows nothing of who they are: no plugin, no package manager,
//! no store. Nothing of a layer is written under a name that the layer chose.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use limpid_layers::{Archive, ClaimSet, ClaimedFile, Error, Limits, Sink, read_layer};
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
//! fn main() -> Result<(), Error> {
//!     let (limits, scratch) = (Limits::default(), Path::new("/var/tmp"));
//!     let pattern = Pattern::Path("etc/os-release".to_owned());
//!     let claims = [Claim { pattern, grouping: Grouping::Alone }];
//!     let claims = ClaimSet::new([claims.as_slice()].into_iter())?;
//!     let archive = Archive::open(Path::new("image.tar"), scratch, &limits)?;
//!     for source in archive.images()? {
//!         for layer in &source.layers {
//!             let contents = read_layer(&archive, layer, &claims, scratch, &limits, &mut Print)?;
//!             println!("{} entries", contents.entries.last.len());
//!         }
//!     }
//!     Ok(())
//! }
//! ```

mod archive;
mod claims;
mod error;
mod files;
mod kinds;
mod layer;
mod limits;
mod links;
mod overlay;
mod path;
mod reach;
#[cfg(test)]
mod test_support;
mod tree;

pub use archive::{Archive, ImageSource, LayerSource};
pub use claims::ClaimSet;
pub use error::Error;
pub use files::ClaimedFile;
pub use kinds::{FilesOfKind, Kind, Kinds, Rule};
pub use layer::{Ignored, LayerContents, Sink, Superseded, read_layer};
pub use limits::Limits;
pub use links::{Hidden, LinkedContents, LinkedFile, Links, Unfollowed, hidden, links, read_linked};
pub use overlay::Overlay;
