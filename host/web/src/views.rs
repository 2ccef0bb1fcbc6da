//! The views, one in each file: a function of a request that gives a page.

pub mod feed;
pub mod feed_changes;
pub mod feeds;
pub mod image;
pub mod inventory;
pub mod notices;
pub mod plugin;
pub mod plugins;
pub mod problem;
pub mod repository;
pub mod search;
pub mod sign_in;
pub mod subscription;
pub mod subscriptions;
mod trend;
pub mod vulnerability;
