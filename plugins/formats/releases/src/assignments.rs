//! The format of [os-release(5)](https://www.freedesktop.org/software/systemd/man/latest/os-release.html):
//! lines `NAME=value` that a shell could read, without any of what a shell would do.

use std::collections::BTreeMap;

/// The assignments of a file, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignments(BTreeMap<String, Result<String, String>>);

impl Assignments {
    /// Lines that assign nothing are passed over, as a shell that finds nothing to complain about
    /// would; a name that is assigned twice has its last value.
    pub fn parse(text: &str) -> Self {
        let mut assignments = BTreeMap::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) else {
                continue;
            };
            let value = unquote(value)
                .map_err(|why| format!("value of `{}` at line {} {why}", name.trim(), index + 1));
            assignments.insert(name.trim().to_owned(), value);
        }
        Self(assignments)
    }

    /// Values of which it is known what they are.
    pub fn of<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name.to_owned(), Ok(value.to_owned()))).collect())
    }

    /// The value of a name; none where it has none, or an empty one.
    ///
    /// # Errors
    ///
    /// What is wrong with the value.
    pub fn get(&self, name: &str) -> Result<Option<&str>, String> {
        match self.0.get(name) {
            Some(Ok(value)) => Ok(Some(value.as_str()).filter(|value| !value.is_empty())),
            Some(Err(why)) => Err(why.clone()),
            None => Ok(None),
        }
    }
}

/// A value without its quotes. Within double quotes, and without any, a backslash takes the meaning
/// from the character after it.
fn unquote(value: &str) -> Result<String, &'static str> {
    let value = value.trim();
    let unclosed = "has no closing quote";
    if let Some(rest) = value.strip_prefix('\'') {
        return rest.strip_suffix('\'').map(str::to_owned).ok_or(unclosed);
    }
    let quoted = value.strip_prefix('"');
    let mut text = String::with_capacity(value.len());
    let mut characters = quoted.unwrap_or(value).chars();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted.is_some() => {
                let rest = characters.as_str();
                return if rest.is_empty() { Ok(text) } else { Err("goes on after its closing quote") };
            }
            '\\' => match characters.next() {
                Some(escaped @ ('"' | '\\' | '$' | '`' | '\'')) => text.push(escaped),
                // Before any other character a shell keeps the backslash, in double quotes.
                Some(other) if quoted.is_some() => text.extend(['\\', other]),
                Some(other) => text.push(other),
                None => return Err("ends in a backslash"),
            },
            _ => text.push(character),
        }
    }
    if quoted.is_some() { Err(unclosed) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_read_as_a_shell_would() {
        let check = |text: &str, expected: Result<Option<&str>, &str>| {
            let assignments = Assignments::parse(text);
            let actual = assignments.get("A");
            assert_eq!(actual.as_ref().map_err(String::as_str).copied(), expected, "{text:?}");
        };
        check("A=b", Ok(Some("b")));
        check("A=b\r\n", Ok(Some("b")));
        check("\u{feff}A=b\n", Ok(Some("b")));
        check("A=\"b c\"", Ok(Some("b c")));
        check("A='b \" c'", Ok(Some("b \" c")));
        check(r#"A="b \"c\" \$d \\ \e""#, Ok(Some(r#"b "c" $d \ \e"#)));
        check(r"A=b\ c", Ok(Some("b c")));
        check("A=b=c", Ok(Some("b=c")));
        check("A=1\nA=2", Ok(Some("2")));
        check("# A=b\nrubbish\n", Ok(None));
        check("A=", Ok(None));
        check("A=\"\"", Ok(None));
        check("X=1\nA=\"b", Err("value of `A` at line 2 has no closing quote"));
        check("A='b", Err("value of `A` at line 1 has no closing quote"));
        check("A='", Err("value of `A` at line 1 has no closing quote"));
        check("A=\"b\"c", Err("value of `A` at line 1 goes on after its closing quote"));
        check("A=b\\", Err("value of `A` at line 1 ends in a backslash"));
    }

    /// A value in double quotes, as os-release(5) asks.
    fn quote(value: &str) -> String {
        let mut text = String::from("\"");
        for character in value.chars() {
            if matches!(character, '"' | '\\' | '$' | '`') {
                text.push('\\');
            }
            text.push(character);
        }
        text + "\""
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            values in prop::collection::btree_map("[A-Z_]{1,8}", r#"[ -~äé]{1,12}"#, 0..6),
        ) {
            let text: String =
                values.iter().map(|(name, value)| format!("{name}={}\n", quote(value))).collect();
            let assignments = Assignments::parse(&text);
            for (name, value) in &values {
                prop_assert_eq!(assignments.get(name), Ok(Some(value.as_str())));
            }
        }

        #[test]
        fn no_text_is_too_odd_to_be_read(text in r#"([A-C]{0,2}=?["'\\# $a]{0,6}\n?){0,10}|\PC{0,60}"#) {
            let _outcome = Assignments::parse(&text).get("A").is_ok();
        }
    }
}
