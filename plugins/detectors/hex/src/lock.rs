//! Lock files of Mix (`mix.lock`, a map of Elixir with an entry on each line) and of rebar (`rebar.lock`, terms of Erlang).

use limpid_lockfile::{MAX_PACKAGES, Origin};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Needs, Problems, Reason, Requirement};

/// The versions of rebar's form that are known; before these it had none.
const REBAR: [&str; 2] = ["1.1.0", "1.2.0"];

/// A package that a lock file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Its name in Hex, or of its application where it is of a repository.
    pub name: String,
    /// A semantic version, or the revision of a repository.
    pub version: String,
    /// Whether the application asks for it itself, where that is stated.
    pub reason: Option<Reason>,
    /// Where it is from.
    pub origin: Origin,
    /// The packages of Hex that it needs; none where the file does not say it, as rebar's does not.
    pub requires: Option<Vec<Requirement>>,
}

/// The packages of a `mix.lock`. What is wrong with an entry costs that entry.
///
/// # Errors
///
/// [`Error::Malformed`] where it does not begin as a map does.
pub fn mix(text: &str, problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    let map =
        text.trim_start().strip_prefix("%{").ok_or_else(|| Error::malformed("it is no map of Elixir"))?;
    if !is_closed(text) {
        problems.push(Error::malformed("the map is cut off"));
    }
    let (mut packages, mut needs) = (Vec::new(), Needs::default());
    for (number, line) in (1..).zip(map.lines()) {
        let line = line.trim().trim_start_matches(',').trim_start();
        if matches!(line, "" | "}") || line.starts_with('#') {
            continue;
        }
        push(mix_entry(line, &mut needs), number, &mut packages, problems);
        if packages.len() == MAX_PACKAGES {
            problems.push(Error::unsupported(format_args!("more than {MAX_PACKAGES} packages")));
            break;
        }
    }
    Ok(packages)
}

/// `"name": {:hex, :name, "1.0.0", ...}`, and as older ones write it, `"name" => {...}`; nothing of a folder.
fn mix_entry(line: &str, needs: &mut Needs) -> Option<Option<Locked>> {
    let (key, value) = line.split_once('{')?;
    let key = key.trim().trim_end_matches("=>").trim().trim_end_matches(':').trim_matches('"');
    let mut words = value.split(',').map(str::trim);
    let (kind, first, second) = (words.next()?, words.next()?, words.next());
    let mut requires = None;
    let (name, version, origin) = match kind {
        ":hex" => {
            // Behind the managers that may build it; older versions have no such lists.
            let lists = value.split_once(']').map(|(_, lists)| lists.trim_start_matches([',', ' ']));
            requires =
                lists.filter(|lists| lists.starts_with('[')).and_then(|lists| needs.of(mix_needed(lists)));
            let name = first.strip_prefix(':').unwrap_or_default().trim_matches('"');
            // What is behind the list of dependencies says whose repository it is.
            let repository = value.rsplit_once("], ").and_then(|(_, rest)| quoted(rest));
            let origin = match repository {
                None | Some("hexpm") => Origin::Published,
                Some(_) => Origin::Registry(None),
            };
            (name, quoted(second?)?, origin)
        }
        ":git" => {
            let revision = quoted(second?)?;
            (key, revision, Origin::commit("git", quoted(first)?, revision))
        }
        // Of a folder beside it, whose version is there.
        ":path" => return Some(None),
        _ => return None,
    };
    Some(Some(Locked { requires, ..locked(name, version, None, origin)? }))
}

/// The packages of `[{:name, "~> 1.0", [hex: :name, repo: "hexpm", optional: false]}, ...]`, but for optional ones.
fn mix_needed(list: &str) -> impl Iterator<Item = &str> {
    list.split("[hex: :").skip(1).filter_map(|entry| {
        let (fields, _) = entry.split_once(']')?;
        let (name, fields) = fields.split_once(',').unwrap_or((fields, ""));
        (!fields.contains("optional: true")).then(|| name.trim_matches(['"', ' ']))
    })
}

/// Whether each bracket that a text opens is closed, but for those in strings.
fn is_closed(text: &str) -> bool {
    let (mut open, mut is_in_string, mut is_escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_string => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            _ if is_in_string => {}
            b'{' | b'[' => open += 1,
            b'}' | b']' => match open.checked_sub(1) {
                Some(rest) => open = rest,
                None => return false,
            },
            _ => {}
        }
    }
    open == 0 && !is_in_string
}

