//! The views, one in each file: a function of a request that gives a page.

pub mod image;
pub mod problem;
