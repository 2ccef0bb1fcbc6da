//! [Resource files of applications](https://www.erlang.org/doc/apps/kernel/app.html), `NAME.app`: a term of Erlang,
//! `{application, NAME, [{vsn, "1.0"}, ...]}.`

use limpid_plugin_sdk::Error;

/// Name and version of an application.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no such term, or names no version.
pub fn read(bytes: &[u8]) -> Result<(String, String), Error> {
    let text = String::from_utf8_lossy(bytes);
    let rest = after(&text, "application")
        .ok_or_else(|| Error::malformed("it is no resource file of an application"))?;
    let (name, rest) = atom(rest).ok_or_else(|| Error::malformed("the application has no name"))?;
    let mut version = None;
    let mut rest = rest;
    // The word may stand in a description, too.
    while let Some(at) = rest.find("vsn") {
        let (before, from) = rest.split_at(at);
        rest = from.get("vsn".len()..).unwrap_or_default();
        if before.trim_end().ends_with('{')
            && let Some(value) = rest.trim_start().strip_prefix(',')
        {
            version = string(value.trim_start());
            break;
        }
    }
    let version = version.ok_or_else(|| Error::malformed("the application has no version"))?;
    Ok((name.to_owned(), version.to_owned()))
}

/// What follows the first tuple whose first element is an atom.
fn after<'a>(text: &'a str, atom: &str) -> Option<&'a str> {
    let mut text = text.trim_start_matches('\u{feff}').trim_start();
    while let Some(comment) = text.strip_prefix('%') {
        text = comment.split_once('\n')?.1.trim_start();
    }
    text.strip_prefix('{')?.trim_start().strip_prefix(atom)?.trim_start().strip_prefix(',')
}

/// `a_b@c` or `'a-b'`, and what follows.
fn atom(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let (name, rest) = match text.strip_prefix('\'') {
        Some(quoted) => quoted.split_once('\'')?,
        None => text.split_at(text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '@')?),
    };
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@.-".contains(&byte));
    is_name.then_some((name, rest))
}

/// A string without anything escaped in it.
fn string(text: &str) -> Option<&str> {
    let (value, _) = text.strip_prefix('"')?.split_once('"')?;
    (!value.is_empty() && !value.contains(['\\', ' ', '\n'])).then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_application_has_a_name_and_a_version() {
        let check = |text: &str, name: &str, version: &str| {
            assert_eq!(read(text.as_bytes()), Ok((name.to_owned(), version.to_owned())), "{text:?}");
        };
        check("{application,plug,[{vsn,\"1.14.2\"}]}.", "plug", "1.14.2");
        check("%% comment\n% another\n{application, 'my-app',\n [\n  {vsn , \"1.0\"}]}.", "my-app", "1.0");
        check("{ application , a@b ,[{description,\"a vsn, \"},{ vsn,\"2\"}]}.", "a@b", "2");
        check("{application,a,[{description,\"\u{e9}\"},{vsn,\"2.0.0-rc.1\"}]}.", "a", "2.0.0-rc.1");
    }

    #[test]
    fn what_is_no_application_is_malformed() {
        let check = |text: &str, expected: &str| {
            assert_eq!(read(text.as_bytes()), Err(Error::malformed(expected)), "{text:?}");
        };
        check("", "it is no resource file of an application");
        check("%", "it is no resource file of an application");
        check("[application,a]", "it is no resource file of an application");
        check("{application,\"a\"}", "the application has no name");
        check("{application,'a/b',[]}", "the application has no name");
        check("{application,a,[{vsn,git}]}", "the application has no version");
        check("{application,a,[{vsn,\"\"}]}", "the application has no version");
        check("{application,a,[vsn", "the application has no version");
    }

    proptest! {
        #[test]
        fn no_term_is_too_odd_to_be_read(rest in "(\\{|vsn|,|'|\"|a|1|\\[| |\n|\u{e9}){0,30}") {
            if let Ok((name, version)) = read(format!("{{application,{rest}").as_bytes()) {
                prop_assert!(!name.is_empty() && !version.is_empty());
            }
        }

        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _outcome = read(&bytes);
        }
    }
}
