//! Executables that [UPX](https://github.com/upx/upx) packed: what they hold is compressed.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use memchr::memmem;

/// What UPX writes behind the headers.
pub(crate) const MAGIC: &[u8] = b"UPX!";

/// Within how many bytes it does: behind the headers of ELF and Mach-O, before the first page of PE ends.
pub(crate) const WITHIN: u32 = 4096;

pub(crate) fn is_packed(file: &File) -> bool {
    memmem::find(&file.read_at(0, WITHIN), MAGIC).is_some()
}

pub(crate) fn error() -> Error {
    Error::unsupported("packed by UPX: what the executable is made of cannot be read before it is unpacked")
}
