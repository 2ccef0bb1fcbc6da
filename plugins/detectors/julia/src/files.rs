//! [`Project.toml` and `Manifest.toml`](https://pkgdocs.julialang.org/v1/toml-files/).

use limpid_lockfile::{Origin, check_values};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Needs, Problems, Requirement};
use toml::{Table, Value};

/// What a manifest has beside its packages.
const OTHERS: [&str; 4] = ["julia_version", "manifest_format", "project_hash", "registries"];

/// A package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Julia tells upper and lower case apart.
    pub name: String,
    /// As it is written there.
    pub version: String,
    /// What tells it from others of that name.
    pub uuid: String,
    /// Where it is from.
    pub origin: Origin,
    /// The packages that it needs, those of the standard library among them; none where that cannot be read.
    pub requires: Option<Vec<Requirement>>,
}

/// The package that a project is; none where it is an environment, or no project of Julia.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no TOML.
pub fn project(text: &str) -> Result<Option<Found>, Error> {
    let project = parse(text)?;
    let field = |key| word(project.get(key));
    let (Some(name), Some(version), Some(uuid)) = (field("name"), field("version"), field("uuid")) else {
        return Ok(None);
    };
    let requires = deps(&project).and_then(|names| Needs::default().of(names));
    Ok(Some(Found { name, version, uuid, origin: Origin::Published, requires }))
}

/// The packages of a manifest that have a version, but for the project itself. What is wrong with an entry costs that entry.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no TOML or has nothing of what a manifest has, [`Error::Unsupported`] where its form is
/// of a version that is not known.
pub fn manifest(text: &str, problems: &mut Problems) -> Result<Vec<Found>, Error> {
    let manifest = parse(text)?;
    let is_other = |key: &String| OTHERS.contains(&key.as_str());
    // Once the entries were at the top.
    let first = || manifest.iter().filter(|(key, _)| !is_other(key)).collect::<Vec<_>>();
    let entries = match manifest.get("manifest_format") {
        None => first(),
        Some(Value::String(form)) if form.starts_with("1.") => first(),
        Some(Value::String(form)) if form.starts_with("2.") => match manifest.get("deps") {
            Some(Value::Table(entries)) => entries.iter().collect(),
            // A project that asks for nothing.
            None if manifest.keys().all(is_other) => Vec::new(),
            None | Some(_) => return Err(Error::malformed("it has no table `deps`")),
        },
        Some(form) => {
            let form = form.as_str().map_or_else(|| form.to_string(), str::to_owned);
            return Err(Error::unsupported(format_args!("form {form:.20} of manifests")));
        }
    };
    let (mut packages, mut needs) = (Vec::new(), Needs::default());
    for (name, list) in entries {
        // Several packages may have one name.
        let Some(list) = list.as_array() else {
            problems.push(Error::malformed(format_args!("`{name:.200}` is no list of packages")));
            continue;
        };
        for entry in list {
            let Some(entry) = entry.as_table() else {
                problems.push(Error::malformed(format_args!("an entry of `{name:.200}` is no table")));
                continue;
            };
            let Some(origin) = origin(entry) else { continue };
            // Without a version it is of the standard library, or in a folder.
            let Some(version) = entry.get("version") else {
                if matches!(origin, Origin::Repository { .. }) {
                    problems.push(Error::malformed(format_args!("`{name:.200}` has no version")));
                }
                continue;
            };
            match (word(Some(version)), word(entry.get("uuid"))) {
                (Some(version), Some(uuid)) if !name.is_empty() => {
                    let requires = deps(entry).and_then(|names| needs.of(names));
                    packages.push(Found { name: name.clone(), version, uuid, origin, requires });
                }
                _ => problems.push(Error::malformed(format_args!("`{name:.200}` has no version and UUID"))),
            }
        }
    }
    Ok(packages)
}

/// The names in `deps`: a list, or where several packages have one of these names, and in projects, a table with what tells
/// them apart.
fn deps(table: &Table) -> Option<Vec<String>> {
    match table.get("deps") {
        None => Some(Vec::new()),
        Some(Value::Array(names)) => names.iter().map(|name| word(Some(name))).collect(),
        Some(Value::Table(names)) => Some(names.keys().cloned().collect()),
        Some(_) => None,
    }
}

