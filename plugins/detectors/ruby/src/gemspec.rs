//! Specifications of gems as RubyGems writes them: Ruby of which each line assigns a literal
//! (`Gem::Specification#to_ruby`), after a comment that says what the specification is of
//! (`Gem::StubSpecification`).

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::text::Lines;

/// The longest line that is read whole, in bytes: of longer ones, which list files, the beginning.
const MAX_LINE: usize = 64 * 1024;

/// How many first lines may be the comment. An encoding, and `frozen_string_literal`, stand before it.
const STUB_WITHIN: u64 = 4;

/// How many licences are kept.
const MAX_LICENSES: usize = 20;

/// The longest licence that is kept, in bytes: longer ones are no names, but texts.
const MAX_LICENSE: usize = 200;

/// What a specification says of a gem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gemspec {
    /// As it is written there; RubyGems tells upper and lower case apart.
    pub name: String,
    /// Without the platform.
    pub version: String,
    /// What it was compiled for (`x86_64-linux`, `java`); none for `ruby`, which is any.
    pub platform: Option<String>,
    /// SPDX identifiers, or the gem's own words.
    pub licenses: Vec<String>,
    /// Gems that it needs to run; none where one of them is computed.
    pub requires: Option<Vec<String>>,
}

impl Gemspec {
    /// Reads a specification.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where its name or version is computed, [`Error::Malformed`] where it has none.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut lines = Lines::new(bytes, MAX_LINE);
        let (mut name, mut version, mut platform) = (Value::Missing, Value::Missing, Value::Missing);
        let (mut licenses, mut has_stub) = (Vec::new(), false);
        let mut requires = Some(Vec::new());
        while let Some(line) = lines.next()? {
            let text = line.text();
            let stub = text.strip_prefix("# stub: ").filter(|_| line.number <= STUB_WITHIN && !has_stub);
            if let Some(stub) = stub {
                let mut words = stub.split(' ').map(|word| Value::Text(word.to_owned()));
                if let (Some(of), Some(at), Some(on)) = (words.next(), words.next(), words.next()) {
                    (name, version, platform, has_stub) = (of, at, on, true);
                    continue;
                }
            }
            if let Some(code) = dependency(&text) {
                requires = requires.zip(literal(code)).map(|(mut requires, (name, _))| {
                    requires.push(name);
                    requires
                });
                continue;
            }
            let Some((field, value)) = assignment(&text) else { continue };
            match field {
                "name" if !has_stub => name = Value::of(value, line.number),
                "version" if !has_stub => version = Value::of(value, line.number),
                "platform" if !has_stub => platform = Value::of(value, line.number),
                "license" | "licenses" => licenses = literals(value),
                _ => {}
            }
        }
        let name = name.required("name")?;
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)) {
            return Err(Error::malformed(format_args!("`{name:.100}` is no name of a gem")));
        }
        let platform = platform.text().filter(|platform| platform != "ruby");
        Ok(Self { name, version: version.required("version")?, platform, licenses, requires })
    }
}

/// What is assigned to a field.
#[derive(Debug)]
enum Value {
    Missing,
    Text(String),
    /// By a program, in this line.
    Computed(u64),
}

