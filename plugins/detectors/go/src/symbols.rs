//! Functions as advisories spell them (`golang.org/x/text/language.Parse`, `net/http.Header.Get`), by module.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::functions::Functions;
use crate::modules::Modules;
use crate::{STDLIB, TOOLCHAIN};

/// The longest name, in bytes; no advisory has a longer one.
const MAX_NAME: usize = 1024;

/// How many folders of a package are looked at for its module.
const MAX_DEPTH: usize = 64;

/// The symbols of each package that is stated, by its name: functions, methods by their type, and the path of
/// each package of Go that has one, by which advisories mean all of it.
pub(crate) fn by_module(functions: &Functions, modules: &Modules) -> BTreeMap<String, Vec<String>> {
    let roots = Roots::of(modules);
    let mut symbols = BTreeMap::<&str, BTreeSet<String>>::new();
    for name in functions.iter() {
        let Some(Symbol { package, name }) = Symbol::parse(name) else { continue };
        let package = if package == "main" { Cow::Borrowed(roots.main) } else { package };
        let Some((module, package)) = roots.of_package(&package) else { continue };
        let symbols = symbols.entry(module).or_default();
        symbols.insert(format!("{package}.{name}"));
        symbols.insert(package);
    }
    symbols.into_iter().map(|(module, symbols)| (module.to_owned(), symbols.into_iter().collect())).collect()
}

/// Which paths packages of a module begin with.
struct Roots<'a> {
    /// By the path with which it is imported: that by which it is stated.
    modules: BTreeMap<&'a str, &'a str>,
    /// The path of package `main`.
    main: &'a str,
    is_of_go: bool,
}

impl<'a> Roots<'a> {
    fn of(modules: &'a Modules) -> Self {
        let all = modules.main.iter().chain(&modules.dependencies);
        Self {
            modules: all.map(|module| (module.path.as_str(), module.code().0)).collect(),
            main: &modules.path,
            is_of_go: modules.is_of_go(),
        }
    }

    /// What a package belongs to, and its path there: a module in another's place is imported by the other's.
    fn of_package(&self, package: &str) -> Option<(&'a str, String)> {
        let mut folder = package;
        for _ in 0..MAX_DEPTH {
            if let Some(stated) = self.modules.get(folder) {
                return Some((stated, format!("{stated}{}", package.strip_prefix(folder)?)));
            }
            let Some((above, _)) = folder.rsplit_once('/') else { break };
            folder = above;
        }
        let first = package.split('/').next().filter(|first| !first.is_empty() && !first.contains('.'))?;
        let module = if self.is_of_go && first == "cmd" { TOOLCHAIN } else { STDLIB };
        Some((module, package.to_owned()))
    }
}

/// A function, or a method with its type.
#[derive(Debug, PartialEq, Eq)]
struct Symbol<'a> {
    package: Cow<'a, str>,
    name: String,
}

impl Symbol<'_> {
    /// Takes a name of the linker apart: `PATH.Name`, `PATH.Type.Name`, `PATH.(*Type).Name`, any of them with type
    /// arguments, and with what was made of a function (`.func1`, `-fm`, `·dwrap·1`). Nothing of what the linker made itself.
    fn parse(linked: &str) -> Option<Symbol<'static>> {
        let plain = without_arguments(linked)?;
        let start = plain.rfind('/').map_or(0, |slash| slash + 1);
        let (package, rest) = plain.split_at_checked(start + plain.get(start..)?.find('.')?)?;
        let rest = rest.strip_prefix('.')?;
        let own = |name: &str| name.split(['-', '·']).next().unwrap_or_default().to_owned();
        let name = match rest.strip_prefix("(*") {
            Some(method) => {
                let (receiver, method) = method.split_once(").")?;
                format!("{receiver}.{}", own(method.split('.').next()?))
            }
            None => {
                let mut parts = rest.split('.');
                let first = own(parts.next()?);
                match parts.next().map(own).filter(|part| !part.is_empty() && !is_made(part)) {
                    Some(method) => format!("{first}.{method}"),
                    None => first,
                }
            }
        };
        let is_one = !package.is_empty() && !name.starts_with('.') && !name.is_empty();
        is_one.then(|| Symbol { package: Cow::Owned(unescaped(package)), name })
    }
}

/// A name without its type arguments, which stand in brackets; none where it is too long even so.
fn without_arguments(linked: &str) -> Option<String> {
    let mut plain = String::new();
    let mut depth = 0_usize;
    for character in linked.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
        if plain.len() > MAX_NAME {
            return None;
        }
    }
    Some(plain)
}

/// Whether a part of a name is one that the compiler gave: of a function without a name, or around a call.
fn is_made(part: &str) -> bool {
    let kind = part.trim_end_matches(|digit: char| digit.is_ascii_digit());
    kind.len() < part.len() && matches!(kind, "" | "func" | "gowrap" | "deferwrap")
}

