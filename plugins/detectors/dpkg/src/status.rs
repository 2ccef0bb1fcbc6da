//! The format of `var/lib/dpkg/status`: stanzas of fields, as in
//! [deb822(5)](https://manpages.debian.org/deb822), with the field `Status` of
//! [dpkg(1)](https://manpages.debian.org/dpkg#INFORMATION_ABOUT_PACKAGES).

use std::io::{self, BufRead};

use limpid_plugin_sdk::text::{Line, Lines};

use crate::MAX_LINE;

/// What a stanza says of a package; what it does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stanza {
    /// `Package`
    pub package: String,
    /// `Status`: what is wanted, an error flag, and the state that it is in.
    pub status: String,
    /// `Version`
    pub version: String,
    /// `Architecture`
    pub architecture: String,
    /// `Source`, as it stands there: a name, and a version in parentheses where it differs.
    pub source_field: String,
    /// Where the stanza begins, counted from 1.
    line: u64,
}

impl Stanza {
    /// Whether the package has files in the file system: its state is one after unpacking.
    ///
    /// # Errors
    ///
    /// A status that dpkg does not have, or none; an unpacked package without a version.
    pub fn is_unpacked(&self) -> Result<bool, String> {
        match self.status.split_ascii_whitespace().nth(2) {
            Some("not-installed" | "config-files") => Ok(false),
            // Of what is half-installed some files may be there already, or still.
            Some(
                "half-installed" | "unpacked" | "half-configured" | "triggers-awaited" | "triggers-pending"
                | "installed",
            ) => match self.version.as_str() {
                "" => Err(self.problem("has no `Version`")),
                _ => Ok(true),
            },
            _ => Err(self.problem(&format!("has no status that dpkg knows, but `{}`", self.status))),
        }
    }

    /// Name and version of the source package. Where the stanza does not say, they are the
    /// package's own.
    pub fn source(&self) -> (String, String) {
        let (name, version) = self.source_field.split_once('(').unwrap_or((&self.source_field, ""));
        let version = version.trim_end_matches(')').trim();
        let or_own = |text: &str, own: &str| if text.is_empty() { own.to_owned() } else { text.to_owned() };
        (or_own(name.trim(), &self.package), or_own(version, &self.version))
    }

    fn problem(&self, why: &str) -> String {
        format!("stanza of `{}` at line {} {why}", self.package, self.line)
    }

    fn field(&mut self, name: &[u8]) -> Option<&mut String> {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        if is("Package") {
            Some(&mut self.package)
        } else if is("Status") {
            Some(&mut self.status)
        } else if is("Version") {
            Some(&mut self.version)
        } else if is("Architecture") {
            Some(&mut self.architecture)
        } else if is("Source") {
            Some(&mut self.source_field)
        } else {
            None
        }
    }
}

/// Reads stanzas one after the other.
#[derive(Debug)]
pub struct Stanzas<R> {
    lines: Lines<R>,
}

impl<R: BufRead> Stanzas<R> {
    /// The stanzas of a status file.
    pub const fn new(reader: R) -> Self {
        Self { lines: Lines::new(reader, MAX_LINE) }
    }

    /// The next stanza, or what is wrong with it; none at the end.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    #[allow(clippy::should_implement_trait, reason = "two kinds of errors: of the reader, of the stanza")]
    pub fn next(&mut self) -> io::Result<Option<Result<Stanza, String>>> {
        let mut draft = Draft::default();
        while let Some(line) = self.lines.next()? {
            if !line.bytes.trim_ascii().is_empty() {
                draft.take(line);
            } else if draft.stanza.line > 0 {
                break;
            }
        }
        Ok(draft.finish())
    }
}

/// A stanza of which some lines were read.
#[derive(Default)]
struct Draft {
    stanza: Stanza,
    problem: Option<String>,
    /// Whether the last field is one of ours: none of those may go on in a further line.
    in_field: bool,
}

impl Draft {
    fn take(&mut self, line: Line<'_>) {
        if self.stanza.line == 0 {
            self.stanza.line = line.number;
        }
        if matches!(line.bytes.first(), Some(b' ' | b'\t')) {
            if self.in_field {
                self.fail(&line, "continues a field of one line");
            }
            return;
        }
        self.in_field = false;
        let Some((name, value)) = line.split_once(b':') else {
            return self.fail(&line, "is not `Field: value`");
        };
        let Some(field) = self.stanza.field(name) else { return };
        self.in_field = true;
        match str::from_utf8(value) {
            _ if line.cut => self.fail(&line, "is longer than 64 KiB"),
            Ok(value) => value.trim().clone_into(field),
            Err(_) => self.fail(&line, "is not UTF-8"),
        }
    }

    fn fail(&mut self, line: &Line<'_>, why: &str) {
        self.problem.get_or_insert_with(|| format!("is damaged: line {} {why}", line.number));
    }

    fn finish(self) -> Option<Result<Stanza, String>> {
        let stanza = self.stanza;
        if stanza.line == 0 {
            return None;
        }
        Some(match self.problem {
            Some(problem) => Err(stanza.problem(&problem)),
            None if stanza.package.is_empty() => {
                Err(format!("stanza at line {} has no `Package`", stanza.line))
            }
            None => Ok(stanza),
        })
    }
}

#[cfg(test)]
mod tests;
