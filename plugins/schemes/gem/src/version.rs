/// A run of digits or of letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Segment<'a> {
    Number(&'a str),
    Word(&'a str),
}

/// The segments of a version, as they are compared: without zeros before its first word and at its end.
pub(crate) fn segments(text: &str) -> Result<Vec<Segment<'_>>, String> {
    let refuse = |why: &str| format!("version `{text}` {why}");
    let version = text.trim_matches(|character: char| matches!(character, ' ' | '\t'..='\r'));
    if !version.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(refuse("does not begin with a number"));
    }
    let (release, pre_release) = match version.split_once('-') {
        Some((release, pre_release)) => (release, Some(pre_release)),
        None => (version, None),
    };
    if release.bytes().find(|byte| !byte.is_ascii_digit()).is_some_and(|byte| byte != b'.') {
        return Err(refuse("does not go on with a dot or a hyphen behind its first number"));
    }
    if !release.split('.').all(|part| is_of(part, |byte| byte.is_ascii_alphanumeric())) {
        return Err(refuse("has no letters and digits between its dots"));
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if pre_release.is_some_and(|text| !text.split('.').all(|part| is_of(part, is_allowed))) {
        return Err(refuse("has no letters, digits and hyphens between the dots behind its hyphen"));
    }
    Ok(significant(&split(version)))
}

fn is_of(part: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    !part.is_empty() && part.bytes().all(is_allowed)
}

/// Takes runs of digits and of letters apart. A hyphen stands for `pre` between dots.
fn split(mut version: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    while let Some(first) = version.bytes().next() {
        let is_same = |byte: u8| match first {
            b'0'..=b'9' => byte.is_ascii_digit(),
            _ => byte.is_ascii_alphabetic(),
        };
        let end = version.bytes().position(|byte| !is_same(byte)).unwrap_or(version.len()).max(1);
        let (run, rest) = version.split_at_checked(end).unwrap_or((version, ""));
        match first {
            b'0'..=b'9' => segments.push(Segment::Number(run)),
            b'-' => segments.push(Segment::Word("pre")),
            b'.' => {}
            _ => segments.push(Segment::Word(run)),
        }
        version = rest;
    }
    segments
}

/// Without the zeros before the first word, and at the end.
fn significant<'a>(segments: &[Segment<'a>]) -> Vec<Segment<'a>> {
    let is_word = |segment: &Segment<'_>| matches!(segment, Segment::Word(_));
    let first_word = segments.iter().position(is_word).unwrap_or(segments.len());
    let (numbers, rest) = segments.split_at_checked(first_word).unwrap_or((segments, &[]));
    [numbers, rest]
        .into_iter()
        .flat_map(|part| {
            let length = part.iter().rposition(|segment| !segment.is_zero()).map_or(0, |last| last + 1);
            part.iter().copied().take(length)
        })
        .collect()
}

impl Segment<'_> {
    pub(crate) fn is_zero(self) -> bool {
        matches!(self, Self::Number(digits) if digits.bytes().all(|digit| digit == b'0'))
    }
}

#[cfg(test)]
mod tests {
    use super::Segment::{Number, Word};
    use super::*;

    #[test]
    fn a_version_is_split_where_rubygems_does() {
        let check = |text: &str, expected: &[Segment<'_>]| {
            assert_eq!(segments(text).as_deref(), Ok(expected), "{text}");
        };
        check("1.2.3", &[Number("1"), Number("2"), Number("3")]);
        check(" 1.2\n", &[Number("1"), Number("2")]);
        check("1.b10.x", &[Number("1"), Word("b"), Number("10"), Word("x")]);
        check("1.2b3", &[Number("1"), Number("2"), Word("b"), Number("3")]);
        check("1-rc.1", &[Number("1"), Word("pre"), Word("rc"), Number("1")]);
        check("1--", &[Number("1"), Word("pre"), Word("pre")]);
        check("1-2-a3", &[Number("1"), Word("pre"), Number("2"), Word("pre"), Word("a"), Number("3")]);
        check("1--a", &[Number("1"), Word("pre"), Word("pre"), Word("a")]);
        check("0", &[]);
        check("1.0.0", &[Number("1")]);
        check("1.0.a.0.1.0", &[Number("1"), Word("a"), Number("0"), Number("1")]);
    }

    #[test]
    fn what_is_no_version_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = segments(text).unwrap_err();
            assert!(error.contains(expected) && error.contains(text), "{text}: {error}");
        };
        check("", "does not begin with a number");
        check("a.1", "does not begin with a number");
        check("v1", "does not begin with a number");
        check("1b", "behind its first number");
        check("1 2", "behind its first number");
        check("1_2", "behind its first number");
        check("1+2", "behind its first number");
        check("1.", "between its dots");
        check("1..2", "between its dots");
        check("1.-2", "between its dots");
        check("1.2_3", "between its dots");
        check("1.\u{e4}", "between its dots");
        check("1-", "behind its hyphen");
        check("1-.a", "behind its hyphen");
        check("1-a..b", "behind its hyphen");
        check("1-a_b", "behind its hyphen");
    }
}