/// A path with what the linker wrote in hexadecimal: `gopkg.in/yaml%2ev3`.
fn unescaped(path: &str) -> String {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.extend(byte.or(Some(b'%')));
        bytes.extend(part.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default().bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Problems;
    use proptest::prelude::*;

    use super::*;

    fn parsed(linked: &str) -> String {
        Symbol::parse(linked).map_or_else(String::new, |symbol| format!("{} {}", symbol.package, symbol.name))
    }

    #[test]
    fn names_are_those_of_advisories() {
        for (linked, expected) in [
            ("fmt.Println", "fmt Println"),
            ("net/http.(*Client).Do", "net/http Client.Do"),
            ("net/http.Header.Get", "net/http Header.Get"),
            ("net/http.(*Client).Do-fm", "net/http Client.Do"),
            ("net/http.(*Client).do.func2.1", "net/http Client.do"),
            ("net/http.init.func15", "net/http init"),
            ("net/http.init.0", "net/http init"),
            ("net/http.glob..func5", "net/http glob"),
            ("main.main.gowrap1", "main main"),
            ("fmt.(*pp).handleMethods·dwrap·1", "fmt pp.handleMethods"),
            ("gopkg.in/yaml%2ev3.Marshal·dwrap·6", "gopkg.in/yaml.v3 Marshal"),
            ("main.walk-range1", "main walk"),
            ("gopkg.in/yaml%2ev3.(*parser).parse", "gopkg.in/yaml.v3 parser.parse"),
            ("example.com/a%2ego%25.F", "example.com/a.go% F"),
            ("slices.SortFunc[go.shape.struct { a.com/b.C }]", "slices SortFunc"),
            ("sync/atomic.(*Pointer[...]).Load", "sync/atomic Pointer.Load"),
            ("a.com/b.Map[a.com/c.K[int],go.shape.string].Get", "a.com/b Map.Get"),
            ("a.com/b.Outer.Inner.func1", "a.com/b Outer.Inner"),
        ] {
            assert_eq!(parsed(linked), expected, "{linked}");
        }
        for none in ["", "x_cgo_init", "a.", ".F", "a..", "a/b", "a.(*T)", &"a".repeat(2000)] {
            assert_eq!(parsed(none), "", "{none}");
        }
    }

    #[test]
    fn symbols_belong_to_the_module_whose_code_they_are() {
        let lines = "path\texample.com/app/cmd/app\nmod\texample.com/app\tv1.0.0\n\
                     dep\texample.com/app/sub\tv1.1.0\ndep\tgithub.com/a/b\tv1.0.0\n=>\tgithub.com/fork/b\tv1.0.1\t\n\
                     dep\tplain\tv0.0.0\n=>\t./plain\t(devel)\t\n";
        let modules = Modules::parse(lines, &mut Problems::default());
        let names = "main.main\0example.com/app/internal.F\0example.com/app/sub/x.(*T).M\0github.com/a/b/c.F.func1\0\
                     github.com/a/bc.F\0net/http.Get\0vendor/golang.org/x/net/idna.F\0plain.F\0\
                     type:.eq.net/http.T\0go:buildid\0cgo";
        let found = by_module(&Functions::of(names), &modules);
        let found: Vec<_> =
            found.iter().map(|(module, symbols)| format!("{module}: {}", symbols.join(" "))).collect();
        assert_eq!(
            found,
            [
                "example.com/app: example.com/app/cmd/app example.com/app/cmd/app.main example.com/app/internal \
                 example.com/app/internal.F",
                "example.com/app/sub: example.com/app/sub/x example.com/app/sub/x.T.M",
                "github.com/fork/b: github.com/fork/b/c github.com/fork/b/c.F",
                "plain: plain plain.F",
                "stdlib: net/http net/http.Get vendor/golang.org/x/net/idna vendor/golang.org/x/net/idna.F",
            ]
        );
        let tools = Modules::parse("path\tcmd/go\n", &mut Problems::default());
        let found = by_module(&Functions::of("main.main\0cmd/internal/x.F\0fmt.F"), &tools);
        assert_eq!(found["toolchain"], ["cmd/go", "cmd/go.main", "cmd/internal/x", "cmd/internal/x.F"]);
        assert_eq!(found["stdlib"], ["fmt", "fmt.F"]);
    }

    proptest! {
        #[test]
        fn no_name_is_too_odd_to_be_read(linked in "[a/.()*\\[\\]%2-]{0,30}|\\PC{0,30}") {
            if let Some(Symbol { package, name }) = Symbol::parse(&linked) {
                prop_assert!(!package.is_empty() && !name.is_empty());
            }
        }
    }
}
