//! Finds Lua modules that LuaRocks installed, by the
//! [tree of rocks](https://github.com/luarocks/luarocks/wiki/Rocks-repositories): `rocks-5.1/NAME/VERSION/NAME-VERSION.rockspec`.
//!
//! LuaRocks itself tells name and version by the folders. A rockspec is a program, of which only a line that assigns a text
//! as `license` is read, and a list of texts as `dependencies`; what else that may be is not known. Versions end with the revision of the rockspec (`1.0.2-1`), and are ordered by the scheme
//! `generic`; the namespace is `luarocks`. No publisher states advisories in it.

use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
use limpid_plugin_sdk::text::Lines;
use limpid_plugin_sdk::{Error, Purl, export_detector};

/// The longest line that is read whole, and how many lines are read, in search of a licence.
const MAX_LINE: usize = 4096;
const MAX_LINES: u64 = 10_000;

/// The largest rockspec whose dependencies are read, in bytes.
const MAX_ROCKSPEC: u64 = 256 << 10;

/// The longest licence that is kept, in bytes: longer ones are no names, but texts.
const MAX_LICENSE: usize = 200;

/// The detector `luarocks`.
#[derive(Debug)]
pub struct LuaRocks;

impl Detector for LuaRocks {
    fn claims() -> Vec<Claim> {
        vec![Claim::alone("**/{rocks,rocks-*}/*/*/*.rockspec")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            let Some((name, version)) = rock(file.path()) else {
                return Err(Error::malformed("it is not called as its folders are"));
            };
            let purl = Purl::new("luarocks", name).version(version);
            let package = Package::new(name, version, "generic").namespace("luarocks").purl(purl);
            let package = match file.read_to_string(MAX_ROCKSPEC).ok().and_then(|text| dependencies(&text)) {
                Some(names) => package.requires(names),
                None => package,
            };
            report.found(file.path(), license(file)?.into_iter().fold(package, Package::license));
            Ok(())
        }))
    }
}

export_detector!(LuaRocks);

/// Name and version, where file and folders have the same.
fn rock(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.rsplit('/');
    let (file, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    let is_same = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".rockspec")? == version;
    let is_word = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    (is_same && is_word(name) && is_word(version)).then_some((name, version))
}

/// `license = "MIT"`, also where several fields are on the line.
fn license(file: &File) -> Result<Option<String>, Error> {
    let mut lines = Lines::new(file.reader(), MAX_LINE);
    while let Some(line) = lines.next()? {
        if line.number > MAX_LINES {
            break;
        }
        let text = line.text();
        let value = text.split_once("license").map(|(_, value)| value.trim_start());
        let Some(value) = value.and_then(|value| value.strip_prefix('=')) else { continue };
        let value = value.trim_start();
        let quote = if value.starts_with('\'') { '\'' } else { '"' };
        let license = value.strip_prefix(quote).and_then(|value| value.split_once(quote));
        if let Some((license, _)) = license
            && (1..=MAX_LICENSE).contains(&license.len())
            && !license.contains('\\')
        {
            return Ok(Some(license.to_owned()));
        }
    }
    Ok(None)
}

