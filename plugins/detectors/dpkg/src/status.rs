//! The format of `var/lib/dpkg/status` and of its journal: stanzas of fields, as in
//! [deb822(5)](https://manpages.debian.org/deb822), with the field `Status` of
//! [dpkg(1)](https://manpages.debian.org/dpkg#INFORMATION_ABOUT_PACKAGES).
//!
//! It is read as dpkg reads it, but for what dpkg refuses: there a whole database is of no use any
//! more, here a stanza is.

use std::io::{self, BufRead};

use limpid_plugin_sdk::text::{Line, Lines};

use crate::MAX_LINE;

/// What a stanza says of a package; what it does not say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stanza {
    /// `Package`, in lower case, as dpkg takes it.
    pub package: String,
    /// `Status`: what is wanted, an error flag, and the state that it is in.
    pub status: String,
    /// `Version`, without an epoch that is zero.
    pub version: String,
    /// `Architecture`
    pub architecture: String,
    /// `Multi-Arch`
    pub multi_arch: String,
    /// `Source`, as it stands there: a name, and a version in parentheses where it differs.
    pub source_field: String,
    /// `Maintainer`
    pub maintainer: String,
    /// `Origin`
    pub origin: String,
    /// `Vendor`
    pub vendor: String,
    /// `Pre-Depends`
    pub pre_depends: String,
    /// `Depends`
    pub depends: String,
    /// `Provides`
    pub provides: String,
    /// Whether there is more in `Pre-Depends` or `Depends` than was read.
    pub depends_on_more: bool,
    /// Where the stanza begins, counted from 1.
    pub(crate) line: u64,
}

/// What is there of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing: at most, somebody stated once that it is wanted.
    NotInstalled,
    /// It was removed, but for its configuration.
    ConfigFiles,
    /// Files of it: its state is one after unpacking has begun.
    Unpacked,
}

/// Fields that are read, each of which a stanza may have once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Package,
    Status,
    Version,
    Architecture,
    MultiArch,
    Source,
    Maintainer,
    Origin,
    Vendor,
    PreDepends,
    Depends,
    Provides,
}

const FIELDS: [(&str, Field); 12] = [
    ("Package", Field::Package),
    ("Status", Field::Status),
    ("Version", Field::Version),
    ("Architecture", Field::Architecture),
    ("Multi-Arch", Field::MultiArch),
    ("Source", Field::Source),
    ("Maintainer", Field::Maintainer),
    ("Origin", Field::Origin),
    ("Vendor", Field::Vendor),
    ("Pre-Depends", Field::PreDepends),
    ("Depends", Field::Depends),
    ("Provides", Field::Provides),
];

impl Stanza {
    /// What is there of the package.
    ///
    /// # Errors
    ///
    /// A status that dpkg does not have, or none; an unpacked package without a version.
    pub fn state(&self) -> Result<State, String> {
        let word = self.status.split_ascii_whitespace().nth(2).unwrap_or_default();
        match word.to_ascii_lowercase().as_str() {
            "not-installed" => Ok(State::NotInstalled),
            "config-files" => Ok(State::ConfigFiles),
            // Of what is half-installed some files may be there already, or still.
            "half-installed" | "unpacked" | "half-configured" | "triggers-awaited" | "triggers-pending"
            | "installed" => match self.version.as_str() {
                "" => Err(self.problem("has no `Version`")),
                _ => Ok(State::Unpacked),
            },
            _ => Err(self.problem(&format!("has no status that dpkg knows, but `{}`", self.status))),
        }
    }

    /// Whether the package can be there for several architectures at a time.
    pub fn is_multi_arch_same(&self) -> bool {
        self.multi_arch.eq_ignore_ascii_case("same")
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

    fn value(&mut self, field: Field) -> &mut String {
        match field {
            Field::Package => &mut self.package,
            Field::Status => &mut self.status,
            Field::Version => &mut self.version,
            Field::Architecture => &mut self.architecture,
            Field::MultiArch => &mut self.multi_arch,
            Field::Source => &mut self.source_field,
            Field::Maintainer => &mut self.maintainer,
            Field::Origin => &mut self.origin,
            Field::Vendor => &mut self.vendor,
            Field::PreDepends => &mut self.pre_depends,
            Field::Depends => &mut self.depends,
            Field::Provides => &mut self.provides,
        }
    }
}

/// Reads stanzas one after the other.
#[derive(Debug)]
pub struct Stanzas<R> {
    lines: Lines<R>,
    /// Of a stanza that began without an empty line before it, its first line.
    begun: Option<Draft>,
}

impl<R: BufRead> Stanzas<R> {
    /// The stanzas of a status file.
    pub const fn new(reader: R) -> Self {
        Self { lines: Lines::new(reader, MAX_LINE), begun: None }
    }

    /// The next stanza, or what is wrong with it; none at the end.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    #[allow(clippy::should_implement_trait, reason = "two kinds of errors: of the reader, of the stanza")]
    pub fn next(&mut self) -> io::Result<Option<Result<Stanza, String>>> {
        let mut draft = self.begun.take().unwrap_or_default();
        while let Some(line) = self.lines.next()? {
            let line = without_mark(line);
            // Spaces in a line make it the continuation of a field, for dpkg and for apt; carriage returns do not.
            if line.bytes.iter().all(|&byte| byte == b'\r') {
                if draft.stanza.line > 0 {
                    break;
                }
            } else if line.bytes.trim_ascii().is_empty() {
                draft.blank = true;
            } else if draft.is_ended_by(&line) {
                let begun = self.begun.insert(Draft::default());
                begun.take(line);
                break;
            } else {
                draft.take(line);
            }
        }
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

/// The name of a field and its value. dpkg allows spaces before the colon.
fn field_of<'a>(line: &Line<'a>) -> Option<(Option<Field>, &'a [u8])> {
    let (name, value) = line.split_once(b':')?;
    let name = name.trim_ascii_end();
    let field = FIELDS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()));
    Some((field.map(|(_, field)| *field), value))
}

