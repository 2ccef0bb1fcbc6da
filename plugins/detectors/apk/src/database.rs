//! The format of `lib/apk/db/installed`, as in
//! [apk's own description](https://wiki.alpinelinux.org/wiki/Apk_spec): records of lines
//! `LETTER:VALUE`, with an empty line after each. The files of a package stand in its record, each
//! directory (`F:`) before the names in it (`R:`).

use std::io::{self, BufRead};

use limpid_plugin_sdk::detector::Ownership;
use limpid_plugin_sdk::text::{Line, Lines};

/// The longest line of which the value is used, in bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// How many bytes the paths of all packages may have together. A directory is written once but
/// stands in each of its paths, so that they can be far longer than the file.
pub const MAX_OWNED: usize = 64 * 1024 * 1024;

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
    /// Its files, without a leading slash; those whose path no layer can hold are left out, and those in `lib` and
    /// the like stand under `usr/lib` as well.
    pub paths: Vec<String>,
}

/// Reads records one after the other.
#[derive(Debug)]
pub struct Records<R> {
    lines: Lines<R>,
    owned: usize,
}

impl<R: BufRead> Records<R> {
    /// The records of a database.
    pub const fn new(reader: R) -> Self {
        Self { lines: Lines::new(reader, MAX_LINE), owned: 0 }
    }

    /// Goes on counting the paths of all packages, after those of another database.
    #[must_use]
    pub const fn after(mut self, owned: usize) -> Self {
        self.owned = owned;
        self
    }

    /// How many bytes the paths of all packages have so far.
    pub const fn owned(&self) -> usize {
        self.owned
    }

    /// The next record, or what is wrong with it; none at the end.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    #[allow(clippy::should_implement_trait, reason = "two kinds of errors: of the reader, of the record")]
    pub fn next(&mut self) -> io::Result<Option<Result<Record, String>>> {
        let mut draft = Draft::new(self.owned);
        while let Some(line) = self.lines.next()? {
            let line = without_mark(line);
            if !line.bytes.is_empty() {
                draft.take(line);
            } else if draft.first_line.is_some() {
                break;
            }
        }
        self.owned = draft.owned;
        Ok(draft.finish())
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
struct Draft {
    record: Record,
    first_line: Option<u64>,
    directory: String,
    owned: usize,
    problem: Option<String>,
}

impl Draft {
    fn new(owned: usize) -> Self {
        Self { record: Record::default(), first_line: None, directory: String::new(), owned, problem: None }
    }

    fn take(&mut self, line: Line<'_>) {
        self.first_line.get_or_insert(line.number);
        let Some((&[field], value)) = line.split_once(b':') else {
            return self.fail(&line, "is not `LETTER:VALUE`");
        };
        if line.cut && matches!(field, b'P' | b'V' | b'A' | b'o' | b'L' | b'F' | b'R') {
            return self.fail(&line, "is longer than 64 KiB");
        }
        // A path that is not UTF-8 is no reason to lose the package.
        let value = String::from_utf8_lossy(value);
        match field {
            b'P' => self.record.name = value.into_owned(),
            b'V' => self.record.version = value.into_owned(),
            b'A' => self.record.arch = value.into_owned(),
            b'o' => self.record.origin = value.into_owned(),
            b'L' => self.record.license = value.into_owned(),
            b'F' => self.directory = value.into_owned(),
            b'R' => self.own(&line, &value),
            _ => {}
        }
    }

    fn own(&mut self, line: &Line<'_>, name: &str) {
        let path = match self.directory.as_str() {
            "" => name.to_owned(),
            directory => format!("{directory}/{name}"),
        };
        let path = path.trim_start_matches('/');
        if path.is_empty() || path.len() > Ownership::MAX_PATH {
            return;
        }
        // In an image whose `/lib` is a link into `/usr`, what a package puts into `lib` lies there.
        let merged =
            is_merged(path).then(|| format!("usr/{path}")).filter(|it| it.len() <= Ownership::MAX_PATH);
        for path in [Some(path.to_owned()), merged].into_iter().flatten() {
            self.owned += path.len();
            if self.owned > MAX_OWNED {
                return self.fail(line, "takes the paths of all packages over 64 MiB");
            }
            self.record.paths.push(path);
        }
    }

    fn fail(&mut self, line: &Line<'_>, why: &str) {
        self.problem.get_or_insert_with(|| format!("line {} {why}", line.number));
    }

    fn finish(self) -> Option<Result<Record, String>> {
        let first_line = self.first_line?;
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

/// Whether a path lies in a directory that is one of `/usr` where that is merged.
fn is_merged(path: &str) -> bool {
    ["bin/", "sbin/", "lib/", "lib64/"].iter().any(|directory| path.starts_with(directory))
}

#[cfg(test)]
mod tests;