impl Value {
    fn of(code: &str, line: u64) -> Self {
        // Once versions were objects.
        let code = code.strip_prefix("Gem::Version.new(").unwrap_or(code);
        match literal(code) {
            Some((text, rest)) if is_end(rest) => Self::Text(text),
            _ => Self::Computed(line),
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    fn required(self, field: &str) -> Result<String, Error> {
        if let Self::Computed(line) = self {
            let why = format_args!("the specification is a program, which computes `{field}` in line {line}");
            return Err(Error::unsupported(why));
        }
        self.text().ok_or_else(|| Error::malformed(format_args!("the specification has no `{field}`")))
    }
}

/// The field of the block's parameter, and the code behind the sign: `s.name = "a"`, `spec.name="a"`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (left, right) = line.split_once('=')?;
    let (object, field) = left.trim().split_once('.')?;
    (is_word(object) && is_word(field) && !right.starts_with(['=', '~'])).then(|| (field, right.trim()))
}

/// What a line says of a gem that is needed to run: `s.add_runtime_dependency(%q<a>.freeze, [">= 1"])`.
fn dependency(line: &str) -> Option<&str> {
    let (_, call) = line.trim_start().split_once(".add_").filter(|(object, _)| is_word(object))?;
    let code = call.strip_prefix("runtime_").unwrap_or(call).strip_prefix("dependency")?;
    code.strip_prefix(['(', ' '])
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether the rest of a line does nothing with the literal before it.
fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start_matches(')').trim_start_matches(".freeze").trim_start_matches(".dup").trim();
    rest.is_empty() || rest.starts_with('#') || rest.starts_with("if s.respond_to?")
}

/// The literals of a list, or the only one.
fn literals(code: &str) -> Vec<String> {
    let mut rest = code.trim_start_matches('[');
    let mut all = Vec::new();
    // A list that is computed ends where it is.
    while all.len() < MAX_LICENSES
        && let Some((text, after)) = literal(rest)
    {
        if (1..=MAX_LICENSE).contains(&text.len()) {
            all.push(text);
        }
        rest = after.strip_prefix(".freeze").unwrap_or(after).trim_start_matches([',', ' ']);
    }
    all
}

/// A literal at the beginning of some code, and what follows it: `"..."`, `'...'`, `%q{...}`.
fn literal(code: &str) -> Option<(String, &str)> {
    let code = code.trim_start();
    let (open, rest, is_plain) = match code.strip_prefix("%q").or_else(|| code.strip_prefix("%Q")) {
        Some(rest) => (rest.chars().next()?, rest, true),
        None => (code.chars().next()?, code, code.starts_with('\'')),
    };
    let close = match open {
        '"' | '\'' => open,
        '{' => '}',
        '<' => '>',
        '(' => ')',
        '[' => ']',
        _ => return None,
    };
    // Brackets alone are lists, blocks and the like.
    if matches!(open, '{' | '<' | '(' | '[') && rest.len() == code.len() {
        return None;
    }
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            _ if character == close => return Some((text, rest.get(at + close.len_utf8()..)?)),
            '\\' if is_plain => match characters.next()?.1 {
                escaped @ ('\\' | '\'') => text.push(escaped),
                other => text.extend(['\\', other]),
            },
            '\\' => text.push(escaped(&mut characters)?),
            // What is put in between is computed.
            '#' if !is_plain && rest.get(at + 1..).is_some_and(|after| after.starts_with('{')) => {
                return None;
            }
            other => text.push(other),
        }
    }
    None
}