/// A stanza of which some lines were read.
#[derive(Debug, Default)]
struct Draft {
    stanza: Stanza,
    problem: Option<String>,
    /// The last field, where it is one of ours.
    field: Option<Field>,
    /// Which fields were there.
    seen: u16,
    /// Whether the last line had nothing in it but spaces.
    blank: bool,
}

impl Draft {
    /// Whether this line begins another stanza though no empty line is before it, but one of spaces.
    fn is_ended_by(&self, line: &Line<'_>) -> bool {
        self.blank
            && self.has(Field::Package)
            && field_of(line).is_some_and(|(field, _)| field == Some(Field::Package))
    }

    fn take(&mut self, line: Line<'_>) {
        self.blank = false;
        if self.stanza.line == 0 {
            self.stanza.line = line.number;
        }
        if matches!(line.bytes.first(), Some(b' ' | b'\t')) {
            return self.go_on(&line);
        }
        self.field = None;
        let Some((field, value)) = field_of(&line) else {
            return self.fail(&line, "is not `Field: value`");
        };
        let Some(field) = field else { return };
        if self.has(field) {
            return self.fail(&line, "repeats a field");
        }
        self.seen |= 1 << field as u16;
        self.field = Some(field);
        match str::from_utf8(value) {
            // Who made a package, and what it needs, is told as well as it goes.
            _ if is_told_only(field) => {
                self.stanza.depends_on_more |= line.cut && is_needed(field);
                *self.stanza.value(field) = String::from_utf8_lossy(value).trim().to_owned()
            }
            _ if line.cut => self.fail(&line, "is longer than 64 KiB"),
            Ok(value) => value.trim().clone_into(self.stanza.value(field)),
            Err(_) => self.fail(&line, "is not UTF-8"),
        }
    }

    /// A further line of a field, of which dpkg makes one value.
    fn go_on(&mut self, line: &Line<'_>) {
        match self.field {
            None => {}
            Some(field) if is_list(field) => {
                let more = String::from_utf8_lossy(line.bytes);
                let value = self.stanza.value(field);
                if line.cut || value.len() + more.len() > MAX_LINE {
                    self.stanza.depends_on_more |= is_needed(field);
                    return;
                }
                value.push(' ');
                value.push_str(more.trim());
            }
            Some(field) if is_told_only(field) => {}
            // No such value may have spaces in it.
            Some(Field::Package | Field::Version) => self.fail(line, "continues a field of one line"),
            Some(_) if line.cut => self.fail(line, "is longer than 64 KiB"),
            Some(field) => match str::from_utf8(line.bytes) {
                Ok(more) => {
                    let value = self.stanza.value(field);
                    if value.len() + more.len() > MAX_LINE {
                        return self.fail(line, "makes a value longer than 64 KiB");
                    }
                    value.push(' ');
                    value.push_str(more.trim());
                }
                Err(_) => self.fail(line, "is not UTF-8"),
            },
        }
    }

    const fn has(&self, field: Field) -> bool {
        self.seen & (1 << field as u16) != 0
    }

    fn fail(&mut self, line: &Line<'_>, why: &str) {
        self.problem.get_or_insert_with(|| format!("is damaged: line {} {why}", line.number));
    }

    fn finish(self) -> Option<Result<Stanza, String>> {
        let mut stanza = self.stanza;
        if stanza.line == 0 {
            return None;
        }
        stanza.package.make_ascii_lowercase();
        stanza.version = without_zero_epoch(stanza.version);
        Some(match self.problem {
            Some(problem) => Err(stanza.problem(&problem)),
            None if stanza.package.is_empty() => {
                Err(format!("stanza at line {} has no `Package`", stanza.line))
            }
            None => Ok(stanza),
        })
    }
}

/// Whether a field is only told, so that what is odd in it costs nothing.
const fn is_told_only(field: Field) -> bool {
    matches!(field, Field::Maintainer | Field::Origin | Field::Vendor) || is_list(field)
}

/// Whether a field names packages.
const fn is_list(field: Field) -> bool {
    is_needed(field) || matches!(field, Field::Provides)
}

/// Whether it names those that are needed.
const fn is_needed(field: Field) -> bool {
    matches!(field, Field::PreDepends | Field::Depends)
}

/// A version as dpkg writes it: an epoch without leading zeros, and none where it is zero.
fn without_zero_epoch(version: String) -> String {
    let Some((epoch, rest)) = version.split_once(':') else { return version };
    if !epoch.starts_with('0') || !epoch.bytes().all(|byte| byte.is_ascii_digit()) {
        return version;
    }
    match epoch.trim_start_matches('0') {
        // Without it, what is before the next colon would be taken for one.
        "" if rest.contains(':') => format!("0:{rest}"),
        "" => rest.to_owned(),
        epoch => format!("{epoch}:{rest}"),
    }
}

#[cfg(test)]
mod tests;
