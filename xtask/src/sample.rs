//! Images and advisories made on the spot, byte for byte the same each time.

pub mod advisories;
mod alpine;
pub mod bombs;
mod debian;
mod image;
mod layer;
pub mod shop;

pub use alpine::alpine;
pub use debian::debian;
pub use image::{Compression, Image};
pub use layer::Layer;
