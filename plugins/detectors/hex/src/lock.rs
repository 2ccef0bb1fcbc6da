//! Lock files of Mix (`mix.lock`, a map of Elixir with an entry on each line) and of rebar (`rebar.lock`, terms of Erlang).

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Problems, Reason};

/// How many packages are read of a file.
const MAX_PACKAGES: usize = 100_000;

/// A package that a lock file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Its name in Hex, or of its application where it is of a repository.
    pub name: String,
    /// A semantic version, or the revision of a repository.
    pub version: String,
    /// Whether the application asks for it itself, where that is stated.
    pub reason: Option<Reason>,
}

/// The packages of a `mix.lock`. What is wrong with an entry costs that entry.
///
/// # Errors
///
/// [`Error::Malformed`] where it does not begin as a map does.
pub fn mix(text: &str, problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    let map =
        text.trim_start().strip_prefix("%{").ok_or_else(|| Error::malformed("it is no map of Elixir"))?;
    let mut packages = Vec::new();
    for (number, line) in (1..).zip(map.lines()) {
        let line = line.trim().trim_start_matches(',').trim_start();
        // "name": {:hex, :name, "1.0.0", ...}, and as older ones write it, "name" => {...}
        let Some((key, value)) = line.split_once('{') else { continue };
        let key = key.trim().trim_end_matches("=>").trim().trim_end_matches(':').trim_matches('"');
        let mut words = value.split(',').map(str::trim);
        let (kind, first, second) = (words.next(), words.next(), words.next());
        let found = match (kind, first, second) {
            (Some(":hex"), Some(name), Some(version)) => {
                Some((name.strip_prefix(':').unwrap_or_default().trim_matches('"'), quoted(version)))
            }
            (Some(":git"), Some(_), Some(revision)) => Some((key, quoted(revision))),
            // Of a folder beside it.
            (Some(":path"), ..) => continue,
            _ => None,
        };
        push(found.and_then(|(name, version)| locked(name, version?, None)), number, &mut packages, problems);
        if packages.len() == MAX_PACKAGES {
            problems.push(Error::unsupported(format_args!("more than {MAX_PACKAGES} packages")));
            break;
        }
    }
    Ok(packages)
}

/// The packages of a `rebar.lock`. What is wrong with an entry costs that entry.
///
/// # Errors
///
/// [`Error::Malformed`] where it does not begin as such a list does.
pub fn rebar(text: &str, problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    // How entries are broken into lines depends on how long they are.
    let text: String = text.split_ascii_whitespace().collect();
    if !text.starts_with(['[', '{']) {
        return Err(Error::malformed("it is no list of rebar"));
    }
    // Checksums of packages follow in a list of their own.
    let entries = text.split("{pkg_hash").next().unwrap_or_default();
    let mut packages = Vec::new();
    // {<<"name">>,{pkg,<<"name">>,<<"1.0.0">>},0}, and {<<"name">>,{git,"address",{ref,"revision"}},0}
    for (number, entry) in (1_u64..).zip(entries.split("{<<\"").skip(1)) {
        if packages.len() == MAX_PACKAGES {
            problems.push(Error::unsupported(format_args!("more than {MAX_PACKAGES} packages")));
            break;
        }
        match rebar_entry(entry) {
            Some(found) => packages.push(found),
            None => problems.push(Error::malformed(format_args!("entry {number}: no package and version"))),
        }
    }
    Ok(packages)
}

/// What follows the beginning of an entry's name.
fn rebar_entry(entry: &str) -> Option<Locked> {
    let (key, value) = entry.split_once("\">>,{")?;
    let (name, version, depth) = match value.strip_prefix("pkg,") {
        Some(package) => {
            let (name, rest) = package.strip_prefix("<<\"")?.split_once("\">>,<<\"")?;
            let (version, rest) = rest.split_once("\">>")?;
            (name, version, rest.split_once("},")?.1)
        }
        None => {
            let (revision, rest) = value.split_once("{ref,\"")?.1.split_once('"')?;
            (key, revision, rest.split_once("}},")?.1)
        }
    };
    let reason = if depth.starts_with("0}") { Reason::Requested } else { Reason::Dependency };
    locked(name, version, Some(reason))
}

fn push(found: Option<Locked>, line: u64, packages: &mut Vec<Locked>, problems: &mut Problems) {
    match found {
        Some(found) => packages.push(found),
        None => problems.push(Error::malformed(format_args!("line {line}: no package and version"))),
    }
}

fn locked(name: &str, version: &str, reason: Option<Reason>) -> Option<Locked> {
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>{}[]".contains(&byte))
    };
    (is_word(name) && is_word(version)).then(|| Locked {
        name: name.to_owned(),
        version: version.to_owned(),
        reason,
    })
}

