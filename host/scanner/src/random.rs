//! Random bytes for what nobody may guess.

use crate::Error;

/// So many of them.
///
/// # Errors
/// The system has none to give.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Host {
        what: "no secret can be made".to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(bytes)
}
