//! The views, one in each file: a function of a request that gives a page.

pub mod image;
pub mod inventory;
pub mod problem;
pub mod repository;
pub mod search;
pub mod sign_in;
pub mod vulnerability;
