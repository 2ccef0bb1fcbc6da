//! What is where: which layers hold which packages, and which images have these layers in which
//! context. An advisory that changes is compared with this, and names images without a look at
//! any of them.
//!
//! Rows grow with layers and their packages, and with images and their layers, but never with images
//! times packages: an image says of each layer only in which *context* it lies. A context is all that
//! an image adds to what a layer states: its distribution, its properties, and which files of the
//! layer are hidden by later layers. Images of one build line put a layer into the same context, so
//! that a layer has few of them, and what is true in a context is true of all images in it.

mod affected;
mod candidates;
mod contexts;
mod forget;
mod layer;
mod pages;
mod rows;

pub(crate) use affected::{Affected, Context, Judge, KnownContexts, Vulnerability, affected};
pub(crate) use candidates::Candidates;
pub(crate) use contexts::{
    Placed, by_image, forget_all, forget_empty, hidden_of, images_of, images_with, place, unplace,
};
pub(crate) use forget::forget_layer;
pub(crate) use layer::{forget_findings, inventory_of, put_findings};
pub(crate) use pages::{Admission, Asked, Holder, page};
pub use pages::{NoPosition, Position};
pub(crate) use rows::{Go, Part, Rows, stretch};
