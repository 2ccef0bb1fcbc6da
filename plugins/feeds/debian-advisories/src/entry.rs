//! An entry: a line that begins it, and indented ones that say what it is about.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range, Rating, Status};

/// Where the tracker shows an advisory.
const TRACKER: &str = "https://security-tracker.debian.org/tracker/";

/// What is stated without a release.
const UNSTABLE: &str = "sid";

/// What an update is called that is about no vulnerability.
const OTHERWISE: [&str; 2] = ["regression update", "new timezone database"];

/// Urgencies of the security team.
const URGENCIES: [&str; 4] = ["unimportant", "low", "medium", "high"];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What of an entry has been read.
#[derive(Debug)]
pub(crate) struct Entry {
    advisory: Advisory,
}

impl Entry {
    /// The entry that a line begins: `[12 Feb 2025] DSA-5864-1 pam-pkcs11 - security update`.
    pub(crate) fn begin(line: &str) -> Result<Self, Error> {
        let (date, rest) = line
            .strip_prefix('[')
            .and_then(|line| line.split_once(']'))
            .ok_or_else(|| Error::malformed("there is no date in brackets"))?;
        let rest = rest.trim();
        let (id, title) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if !is_identifier(id) {
            return Err(Error::malformed("there is no identifier of an advisory"));
        }
        let references = match id.starts_with("ELA") {
            true => Vec::new(),
            false => vec![format!("{TRACKER}{id}")],
        };
        let published = day(date).map(|day| format!("{day}T00:00:00Z"));
        Ok(Self {
            advisory: Advisory { title: title.trim().to_owned(), references, published, ..Advisory::new(id) },
        })
    }

    /// Whether its identifier begins with this: `DSA`.
    pub(crate) fn is_of(&self, family: &str) -> bool {
        self.advisory.id.strip_prefix(family).is_some_and(|rest| rest.starts_with('-'))
    }

    pub(crate) fn date(&self) -> Option<&str> {
        self.advisory.published.as_deref()
    }

    /// Takes what a further line says, without the space around it.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Error> {
        if let Some(names) = line.strip_prefix('{').and_then(|line| line.strip_suffix('}')) {
            for name in names.split_whitespace() {
                if !is_word(name) {
                    return Err(Error::malformed("there is no identifier of a vulnerability"));
                }
                if !self.advisory.aliases.iter().any(|known| known == name) {
                    self.advisory.aliases.push(name.to_owned());
                }
            }
            return Ok(());
        }
        if line.starts_with(['[', '-']) {
            let affected = affected(line)?;
            self.advisory.affected.push(affected);
            return Ok(());
        }
        let is_remark = line.is_empty()
            || ["NOTE:", "TODO:", "RESERVED", "REJECTED"].iter().any(|word| line.starts_with(word));
        if is_remark { Ok(()) } else { Err(Error::malformed("the line says nothing that is known here")) }
    }

    /// The advisory; none where it is about no package, or no vulnerability.
    pub(crate) fn end(self) -> Option<Advisory> {
        let Self { advisory } = self;
        let corrects = advisory.id.splitn(3, '-').nth(2).is_some_and(|revision| revision != "1");
        let otherwise = OTHERWISE.iter().any(|title| advisory.title.ends_with(title));
        let is_about_nothing = advisory.aliases.is_empty() && (corrects || otherwise);
        (!advisory.affected.is_empty() && !is_about_nothing).then_some(advisory)
    }
}

