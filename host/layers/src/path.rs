use std::fmt::Write as _;

/// What an entry's path means, by the whiteouts of the
/// [OCI layer specification](https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Just what is there.
    Entry,
    /// Removes this path of lower layers.
    Whiteout(String),
    /// Hides what lower layers hold below this path.
    Opaque(String),
    /// Bookkeeping of AUFS (`.wh..wh.plnk`, `.wh..wh.aufs`): nothing of the image.
    Bookkeeping,
}

/// Why a path was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Escapes,
    Nul,
}

impl Refusal {
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::Escapes => "its path leads out of the layer by `..`",
            Self::Nul => "its path holds a NUL byte",
        }
    }
}

/// A path without leading and trailing slash, `//`, `.` and `..`; empty for the root.
///
/// Bytes that are not UTF-8 become `\xNN`: other than with replacement characters, two names that
/// differ stay two names, so that neither hides what the other states.
pub(crate) fn normalise(raw: &[u8]) -> Result<String, Refusal> {
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
pub(crate) fn escape(raw: &[u8]) -> String {
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

/// What a normalised path means.
pub(crate) fn meaning(path: &str) -> Meaning {
    // Almost no path has it, and this is asked for every entry.
    if !path.contains(".wh.") {
        return Meaning::Entry;
    }
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    if name == ".wh..wh..opq" {
        return Meaning::Opaque(directory.to_owned());
    }
    if path.split('/').any(|component| component.starts_with(".wh..wh.")) {
        return Meaning::Bookkeeping;
    }
    match name.strip_prefix(".wh.") {
        // `.wh.` alone names nothing, `.wh...` the directory itself or its parent: no tool writes them.
        Some("" | "." | "..") => Meaning::Bookkeeping,
        Some(removed) if directory.is_empty() => Meaning::Whiteout(removed.to_owned()),
        Some(removed) => Meaning::Whiteout(format!("{directory}/{removed}")),
        None => Meaning::Entry,
    }
}

/// The proper ancestors of a normalised path, nearest first; the root, which is empty, is the last.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = (!path.is_empty()).then_some(path);
    std::iter::from_fn(move || {
        let parent = rest?.rsplit_once('/').map_or("", |(parent, _)| parent);
        rest = (!parent.is_empty()).then_some(parent);
        Some(parent)
    })
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

    #[test]
    fn whiteouts_are_told_by_their_name() {
        let check = |path: &str, expected: Meaning| assert_eq!(meaning(path), expected, "{path}");
        check("etc/passwd", Meaning::Entry);
        check("etc/a.wh.b", Meaning::Entry);
        check("etc/.wh.passwd", Meaning::Whiteout("etc/passwd".into()));
        check(".wh.etc", Meaning::Whiteout("etc".into()));
        check("etc/.wh..wh..opq", Meaning::Opaque("etc".into()));
        check(".wh..wh..opq", Meaning::Opaque(String::new()));
        check(".wh..wh.plnk/0.12", Meaning::Bookkeeping);
        check("etc/.wh.", Meaning::Bookkeeping);
    }

    #[test]
    fn ancestors_end_at_the_root() {
        let all = |path| ancestors(path).collect::<Vec<_>>();
        assert_eq!(all("a/b/c"), ["a/b", "a", ""]);
        assert_eq!(all("a"), [""]);
        assert!(all("").is_empty());
    }
}
