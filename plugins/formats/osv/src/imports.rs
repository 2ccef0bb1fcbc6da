//! What of a module the [records of Go's database](https://go.dev/doc/security/vuln/database#schema) say that a
//! program must have to be vulnerable: packages, their functions and methods, and the systems on which they count.
//!
//! Functions and methods are spelled `Name` and `Type.Method` there, in most records. Whatever else is written for
//! them (`(*Type).Method`, `Type[K].Method`, `net/http.Get`, `init#1`) is brought into this form, and what is none of
//! a function is read as its whole package: a program would never have it, whatever it calls. A variable, a field
//! or a method of an interface is spelled as a function is; that it is none, only the source tells.
//!
//! An import for some systems only (`goos`, `goarch`) becomes a statement that requires one of them of the package.
//! A package of which nobody knows for what it was built (one that a bill of materials names) has to be judged as
//! well: a further statement names functions that no program has ([`Imports::elsewhere`]), so that it affects
//! packages of which nobody knows what is linked in, and no other.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::text;

/// How many functions a record may name; one that names more is taken to name none.
const MAX_SYMBOLS: usize = 10_000;

/// How many systems or processors an import may name; one that names more is taken to be for all.
const MAX_PLATFORMS: usize = 64;

/// The longest name of a system or processor, in bytes.
const MAX_PLATFORM: usize = 32;

/// What a program must have of a module, on whatever system and on some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Imports {
    /// On whatever system. Where there is nothing here nor there, it is vulnerable whatever it has.
    pub(crate) symbols: Vec<String>,
    /// On some systems only.
    pub(crate) limited: BTreeMap<Platforms, Vec<String>>,
}

/// For what a program has to be built.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Platforms {
    /// Go's names of systems (`windows`); any where there are none.
    systems: Vec<String>,
    /// Go's names of processors (`amd64`); any where there are none.
    processors: Vec<String>,
}

impl Imports {
    /// Reads them. Nothing is required where something else stands there.
    pub(crate) fn read(imports: &Value) -> Self {
        Self::of_go(imports).unwrap_or_default()
    }

    fn of_go(imports: &Value) -> Option<Self> {
        let mut read = Self::default();
        let mut count = 0_usize;
        for import in imports.as_array()? {
            let path = import.get("path")?.as_str()?;
            let platforms =
                Platforms { systems: names(import.get("goos"))?, processors: names(import.get("goarch"))? };
            let symbols = match platforms.is_any() {
                true => &mut read.symbols,
                false => read.limited.entry(platforms).or_default(),
            };
            let before = symbols.len();
            match import.get("symbols").and_then(Value::as_array) {
                Some(names) if !names.is_empty() => {
                    for name in names {
                        add(path, name.as_str()?, symbols);
                    }
                }
                _ => symbols.push(path.to_owned()),
            }
            count += symbols.len().saturating_sub(before);
            if count > MAX_SYMBOLS {
                return None;
            }
        }
        let all = read.symbols.iter().chain(read.limited.values().flatten());
        all.clone().all(|name| text::is_name(name)).then_some(read)
    }

    /// Whether there is one that counts on whatever system, or none at all.
    pub(crate) fn are_anywhere(&self) -> bool {
        !self.symbols.is_empty() || self.limited.is_empty()
    }

    /// What is vulnerable on some systems, with their names: nothing that a program has.
    pub(crate) fn elsewhere(&self) -> Vec<String> {
        let with = |platforms: &Platforms, name: &String| format!("{name} ({})", platforms.name());
        let all = self.limited.iter();
        all.flat_map(|(platforms, names)| names.iter().map(|name| with(platforms, name))).collect()
    }
}

impl Platforms {
    const fn is_any(&self) -> bool {
        self.systems.is_empty() && self.processors.is_empty()
    }

    /// The qualifiers of a package, and the values of which it needs one.
    pub(crate) fn required(&self) -> impl Iterator<Item = (String, Vec<String>)> {
        let all = [("goos", &self.systems), ("goarch", &self.processors)];
        all.into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(key, values)| (key.to_owned(), values.clone()))
    }

    /// `windows`, `darwin, linux`, `js/wasm`.
    fn name(&self) -> String {
        let parts = [&self.systems, &self.processors].into_iter().filter(|names| !names.is_empty());
        parts.map(|names| names.join(", ")).collect::<Vec<_>>().join("/")
    }
}

