use std::fmt::Write as _;

/// Why a path was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It leads upwards, out of where it stands, by `..`.
    Escapes,
    /// It holds a NUL byte, with which no system can name a file.
    Nul,
}

/// A path without leading and trailing slash, `//`, `.` and `..`; empty for the root.
///
/// Bytes that are not UTF-8 become `\xNN`: other than with replacement characters, two names that
/// differ stay two names, so that neither hides what the other states.
///
/// # Errors
/// It leads out of where it stands, or cannot name anything.
pub fn normalise(raw: &[u8]) -> Result<String, Refusal> {
    if memchr::memchr(0, raw).is_some() {
        return Err(Refusal::Nul);
    }
    let mut clean: Vec<u8> = Vec::with_capacity(raw.len());
    for component in raw.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." if clean.is_empty() => return Err(Refusal::Escapes),
            b".." => clean.truncate(memchr::memrchr(b'/', &clean).unwrap_or(0)),
            name => {
                if !clean.is_empty() {
                    clean.push(b'/');
                }
                clean.extend_from_slice(name);
            }
        }
    }
    Ok(String::from_utf8(clean).unwrap_or_else(|error| escape(error.as_bytes())))
}

/// Text for what may be none.
pub fn escape(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len() + 16);
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_brought_to_one_form() {
        let check = |raw: &[u8], expected: &str| assert_eq!(normalise(raw).as_deref(), Ok(expected));
        check(b"etc/os-release", "etc/os-release");
        check(b"./etc//os-release", "etc/os-release");
        check(b"/etc/./os-release/", "etc/os-release");
        check(b"usr/../etc/os-release", "etc/os-release");
        check(b"./", "");
        check(b"", "");
        check(b"etc/caf\xe9", "etc/caf\\xE9");
    }

    #[test]
    fn paths_out_of_the_layer_are_refused() {
        let check = |raw: &[u8], expected| assert_eq!(normalise(raw), Err(expected));
        check(b"../etc/passwd", Refusal::Escapes);
        check(b"etc/../../passwd", Refusal::Escapes);
        check(b"/..", Refusal::Escapes);
        check(b"etc/pass\0wd", Refusal::Nul);
    }

    #[test]
    fn names_that_are_not_utf8_stay_apart() {
        assert_ne!(normalise(b"a\xff"), normalise(b"a\xfe"));
    }
}
