//! Layers: reads, verifies, inflates and walks them.
//!
//! This crate owns what the tar of a layer means for a file system: paths, whiteouts, links, which
//! layer hides what. It verifies a layer's digests, and bounds all that it does by [`Limits`], because
//! every byte is foreign. It shows files to those who claimed them by path or first bytes, and knows
//! nothing of who they are: no plugin, no package manager, no store; nor of where a layer comes from
//! (`limpid_images`) and how its bytes are stored (`limpid_bytes`). Nothing of a layer is written under
//! a name that the layer chose.

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
mod wish;

pub use claims::{ClaimSet, Want};
pub use error::Error;
pub use files::ClaimedFile;
pub use kinds::{FilesOfKind, Kind, Kinds, Rule};
pub use layer::{
    Ignored, LayerContents, Sink, StoredLayer, Superseded, compression, read_layer, read_unnamed,
};
pub use limits::Limits;
pub use links::{LinkedContents, LinkedFile, Links, Unfollowed, hidden, links, read_linked};
pub use overlay::Overlay;
pub use wish::{Looking, Need, Wish};
