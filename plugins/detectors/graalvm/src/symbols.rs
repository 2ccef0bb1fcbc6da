//! Where a program has its bill of materials.

use limpid_executable::Executable;
use limpid_plugin_sdk::Error;

use crate::{MAX_BILL, MAX_SYMBOLS};

/// The symbol whose value is where the bill of materials begins.
pub(crate) const BILL: &[u8] = b"sbom";

/// The symbol whose value is where its length stands.
pub(crate) const LENGTH: &[u8] = b"sbom_length";

/// Both addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bill: u64,
    pub(crate) length: u64,
}

/// Where a program has its bill of materials; none where it has none.
pub(crate) fn find(executable: &Executable<'_>) -> Option<Place> {
    let [bill, length] = executable.exported([BILL, LENGTH], MAX_SYMBOLS)?;
    Some(Place { bill, length })
}

impl Place {
    /// The compressed bill of materials.
    pub(crate) fn content(&self, executable: &Executable<'_>) -> Result<Vec<u8>, Error> {
        let length: [u8; 8] = executable
            .at(self.length, 8)
            .try_into()
            .map_err(|_| Error::malformed("symbol `sbom_length` is outside of what is loaded"))?;
        let length = u64::from_le_bytes(length);
        let length = u32::try_from(length).ok().filter(|&length| length <= MAX_BILL).ok_or_else(|| {
            Error::unsupported(format_args!(
                "the bill of materials has {length} bytes, over this plugin's limit of {MAX_BILL}"
            ))
        })?;
        let content = executable.at(self.bill, length);
        match content.len() as u64 == u64::from(length) {
            true => Ok(content),
            false => Err(Error::malformed("symbol `sbom` is outside of what is loaded")),
        }
    }
}
