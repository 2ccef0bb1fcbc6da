//! The form of opam's files ([manual](https://opam.ocaml.org/doc/Manual.html#Common-file-format)): fields with values, which are
//! texts, lists, and conditions in braces. Of a file, some fields are read; what is wrong elsewhere does not matter.

use std::iter::Peekable;
use std::str::Chars;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;

/// How many packages are read of a file.
const MAX_PACKAGES: usize = 100_000;

/// How many licences of a package are kept, and how long each may be, in bytes: longer ones are no names, but texts.
const MAX_LICENSES: usize = 20;
const MAX_LICENSE: usize = 200;

/// Variables of conditions under which a package is not there for what runs.
const DEVELOPMENT: [&str; 6] = ["build", "with-test", "with-doc", "with-dev-setup", "dev", "test"];

/// What a package is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To run the project, or to link it.
    Running,
    /// To build it or to work on it only.
    Development,
}

/// The packages of a `switch-state`, each as `NAME.VERSION`.
///
/// # Errors
///
/// [`Error::Malformed`] where it has no such list, [`Error::Unsupported`] where it has more packages than are read.
pub fn installed(text: &str) -> Result<Vec<String>, Error> {
    let tokens = field(text, "installed").ok_or_else(|| Error::malformed("it has no list `installed`"))?;
    let packages: Vec<String> = tokens.into_iter().filter_map(Token::into_text).collect();
    if packages.len() > MAX_PACKAGES {
        return Err(Error::unsupported(format_args!("more than {MAX_PACKAGES} packages")));
    }
    Ok(packages)
}

/// The licences that a description of a package names.
pub fn licenses(text: &str) -> Vec<String> {
    let texts = field(text, "license").unwrap_or_default().into_iter().filter_map(Token::into_text);
    texts.filter(|text| (1..=MAX_LICENSE).contains(&text.len())).take(MAX_LICENSES).collect()
}

/// What a package needs to run, by its description: each a list of alternatives, of which one is needed.
pub fn needed(text: &str) -> Vec<Vec<String>> {
    let mut needed: Vec<Vec<String>> = Vec::new();
    let (mut is_alternative, mut is_kept) = (false, false);
    let mut tokens = field(text, "depends").unwrap_or_default().into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(name) => {
                let mut need = Need::Running;
                if tokens.next_if_eq(&Token::Sign('{')).is_some() {
                    for token in tokens.by_ref().take_while(|token| *token != Token::Sign('}')) {
                        if matches!(&token, Token::Word(word) if DEVELOPMENT.contains(&word.as_str())) {
                            need = Need::Development;
                        }
                    }
                }
                let is_of_last = is_alternative && is_kept;
                is_kept = need == Need::Running;
                if is_kept {
                    match needed.last_mut().filter(|_| is_of_last) {
                        Some(alternatives) => alternatives.push(name),
                        None => needed.push(vec![name]),
                    }
                }
                is_alternative = false;
            }
            Token::Sign('|') => is_alternative = true,
            _ => {}
        }
    }
    needed
}

/// Names and versions of what a lock file depends on: `"NAME" {= "VERSION" & with-test}`. What has no exact version is left
/// out, as alternatives are; what is wrong with a package costs that package.
pub fn locked(text: &str, problems: &mut Problems) -> Vec<(String, String, Need)> {
    let mut packages = Vec::new();
    let mut tokens = field(text, "depends").unwrap_or_default().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let Some(name) = token.into_text() else { continue };
        let (mut version, mut need, mut is_equal) = (None, Need::Running, false);
        if tokens.next_if_eq(&Token::Sign('{')).is_some() {
            for token in tokens.by_ref().take_while(|token| *token != Token::Sign('}')) {
                match token {
                    Token::Text(text) if is_equal => version = Some(text),
                    Token::Word(word) if DEVELOPMENT.contains(&word.as_str()) => need = Need::Development,
                    token => {
                        is_equal = token == Token::Operator("=".to_owned());
                        continue;
                    }
                }
                is_equal = false;
            }
        }
        let Some(version) = version else { continue };
        if packages.len() == MAX_PACKAGES {
            problems.push(Error::unsupported(format_args!("not more than {MAX_PACKAGES} packages are read")));
            break;
        }
        if is_name(&name) && is_version(&version) {
            packages.push((name, version, need));
        } else {
            problems.push(Error::malformed(format_args!("`{name:.100}` in version `{version:.100}`")));
        }
    }
    packages
}

/// Splits `NAME.VERSION`: a name has no dot.
pub fn split(package: &str) -> Option<(&str, &str)> {
    package.split_once('.').filter(|(name, version)| is_name(name) && is_version(version))
}

fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
    !text.is_empty() && text.bytes().all(is_part)
}

fn is_version(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'.' | b'~');
    !text.is_empty() && text.bytes().all(is_part)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Text(String),
    Word(String),
    Operator(String),
    Sign(char),
}

impl Token {
    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What a field of the file itself, and not of a section, has for a value: texts with conditions, or a list of them. None
/// where there is no such field.
fn field(text: &str, wanted: &str) -> Option<Vec<Token>> {
    let mut tokens = Tokens(text.chars().peekable()).peekable();
    let (mut value, mut depth, mut is_wanted) = (None, 0_usize, false);
    while let Some(token) = tokens.next() {
        if depth == 0
            && let Token::Word(word) = &token
            && tokens.next_if_eq(&Token::Sign(':')).is_some()
        {
            is_wanted = value.is_none() && word == wanted;
            if is_wanted {
                value = Some(Vec::new());
            }
            continue;
        }
        // Else it is the name of a section, which follows the field.
        is_wanted &= depth > 0 || !matches!(token, Token::Word(_));
        match token {
            Token::Sign('[' | '{' | '(') => depth += 1,
            Token::Sign(']' | '}' | ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(value) = value.as_mut().filter(|_| is_wanted) {
            value.push(token);
        }
    }
    value
}

/// A file piece by piece. What is not closed ends with the file.
struct Tokens<'a>(Peekable<Chars<'a>>);

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let first = self.0.next()?;
            match first {
                '#' => while self.0.next_if(|&c| c != '\n').is_some() {},
                '(' if self.0.next_if_eq(&'*').is_some() => self.comment(),
                '"' => return Some(Token::Text(self.text())),
                '=' | '<' | '>' | '!' => {
                    return Some(Token::Operator(self.run(first, |c| matches!(c, '=' | '<' | '>' | '!'))));
                }
                _ if is_of_word(first) => return Some(Token::Word(self.run(first, is_of_word))),
                _ if first.is_whitespace() => {}
                _ => return Some(Token::Sign(first)),
            }
        }
    }
}