/// The packages of a `rebar.lock`. What is wrong with an entry costs that entry.
///
/// # Errors
///
/// [`Error::Malformed`] where it does not begin as such a list does, or nothing in it is an entry.
pub fn rebar(text: &str, problems: &mut Problems) -> Result<Vec<Locked>, Error> {
    // How entries are broken into lines depends on how long they are.
    let text: String = text.split_ascii_whitespace().collect();
    if !text.starts_with(['[', '{']) {
        return Err(Error::malformed("it is no list of rebar"));
    }
    let (version, list) = match text.strip_prefix("{\"").and_then(|text| text.split_once("\",")) {
        Some((version, list)) => (Some(version), list),
        None => (None, text.as_str()),
    };
    // rebar itself reads what is newer as well as it goes.
    if let Some(version) = version.filter(|version| !REBAR.contains(version)) {
        problems.push(Error::unsupported(format_args!("version {version:.20} of the form")));
    }
    if !(is_closed(&text) && text.ends_with('.')) {
        problems.push(Error::malformed("the list is cut off"));
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
    if !entries.contains("{<<\"") && !list.starts_with("[]") {
        return Err(Error::malformed("it has no entries of rebar"));
    }
    Ok(packages)
}

/// What follows the beginning of an entry's name.
fn rebar_entry(entry: &str) -> Option<Locked> {
    let (key, value) = entry.split_once("\">>,{")?;
    let (kind, value) = value.split_once(',')?;
    let (name, version, rest, origin) = match kind {
        "pkg" => {
            let (name, rest) = value.strip_prefix("<<\"")?.split_once("\">>,<<\"")?;
            let (version, rest) = rest.split_once("\">>")?;
            (name, version, rest, Origin::Published)
        }
        _ => {
            let (url, _) = value.strip_prefix('"')?.split_once('"')?;
            let (revision, rest) = value.split_once("{ref,\"")?.1.split_once('"')?;
            // A part of a repository has the name of its folder behind the revision.
            let kind = kind.strip_suffix("_subdir").unwrap_or(kind);
            (key, revision, rest, Origin::commit(kind, url, revision))
        }
    };
    let depth = rest.trim_end_matches(|c| "{}[],.".contains(c)).rsplit_once("},")?.1;
    let reason = if depth == "0" { Reason::Requested } else { Reason::Dependency };
    locked(name, version, Some(reason), origin)
}

fn push(found: Option<Option<Locked>>, line: u64, packages: &mut Vec<Locked>, problems: &mut Problems) {
    match found {
        Some(found) => packages.extend(found),
        None => problems.push(Error::malformed(format_args!("line {line}: no package and version"))),
    }
}

fn locked(name: &str, version: &str, reason: Option<Reason>, origin: Origin) -> Option<Locked> {
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>{}[]".contains(&byte))
    };
    (is_word(name) && is_word(version)).then(|| Locked {
        name: name.to_owned(),
        version: version.to_owned(),
        reason,
        origin,
        requires: None,
    })
}