/// The rocks of `dependencies = { "lua >= 5.1", "luasocket" }`, but for Lua itself. None where it is no list of texts.
fn dependencies(text: &str) -> Option<Vec<String>> {
    const FIELD: &str = "dependencies";
    let text: String =
        text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let is_part = |character: char| character.is_ascii_alphanumeric() || "_.\"'".contains(character);
    let assigned = text.match_indices(FIELD).filter_map(|(at, _)| {
        let (before, after) = (text.get(..at)?, text.get(at + FIELD.len()..)?.trim_start());
        let value = after.strip_prefix('=').filter(|value| !value.starts_with('='))?;
        (!before.ends_with(is_part)).then(|| value.trim_start())
    });
    let Some(value) = assigned.last() else { return Some(Vec::new()) };
    let (mut rest, mut names) = (value.strip_prefix('{')?, Vec::new());
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',', ';']);
        if rest.starts_with('}') {
            return Some(names);
        }
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        let (dependency, after) = rest.get(1..)?.split_once(quote)?;
        let is_end = |character: char| character.is_whitespace() || "<>=~!@".contains(character);
        let name = dependency.trim_start().split(is_end).next().filter(|name| !name.is_empty())?;
        if name != "lua" {
            names.push(name.to_lowercase());
        }
        rest = after;
    }
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rock_of_a_tree_is_installed() {
        let path = "usr/local/lib/luarocks/rocks-5.1/lua-cjson/2.1.0.10-1/lua-cjson-2.1.0.10-1.rockspec";
        let text = "package = \"lua-cjson\"\nversion = VERSION\ndescription = {\n   license = \"MIT\"\n}\n";
        let report = LuaRocks::detect(&[File::in_memory(path, text)]).unwrap();
        assert_eq!(report.unread, []);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("lua-cjson", "2.1.0.10-1"));
        assert_eq!(package.purl, "pkg:luarocks/lua-cjson@2.1.0.10-1");
        assert_eq!(
            (package.scheme.as_str(), &package.scope, package.evidence),
            ("generic", &Scope::Namespace("luarocks".to_owned()), Evidence::Installed)
        );
        assert_eq!(package.licenses, ["MIT"]);
    }

    #[test]
    fn a_rock_needs_those_of_a_list_of_texts() {
        let check = |text: &str, expected: Option<&[&str]>| {
            let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            assert_eq!(dependencies(text), expected.map(names), "{text}");
        };
        let text = "package = 'a'\ndependencies = {\n  \"lua >= 5.1, < 5.5\", -- of these\n  'LuaSocket ~> 3';\n  \"ns/lpeg>=1\"\n}\n\
                    build_dependencies = { \"x\" }\ntest_dependencies={'y'}";
        check(text, Some(&["luasocket", "ns/lpeg"]));
        check("dependencies = {}", Some(&[]));
        check("package = 'a'\n-- dependencies = { 'b' }", Some(&[]));
        check("dependencies = all", None);
        check("dependencies = { 'b', platforms = { unix = { 'c' } } }", None);
        check("dependencies = { 'b' .. c }", None);
        check("dependencies = { 'b'", None);
    }

    #[test]
    fn a_licence_is_a_text_of_one_line() {
        let check = |text: &str, expected: Option<&str>| {
            let found = license(&File::in_memory("a", text)).unwrap();
            assert_eq!(found.as_deref(), expected, "{text:.40}");
        };
        check("description = { summary = 'x', license = 'MIT/X11' }", Some("MIT/X11"));
        check("license=\"\"\nlicense = \"BSD\"", Some("BSD"));
        check("license = L\n", None);
        check("license = \"a", None);
        check(&format!("license = \"{}\"", "x".repeat(MAX_LICENSE + 1)), None);
        check(&format!("{}license = \"MIT\"", "\n".repeat(MAX_LINES as usize)), None);
    }

    #[test]
    fn a_file_of_another_name_is_reported() {
        for path in ["rocks/a/1-1/b-1-1.rockspec", "rocks/a/1-1/a-2-1.rockspec", "rocks/a b/1/a b-1.rockspec"]
        {
            let report = LuaRocks::detect(&[File::in_memory(path, "")]).unwrap();
            assert_eq!(report.findings, []);
            let why = "malformed: it is not called as its folders are";
            assert_eq!(report.unread[0].error.to_string(), why, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_rockspec_is_too_odd_to_be_read(text in "(license|=| |\"|'|\\\\|a|é|\n){0,30}", name in "[a/ .-]{0,8}") {
            let path = format!("rocks/{name}/1-1/{name}-1-1.rockspec");
            for package in LuaRocks::detect(&[File::in_memory(path, text)]).unwrap().packages() {
                prop_assert!(!package.name.is_empty() && !package.version.is_empty());
            }
        }
    }
}
