//! What the host lends to plugins, as the generated code knows it: types that stand behind handles.
#![allow(unreachable_pub, reason = "the generated code re-exports them, which needs `pub`")]

use crate::Document;

/// A file that a detector is shown; its handle is its place in `State::files`.
pub struct ShownFile;

/// All files of a call; there is one view for each call.
pub struct View;

/// The documents of a call; there is one stream for each call.
pub struct Stream;

/// Where what a plugin reads goes; there is one sink for each call.
pub struct Drain;

/// A document that a plugin has open.
pub struct OpenDocument(pub(crate) Box<dyn Document>);
