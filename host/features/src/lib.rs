//! Nothing: this crate is there for its manifest, which says what for.
