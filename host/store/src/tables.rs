//! The tables: what is kept, under which key, in which form.
//!
//! The forms here are frozen: a field is added by a new row version that still reads the older one,
//! and nothing outside of this crate depends on how they look on disk.
//!
//! | id | table | key | row |
//! |---|---|---|---|
//! | 1 | [`images`] | image id | layers, names, platform |
//! | 2 | [`manifests`] | manifest digest | image id |
//! | 3 | [`layers`] | diff id | size, media type |
//! | 4 | [`entries`] | diff id | what it holds, replaces and deletes |
//! | 5 | [`holders`] | diff id, image id | an image that has this layer |
//! | 6 | [`findings`] | diff id, component digest | facts, and what could not be read |
//! | 7 | [`advisories`] | feed, id, source | what a publisher says |
//! | 8 | [`stated`] | feed, source, id | digest of what was said |
//! | 9 | [`affects`] | namespace, package, feed, id, source | ranges as keys, status |
//! | 10 | [`feeds`] | feed | revision, last success, last failure, counts |
//! | 11 | [`jobs`] | number | what is under way |
//! | 12 | [`sources`] | feed, source | what it speaks of, and since when |
//! | 13 | [`kept`] | diff id, path | a small claimed file |
//! | 14 | [`documents`] | feed, source, piece | the last document of a source |

pub mod advisories;
pub mod affects;
pub mod documents;
pub mod entries;
pub mod feeds;
pub mod findings;
#[cfg(test)]
mod frozen;
pub mod holders;
pub mod images;
pub mod jobs;
pub mod kept;
pub mod layers;
pub mod manifests;
pub mod sources;
pub mod stated;
pub mod values;