/// `[bookworm] - pam-pkcs11 0.6.12-1+deb12u1 (bug #332424; medium)`
fn affected(line: &str) -> Result<Affected, Error> {
    let no_statement = || Error::malformed("it is not of the form `[release] - package version`");
    let (release, rest) = match line.strip_prefix('[') {
        Some(line) => line.split_once(']').ok_or_else(no_statement)?,
        None => (UNSTABLE, line),
    };
    let rest = rest.trim().strip_prefix('-').ok_or_else(no_statement)?.trim();
    let (rest, remark) = match rest.split_once('(') {
        Some((rest, remark)) => (rest.trim(), remark.trim_end().trim_end_matches(')').trim()),
        None => (rest, ""),
    };
    let mut words = rest.split_whitespace();
    let (name, version) = (words.next().ok_or_else(no_statement)?, words.next().ok_or_else(no_statement)?);
    if words.next().is_some() || !is_word(release) || !is_word(name) || !is_word(version) {
        return Err(no_statement());
    }
    let (status, ranges) = match version {
        "<not-affected>" => (Status::NotAffected, vec![Range::all()]),
        "<unfixed>" | "<removed>" => (Status::Affected, vec![Range::all()]),
        "<end-of-life>" => (Status::EndOfLife, vec![Range::all()]),
        "<ignored>" => (Status::WontFix, vec![Range::all()]),
        "<no-dsa>" | "<postponed>" => (Status::FixDeferred, vec![Range::all()]),
        "<undetermined>" => (Status::UnderInvestigation, vec![Range::all()]),
        _ if !version.starts_with(|first: char| first.is_ascii_digit()) => {
            return Err(Error::malformed(format_args!("`{}` is no version", shown(version))));
        }
        version => (Status::Affected, vec![Range::before(version)]),
    };
    let urgency = remark.split(';').map(str::trim).find(|word| URGENCIES.contains(word));
    Ok(Affected {
        namespace: format!("debian:{release}"),
        name: name.to_owned(),
        source: true,
        scheme: "dpkg".to_owned(),
        status,
        ranges,
        ratings: urgency.map(|urgency| Rating::word("debian", urgency)).into_iter().collect(),
        note: Some(remark).filter(|remark| !remark.is_empty()).map(str::to_owned),
        ..Affected::default()
    })
}

/// Whether it is one of an advisory: `DSA-5864-1`.
fn is_identifier(text: &str) -> bool {
    let (family, number) = text.split_once('-').unwrap_or((text, ""));
    is_word(text)
        && family.bytes().all(|byte| byte.is_ascii_uppercase())
        && number.starts_with(|first: char| first.is_ascii_digit())
}

fn is_word(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `2025-02-12` of `12 Feb 2025`.
fn day(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let month = MONTHS.iter().position(|known| *known == month)? + 1;
    let day: u8 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    (is_year && words.next().is_none()).then(|| format!("{year}-{month:02}-{day:02}"))
}

/// A text as a message shows it: never long.
pub(crate) fn shown(text: &str) -> &str {
    text.get(..text.floor_char_boundary(80)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_which_versions_are_affected() {
        let check = |line: &str, namespace: &str, name: &str, status: Status, ranges: &[Range]| {
            let affected = affected(line).unwrap();
            assert_eq!((affected.namespace.as_str(), affected.name.as_str()), (namespace, name), "{line}");
            assert_eq!((affected.status, affected.ranges.as_slice()), (status, ranges), "{line}");
        };
        check(
            "[sarge] - zlib 1:1.2.2-4.sarge.2",
            "debian:sarge",
            "zlib",
            Status::Affected,
            &[Range::before("1:1.2.2-4.sarge.2")],
        );
        check("- zlib 1:1.2.3-1", "debian:sid", "zlib", Status::Affected, &[Range::before("1:1.2.3-1")]);
        check(
            "[woody] - zlib <not-affected> (introduced later)",
            "debian:woody",
            "zlib",
            Status::NotAffected,
            &[Range::all()],
        );
        check("[woody] - a <unfixed> (high)", "debian:woody", "a", Status::Affected, &[Range::all()]);
        check("[woody] - a <end-of-life>", "debian:woody", "a", Status::EndOfLife, &[Range::all()]);
        check("[woody] - a <ignored> (Minor issue)", "debian:woody", "a", Status::WontFix, &[Range::all()]);
        check("[woody] - a <no-dsa>", "debian:woody", "a", Status::FixDeferred, &[Range::all()]);
    }

    #[test]
    fn a_remark_is_a_note_and_may_have_an_urgency() {
        let affected = affected("[woody] - weex 2.6.1-4woody2 (bug #332424; medium)").unwrap();
        assert_eq!(affected.note.as_deref(), Some("bug #332424; medium"));
        assert_eq!(affected.ratings, [Rating::word("debian", "medium")]);
    }

    #[test]
    fn other_lines_are_refused() {
        for line in ["[woody]", "[woody - a 1", "- a", "- a b", "[w] - a <what>", "- a 1 2", "[] - a 1", "-"]
        {
            assert!(affected(line).is_err(), "{line}");
        }
        for line in ["[1 Jan 2000]", "[1 Jan 2000] what", "[1 Jan 2000 DSA-1-1", "[1 Jan 2000] DSA- x"] {
            assert!(Entry::begin(line).is_err(), "{line}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(day(text).as_deref(), expected, "{text}");
        check("12 Feb 2025", Some("2025-02-12"));
        check("01 Dec 1999", Some("1999-12-01"));
        check("32 Dec 1999", None);
        check("1 dec 1999", None);
        check("1 Dec 99", None);
        check("", None);
    }
}
