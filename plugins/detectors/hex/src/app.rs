//! [Resource files of applications](https://www.erlang.org/doc/apps/kernel/app.html), `NAME.app`: a term of Erlang,
//! `{application, NAME, [{vsn, "1.0"}, ...]}.`

use limpid_plugin_sdk::Error;

/// An application, of which a package has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its name, which is mostly that of its package.
    pub name: String,
    /// As it is written there.
    pub version: String,
    /// The applications that it needs to run; none where they cannot be read.
    pub requires: Option<Vec<String>>,
}

/// Reads a resource file.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no such term, or names no version.
pub fn read(bytes: &[u8]) -> Result<Application, Error> {
    let text = String::from_utf8_lossy(bytes);
    let rest = after(&text, "application")
        .ok_or_else(|| Error::malformed("it is no resource file of an application"))?;
    let (name, rest) = atom(rest).ok_or_else(|| Error::malformed("the application has no name"))?;
    let version = value(rest, "vsn").and_then(string);
    let version = version.ok_or_else(|| Error::malformed("the application has no version"))?;
    // Those that are included are started with it, the others before it.
    let lists =
        ["applications", "included_applications"].map(|key| value(rest, key).map_or(Some(vec![]), atoms));
    let requires = lists.into_iter().collect::<Option<Vec<_>>>().map(|lists| lists.concat());
    Ok(Application { name: name.to_owned(), version: version.to_owned(), requires })
}

/// What stands behind a key: `{KEY, VALUE}`. The word may stand in a description, too.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut rest = text;
    while let Some(at) = rest.find(key) {
        let (before, from) = rest.split_at(at);
        rest = from.get(key.len()..).unwrap_or_default();
        if before.trim_end().ends_with('{')
            && let Some(value) = rest.trim_start().strip_prefix(',')
        {
            return Some(value.trim_start());
        }
    }
    None
}

/// A list of atoms.
fn atoms(text: &str) -> Option<Vec<String>> {
    let (list, _) = text.strip_prefix('[')?.split_once(']')?;
    let words = list.split(',').map(str::trim);
    if list.trim().is_empty() {
        return Some(Vec::new());
    }
    // An atom is told from a variable by what follows it.
    let name = |word: &str| {
        atom(&format!("{word},")).filter(|(_, rest)| rest.trim() == ",").map(|(name, _)| name.to_owned())
    };
    words.map(name).collect()
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
            let found = read(text.as_bytes()).unwrap();
            assert_eq!((found.name.as_str(), found.version.as_str()), (name, version), "{text:?}");
        };
        check("{application,plug,[{vsn,\"1.14.2\"}]}.", "plug", "1.14.2");
        check("%% comment\n% another\n{application, 'my-app',\n [\n  {vsn , \"1.0\"}]}.", "my-app", "1.0");
        check("{ application , a@b ,[{description,\"a vsn, \"},{ vsn,\"2\"}]}.", "a@b", "2");
        check("{application,a,[{description,\"\u{e9}\"},{vsn,\"2.0.0-rc.1\"}]}.", "a", "2.0.0-rc.1");
    }

    #[test]
    fn an_application_needs_others_to_run() {
        let check = |lists: &str, expected: Option<&[&str]>| {
            let text = format!("{{application,a,[{{vsn,\"1\"}}{lists}]}}.");
            let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            assert_eq!(read(text.as_bytes()).unwrap().requires, expected.map(names), "{lists}");
        };
        check(
            ",{applications,[kernel,\n  stdlib,'my-app' , plug]}",
            Some(&["kernel", "stdlib", "my-app", "plug"]),
        );
        check(",{included_applications,[b]},{ applications , [] }", Some(&["b"]));
        check(",{description,\"applications, [x]\"}", Some(&[]));
        check(",{applications,[kernel,\"b\"]}", None);
        check(",{applications,kernel}", None);
        check(",{applications,[a|b]}", None);
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
            if let Ok(Application { name, version, .. }) = read(format!("{{application,{rest}").as_bytes()) {
                prop_assert!(!name.is_empty() && !version.is_empty());
            }
        }

        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _outcome = read(&bytes);
        }
    }
}