/// `"a"`.
fn quoted(text: &str) -> Option<&str> {
    text.trim().strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Report;
    use proptest::prelude::*;

    use super::*;

    type Reader = fn(&str, &mut Problems) -> Result<Vec<Locked>, Error>;

    fn words(read: Reader, text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let packages = read(text, &mut problems).unwrap();
        let word = |it: &Locked| {
            let origin = match &it.origin {
                Origin::Published => String::new(),
                Origin::Repository { kind, url } => format!(" {kind} {}", url.as_deref().unwrap_or_default()),
                other => format!(" {other:?}"),
            };
            format!("{} {} {:?}{origin}", it.name, it.version, it.reason)
        };
        (packages.iter().map(word).collect(), problems)
    }

    #[test]
    fn a_lock_file_of_mix_names_packages() {
        let text = r#"%{
  "certifi": {:hex, :certifi, "2.5.2", "b7", [:rebar3], [{:parse_trans, "~>3.3", [hex: :parse_trans]}], "hexpm", "3b"},
  "mine": {:git, "https://example.org/mine.git", "0a1b2c", []},
  "renamed": {:hex, :"real-name", "1.0.0", "00", [:mix], [], "hexpm"},
  "beside": {:path, "../beside"},
  "private": {:hex, :private, "1.1.0", "00", [:mix], [{:plug, "~> 1.0", [hex: :plug, repo: "hexpm", optional: false]}], "hexpm:acme", "11"},
}
"#;
        let expected = [
            "certifi 2.5.2 None",
            "mine 0a1b2c None git git+https://example.org/mine.git@0a1b2c",
            "real-name 1.0.0 None",
            "private 1.1.0 None Registry(None)",
        ];
        assert_eq!(words(mix, text), (expected.map(str::to_owned).to_vec(), Problems::default()));
        let first = "%{\"earmark\": {:hex, :earmark, \"1.2.3\", \"46\", [:mix], [], \"hexpm\"},\n\"a\" => {:hex, :a, \"1\"}}";
        assert_eq!(words(mix, first).0, ["earmark 1.2.3 None", "a 1 None"]);
        assert_eq!(words(mix, "%{\n}\n"), (Vec::new(), Problems::default()));
    }

    #[test]
    fn a_package_of_mix_needs_its_dependencies_but_for_optional_ones() {
        let text = r#"%{
  "a": {:hex, :a, "1.0.0", "b7", [:make, :mix], [{:b, "~> 1.0 or ~> 2.0", [hex: :b, repo: "hexpm", optional: false]}, {:c, "~> 1.0", [hex: :"c-c", repo: "hexpm"]}, {:d, ">= 0.0.0", [hex: :d, repo: "hexpm", optional: true]}], "hexpm", "3b"},
  "b": {:hex, :b, "1.0.0", "00", [:mix], [], "hexpm", "00"},
  "c": {:hex, :c, "1.0.0", "00"},
  "e": {:hex, :e, "1.0.0", "00", [:rebar3], [{:b, "~>3.3", [hex: :b]}], "hexpm"},
  "g": {:git, "https://example.org/g.git", "0a1b2c", []},
}
"#;
        let found = mix(text, &mut Problems::default()).unwrap();
        let needed = found.iter().map(|it| {
            Some(it.requires.as_ref()?.iter().map(|needed| needed.name.as_str()).collect::<Vec<_>>())
        });
        let expected = [Some(vec!["b", "c-c"]), Some(vec![]), None, Some(vec!["b"]), None];
        assert_eq!(needed.collect::<Vec<_>>(), expected);
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
 {<<"near">>,{git,"https://example.org/near.git",{ref,"0c1d"}},0},
 {<<"part">>,{git_subdir,"https://example.org/all.git",{ref,"0e1f"},"apps/part"},1}]}.
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
            "mine 0a1b Some(Requested) git git+https://example.org/mine.git@0a1b",
            "near 0c1d Some(Requested) git git+https://example.org/near.git@0c1d",
            "part 0e1f Some(Dependency) git git+https://example.org/all.git@0e1f",
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
    fn what_is_cut_off_or_of_no_known_form_is_told() {
        let told = |read: Reader, text: &str| {
            let (packages, problems) = words(read, text);
            let mut report = Report::default();
            report.unread_parts("a", problems);
            let why: Vec<_> = report.unread.iter().map(|unread| unread.error.to_string()).collect();
            (packages.len(), why)
        };
        let a = "\"a\": {:hex, :a, \"1\", \"00\", [:mix], [], \"hexpm\"},";
        for (text, count, why) in [
            (format!("%{{\n{a}\n"), 1, "malformed: the map is cut off"),
            (format!("%{{\n{a}"), 1, "malformed: the map is cut off"),
            ("%{\n\"a\": {:hex, :a, \"1\", \"0".to_owned(), 1, "malformed: the map is cut off"),
            (format!("%{{\n{a}\n=======\n}}\n"), 1, "malformed: line 3: no package and version"),
        ] {
            assert_eq!(told(mix, &text), (count, vec![why.to_owned()]), "{text}");
        }
        let a = "{<<\"a\">>,{pkg,<<\"a\">>,<<\"1\">>},0}";
        for (text, why) in [
            (format!("{{\"1.2.0\",\n[{a}"), "malformed: the list is cut off"),
            (format!("[{a}]"), "malformed: the list is cut off"),
            (format!("{{\"9.9.9\",\n[{a}]}}.\n"), "unsupported: version 9.9.9 of the form"),
        ] {
            assert_eq!(told(rebar, &text), (1, vec![why.to_owned()]), "{text}");
        }
        for text in ["[foo].\n", "{\"1.2.0\",\n[foo]}.\n", "{garbage}", "[{a,{pkg,a,b},0}].", "{\"1.2.0\"}."]
        {
            let error = rebar(text, &mut Problems::default()).unwrap_err();
            assert_eq!(error, Error::malformed("it has no entries of rebar"), "{text}");
        }
        for text in ["[].\n", "{\"1.2.0\",[]}.\n[\n{pkg_hash,[]}\n].\n"] {
            assert_eq!(told(rebar, text), (0, vec![]), "{text}");
        }
        assert_eq!(told(mix, "%{}\n"), (0, vec![]));
    }

    #[test]
    fn packages_are_as_many_as_the_bound_and_no_more() {
        let text = format!("%{{\n{}}}", "\"a\": {:hex, :a, \"1\"},\n".repeat(MAX_PACKAGES + 5));
        assert_eq!(words(mix, &text).0.len(), MAX_PACKAGES);
        let text = format!("[\n{}].", "{<<\"a\">>,{pkg,<<\"a\">>,<<\"1\">>},0},\n".repeat(MAX_PACKAGES + 5));
        assert_eq!(words(rebar, &text).0.len(), MAX_PACKAGES);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(\\{|:hex|:git|pkg|,|\"|<<|>>|a|1|:|\\}| |\n){0,40}") {
            for (read, begin) in [(mix as Reader, "%{"), (rebar, "[")] {
                if let Ok(packages) = read(&format!("{begin}{text}"), &mut Problems::default()) {
                    prop_assert!(packages.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
                }
            }
        }
    }
}
