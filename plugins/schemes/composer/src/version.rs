use limpid_versions::split_digits;

/// What a version is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// Digits; four, or as many as a date has.
    pub(crate) numbers: Vec<&'a str>,
    pub(crate) stability: Option<Stability<'a>>,
    pub(crate) is_dev: bool,
}

/// What follows the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stability<'a> {
    pub(crate) word: Word,
    /// Numbers between dots and hyphens.
    pub(crate) numbers: &'a str,
}

/// The words that Composer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// `stable` in other than small letters, of which PHP knows nothing.
    Unknown,
    Alpha,
    Beta,
    Candidate,
    Patch,
    Stable,
}

/// Of two words that begin alike the longer one comes first.
const WORDS: [(&str, Word); 9] = [
    ("stable", Word::Stable),
    ("beta", Word::Beta),
    ("b", Word::Beta),
    ("rc", Word::Candidate),
    ("alpha", Word::Alpha),
    ("a", Word::Alpha),
    ("patch", Word::Patch),
    ("pl", Word::Patch),
    ("p", Word::Patch),
];

/// What a number of a branch is where it is `x`.
const ANY: &str = "9999999";

/// How many digits the first number of a version has at most; one with more is a date.
const FIRST_DIGITS: usize = 5;

const NUMBERS: usize = 4;

impl<'a> Version<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let version = bare(text);
        if matches!(version, "master" | "trunk" | "default") || starts_with(version, "dev-") {
            return Err(format!("version `{text}` is a branch, which has no order"));
        }
        let version = match version.split_once('+') {
            Some((version, build)) if !build.is_empty() && !build.contains(char::is_whitespace) => version,
            _ => version,
        };
        let numbered = if starts_with(version, "v") { version.get(1..).unwrap_or_default() } else { version };
        let read = Self::of_numbers(numbered).or_else(|| Self::of_date(numbered));
        read.or_else(|| Self::of_branch(version))
            .ok_or_else(|| format!("version `{text}` is none that Composer can normalise"))
    }

    /// One to four numbers, and what follows them.
    fn of_numbers(text: &'a str) -> Option<Self> {
        let mut numbers = Vec::with_capacity(NUMBERS);
        let (first, mut rest) = split_digits(text);
        if first.is_empty() || first.len() > FIRST_DIGITS {
            return None;
        }
        numbers.push(first);
        while numbers.len() < NUMBERS {
            let Some((number, after)) = rest.strip_prefix('.').map(split_digits) else { break };
            if number.is_empty() {
                break;
            }
            numbers.push(number);
            rest = after;
        }
        numbers.resize(NUMBERS, "0");
        Self::with_modifier(numbers, rest)
    }

    /// A date or a time: four digits, one to six times two, and up to twice one to three.
    fn of_date(text: &'a str) -> Option<Self> {
        let is_of_date = |byte: u8| byte.is_ascii_digit() || b".:-".contains(&byte);
        let end = text.bytes().position(|byte| !is_of_date(byte)).unwrap_or(text.len());
        let date = text.get(..end)?.trim_end_matches(['.', ':', '-']);
        if !is_date(date) {
            return None;
        }
        let numbers = date.split(['.', ':', '-']).collect();
        Self::with_modifier(numbers, text.get(date.len()..)?)
    }

    fn with_modifier(numbers: Vec<&'a str>, rest: &'a str) -> Option<Self> {
        let (stability, is_dev) = modifier(rest)?;
        Some(match stability {
            Some(Stability { word: Word::Stable, .. }) => Self { numbers, stability: None, is_dev: false },
            stability => Self { numbers, stability, is_dev },
        })
    }

    /// A branch of numbers: `1.x-dev`.
    fn of_branch(text: &'a str) -> Option<Self> {
        let name = text.get(..text.len().checked_sub(3)?)?;
        if !text.get(name.len()..)?.eq_ignore_ascii_case("dev") {
            return None;
        }
        let name = name.strip_suffix(['.', '-']).unwrap_or(name).trim();
        let name = if starts_with(name, "v") { name.get(1..)? } else { name };
        let mut numbers = Vec::with_capacity(NUMBERS);
        for (place, part) in name.split('.').enumerate() {
            let is_any = place > 0 && matches!(part, "x" | "X" | "*");
            let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if place == NUMBERS || !(is_any || is_number) {
                return None;
            }
            numbers.push(if is_any { ANY } else { part });
        }
        numbers.resize(NUMBERS, ANY);
        Some(Self { numbers, stability: None, is_dev: true })
    }
}

/// Without spaces around it, an alias and a flag.
fn bare(text: &str) -> &str {
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\0', '\x0b']);
    let has_no = |part: &str| !part.is_empty() && !part.contains(|c: char| c == ',' || c.is_whitespace());
    let text = match text.split_once(" as ") {
        Some((version, alias)) if has_no(version.trim_end()) && has_no(alias.trim_start()) => {
            version.trim_end()
        }
        _ => text,
    };
    match text.rsplit_once('@') {
        Some((version, flag))
            if ["stable", "rc", "beta", "alpha", "dev"].iter().any(|it| flag.eq_ignore_ascii_case(it)) =>
        {
            version
        }
        _ => text,
    }
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(start))
}

/// `[._-]?(word(numbers)?)?([.-]?dev)?`, of all that is left.
fn modifier(text: &str) -> Option<(Option<Stability<'_>>, bool)> {
    let without = text.strip_prefix(['.', '_', '-']);
    without.into_iter().chain([text]).find_map(|rest| {
        let with_word = WORDS.iter().find_map(|(name, word)| {
            if !starts_with(rest, name) {
                return None;
            }
            let (spelling, after) = rest.split_at_checked(name.len())?;
            let (numbers, after) = stability_numbers(after);
            let word = if *word == Word::Stable && spelling != "stable" { Word::Unknown } else { *word };
            Some((Some(Stability { word, numbers }), is_dev(after)?))
        });
        with_word.or_else(|| Some((None, is_dev(rest)?)))
    })
}

/// `([.-]?digits)*`, and what follows.
fn stability_numbers(text: &str) -> (&str, &str) {
    let mut rest = text;
    loop {
        let (digits, after) = split_digits(rest.strip_prefix(['.', '-']).unwrap_or(rest));
        if digits.is_empty() {
            break;
        }
        rest = after;
    }
    text.split_at_checked(text.len() - rest.len()).unwrap_or((text, ""))
}

/// Whether this is `dev` or nothing; none where it is something else.
fn is_dev(text: &str) -> Option<bool> {
    let word = text.strip_prefix(['.', '-']).unwrap_or(text);
    match text.is_empty() {
        true => Some(false),
        false => word.eq_ignore_ascii_case("dev").then_some(true),
    }
}

/// Whether these digits and separators are a date. At most 63 ways are tried.
fn is_date(text: &str) -> bool {
    let Some((year, mut rest)) = text.split_at_checked(4) else { return false };
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    for _ in 0..6 {
        match digits_of(rest, 2) {
            Some(after) => rest = after,
            None => return false,
        }
        let lengths = || 1..=3;
        let ends = rest.is_empty()
            || lengths().filter_map(|length| digits_of(rest, length)).any(|rest| {
                rest.is_empty() || lengths().any(|length| digits_of(rest, length).is_some_and(str::is_empty))
            });
        if ends {
            return true;
        }
    }
    false
}

/// What follows a separator, or none, and so many digits.
fn digits_of(text: &str, count: usize) -> Option<&str> {
    let text = text.strip_prefix(['.', ':', '-']).unwrap_or(text);
    let (digits, rest) = text.split_at_checked(count)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(rest)
}

#[cfg(test)]
mod tests;
