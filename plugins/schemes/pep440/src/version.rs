use crate::scanner::{Scanner, segments};

/// The parts of a version: `[epoch!]release[pre-release][.post][.dev][+local]`. Numbers are digits
/// only; where a part is there and its number is not, that is empty and means 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// Empty where there is none, which is 0.
    pub(crate) epoch: &'a str,
    /// Numbers between dots.
    pub(crate) release: &'a str,
    pub(crate) pre: Option<(Phase, &'a str)>,
    pub(crate) post: Option<&'a str>,
    pub(crate) dev: Option<&'a str>,
    /// Its [`segments`](Self::local_segments) as they were written; empty where there is none.
    local: &'a str,
}

/// Of which phase a pre-release is, in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Alpha,
    Beta,
    Candidate,
}

const PHASES: [(&str, Phase); 8] = [
    ("alpha", Phase::Alpha),
    ("a", Phase::Alpha),
    ("beta", Phase::Beta),
    ("b", Phase::Beta),
    ("rc", Phase::Candidate),
    ("c", Phase::Candidate),
    ("preview", Phase::Candidate),
    ("pre", Phase::Candidate),
];
const POST: [(&str, ()); 3] = [("post", ()), ("rev", ()), ("r", ())];
const DEV: [(&str, ()); 1] = [("dev", ())];

impl<'a> Version<'a> {
    /// Takes a version apart.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let refuse = |why: &str| format!("version `{text}` {why}");
        let mut scanner = Scanner::of(text.trim());
        scanner.character('v');
        let (epoch, release) = epoch_and_release(&mut scanner).map_err(refuse)?;
        let pre = scanner.part(&PHASES);
        let post = implicit_post(&mut scanner).or_else(|| Some(scanner.part(&POST)?.1));
        let dev = scanner.part(&DEV).map(|(_, number)| number);
        let local = match scanner.rest().strip_prefix('+') {
            Some(local) if segments(local).all(is_segment) => local,
            Some(_) => return Err(refuse("has no letters and digits between separators after `+`")),
            None if scanner.rest().is_empty() => "",
            None => return Err(refuse(&format!("cannot go on with `{}`", scanner.rest()))),
        };
        Ok(Self { epoch, release, pre, post, dev, local })
    }

    /// The segments of its local version; none where there is no local version.
    pub(crate) fn local_segments(&self) -> impl Iterator<Item = &'a str> {
        segments(self.local).filter(|segment| !segment.is_empty())
    }
}

/// The numbers that a version begins with.
fn epoch_and_release<'a>(scanner: &mut Scanner<'a>) -> Result<(&'a str, &'a str), &'static str> {
    let (mut epoch, mut start) = ("", scanner.rest());
    let first = scanner.digits().ok_or("does not begin with a number")?;
    if scanner.character('!') {
        (epoch, start) = (first, scanner.rest());
        scanner.digits().ok_or("has no number after its epoch")?;
    }
    loop {
        let mut ahead = *scanner;
        if !ahead.character('.') || ahead.digits().is_none() {
            break;
        }
        *scanner = ahead;
    }
    let length = start.len() - scanner.rest().len();
    Ok((epoch, start.get(..length).unwrap_or_default()))
}

/// The number of a post-release that no word names: `1.0-1`.
fn implicit_post<'a>(scanner: &mut Scanner<'a>) -> Option<&'a str> {
    let mut ahead = *scanner;
    let number = if ahead.character('-') { ahead.digits() } else { None };
    if number.is_some() {
        *scanner = ahead;
    }
    number
}

fn is_segment(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_taken_apart_in_all_its_spellings() {
        let check = |text: &str, expected: Version<'_>| {
            assert_eq!(Version::parse(text), Ok(expected), "{text}");
        };
        let one = Version { release: "1.0", ..Version::default() };
        let pre = |phase, number| Version { pre: Some((phase, number)), ..one };
        let post = |number| Version { post: Some(number), ..one };
        let dev = |number| Version { dev: Some(number), ..one };
        check("1.0", one);
        check(" \u{2029}V1.0\t\n", one);
        check("2!1.0", Version { epoch: "2", ..one });
        check("v0!2012.04.01", Version { epoch: "0", release: "2012.04.01", ..one });
        for text in ["1.0a1", "1.0.a1", "1.0-A.1", "1.0_alpha-1", "1.0alpha1"] {
            check(text, pre(Phase::Alpha, "1"));
        }
        check("1.0BETA", pre(Phase::Beta, ""));
        for text in ["1.0rc2", "1.0c2", "1.0.pre2", "1.0preview_2"] {
            check(text, pre(Phase::Candidate, "2"));
        }
        for text in ["1.0.post3", "1.0-3", "1.0post3", "1.0-r3", "1.0.rev.3"] {
            check(text, post("3"));
        }
        check("1.0.post", post(""));
        check("1.0dev", dev(""));
        check("1.0-DEV_4", dev("4"));
        check("1.0+Ubuntu-1_2.x", Version { local: "Ubuntu-1_2.x", ..one });
        check(
            "1.0a1.post2.dev3+4",
            Version { pre: Some((Phase::Alpha, "1")), post: Some("2"), dev: Some("3"), local: "4", ..one },
        );
        check("1.0a--1", Version { pre: Some((Phase::Alpha, "")), post: Some("1"), ..one });
        check("1.0a.post1", Version { pre: Some((Phase::Alpha, "")), post: Some("1"), ..one });
        check("1.0a.", pre(Phase::Alpha, ""));
    }

    #[test]
    fn what_pep_440_does_not_allow_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = Version::parse(text).unwrap_err();
            assert!(error.contains(expected) && error.contains(text), "{text}: {error}");
        };
        // From packaging, tests/test_version.py.
        check("french toast", "does not begin with a number");
        check("1.0+a+", "after `+`");
        check("1.0++", "after `+`");
        check("1.0+_foobar", "after `+`");
        check("1.0+foo&asd", "after `+`");
        check("1.0+1+1", "after `+`");
        check("1. 0", "cannot go on with `. 0`");
        check("1 .0", "cannot go on with ` .0`");
        check("1.0 a1", "cannot go on with ` a1`");
        check("1.0a 1", "cannot go on with ` 1`");
        check("٠١٢.٣٤٥.٦٧٨٩", "does not begin with a number");
        check("1..0", "cannot go on with `..0`");
        check("1.0.", "cannot go on with `.`");
        check(".1.0", "does not begin with a number");
        check("1.0+\u{130}", "after `+`");
        // Our own.
        check("", "does not begin with a number");
        check("vv1", "does not begin with a number");
        check("1!", "no number after its epoch");
        check("1!2!3", "cannot go on with `!3`");
        check("!1", "does not begin with a number");
        check("1.0+", "after `+`");
        check("1.0-", "cannot go on with `-`");
        check("1.0-1-1", "cannot go on with `-1`");
        check("1.0.dev1.post1", "cannot go on with `.post1`");
        check("1.0alp", "cannot go on with `lp`");
        check("2004d", "cannot go on with `d`");
        check("1.0-SNAPSHOT", "cannot go on with `-SNAPSHOT`");
    }
}