/// Names of systems or processors; none where there are so many, or such, that they cannot be these.
fn names(value: Option<&Value>) -> Option<Vec<String>> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Some(Vec::new()) };
    let values = value.as_array().filter(|values| values.len() <= MAX_PLATFORMS)?;
    let is_name = |name: &&str| {
        (1..=MAX_PLATFORM).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let names = values.iter().map(|value| value.as_str().filter(is_name).map(str::to_owned));
    let mut names = names.collect::<Option<Vec<_>>>()?;
    names.sort();
    names.dedup();
    Some(names)
}

/// Adds a function of a package as programs have it, or the package where it is none.
fn add(path: &str, symbol: &str, symbols: &mut Vec<String>) {
    let within = symbol.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')).unwrap_or(symbol);
    let Some(function) = function(within) else { return symbols.push(path.to_owned()) };
    symbols.push(format!("{path}.{function}"));
    // `regexp.Compile` in package `regexp` is the function or, if there is such a type, its method.
    let package = path.rsplit('/').next().unwrap_or(path);
    let unqualified = within.strip_prefix(package).and_then(|rest| rest.strip_prefix('.'));
    symbols.extend(unqualified.and_then(self::function).map(|function| format!("{path}.{function}")));
}

/// A function as `Name`, a method as `Type.Method`; none where it is neither.
fn function(symbol: &str) -> Option<String> {
    let plain = without_arguments(symbol.trim()).filter(|plain| !plain.ends_with('.'))?;
    // `(*Type).Method`, `(Type).Method`, `*Type.Method`
    let plain = match plain.strip_prefix('(').and_then(|rest| rest.split_once(").")) {
        Some((receiver, method)) => format!("{}.{method}", receiver.strip_prefix('*').unwrap_or(receiver)),
        None => plain.strip_prefix('*').map(str::to_owned).unwrap_or(plain),
    };
    let own = |part: &str| part.split(['#', '$', '-', '·']).next().unwrap_or_default().to_owned();
    let mut parts = plain.split('.');
    let first = own(parts.next()?);
    let second = parts.next().map(own);
    let deeper: Vec<_> = parts.map(own).collect();
    // What was made of a function belongs to it: `F.func1`, `T.M.func2.1`, `init.0`, `glob..func1`.
    let is_of_function = |part: &String| part.is_empty() || is_made(part);
    if !deeper.iter().all(is_of_function) {
        return None;
    }
    match second.filter(|second| !is_of_function(second)) {
        Some(second) => {
            (is_identifier(&first) && is_identifier(&second)).then(|| format!("{first}.{second}"))
        }
        None => is_identifier(&first).then_some(first),
    }
}

/// A name without type arguments, which stand in brackets behind a name; none where they stand elsewhere.
fn without_arguments(name: &str) -> Option<String> {
    let mut plain = String::new();
    let mut depth = 0_usize;
    let mut is_behind = false;
    for character in name.chars() {
        match character {
            '[' => depth += 1,
            ']' => {
                depth = depth.checked_sub(1)?;
                is_behind = depth == 0;
            }
            _ if depth > 0 => {}
            _ if is_behind && !matches!(character, '.' | ')') => return None,
            _ => {
                is_behind = false;
                plain.push(character);
            }
        }
    }
    (depth == 0).then_some(plain)
}

/// Whether a part of a name is one that compilers give to what is in a function.
fn is_made(part: &str) -> bool {
    let kind = part.trim_end_matches(|digit: char| digit.is_ascii_digit());
    kind.len() < part.len() && matches!(kind, "" | "func" | "gowrap" | "deferwrap")
}

