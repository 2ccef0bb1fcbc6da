//! Go's build ID, which the linker writes before the code, also where it writes no build info.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use memchr::memmem;

/// How it begins.
pub(crate) const MAGIC: &[u8] = b"\xff Go build ID: \"";

/// Within how many bytes it begins where Go's own linker made the executable.
pub(crate) const WITHIN: u32 = 64 << 10;

/// Whether an executable has it.
pub(crate) fn is_of_go(file: &File) -> bool {
    memmem::find(&file.read_at(0, WITHIN), MAGIC).is_some()
}

pub(crate) fn error() -> Error {
    Error::unsupported(
        "an executable of Go without build info, as before Go 1.13: it does not state its modules",
    )
}
