//! The `WWW-Authenticate` header: how a registry says what it wants to know.

use std::collections::BTreeMap;

/// Longest header that is looked at, in bytes.
const HEADER_BYTES: usize = 8 << 10;

/// What a registry wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// A user and a password.
    Basic,
    /// A token, to be had at `realm`
    /// ([token authentication](https://distribution.github.io/distribution/spec/auth/token/)).
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

/// The challenge of a header that is answered best, a token before a password; none where it holds
/// none that is known. The grammar is that of
/// [RFC 9110, section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1).
pub(crate) fn best(header: &str) -> Option<Challenge> {
    let challenges = parse(header);
    let bearer = challenges.iter().find_map(|(scheme, parameters)| {
        let get = |name: &str| parameters.get(name).cloned();
        let realm = get("realm").filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
        Some(Challenge::Bearer { realm, service: get("service"), scope: get("scope") })
    });
    let basic = || challenges.iter().any(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    bearer.or_else(|| basic().then_some(Challenge::Basic))
}

type Parameters = BTreeMap<String, String>;

/// Schemes with their parameters. A word that `=` follows is a parameter, any other a scheme.
fn parse(header: &str) -> Vec<(String, Parameters)> {
    let mut challenges: Vec<(String, Parameters)> = Vec::new();
    let mut rest = header.get(..header.floor_char_boundary(HEADER_BYTES)).unwrap_or_default();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() && after.is_empty() {
            return challenges;
        }
        match after.strip_prefix('=') {
            Some(value) => {
                let (value, after) = take_value(value);
                if let Some((_, parameters)) = challenges.last_mut() {
                    parameters.entry(word.to_ascii_lowercase()).or_insert(value);
                }
                rest = after;
            }
            None => {
                challenges.push((word.to_owned(), Parameters::new()));
                rest = after;
            }
        }
    }
}

/// A word or a quoted text, and what follows it.
fn take_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return (value.to_owned(), after);
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => value.extend(characters.next()),
            _ => value.push(character),
        }
    }
    (value, characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Some(Challenge::Bearer { realm: realm.to_owned(), service: own(service), scope: own(scope) })
    }

    #[test]
    fn a_challenge_is_read_as_registries_write_it() {
        let check =
            |header: &str, expected: Option<Challenge>| assert_eq!(best(header), expected, "{header}");
        check(
            r#"Bearer realm="https://auth.example/token",service="registry",scope="repository:a/b:pull""#,
            bearer("https://auth.example/token", Some("registry"), Some("repository:a/b:pull")),
        );
        check(r#"bearer  Realm="https://a/t" , service=x"#, bearer("https://a/t", Some("x"), None));
        check(r#"Basic realm="a, b", Bearer realm="https://a/t""#, bearer("https://a/t", None, None));
        check(r#"Bearer realm="a\"b""#, bearer("a\"b", None, None));
        check(r#"Basic realm="x""#, Some(Challenge::Basic));
        check("Basic", Some(Challenge::Basic));
        check("Bearer", None);
        check("Negotiate", None);
    }

    #[test]
    fn a_header_that_makes_no_sense_holds_no_challenge() {
        for header in ["", ",,,", "=", "=\"", "a=b", "\"", "Bearer realm=", "Bearer realm", "Bearer =\"x"] {
            let found = best(header);
            assert!(found.is_none() || found == bearer("", None, None), "{header}: {found:?}");
        }
        assert_eq!(best(&"a=".repeat(100_000)), None);
        assert_eq!(best(&"\u{e9}".repeat(HEADER_BYTES)), None);
    }

    #[test]
    fn what_lies_beyond_the_limit_is_not_looked_at() {
        let check = |filling: &str, count: usize, expected: Option<Challenge>| {
            assert_eq!(best(&format!("x{} Basic", filling.repeat(count))), expected, "{count}");
        };
        check("x", HEADER_BYTES - 7, Some(Challenge::Basic));
        check("x", HEADER_BYTES, None);
        // The limit lies within a character.
        check("\u{e9}", HEADER_BYTES / 2, None);
    }
}
