//! [Requirements](https://pip.pypa.io/en/stable/reference/requirements-file-format/) that are pinned by `==`, or to a commit of
//! a repository. Of others nobody knows the version: each is told, as is a line that is no text. Options state nothing, other
//! files that they name are files of their own, and a folder is the project's or beside it.

use limpid_lockfile::Declarations;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::File;
use limpid_plugin_sdk::text::Lines;

use super::push;
use crate::origin::Origin;

/// The longest requirement that is read, in bytes, with its lines joined.
pub(super) const MAX_REQUIREMENT: usize = 64 << 10;

pub(super) fn read(file: &File, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    if matches!(file.read_at(0, 2).as_slice(), [0xff, 0xfe] | [0xfe, 0xff]) {
        return Err(Error::unsupported("the file is in UTF-16"));
    }
    let mut lines = Lines::new(file.reader(), MAX_REQUIREMENT);
    // The beginning counts: hashes follow it.
    let (mut begun, mut continues, mut first) = (String::new(), false, 1);
    while let Some(line) = lines.next()? {
        let text = line.text();
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        if !continues {
            begun.clear();
            first = line.number;
        }
        let (part, goes_on) = text.strip_suffix('\\').map_or((text, false), |part| (part, true));
        let room = MAX_REQUIREMENT.saturating_sub(begun.len());
        begun.push_str(part.get(..part.floor_char_boundary(room)).unwrap_or_default());
        continues = goes_on;
        if !continues {
            take(&begun, first, declarations)?;
        }
    }
    if continues { take(&begun, first, declarations) } else { Ok(()) }
}

fn take(line: &str, number: u64, declarations: &mut Declarations<'_>) -> Result<(), Error> {
    let requirement = without_comment(line.trim_start());
    // pip reads files as text of the machine's language, so that comments may be in any.
    let is_text =
        |c: char| c == '\t' || c == '\u{c}' || !(c.is_control() || c == char::REPLACEMENT_CHARACTER);
    if !requirement.chars().all(is_text) {
        declarations.problem(Error::malformed(format_args!("line {number} is no text")));
        return Ok(());
    }
    if let Some((name, version)) = pinned(requirement) {
        return push(name, version.to_owned(), &Origin::default(), None, declarations);
    }
    match of_commit(requirement) {
        Some((name, kind, url, commit)) => {
            push(name, commit.to_owned(), &Origin::of_commit(kind, url, commit), None, declarations)
        }
        None => {
            // Addresses are not repeated: they may hold a password.
            match unpinned(requirement) {
                Some("") => {
                    declarations.problem(Error::unsupported(format_args!("line {number} tells no version")));
                }
                Some(name) => declarations.problem(Error::unsupported(format_args!(
                    "line {number} pins no version of `{name:.100}`"
                ))),
                None => {}
            }
            Ok(())
        }
    }
}

/// The name of what a line asks for without saying which version, empty where that is an address; none where it asks for
/// nothing but what is beside the file.
pub(super) fn unpinned(line: &str) -> Option<&str> {
    let line = line.trim();
    // Hashes and other options of one requirement stand behind it.
    let line = line.find(" --").and_then(|at| line.get(..at)).unwrap_or(line).trim_end();
    let asked = match ["-e", "--editable"].iter().find_map(|option| line.strip_prefix(option)) {
        Some(editable) => editable.trim_start_matches([' ', '\t', '=']),
        None if line.starts_with('-') => return None,
        None => line,
    };
    let is_beside = asked.is_empty()
        || asked.starts_with(['.', '/'])
        || asked.starts_with("file:")
        // A folder of the project by its name, as only an address or a requirement with a marker has a slash otherwise.
        || (asked.contains('/') && !asked.contains([':', '@', ';', '<', '>', '=']));
    let (name, rest) = asked.split_at(asked.find(|c: char| !is_of_name(c)).unwrap_or(asked.len()));
    let name = if rest.starts_with([':', '+', '/']) { "" } else { name };
    (!is_beside).then_some(name)
}

/// A comment begins at the line's beginning, or behind a space.
fn without_comment(line: &str) -> &str {
    match line.starts_with('#') {
        true => "",
        false => line.find(" #").or_else(|| line.find("\t#")).and_then(|at| line.get(..at)).unwrap_or(line),
    }
}

/// Name, kind of repository, address and commit of `name[extra] @ git+https://example.org/a.git@COMMIT#subdirectory=b ; marker`, or
/// of the older `-e git+https://example.org/a.git@COMMIT#egg=name`. What is no whole commit may be another one tomorrow.
pub(super) fn of_commit(line: &str) -> Option<(&str, &str, &str, &str)> {
    let (name, address) = match line.split_once('@') {
        Some((name, address)) if !name.contains([':', '+']) => (Some(name), address),
        _ => {
            let line = line.trim_start();
            let line = line.strip_prefix("-e").or_else(|| line.strip_prefix("--editable")).unwrap_or(line);
            (None, line.trim_start_matches([' ', '=']))
        }
    };
    let address = address.trim_start();
    let address = address.split([' ', ';']).next().unwrap_or(address);
    let (address, fragment) = address.split_once('#').unwrap_or((address, ""));
    let (kind, url) = address.split_once('+')?;
    let (url, commit) = url.rsplit_once('@')?;
    let is_commit = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name = match name {
        Some(name) => name,
        None => fragment.split('&').find_map(|part| part.strip_prefix("egg="))?,
    };
    let name = name.split('[').next().unwrap_or(name).trim();
    (["git", "hg"].contains(&kind) && is_commit && is_name(name)).then_some((name, kind, url, commit))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_of_name)
}

const fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Name and version of `name[extra] == 1.0 ; marker --hash=...  # comment`.
pub(super) fn pinned(line: &str) -> Option<(&str, &str)> {
    let line = without_comment(line.trim_start());
    let line = line.split(';').next().unwrap_or(line);
    let line = line.find(" --").and_then(|at| line.get(..at)).unwrap_or(line);
    let (name, version) = line.split_once("==")?;
    let (name, extras) = name.split_once('[').map_or((name, None), |(name, rest)| (name, Some(rest)));
    let closed = extras.is_none_or(|extras| extras.trim_end().ends_with(']'));
    // `===` asks for that very text.
    let (name, version) = (name.trim(), version.strip_prefix('=').unwrap_or(version).trim());
    let is_version = version.starts_with(|c: char| c.is_ascii_alphanumeric())
        && version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+!".contains(&byte));
    (closed && is_name(name) && is_version).then_some((name, version))
}
