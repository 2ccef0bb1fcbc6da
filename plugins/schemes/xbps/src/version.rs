/// The parts of a version, as libxbps reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// None is a zero at the end, which is as good as none.
    pub(crate) components: Vec<Component<'a>>,
    /// Digits; empty where there is none, which is 0. Of several, it is the last.
    pub(crate) revision: &'a str,
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Component<'a> {
    /// -3
    Alpha,
    /// -2
    Beta,
    /// -1: `pre` or `rc`
    Candidate,
    Zero,
    /// Digits, not all of them zeros.
    Number(&'a str),
    /// The place of a letter in the alphabet, from 1.
    Letter(u8),
}

/// What counts as one number; the longer before those that they begin with. Each is told from the letters that it is
/// made of wherever it stands.
const WORDS: [(&str, Component<'_>); 6] = [
    ("alpha", Component::Alpha),
    ("beta", Component::Beta),
    ("pre", Component::Candidate),
    ("rc", Component::Candidate),
    ("pl", Component::Zero),
    (".", Component::Zero),
];

impl<'a> Version<'a> {
    /// Takes a version apart.
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("the version is empty".to_owned());
        }
        if text.contains('\0') || text.contains(char::is_whitespace) {
            return Err(format!("version `{text}` has a space or zero byte inside"));
        }
        let (mut components, mut revision) = (Vec::new(), "");
        let mut rest = text;
        while let Some(first) = rest.bytes().next() {
            let word = WORDS.iter().find(|(word, _)| starts_with(rest, word));
            let taken = if first.is_ascii_digit() {
                let digits = digits(rest);
                components.push(match digits.trim_start_matches('0') {
                    "" => Component::Zero,
                    number => Component::Number(number),
                });
                digits.len()
            } else if let Some((word, component)) = word {
                components.push(*component);
                word.len()
            } else if first == b'_' {
                revision = digits(rest.get(1..).unwrap_or_default());
                1 + revision.len()
            } else {
                if first.is_ascii_alphabetic() {
                    components
                        .extend([Component::Zero, Component::Letter(first.to_ascii_lowercase() - b'a' + 1)]);
                }
                rest.chars().next().map_or(1, char::len_utf8)
            };
            rest = rest.get(taken..).unwrap_or_default();
        }
        let end = components.iter().rposition(|component| *component != Component::Zero);
        components.truncate(end.map_or(0, |end| end + 1));
        Ok(Self { components, revision })
    }
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// The digits that a text begins with.
fn digits(text: &str) -> &str {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Component::{Alpha, Beta, Candidate, Letter, Number, Zero};

    #[test]
    fn a_version_is_numbers_and_a_revision() {
        let check = |text: &str, components: &[Component<'_>], revision: &str| {
            let expected = Version { components: components.to_vec(), revision };
            assert_eq!(Version::parse(text), Ok(expected), "{text}");
        };
        check("1.2_3", &[Number("1"), Zero, Number("2")], "3");
        check("1.0.0", &[Number("1")], "");
        check("007", &[Number("7")], "");
        check("1a", &[Number("1"), Zero, Letter(1)], "");
        check("1.Z", &[Number("1"), Zero, Zero, Letter(26)], "");
        check("2.0rc2_1", &[Number("2"), Zero, Zero, Candidate, Number("2")], "1");
        check("1.ALPHAbeta", &[Number("1"), Zero, Alpha, Beta], "");
        check("1pl2", &[Number("1"), Zero, Number("2")], "");
        check(
            "1preview",
            &[Number("1"), Candidate, Zero, Letter(22), Zero, Letter(9), Zero, Letter(5), Zero, Letter(23)],
            "",
        );
        check("1:2-3+4", &[Number("1"), Number("2"), Number("3"), Number("4")], "");
        check("1_2_3", &[Number("1")], "3");
        check("1_2.3_", &[Number("1"), Zero, Number("3")], "");
        check("1ä2", &[Number("1"), Number("2")], "");
        check("...", &[], "");
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", " ", "1 2", "1\0", "1\n"] {
            assert!(Version::parse(text).is_err(), "{text:?}");
        }
    }
}
