use limpid_bytes::Refusal;
pub(crate) use limpid_bytes::{escape, normalise};

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

/// Why an entry with such a path is passed over.
pub(crate) fn why(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Escapes => "its path leads out of the layer by `..`",
        Refusal::Nul => "its path holds a NUL byte",
    }
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