/// Where the package of an entry is from; none where it is the project itself.
fn origin(entry: &Table) -> Option<Origin> {
    let field = |key| word(entry.get(key));
    if let Some(path) = field("path") {
        return (path != ".").then_some(Origin::Local);
    }
    let Some(repository) = field("repo-url") else { return Some(Origin::Published) };
    // It may also be a branch, which is another commit by now.
    let is_commit =
        |revision: &String| revision.len() >= 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    let revision = field("repo-rev").filter(is_commit).unwrap_or_default();
    Some(Origin::commit("git", &repository, &revision))
}

fn parse(text: &str) -> Result<Table, Error> {
    check_values(text)?;
    text.parse().map_err(|error: toml::de::Error| Error::malformed(error.message()))
}

/// A text that is one word.
fn word(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?;
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let packages = manifest(text, &mut problems).unwrap();
        let word = |it: &Found| {
            let origin = if it.origin.is_published() { String::new() } else { format!(" {:?}", it.origin) };
            format!("{} {} {}{origin}", it.name, it.version, it.uuid)
        };
        (packages.iter().map(word).collect(), problems)
    }

    #[test]
    fn a_package_needs_what_it_depends_on() {
        let text = "manifest_format = \"2.0\"\n\n[[deps.A]]\ndeps = [\"B\", \"Dates\"]\nuuid = \"a\"\nversion = \"1.0.0\"\n\n\
                    [[deps.B]]\nuuid = \"b\"\nversion = \"1.0.0\"\n    [deps.B.deps]\n    C = \"c\"\n    [deps.B.weakdeps]\n    \
                    X = \"x\"\n\n[[deps.C]]\nuuid = \"c\"\nversion = \"1.0.0\"\n\n[[deps.D]]\ndeps = 1\nuuid = \"d\"\n\
                    version = \"1.0.0\"\n";
        let names = |found: &Found| {
            Some(
                found
                    .requires
                    .as_ref()?
                    .iter()
                    .map(|needed| needed.name.clone())
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        };
        let found = manifest(text, &mut Problems::default()).unwrap();
        let needed: Vec<_> =
            found.iter().map(|found| names(found).unwrap_or_else(|| "?".to_owned())).collect();
        assert_eq!(needed, ["B Dates", "C", "", "?"]);
        let text =
            "name = \"A\"\nuuid = \"a\"\nversion = \"1.0.0\"\n\n[deps]\nB = \"b\"\n\n[weakdeps]\nX = \"x\"\n";
        assert_eq!(names(&project(text).unwrap().unwrap()).unwrap(), "B");
    }

    #[test]
    fn both_forms_of_manifests_are_read() {
        let first =
            "[[Dates]]\nuuid = \"a\"\n\n[[HTTP]]\ndeps = [\"Dates\"]\nuuid = \"b\"\nversion = \"1.9.6\"\n";
        assert_eq!(words(first), (vec!["HTTP 1.9.6 b".to_owned()], Problems::default()));
        let second = "julia_version = \"1.9.3\"\nmanifest_format = \"2.0\"\n\n[[deps.Dates]]\nuuid = \"a\"\n\n\
                      [[deps.HTTP]]\nuuid = \"b\"\nversion = \"1.9.6+0\"\n    [deps.HTTP.weakdeps]\n    X = \"c\"\n\n\
                      [[deps.HTTP]]\nuuid = \"d\"\nversion = \"0.1.0\"\n";
        assert_eq!(
            words(second),
            (vec!["HTTP 1.9.6+0 b".to_owned(), "HTTP 0.1.0 d".to_owned()], Problems::default())
        );
        let other = "manifest_format = \"3.0\"\n";
        let error = manifest(other, &mut Problems::default()).unwrap_err();
        assert_eq!(error, Error::unsupported("form 3.0 of manifests"));
    }

    #[test]
    fn what_is_of_a_repository_or_a_folder_is_told_and_the_project_is_not() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let entry =
            |name: &str, more: &str| format!("[[deps.{name}]]\nuuid = \"u\"\nversion = \"1.0.0\"\n{more}\n");
        let text = [
            "manifest_format = \"2.1\"\n".to_owned(),
            entry("A", &format!("repo-url = \"https://example.org/A.jl.git\"\nrepo-rev = \"{commit}\"")),
            entry("B", "repo-url = \"https://example.org/B.jl.git\"\nrepo-rev = \"main\""),
            entry("C", "path = \"../C\""),
            entry("D", "path = \".\""),
        ];
        let expected = [
            format!(
                "A 1.0.0 u Repository {{ kind: \"git\", url: Some(\"git+https://example.org/A.jl.git@{commit}\") }}"
            ),
            "B 1.0.0 u Repository { kind: \"git\", url: None }".to_owned(),
            "C 1.0.0 u Local".to_owned(),
        ];
        assert_eq!(words(&text.concat()), (expected.to_vec(), Problems::default()));
        let mut expected = Problems::default();
        expected.push(Error::malformed("`A` has no version"));
        assert_eq!(
            words("[[A]]\nuuid = \"u\"\nrepo-url = \"https://example.org/A.jl.git\"\n"),
            (vec![], expected)
        );
    }

    #[test]
    fn a_manifest_of_an_unknown_form_is_told_and_one_without_packages_is_not() {
        let check = |text: &str, expected: Error| {
            assert_eq!(manifest(text, &mut Problems::default()), Err(expected), "{text}");
        };
        check("manifest_format = 2\n[[deps.A]]\n", Error::unsupported("form 2 of manifests"));
        check("manifest_format = \"77.0\"\n", Error::unsupported("form 77.0 of manifests"));
        let why = Error::malformed("it has no table `deps`");
        check("manifest_format = \"2.0\"\n[packages]\n", why.clone());
        check("manifest_format = \"2.0\"\ndeps = []\n", why);
        let mut expected = Problems::default();
        expected.push(Error::malformed("`package` is no list of packages"));
        assert_eq!(words("[package]\nname = \"a\"\n"), (vec![], expected.clone()));
        assert_eq!(words("manifest_format = \"2.0\"\n[deps.package]\nversion = \"1\"\n"), (vec![], expected));
        for nothing in [
            "",
            "# This file is machine-generated\n",
            "julia_version = \"1.9.3\"\nmanifest_format = \"2.0\"\nproject_hash = \"00\"\n\n[deps]\n",
            "julia_version = \"1.9.3\"\nmanifest_format = \"2.0\"\n",
        ] {
            assert_eq!(words(nothing), (vec![], Problems::default()), "{nothing}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_entry_costs_that_entry() {
        let text = "A = [1]\n[[B]]\nuuid = \"b\"\nversion = 1\n[[C]]\nversion = \"1.0.0\"\n[[D]]\nuuid = \"d\"\nversion = \"1.0.0\"\n";
        let mut expected = Problems::default();
        for why in
            ["an entry of `A` is no table", "`B` has no version and UUID", "`C` has no version and UUID"]
        {
            expected.push(Error::malformed(why));
        }
        assert_eq!(words(text), (vec!["D 1.0.0 d".to_owned()], expected));
    }

    #[test]
    fn a_project_is_a_package_where_it_says_so() {
        let check =
            |text: &str, expected: bool| assert_eq!(project(text).unwrap().is_some(), expected, "{text}");
        check("name = \"A\"\nuuid = \"a\"\nversion = \"1.0.0\"\n[deps]\nB = \"b\"\n", true);
        check("[deps]\nB = \"b\"\n", false);
        check("name = \"A\"\nversion = \"1.0.0\"\n", false);
        check("name = \"A\"\nuuid = \"a\"\nversion = 1\n", false);
        assert!(project("name = ").is_err());
    }

    proptest! {
        #[test]
        fn no_toml_is_too_odd_to_be_read(text in "(\\[\\[a\\]\\]|\\[\\[deps\\.a\\]\\]|uuid|version|manifest_format| = |\"1\\.0\"|1|\\[|\n){0,25}") {
            if let Ok(packages) = manifest(&text, &mut Problems::default()) {
                prop_assert!(packages.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
            }
            let _outcome = project(&text);
        }
    }
}