impl Tokens<'_> {
    fn run(&mut self, first: char, is_more: impl Fn(char) -> bool) -> String {
        let mut run = String::from(first);
        while let Some(next) = self.0.next_if(|&c| is_more(c)) {
            run.push(next);
        }
        run
    }

    /// The rest of a text behind its first quotation mark; between three of them, others need no backslash.
    fn text(&mut self) -> String {
        let mut text = String::new();
        let is_long = self.0.next_if_eq(&'"').is_some();
        if is_long && self.0.next_if_eq(&'"').is_none() {
            return text;
        }
        let mut quotes = 0;
        while let Some(next) = self.0.next() {
            match next {
                '"' if !is_long => break,
                '"' => {
                    quotes += 1;
                    text.push('"');
                    if quotes == 3 {
                        text.truncate(text.len() - 3);
                        break;
                    }
                    continue;
                }
                '\\' => text.extend(self.0.next()),
                next => text.push(next),
            }
            quotes = 0;
        }
        text
    }

    /// The rest of a comment, in which others may be.
    fn comment(&mut self) {
        let mut depth = 1_usize;
        while let Some(next) = self.0.next() {
            if next == '(' && self.0.next_if_eq(&'*').is_some() {
                depth += 1;
            } else if next == '*' && self.0.next_if_eq(&')').is_some() {
                depth -= 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '+')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_package_needs_one_of_each_list_of_alternatives() {
        let text = "depends: [\n  \"ocaml\" {>= \"4.14\" & < \"5.2\"}\n  (\"a\" {os = \"linux\"} | \"b\") & \"c\"\n  \
                    \"dune\" {build}\n  \"odoc\" {with-doc}\n  \"d\" {>= version & !with-test}\n]\ndepopts: [\"x\"]\n";
        assert_eq!(needed(text), [vec!["ocaml"], vec!["a", "b"], vec!["c"]]);
        assert_eq!(needed("opam-version: \"2.0\"\n"), [[""; 0]; 0]);
    }

    #[test]
    fn a_field_is_one_of_the_file_itself() {
        let check = |text: &str, expected: Option<&[&str]>| {
            let found = field(text, "a")
                .map(|tokens| tokens.into_iter().filter_map(Token::into_text).collect::<Vec<_>>());
            let expected =
                expected.map(|texts| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>());
            assert_eq!(found, expected, "{text}");
        };
        check("a: \"x\"", Some(&["x"]));
        check("b: \"y\"\na: [\"x\" \"z\"]\nc: \"y\"", Some(&["x", "z"]));
        check("a: []", Some(&[]));
        check("url {\n  a: \"y\"\n}\na: \"x\"", Some(&["x"]));
        check("b: [c {a: \"y\"}]", None);
        check("a: \"x\"\nurl {\n  src: \"y\"\n}\nextra-source \"y\" { src: \"y\" }", Some(&["x"]));
        check("# a: \"y\"\n(* a: \"y\" (* *) a: \"y\" *) a: \"x\" # \"y\"", Some(&["x"]));
        check(r#"a: "x\"y\\""#, Some(&["x\"y\\"]));
        check("a: \"\" b: \"y\"", Some(&[""]));
        check("a: \"\"\"x \"y\" \"\"\" b: \"y\"", Some(&["x \"y\" "]));
        check("a: \"x\" a: \"y\"", Some(&["x"]));
        check("a: \"x", Some(&["x"]));
    }

    #[test]
    fn a_lock_file_names_exact_versions() {
        let text = "\
depends: [
  \"ocaml\" {= \"5.1.0\"}
  \"dune\" {>= \"2\" & = \"3.11.1\"}
  \"alcotest\" {= \"1.7.0\" & with-test}
  \"ppx\" {build & = \"v0.16~rc1+x\"}
  \"loose\" {>= \"1\"}
  \"not\" {!= \"1\"}
  \"bare\"
  \"variable\" {= version}
]
depopts: [\"other\" {= \"1\"}]
";
        let mut problems = Problems::default();
        let found: Vec<_> = locked(text, &mut problems)
            .into_iter()
            .map(|(name, version, need)| format!("{name} {version} {need:?}"))
            .collect();
        let expected = [
            "ocaml 5.1.0 Running",
            "dune 3.11.1 Running",
            "alcotest 1.7.0 Development",
            "ppx v0.16~rc1+x Development",
        ];
        assert_eq!((found.as_slice(), problems), (&expected.map(str::to_owned)[..], Problems::default()));
    }

    #[test]
    fn what_is_wrong_with_a_package_costs_that_package() {
        let mut problems = Problems::default();
        let found = locked("depends: [\"a b\" {= \"1\"} \"c\" {= \"2\"}]", &mut problems);
        assert_eq!(found, [("c".to_owned(), "2".to_owned(), Need::Running)]);
        let mut expected = Problems::default();
        expected.push(Error::malformed("`a b` in version `1`"));
        assert_eq!(problems, expected);
    }

    #[test]
    fn a_package_is_split_at_its_first_dot() {
        assert_eq!(split("base-unix.base"), Some(("base-unix", "base")));
        assert_eq!(split("dune.3.11.1"), Some(("dune", "3.11.1")));
        for text in ["", "dune", ".1", "dune.", "a b.1", "a.1/2"] {
            assert_eq!(split(text), None, "{text}");
        }
    }

    #[test]
    fn licences_are_one_or_several() {
        assert_eq!(licenses("license: \"MIT\"\n"), ["MIT"]);
        assert_eq!(licenses("license: [\"ISC\" \"\" \"MIT\"]\n"), ["ISC", "MIT"]);
        assert_eq!(licenses(&format!("license: \"{}\"", "x".repeat(MAX_LICENSE + 1))), [""; 0]);
        assert_eq!(licenses(&format!("license: [{}]", "\"MIT\" ".repeat(50))).len(), MAX_LICENSES);
        assert_eq!(licenses(""), [""; 0]);
    }

    #[test]
    fn packages_are_as_many_as_the_bound() {
        let list = |count: usize| format!("depends: [{}]", "\"a\" {= \"1\"} ".repeat(count));
        let mut problems = Problems::default();
        assert_eq!(locked(&list(MAX_PACKAGES + 1), &mut problems).len(), MAX_PACKAGES);
        assert_ne!(problems, Problems::default());
        let state = |count: usize| format!("installed: [{}]", "\"a.1\" ".repeat(count));
        assert_eq!(installed(&state(MAX_PACKAGES)).unwrap().len(), MAX_PACKAGES);
        assert!(installed(&state(MAX_PACKAGES + 1)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(installed:|depends:|\"a|\"|\"\"\"|\\{|\\}|\\[|\\]|=|\\(\\*|\\*\\)|#|\\\\|1|\\.|\n| |é){0,40}") {
            let _outcome = installed(&text);
            for (name, version, _) in locked(&text, &mut Problems::default()) {
                prop_assert!(is_name(&name) && is_version(&version));
            }
        }
    }
}