/// The character that `String#dump` writes as what stands behind a backslash.
fn escaped(characters: &mut impl Iterator<Item = (usize, char)>) -> Option<char> {
    let mut next = || Some(characters.next()?.1);
    Some(match next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'e' => '\u{1b}',
        // A byte that is no character.
        'x' => {
            next()?;
            next()?;
            char::REPLACEMENT_CHARACTER
        }
        'u' => match next()? {
            '{' => {
                let mut value = 0;
                for _ in 0..=6 {
                    match next()? {
                        '}' => return char::from_u32(value),
                        digit => value = (value << 4) | digit.to_digit(16)?,
                    }
                }
                return None;
            }
            first => {
                let mut value = first.to_digit(16)?;
                for _ in 0..3 {
                    value = (value << 4) | next()?.to_digit(16)?;
                }
                char::from_u32(value)?
            }
        },
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_gem_needs_its_dependencies_but_for_those_of_development() {
        let requires = |lines: &str| {
            let text = format!(
                "Gem::Specification.new do |s|\n  s.name = \"a\"\n  s.version = \"1\"\n{lines}\nend\n"
            );
            Gemspec::parse(text.as_bytes()).unwrap().requires
        };
        let of = |names: &[&str]| Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>());
        let lines = "  s.add_runtime_dependency(%q<b>.freeze, [\">= 0\"])\n    s.add_dependency 'c', '~> 1'\n\
                       s.add_development_dependency(%q<rake>.freeze, [\">= 0\"])";
        assert_eq!(requires(lines), of(&["b", "c"]));
        assert_eq!(requires(""), of(&[]));
        assert_eq!(requires("  s.add_dependency(NAME, '1')"), None);
    }

    fn parse(text: &str) -> Result<(String, String, Option<String>, Vec<String>), String> {
        let gemspec = Gemspec::parse(text.as_bytes()).map_err(|error| error.to_string())?;
        Ok((gemspec.name, gemspec.version, gemspec.platform, gemspec.licenses))
    }

    #[test]
    fn the_comment_says_what_a_specification_is_of() {
        let check = |text: &str, name: &str, version: &str, platform: Option<&str>| {
            let found = parse(text).unwrap();
            let expected = (name.to_owned(), version.to_owned(), platform.map(str::to_owned), Vec::new());
            assert_eq!(found, expected, "{text:?}");
        };
        check("# -*- encoding: utf-8 -*-\n# stub: rake 13.0.6 ruby lib\n", "rake", "13.0.6", None);
        check("# stub: a 1 java lib\0ext\n# stub: ext/extconf.rb\n", "a", "1", Some("java"));
        check(
            "# x\n# stub: a 1.0.pre x86-mingw32 lib\n  s.name = NAME\n",
            "a",
            "1.0.pre",
            Some("x86-mingw32"),
        );
        check("# stub: a 1 ruby lib\n  s.name = \"b\"\n  s.version = \"2\"\n", "a", "1", None);
        check("\n\n\n\n# stub: b 2 ruby lib\n s.name = 'a'\n s.version = '1'\n", "a", "1", None);
        check("# stub: b\n s.name = 'a'\n s.version = '1'\n", "a", "1", None);
    }

    #[test]
    fn literals_are_read_in_all_forms_that_rubygems_has_written() {
        let check = |name: &str, version: &str, more: &str, expected: (&str, Option<&str>)| {
            let text = format!(
                "Gem::Specification.new do |s|\n  s.name = {name}\n  s.version = {version}\n{more}\nend"
            );
            let (found, version, platform, _) = parse(&text).unwrap();
            assert_eq!((found.as_str(), version.as_str()), (expected.0, "1.0"), "{text}");
            assert_eq!(platform.as_deref(), expected.1, "{text}");
        };
        check("\"a\".freeze", "\"1.0\"", "", ("a", None));
        check("%q{a-b}", "%q{1.0}", "  s.platform = %q{java}", ("a-b", Some("java")));
        check("'a'", "Gem::Version.new(\"1.0\")", "  s.platform = Gem::Platform::RUBY", ("a", None));
        check("\"a\" # a comment", "'1.0'.freeze", "  s.platform = \"ruby\".freeze", ("a", None));
        check("%q<a>.freeze", "%q(1.0)", "", ("a", None));
        check("\"\\u0061\\u{62}\"", "\"1.0\"", "", ("ab", None));
    }

    #[test]
    fn what_is_computed_is_not_read() {
        let check = |text: &str, expected: &str| assert_eq!(parse(text).unwrap_err(), expected, "{text}");
        let computed = |field: &str, line: u32| {
            format!("unsupported: the specification is a program, which computes `{field}` in line {line}")
        };
        check("s.name = NAME\ns.version = \"1\"", &computed("name", 1));
        check("s.name = \"a\"\ns.version = File.read('VERSION')", &computed("version", 2));
        check("s.name = \"a#{1 + 1}\"\ns.version = \"1\"", &computed("name", 1));
        check("s.name = \"a\" + \"b\"\ns.version = \"1\"", &computed("name", 1));
        check("s.name = \"a", &computed("name", 1));
        check("s.name = \"\\u{110000}\"", &computed("name", 1));
        check("s.name = {}", &computed("name", 1));
        check("s.name = \"a\"", "malformed: the specification has no `version`");
        check("", "malformed: the specification has no `name`");
        check("s.name == \"a\"", "malformed: the specification has no `name`");
        check("s.name = \"a b\"\ns.version = \"1\"", "malformed: `a b` is no name of a gem");
        check("# stub: ../a 1 ruby lib", "malformed: `../a` is no name of a gem");
    }

    #[test]
    fn licenses_are_one_or_several() {
        let check = |value: &str, expected: &[&str]| {
            let (.., licenses) = parse(&format!("# stub: a 1 ruby lib\n\n  s.{value}\n")).unwrap();
            assert_eq!(licenses, expected, "{value:.60}");
        };
        check("licenses = [\"MIT\".freeze, \"Ruby\".freeze]", &["MIT", "Ruby"]);
        check("licenses = [%q{MIT}, 'BSD']", &["MIT", "BSD"]);
        check("license = \"GPL \\\"2\\\"\"", &["GPL \"2\""]);
        check("licenses = LICENSES", &[]);
        check("licenses = []", &[]);
        check(&format!("license = \"{}\"", "x".repeat(MAX_LICENSE + 1)), &[]);
        check(&format!("licenses = [{}]", "\"MIT\".freeze, ".repeat(100)), &["MIT"; MAX_LICENSES]);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _outcome = Gemspec::parse(&bytes);
        }

        #[test]
        fn no_literal_is_too_odd_to_be_read(code in "(%q|[\"'{<(\\[#\\\\}>u0-9axé, ]){0,20}") {
            let text = format!("# stub: a 1 ruby lib\n  s.licenses = {code}\n");
            prop_assert!(parse(&text).is_ok());
            if let Ok((name, ..)) = parse(&format!("s.name = {code}\ns.version = '1'\n")) {
                prop_assert!(!name.is_empty());
            }
        }
    }
}
