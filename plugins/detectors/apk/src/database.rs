//! The format of `lib/apk/db/installed`, as in
//! [apk's own description](https://wiki.alpinelinux.org/wiki/Apk_spec): records of lines
//! `LETTER:VALUE`, with an empty line after each. The files of a package stand in its record, each
//! directory (`F:`) before the names in it (`R:`). Names of files are bytes, which may be no UTF-8.

use std::io::{self, BufRead};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Ownership, Paths};
use limpid_plugin_sdk::text::{Line, Lines};

/// The longest line of which the value is used, in bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// What a record says of a package; what it does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// `P:`
    pub name: String,
    /// `V:`
    pub version: String,
    /// `A:`
    pub arch: String,
    /// `o:`, the name of the recipe that it was built from.
    pub origin: String,
    /// `L:`
    pub license: String,
    /// `D:`: what it needs, and (`!`) what must not be there.
    pub depends: String,
    /// Whether there is more of that than was read.
    pub depends_on_more: bool,
    /// `p:`: what it provides.
    pub provides: String,
    /// Its files, as [`Paths`] writes them.
    pub paths: Vec<String>,
    /// Why some of its files are missing.
    pub without: Option<Error>,
}

/// Reads records one after the other.
#[derive(Debug)]
pub struct Records<R> {
    lines: Lines<R>,
    paths: Paths,
}

impl<R: BufRead> Records<R> {
    /// The records of a database. What their paths may have together is bounded by `paths`: a directory is written once
    /// but stands in each of its paths, so that they can be far longer than the file.
    pub const fn new(reader: R, paths: Paths) -> Self {
        Self { lines: Lines::new(reader, MAX_LINE), paths }
    }

    /// What goes on counting the paths of all packages, for another database.
    pub fn into_paths(self) -> Paths {
        self.paths
    }

    /// The next record, or what is wrong with it; none at the end.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    #[allow(clippy::should_implement_trait, reason = "two kinds of errors: of the reader, of the record")]
    pub fn next(&mut self) -> io::Result<Option<Result<Record, String>>> {
        // Names before the first directory are of the root.
        let mut draft = Draft { directory: Some(Vec::new()), ..Draft::default() };
        while let Some(line) = self.lines.next()? {
            let line = without_mark(line);
            if !line.bytes.is_empty() {
                draft.take(line, &mut self.paths);
            } else if draft.first_line.is_some() {
                break;
            }
        }
        Ok(draft.finish(&mut self.paths))
    }
}

/// A line without the byte order mark that editors put before the first one.
fn without_mark(line: Line<'_>) -> Line<'_> {
    match line.bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(bytes) if line.number == 1 => Line { bytes, ..line },
        _ => line,
    }
}

/// A record of which some lines were read.
#[derive(Default)]
struct Draft {
    record: Record,
    first_line: Option<u64>,
    /// The directory in which the next names are, as [`directory`] writes it.
    directory: Option<Vec<u8>>,
    problem: Option<String>,
}

impl Draft {
    fn take(&mut self, line: Line<'_>, paths: &mut Paths) {
        self.first_line.get_or_insert(line.number);
        let Some((&[field], value)) = line.split_once(b':') else {
            return self.fail(&line, "is not `LETTER:VALUE`");
        };
        if line.cut && matches!(field, b'P' | b'V' | b'A' | b'o' | b'L' | b'F' | b'R') {
            return self.fail(&line, "is longer than 64 KiB");
        }
        let text = match field {
            b'P' => &mut self.record.name,
            b'V' => &mut self.record.version,
            b'A' => &mut self.record.arch,
            b'o' => &mut self.record.origin,
            // Under which licence a package is, is told as well as it goes.
            b'L' => {
                self.record.license = String::from_utf8_lossy(value).into_owned();
                return;
            }
            b'D' => {
                self.record.depends = line_text(value);
                self.record.depends_on_more = line.cut;
                return;
            }
            b'p' => {
                self.record.provides = line_text(value);
                return;
            }
            b'F' => {
                self.directory = directory(value);
                return;
            }
            b'R' => return self.own(value, paths),
            _ => return,
        };
        match str::from_utf8(value) {
            Ok(value) => value.clone_into(text),
            Err(_) => self.fail(&line, "is not UTF-8"),
        }
    }

    fn own(&mut self, name: &[u8], paths: &mut Paths) {
        // What a record that is damaged owns is nobody's.
        if name.is_empty() || self.problem.is_some() || self.record.without.is_some() {
            return;
        }
        let Some(path) = self.directory.as_mut() else { return };
        let directory = path.len();
        path.extend_from_slice(name);
        let pushed = paths.push(path);
        path.truncate(directory);
        self.record.without = pushed.err();
    }

    fn fail(&mut self, line: &Line<'_>, why: &str) {
        self.problem.get_or_insert_with(|| format!("line {} {why}", line.number));
    }

    fn finish(mut self, paths: &mut Paths) -> Option<Result<Record, String>> {
        let first_line = self.first_line?;
        let ownership = paths.owned_by("");
        self.record.paths = ownership.map(|ownership| ownership.paths).unwrap_or_default();
        let place = format!("record of `{}` at line {first_line}", self.record.name);
        Some(match self.problem {
            Some(problem) => Err(format!("{place}: {problem}")),
            None if self.record.name.is_empty() => {
                Err(format!("record at line {first_line} has no name (`P:`)"))
            }
            None if self.record.version.is_empty() => Err(format!("{place} has no version (`V:`)")),
            None => Ok(self.record),
        })
    }
}

fn line_text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// A directory with a slash behind it, empty where that is the root, and without what leads nowhere, so that it costs
/// each of its names no more than their paths are long. None where no layer can hold a path in it.
fn directory(value: &[u8]) -> Option<Vec<u8>> {
    let mut directory = Vec::new();
    for component in value.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => return None,
            name => {
                directory.extend_from_slice(name);
                directory.push(b'/');
            }
        }
    }
    (directory.len() <= Ownership::MAX_PATH).then_some(directory)
}

#[cfg(test)]
mod tests;
