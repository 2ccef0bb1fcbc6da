//! `CONTENTS`: what an entry put into the file system, a line each, as Portage reads it.
//!
//! | Line | Is |
//! |---|---|
//! | `dir PATH` | a directory |
//! | `obj PATH MD5 MTIME` | a file |
//! | `sym PATH -> TARGET MTIME` | a symbolic link |
//! | `fif PATH`, `dev PATH` | a named pipe, a device |
//!
//! Paths may hold spaces, so that a line is taken apart from its end.

use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Paths, Problems};
use limpid_plugin_sdk::text::Lines;

/// The longest line that is used, in bytes: one with the longest path that a layer can hold is shorter, unless it is
/// that of a link.
pub const MAX_LINE: usize = 16 * 1024;

/// Reads the paths, but for directories. A line that is none is a problem, and costs that line.
///
/// # Errors
///
/// Those of [`Paths::push`] and of the reader.
pub fn read(reader: impl BufRead, paths: &mut Paths, problems: &mut Problems) -> Result<(), Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    while let Some(line) = lines.next()? {
        if line.cut {
            problems.push(Error::malformed(format_args!("line {} is longer than 16 KiB", line.number)));
            continue;
        }
        match path(line.bytes) {
            Some(Entry::Owned(path)) => paths.push(path)?,
            Some(Entry::Directory) => {}
            None => problems.push(Error::malformed(format_args!(
                "line {} is none of a directory, file, link, pipe or device",
                line.number
            ))),
        }
    }
    Ok(())
}

/// What stands between a link and where it leads.
const ARROW: &[u8] = b" -> ";

/// What a line states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry<'a> {
    Directory,
    Owned(&'a [u8]),
}

fn path(line: &[u8]) -> Option<Entry<'_>> {
    if line.is_empty() {
        return Some(Entry::Directory);
    }
    let (kind, rest) = line.split_at_checked(4)?;
    let path = match kind {
        _ if rest.is_empty() => return None,
        b"dir " => return Some(Entry::Directory),
        b"fif " | b"dev " => rest,
        b"obj " => before_last(before_number(rest)?)?.0,
        b"sym " => {
            let link = match rest.strip_suffix(b")") {
                // Old versions wrote ten numbers.
                Some(rest) => rest.get(..rest.windows(2).rposition(|window| window == b" (")?)?,
                None => before_number(rest)?,
            };
            // The last arrow that leads somewhere.
            let (_, shorter) = link.split_last()?;
            let at = shorter.windows(ARROW.len()).rposition(|window| window == ARROW)?;
            link.get(..at)?
        }
        _ => return None,
    };
    path.starts_with(b"/").then_some(Entry::Owned(path))
}

/// What stands before the number that a line ends with.
fn before_number(text: &[u8]) -> Option<&[u8]> {
    let (before, number) = before_last(text)?;
    number.iter().all(u8::is_ascii_digit).then_some(before)
}

/// What stands before the last space, and what behind it, where both are something.
fn before_last(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = text.iter().rposition(|&byte| byte == b' ')?;
    let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
    (!before.is_empty() && !after.is_empty()).then_some((before, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owned(text: &[u8]) -> (Vec<String>, Problems) {
        let (mut paths, mut problems) = (Paths::default(), Problems::default());
        read(text, &mut paths, &mut problems).unwrap();
        (paths.owned_by("a").map(|ownership| ownership.paths).unwrap_or_default(), problems)
    }

    #[test]
    fn all_but_directories_is_owned() {
        let text = b"dir /usr\nobj /usr/bin/a b d41d8cd98f00b204e9800998ecf8427e 1700000000\n\
                     sym /usr/lib/x.so -> x.so.1 1700000000\nsym /usr/a -> b -> c 1\n\
                     sym /usr/old -> a (1, 2L, 3L, 4, 5, 6, 7L, 8, 1700000000, 9)\nfif /usr/pipe\ndev /usr/null\n";
        let (paths, problems) = owned(text);
        assert_eq!(paths, ["usr/bin/a b", "usr/lib/x.so", "usr/a -> b", "usr/old", "usr/pipe", "usr/null"]);
        assert_eq!(problems, Problems::default());
    }

    #[test]
    fn bytes_that_are_no_text_are_spelled_as_a_layer_spells_them() {
        let (paths, problems) = owned(b"obj /usr/caf\xe9 d41d8cd98f00b204e9800998ecf8427e 1\n");
        assert_eq!(paths, ["usr/caf\\xE9"]);
        assert_eq!(problems, Problems::default());
    }

    #[test]
    fn a_line_that_is_none_costs_that_line_and_is_named() {
        for line in [
            "obj /a",
            "obj /a 1",
            "obj /a 1 x",
            "obj a 1 2",
            "sym /a",
            "sym /a -> b",
            "sym /a ->  1",
            "xyz /a 1 2",
            "obj",
            "obj /a  ",
            "no",
        ] {
            let (paths, problems) = owned(format!("{line}\nfif /b\n").as_bytes());
            let mut expected = Problems::default();
            expected.push(Error::malformed("line 1 is none of a directory, file, link, pipe or device"));
            assert_eq!((paths, problems), (vec!["b".to_owned()], expected), "{line}");
        }
        let (paths, problems) = owned(format!("fif /{}\nfif /b\n", "a".repeat(MAX_LINE)).as_bytes());
        let mut expected = Problems::default();
        expected.push(Error::malformed("line 1 is longer than 16 KiB"));
        assert_eq!((paths, problems), (vec!["b".to_owned()], expected));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            text in "(obj|sym|dir|fif|dev| |/|->|1|a|\n){0,40}",
        ) {
            owned(&bytes);
            owned(text.as_bytes());
        }

        #[test]
        fn what_was_written_is_read(path in r"/[a-z \->]{0,8}[a-z]", mtime in 0_u32..9) {
            let file = format!("obj {path} d41d8cd98f00b204e9800998ecf8427e {mtime}\n");
            let link = format!("sym {path} -> target {mtime}\n");
            let owned_by_both = owned((file + &link).as_bytes()).0;
            let pushed = owned(format!("fif {path}\nfif {path}\n").as_bytes()).0;
            prop_assert_eq!(owned_by_both, pushed);
        }
    }
}
