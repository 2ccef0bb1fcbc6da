//! The web page: what the API answers, as HTML.
//!
//! A view is a function of a request and of the [`Api`], of which it asks what it shows: each figure on a page is the
//! API's, and so is each decision about who may see it. This crate knows no network and no store. Whoever serves it
//! brings an `Api`, and sends what a view gives.
//!
//! Pages are complete without JavaScript. With it, filters and pages of tables are fetched by htmx, which takes the
//! part that changed out of the same page.

mod address;
mod answer;
mod api;
pub mod assets;
mod elapsed;
mod escape;
mod frame;
mod page;
mod request;
mod shown;
mod table;
pub mod views;

pub use address::Address;
pub use answer::{Answer, Lasts, Page};
pub use api::{Api, Call, Method, Problem};
pub use request::{Form, Request, Session};

#[cfg(test)]
mod testing;
