//! The forms in which Limpid shows what it knows.
//!
//! Everything here is a function of the model: [`json`] for programs, which is what the API answers and
//! commands print, [`table`] for people, [`exchange`] for other tools, [`template`]
//! for what users want besides, [`plan`] for what to do, and [`notice`] for the bodies that subscribers
//! receive. [`harbor`] has what a Harbor is told that scans by way of Limpid, and [`clair`] what clients of Clair are.
//! What registries send about pushes is read by [`push`]. Nothing else is read, written or
//! decided here; one fact has one form, whoever asks for it.

pub mod clair;
pub mod exchange;
pub mod expression;
mod filter;
pub mod gate;
mod groups;
pub mod harbor;
pub mod json;
pub mod notice;
pub mod plan;
mod printable;
pub mod push;
pub mod schemas;
pub mod table;
pub mod template;
mod time;

pub use filter::{Filtered, FindingFilter};
pub use printable::{printable, printable_line};
pub use time::rfc3339;