/// Whether a text is an [identifier of Go](https://go.dev/ref/spec#Identifiers).
fn is_identifier(text: &str) -> bool {
    let is_letter = |character: char| character.is_alphabetic() || character == '_';
    text.starts_with(is_letter)
        && text.chars().all(|character| is_letter(character) || character.is_numeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Imports {
        Imports::read(&serde_json::from_str(json).unwrap())
    }

    fn symbols(path: &str, symbol: &str) -> String {
        let mut symbols = Vec::new();
        add(path, symbol, &mut symbols);
        symbols.join(" ")
    }

    #[test]
    fn a_function_is_spelled_as_programs_have_it() {
        for (symbol, expected) in [
            ("Parse", "a.b/c.Parse"),
            ("Client.Do", "a.b/c.Client.Do"),
            ("(*Client).Do", "a.b/c.Client.Do"),
            ("(Client).Do", "a.b/c.Client.Do"),
            ("*Client.Do", "a.b/c.Client.Do"),
            (" Client.Do ", "a.b/c.Client.Do"),
            ("List[T].Push", "a.b/c.List.Push"),
            ("(*Map[K, V[int]]).Get", "a.b/c.Map.Get"),
            ("Sort[...]", "a.b/c.Sort"),
            ("a.b/c.Parse", "a.b/c.Parse"),
            ("a.b/c.Client.Do", "a.b/c.Client.Do"),
            ("c.Parse", "a.b/c.c.Parse a.b/c.Parse"),
            ("c.Client.Do", "a.b/c"),
            ("init#1", "a.b/c.init"),
            ("init.0", "a.b/c.init"),
            ("glob..func1", "a.b/c.glob"),
            ("Parse.func1", "a.b/c.Parse"),
            ("Parse$1", "a.b/c.Parse"),
            ("(*Client).do.func2.1", "a.b/c.Client.do"),
            ("größe_2", "a.b/c.größe_2"),
        ] {
            assert_eq!(symbols("a.b/c", symbol), expected, "{symbol}");
        }
    }

    #[test]
    fn what_is_no_function_is_its_whole_package() {
        for symbol in
            ["", "*", "a b", "Client.", "Client.Do.More", "&Config", "2", "map[string]int", "f()", "x/y.Z"]
        {
            assert_eq!(symbols("a.b/c", symbol), "a.b/c", "{symbol}");
        }
    }

    #[test]
    fn an_import_for_some_systems_stands_by_itself() {
        let imports = read(
            r#"[{"path": "os", "goos": ["windows"], "symbols": ["Open"]},
                {"path": "os", "symbols": ["Root.Open"]},
                {"path": "syscall", "goos": ["windows"]},
                {"path": "c", "goos": ["js"], "goarch": ["wasm"], "symbols": ["F"]},
                {"path": "d", "goarch": ["s390x", "arm64", "arm64"], "symbols": ["F"]},
                {"path": "e", "goos": [], "goarch": null, "symbols": ["F"]}]"#,
        );
        assert_eq!(imports.symbols, ["os.Root.Open", "e.F"]);
        let limited: Vec<_> = imports
            .limited
            .iter()
            .map(|(platforms, symbols)| {
                let required: Vec<_> =
                    platforms.required().map(|(key, of)| format!("{key}={}", of.join("|"))).collect();
                format!("{}: {}", required.join(" "), symbols.join(" "))
            })
            .collect();
        assert_eq!(
            limited,
            ["goarch=arm64|s390x: d.F", "goos=js goarch=wasm: c.F", "goos=windows: os.Open syscall"]
        );
        assert_eq!(
            imports.elsewhere(),
            ["d.F (arm64, s390x)", "c.F (js/wasm)", "os.Open (windows)", "syscall (windows)"]
        );
        assert!(imports.are_anywhere() && Imports::default().are_anywhere());
        assert!(!read(r#"[{"path": "os", "goos": ["windows"]}]"#).are_anywhere());
    }

    #[test]
    fn what_is_no_list_of_imports_requires_nothing() {
        let many = vec!["\"F\""; MAX_SYMBOLS + 1].join(",");
        for json in [
            "1",
            r#"[{"symbols": ["F"]}]"#,
            r#"[{"path": "a", "symbols": [1]}]"#,
            r#"[{"path": "a", "goos": "windows"}]"#,
            r#"[{"path": "a", "goos": ["win dows"]}]"#,
            r#"[{"path": "a\u0000"}]"#,
            &format!(r#"[{{"path": "a", "symbols": [{many}]}}]"#),
            &format!(r#"[{{"path": "a", "goos": [{}]}}]"#, vec!["\"x\""; MAX_PLATFORMS + 1].join(",")),
        ] {
            assert_eq!(read(json), Imports::default(), "{json:.60}");
        }
    }

    proptest! {
        #[test]
        fn no_symbol_is_lost_or_has_another_form(symbol in "[aT.()*\\[\\]#·0-9-]{0,12}|\\PC{0,12}") {
            let symbols = symbols("a.b/c", &symbol);
            let first = symbols.split(' ').next().unwrap();
            let own = first.strip_prefix("a.b/c").unwrap();
            prop_assert!(own.is_empty() || own.starts_with('.') && own.matches('.').count() <= 2);
            prop_assert!(own.split('.').skip(1).all(is_identifier), "{}", own);
        }
    }
}
