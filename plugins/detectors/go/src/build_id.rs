//! Go's build ID, which the linker writes also where it writes no build info: before the code, or in ELF as a
//! note of Go's own (`.note.go.buildid`).

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use memchr::memmem;

/// How it begins before the code; the type and the name of the note, in either byte order.
pub(crate) const MAGIC: [&[u8]; 3] = [b"\xff Go build ID: \"", b"\x04\0\0\0Go\0\0", b"\0\0\0\x04Go\0\0"];

/// Within how many bytes it begins where Go's own linker made the executable.
pub(crate) const WITHIN: u32 = 64 << 10;

/// Whether an executable has it.
pub(crate) fn is_of_go(file: &File) -> bool {
    let head = file.read_at(0, WITHIN);
    MAGIC.iter().any(|magic| memmem::find(&head, magic).is_some())
}

pub(crate) fn error() -> Error {
    Error::unsupported(
        "an executable of Go without build info, as before Go 1.13: it does not state its modules",
    )
}