/// `"a"`.
fn quoted(text: &str) -> Option<&str> {
    text.trim().strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Reader = fn(&str, &mut Problems) -> Result<Vec<Locked>, Error>;

    fn words(read: Reader, text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let packages = read(text, &mut problems).unwrap();
        let word = |it: &Locked| format!("{} {} {:?}", it.name, it.version, it.reason);
        (packages.iter().map(word).collect(), problems)
    }

    #[test]
    fn a_lock_file_of_mix_names_packages() {
        let text = r#"%{
  "certifi": {:hex, :certifi, "2.5.2", "b7", [:rebar3], [{:parse_trans, "~>3.3", [hex: :parse_trans]}], "hexpm", "3b"},
  "mine": {:git, "https://example.org/mine.git", "0a1b2c", []},
  "renamed": {:hex, :"real-name", "1.0.0", "00", [:mix], [], "hexpm"},
  "beside": {:path, "../beside"},
}
"#;
        let expected = ["certifi 2.5.2 None", "mine 0a1b2c None", "real-name 1.0.0 None"];
        assert_eq!(words(mix, text), (expected.map(str::to_owned).to_vec(), Problems::default()));
        let first = "%{\"earmark\": {:hex, :earmark, \"1.2.3\", \"46\", [:mix], [], \"hexpm\"},\n\"a\" => {:hex, :a, \"1\"}}";
        assert_eq!(words(mix, first).0, ["earmark 1.2.3 None", "a 1 None"]);
        assert_eq!(words(mix, "%{\n}\n"), (Vec::new(), Problems::default()));
    }

    #[test]
    fn a_lock_file_of_rebar_names_packages() {
        let text = r#"{"1.2.0",
[{<<"cowboy">>,{pkg,<<"cowboy">>,<<"2.9.0">>},0},
 {<<"cowlib">>,{pkg,<<"cow_lib">>,<<"2.11.0">>},1},
 {<<"mine">>,
  {git,"https://example.org/mine.git",
       {ref,"0a1b"}},
  0},
 {<<"near">>,{git,"https://example.org/near.git",{ref,"0c1d"}},0}]}.
[
{pkg_hash,[
 {<<"cowboy">>, <<"865D">>}]}
].
"#;
        let (packages, problems) = words(rebar, text);
        assert_eq!(problems, Problems::default());
        let expected = [
            "cowboy 2.9.0 Some(Requested)",
            "cow_lib 2.11.0 Some(Dependency)",
            "mine 0a1b Some(Requested)",
            "near 0c1d Some(Requested)",
        ];
        assert_eq!(packages, expected);
        assert_eq!(words(rebar, "[].\n"), (Vec::new(), Problems::default()));
        assert_eq!(words(rebar, "[{<<\"a\">>,{pkg,<<\"a\">>,<<\"1.0\">>},0}].").0, ["a 1.0 Some(Requested)"]);
    }

    #[test]
    fn a_bad_entry_costs_that_entry() {
        let text = "%{\n\"a\": {:hex, :a},\n\"b\": {:hex, :b, 1},\n\"c\": {:svn, \"x\", \"y\"},\n\"d\": {:hex, :d, \"1\"},\n}";
        let mut expected = Problems::default();
        for line in 2..5 {
            expected.push(Error::malformed(format_args!("line {line}: no package and version")));
        }
        assert_eq!(words(mix, text), (vec!["d 1 None".to_owned()], expected));
        let text =
            r#"[{<<"a">>,{pkg,<<"a">>},0},{<<"b">>,{hg,"x","y"},0},{<<"c">>,{pkg,<<"c">>,<<"1">>},1}]."#;
        let mut expected = Problems::default();
        for entry in 1..3 {
            expected.push(Error::malformed(format_args!("entry {entry}: no package and version")));
        }
        assert_eq!(words(rebar, text), (vec!["c 1 Some(Dependency)".to_owned()], expected));
    }

    #[test]
    fn packages_are_as_many_as_the_bound_and_no_more() {
        let text = format!("%{{\n{}}}", "\"a\": {:hex, :a, \"1\"},\n".repeat(MAX_PACKAGES + 5));
        assert_eq!(words(mix, &text).0.len(), MAX_PACKAGES);
        let text = format!("[\n{}]", "{<<\"a\">>,{pkg,<<\"a\">>,<<\"1\">>},0},\n".repeat(MAX_PACKAGES + 5));
        assert_eq!(words(rebar, &text).0.len(), MAX_PACKAGES);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(\\{|:hex|:git|pkg|,|\"|<<|>>|a|1|:|\\}| |\n){0,40}") {
            for (read, begin) in [(mix as Reader, "%{"), (rebar, "[")] {
                let packages = read(&format!("{begin}{text}"), &mut Problems::default()).unwrap();
                prop_assert!(packages.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
            }
        }
    }
}
