//! What is wrong with a setting, and where.

use std::fmt;

use super::tree::Origin;

/// What is wrong with a setting.
#[derive(Debug)]
pub(super) struct Problem {
    /// Of which setting; empty where it is of none.
    pub(super) path: Vec<String>,
    /// Where it stands.
    pub(super) origin: Option<Origin>,
    pub(super) what: What,
    /// What to do instead.
    pub(super) hint: Option<String>,
}

#[derive(Debug)]
pub(super) enum What {
    /// There is no such key, and what there is in its place.
    UnknownKey { key: String, known: Vec<String> },
    /// It is no such word, and which there are.
    UnknownWord { word: String, known: Vec<String> },
    /// Anything else.
    Other(String),
}

impl Problem {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { path: Vec::new(), origin: None, what: What::Other(what.into()), hint: None }
    }

    /// The same at a place, unless it is known more precisely.
    pub(super) fn or_at(mut self, origin: &Origin) -> Self {
        self.origin.get_or_insert_with(|| origin.clone());
        self
    }

    /// The same beneath a key.
    pub(super) fn within(mut self, key: &str) -> Self {
        self.path.insert(0, key.to_owned());
        self
    }

    pub(super) fn with_hint(self, hint: String) -> Self {
        Self { hint: Some(hint), ..self }
    }

    fn key(&self) -> String {
        key_of(&self.path)
    }
}

/// A path as it is written in TOML.
pub(super) fn key_of(path: &[String]) -> String {
    let is_bare = |key: &str| {
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    let keys = path
        .iter()
        .map(|key| if is_bare(key) { key.clone() } else { toml::Value::String(key.clone()).to_string() });
    keys.collect::<Vec<_>>().join(".")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            None => f.write_str("settings")?,
            Some(origin) => origin.fmt(f)?,
        }
        f.write_str(": ")?;
        match &self.what {
            What::UnknownKey { key, known } => {
                let mut path = self.path.clone();
                path.push(key.clone());
                write!(f, "unknown setting `{}`", key_of(&path))?;
                match nearest(key, known) {
                    Some(near) => {
                        path.pop();
                        path.push(near.to_owned());
                        write!(f, "; the nearest that there is is `{}`", key_of(&path))?;
                    }
                    None if self.hint.is_none() && !known.is_empty() => {
                        write!(f, "; there {}", listed(known))?;
                    }
                    None => {}
                }
            }
            What::UnknownWord { word, known } => {
                write!(f, "setting `{}`: `{word}` is none of what there is", self.key())?;
                match nearest(word, known) {
                    Some(near) => write!(f, "; the nearest is `{near}`")?,
                    None => write!(f, "; there {}", listed(known))?,
                }
            }
            What::Other(what) if self.path.is_empty() => f.write_str(what)?,
            What::Other(what) => write!(f, "setting `{}`: {what}", self.key())?,
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        let Some(Origin::File { file, line, column }) = &self.origin else { return Ok(()) };
        let Some(text) = file.text.lines().nth(line - 1).filter(|text| text.len() <= LONGEST_LINE) else {
            return Ok(());
        };
        let (margin, number) = (" ".repeat(line.to_string().len()), line);
        let before = " ".repeat(column - 1);
        write!(f, "\n {margin} |\n {number} | {}\n {margin} | {before}^", without_secrets(text))
    }
}

/// Longest line of a settings file that is shown in an error, in bytes.
const LONGEST_LINE: usize = 200;

/// Words of keys whose values are secrets, or may hold some.
const SECRET_WORDS: [&str; 5] = ["secret", "password", "token", "url", "proxy"];

/// A key whose value is a secret.
const SECRET_KEY: &str = "key";

/// A line of a settings file as it may be shown: of one that may hold a secret, only what is before its value.
fn without_secrets(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let may_hold = SECRET_WORDS.iter().any(|word| lower.contains(word))
        || words.any(|word| word == SECRET_KEY)
        || line.contains('@');
    match line.split_once('=').filter(|_| may_hold) {
        Some((key, _)) => format!("{key}= (hidden)"),
        None if may_hold && !line.trim_start().starts_with('[') => "(hidden)".to_owned(),
        None => line.replace('\t', " "),
    }
}

fn listed(known: &[String]) -> String {
    let known: Vec<_> = known.iter().map(|key| format!("`{key}`")).collect();
    match known.len() {
        1 => format!("is {}", known.concat()),
        _ => format!("are {}", known.join(", ")),
    }
}

/// How alike two words are at least of which one may be meant by the other, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The known word that is most like one; none where none is.
pub(super) fn nearest<'k>(word: &str, known: &'k [String]) -> Option<&'k str> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let likeness = |known: &str| {
        let tail = known.split_once('_').map_or("", |(_, tail)| tail);
        // `workers` may well be `read_workers`, but less so than another word that is like it as a whole.
        strsim::jaro_winkler(&word, known).max(0.95 * strsim::jaro_winkler(&word, tail))
    };
    let likely = known.iter().map(|known| (likeness(known), known.as_str()));
    let best = likely.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= ALIKE).then_some(best.1)
}

/// All that is wrong with settings.
#[derive(Debug)]
pub(crate) struct Problems(pub(super) Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl Problems {
    /// Those of a file first, in the order of its lines.
    pub(super) fn in_order(mut self) -> Self {
        self.0.sort_by_key(|problem| match problem.origin {
            Some(Origin::File { line, column, .. }) => (line, column),
            _ => (usize::MAX, 0),
        });
        self
    }

    /// How many there are.
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_word_finds_the_one_that_was_meant() {
        let check = |word: &str, expected: Option<&str>| {
            let known = ["read_workers", "wait", "idle_time", "archive_bytes"].map(str::to_owned);
            assert_eq!(nearest(word, &known), expected, "{word}");
        };
        check("read_worker", Some("read_workers"));
        check("workres", Some("read_workers"));
        check("WAIT", Some("wait"));
        check("idle-time", Some("idle_time"));
        check("colour", None);
    }

    #[test]
    fn lines_that_may_hold_secrets_are_not_shown_whole() {
        assert_eq!(without_secrets("jobs = 3"), "jobs = 3");
        assert_eq!(without_secrets("token = 3"), "token = (hidden)");
        assert_eq!(without_secrets("webhook = { url = 'a', secret = 'b' }"), "webhook = (hidden)");
        assert_eq!(without_secrets("\"token"), "(hidden)");
    }
}
