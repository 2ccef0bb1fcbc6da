//! What the team says of one package in one place: a status, and what stands in parentheses behind it.

use crate::text;

/// A status of the tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Released,
    NotAffected,
    /// `DNE`: the release does not have the package.
    Missing,
    /// `needed`, and what somebody works on.
    Needed,
    NeedsTriage,
    Pending,
    Deferred,
    Ignored,
}

/// A status with its detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) word: Word,
    /// A version, a reason, a date; empty where there is none.
    pub(crate) detail: String,
}

/// Ends of support, in the team's words.
const ENDS: [&str; 6] = [
    "end-of-life",
    "end of life",
    "end of standard support",
    "out of standard support",
    "end of esm support",
    "no longer supported",
];

/// Bytes of a detail, of which the rest is cut off.
const MAX_DETAIL: usize = 4096;

impl Said {
    pub(crate) fn new(word: Word, detail: &str) -> Self {
        let detail = detail.trim();
        let detail = detail.get(..detail.floor_char_boundary(MAX_DETAIL)).unwrap_or(detail);
        Self { word, detail: detail.to_owned() }
    }

    /// What a line of the tracker says: `ignored (end of standard support)`.
    ///
    /// # Errors
    ///
    /// The word that is no status.
    pub(crate) fn parse(line: &str) -> Result<Self, &str> {
        let line = line.trim();
        let end = line.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(line.len());
        let (word, detail) = line.split_at_checked(end).unwrap_or((line, ""));
        let detail = detail.trim();
        let detail = detail.strip_prefix('(').unwrap_or(detail);
        let detail = detail.strip_suffix(')').unwrap_or(detail);
        let word = match word {
            "released" => Word::Released,
            "not-affected" => Word::NotAffected,
            "DNE" => Word::Missing,
            "needed" | "active" | "in-progress" => Word::Needed,
            "needs-triage" => Word::NeedsTriage,
            "pending" => Word::Pending,
            "deferred" => Word::Deferred,
            // What was in `universe` got no fixes.
            "ignored" | "universe-binary" => Word::Ignored,
            other => return Err(other),
        };
        Ok(Self::new(word, detail))
    }

    /// The version that stands in parentheses; none where anything else stands there.
    pub(crate) fn version(&self) -> Option<&str> {
        let detail = self.detail.trim_matches(['(', ')', ' ']);
        text::is_version(detail).then_some(detail)
    }

    /// Whether it is said that support has ended.
    pub(crate) fn is_end(&self) -> bool {
        let detail = self.detail.to_ascii_lowercase();
        matches!(self.word, Word::Ignored | Word::Pending) && ENDS.iter().any(|end| detail.contains(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_a_status_and_a_detail() {
        let check = |line: &str, word: Word, detail: &str| {
            assert_eq!(Said::parse(line), Ok(Said::new(word, detail)), "{line}");
        };
        check("released (1.2-3)", Word::Released, "1.2-3");
        check("released(1.2-3 )", Word::Released, "1.2-3");
        check("released", Word::Released, "");
        check("needed", Word::Needed, "");
        check(
            "ignored (was pending [1.2 now end-of-life)",
            Word::Ignored,
            "was pending [1.2 now end-of-life",
        );
        check("not-affected (code (here) not present)", Word::NotAffected, "code (here) not present");
        check("deferred (2017-08-01", Word::Deferred, "2017-08-01");
        check(&format!("needed ({})", "ä".repeat(3000)), Word::Needed, &"ä".repeat(2048));
        assert_eq!(Said::parse("fixed (1)"), Err("fixed"));
        assert_eq!(Said::parse(""), Err(""));
    }

    #[test]
    fn a_detail_is_a_version_or_is_not() {
        let check = |line: &str, expected: Option<&str>| {
            assert_eq!(Said::parse(line).unwrap().version(), expected, "{line}");
        };
        check("released (1:2.3-4ubuntu5)", Some("1:2.3-4ubuntu5"));
        check("released ((1.2-3", Some("1.2-3"));
        check("pending (2.2.33, 2.4.26)", None);
        check("not-affected (code not present)", None);
        check("released", None);
    }

    #[test]
    fn support_ends_in_many_words() {
        let check = |line: &str, expected: bool| {
            assert_eq!(Said::parse(line).unwrap().is_end(), expected, "{line}");
        };
        check("ignored (reached end-of-life)", true);
        check("ignored (End of Standard Support, was needed)", true);
        check("pending (reached end-of-life)", true);
        check("ignored (abandoned)", false);
        check("ignored (upstream sun-java6 is EoL)", false);
        check("needed (end of life)", false);
    }
}
