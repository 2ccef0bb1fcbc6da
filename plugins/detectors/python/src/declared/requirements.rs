//! [Requirements](https://pip.pypa.io/en/stable/reference/requirements-file-format/) that are pinned by `==`. Of others
//! nobody knows the version, and other files that they name are files of their own.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::text::Lines;

use super::{Declared, Sink};
use crate::origin::Origin;

/// The longest requirement that is read, in bytes, with its lines joined.
pub(super) const MAX_REQUIREMENT: usize = 64 << 10;

pub(super) fn read(sink: &mut Sink<'_>) -> Result<(), Error> {
    if matches!(sink.file.read_at(0, 2).as_slice(), [0xff, 0xfe] | [0xfe, 0xff]) {
        return Err(Error::unsupported("the file is in UTF-16"));
    }
    let mut lines = Lines::new(sink.file.reader(), MAX_REQUIREMENT);
    // The beginning counts: hashes follow it.
    let (mut begun, mut continues) = (String::new(), false);
    while let Some(line) = lines.next()? {
        let text = line.text();
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        if !continues {
            begun.clear();
        }
        let (part, goes_on) = text.strip_suffix('\\').map_or((text, false), |part| (part, true));
        let room = MAX_REQUIREMENT.saturating_sub(begun.len());
        begun.push_str(part.get(..part.floor_char_boundary(room)).unwrap_or_default());
        continues = goes_on;
        if !continues && let Some((name, version)) = pinned(&begun) {
            let declared =
                Declared { name: name.to_owned(), version: version.to_owned(), origin: Origin::default() };
            sink.push(declared)?;
        }
    }
    match pinned(&begun).filter(|_| continues) {
        Some((name, version)) => {
            let declared =
                Declared { name: name.to_owned(), version: version.to_owned(), origin: Origin::default() };
            sink.push(declared)
        }
        None => Ok(()),
    }
}

/// Name and version of `name[extra] == 1.0 ; marker --hash=...  # comment`.
pub(super) fn pinned(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    // A comment begins at the line's beginning, or behind a space.
    let line = match line.starts_with('#') {
        true => "",
        false => line.find(" #").or_else(|| line.find("\t#")).and_then(|at| line.get(..at)).unwrap_or(line),
    };
    let line = line.split(';').next().unwrap_or(line);
    let line = line.find(" --").and_then(|at| line.get(..at)).unwrap_or(line);
    let (name, version) = line.split_once("==")?;
    let (name, extras) = name.split_once('[').map_or((name, None), |(name, rest)| (name, Some(rest)));
    let closed = extras.is_none_or(|extras| extras.trim_end().ends_with(']'));
    let (name, version) = (name.trim(), version.trim());
    let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let is_version = version.starts_with(|c: char| c.is_ascii_alphanumeric())
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+!".contains(&byte));
    (closed && is_name && is_version).then_some((name, version))
}
