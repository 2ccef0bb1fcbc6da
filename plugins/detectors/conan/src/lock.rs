//! `conan.lock`: of [Conan 2](https://docs.conan.io/2/tutorial/versioning/lockfiles.html), lists of references; of
//! [Conan 1](https://docs.conan.io/1/versioning/lockfiles/introduction.html), a graph of them.

use limpid_lockfile::{Entries, Fields, Records, fields, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use serde_json::value::RawValue;

use crate::reference::Reference;

/// The lists of Conan 2, and what the references in them are needed for.
const LISTS: [(&str, Need); 4] = [
    ("requires", Need::Running),
    ("build_requires", Need::Building),
    ("python_requires", Need::Building),
    ("config_requires", Need::Building),
];

/// What a package is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To run the project, or to link it.
    Running,
    /// To build it only.
    Building,
}

/// References and needs.
type Packages = Vec<(Reference, Need)>;

/// The packages of a lock file. What is wrong with one costs that one.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object, or has neither a graph nor any list of references.
pub fn packages(bytes: &[u8], problems: &mut Problems) -> Result<Packages, Error> {
    let fields = fields(bytes)?;
    let mut packages = Vec::new();
    if let Some(graph) = fields.get("graph_lock") {
        nodes(graph, &mut packages, problems)?;
        return Ok(packages);
    }
    if !LISTS.iter().any(|(list, _)| fields.contains_key(*list)) {
        return Err(Error::malformed("it has neither a graph nor a list of references"));
    }
    for (list, need) in LISTS {
        if let Err(error) = references(&fields, list, need, &mut packages, problems) {
            problems.push(error);
        }
    }
    Ok(packages)
}

/// A list of references, or of pairs of a reference and its packages.
fn references(
    fields: &Fields<'_>,
    list: &str,
    need: Need,
    packages: &mut Packages,
    problems: &mut Problems,
) -> Result<(), Error> {
    let Some(value) = fields.get(list).filter(|value| value.get() != "null") else { return Ok(()) };
    let of_list = |error| Error::malformed(format_args!("`{list}`: {error}"));
    let Records(records) = serde_json::from_str(value.get()).map_err(of_list)?;
    for (index, record) in records.iter().enumerate() {
        let first = match serde_json::from_str::<Records<'_>>(record.get()) {
            Ok(Records(pair)) => pair.first().copied(),
            Err(_) => Some(*record),
        };
        let reference = first.and_then(|first| serde_json::from_str::<String>(first.get()).ok());
        match reference.as_deref().and_then(Reference::parse) {
            Some(reference) => packages.push((reference, need)),
            None => {
                let why = format_args!("record {} of `{list}` is no reference", index + 1);
                problems.push(Error::malformed(why));
            }
        }
    }
    Ok(())
}

/// The nodes of a graph. The project itself is one, which has a path or no reference.
fn nodes(graph: &RawValue, packages: &mut Packages, problems: &mut Problems) -> Result<(), Error> {
    let graph = fields(graph.get().as_bytes())?;
    let nodes = graph.get("nodes").ok_or_else(|| Error::malformed("its graph has no nodes"))?;
    let of_nodes = |error| Error::malformed(format_args!("`nodes`: {error}"));
    let Entries(nodes) = serde_json::from_str(nodes.get()).map_err(of_nodes)?;
    for (name, node) in nodes {
        match reference_of(node) {
            Ok(Some(package)) => packages.push(package),
            Ok(None) => {}
            Err(error) => {
                let why = match error {
                    Error::Malformed(why) | Error::Unsupported(why) | Error::Other(why) => why,
                };
                problems.push(Error::malformed(format_args!("node `{name:.100}`: {why}")));
            }
        }
    }
    Ok(())
}

fn reference_of(node: &RawValue) -> Result<Option<(Reference, Need)>, Error> {
    let fields = fields(node.get().as_bytes())?;
    let Some(stated) = text(&fields, "ref")?.filter(|_| !fields.contains_key("path")) else {
        return Ok(None);
    };
    let reference = Reference::parse(&stated)
        .ok_or_else(|| Error::malformed(format_args!("`{stated:.200}` is no reference")))?;
    let is_for_building = text(&fields, "context")?.as_deref() == Some("build");
    Ok(Some((reference, if is_for_building { Need::Building } else { Need::Running })))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let packages = packages(text.as_bytes(), &mut problems).unwrap();
        let word = |(it, need): &(Reference, Need)| {
            let dev = if *need == Need::Building { " (dev)" } else { "" };
            format!("{} {}{dev}", it.name, it.version)
        };
        (packages.iter().map(word).collect(), problems)
    }

    fn none(expected: &[&str]) -> (Vec<String>, Problems) {
        (expected.iter().map(|&word| word.to_owned()).collect(), Problems::default())
    }

    #[test]
    fn lists_of_conan_2_are_read() {
        let text = r#"{"version": "0.5",
            "requires": ["zlib/1.3#01%1.5", ["fmt/10.1.1#02", {"03": "04"}]],
            "build_requires": ["cmake/3.27.1"], "python_requires": ["tools/1.0@acme/stable"], "config_requires": []}"#;
        assert_eq!(words(text), none(&["zlib 1.3", "fmt 10.1.1", "cmake 3.27.1 (dev)", "tools 1.0 (dev)"]));
        assert_eq!(words(r#"{"requires": null}"#), none(&[]));
    }

    #[test]
    fn the_graph_of_conan_1_is_read() {
        let text = r#"{"graph_lock": {"revisions_enabled": true, "nodes": {
            "0": {"ref": "app/1.0", "path": "conanfile.py", "requires": ["1"], "context": "host"},
            "1": {"ref": "zlib/1.2.11#01", "package_id": "02", "prev": "03", "context": "host"},
            "2": {"ref": "cmake/3.20.0#04", "context": "build"},
            "3": {"ref": null}, "4": {"options": ""}}},
            "version": "0.4", "profile_host": "[settings]\n"}"#;
        assert_eq!(words(text), none(&["zlib 1.2.11", "cmake 3.20.0 (dev)"]));
    }

    #[test]
    fn what_is_wrong_with_a_package_costs_that_package() {
        let mut expected = Problems::default();
        expected.push(Error::malformed("record 1 of `requires` is no reference"));
        expected.push(Error::malformed("record 2 of `requires` is no reference"));
        let why = "`build_requires`: invalid type: map, expected a list at line 1 column 0";
        expected.push(Error::malformed(why));
        let text = r#"{"requires": [1, [], "a/1"], "build_requires": {}}"#;
        assert_eq!(words(text), (vec!["a 1".to_owned()], expected));
        let mut expected = Problems::default();
        expected.push(Error::malformed("node `1`: `a` is no reference"));
        let text = r#"{"graph_lock": {"nodes": {"1": {"ref": "a"}, "2": {"ref": "b/2"}}}}"#;
        assert_eq!(words(text), (vec!["b 2".to_owned()], expected));
    }

    #[test]
    fn a_document_of_another_shape_is_malformed() {
        let check = |text: &str, expected: &str| {
            let why = packages(text.as_bytes(), &mut Problems::default()).unwrap_err().to_string();
            assert!(why.starts_with("malformed: ") && why.contains(expected), "{text}: {why}");
        };
        check("", "EOF while parsing");
        check("[]", "expected an object");
        check("{}", "neither a graph nor a list");
        check(r#"{"graph_lock": {}}"#, "its graph has no nodes");
        check(r#"{"graph_lock": {"nodes": []}}"#, "`nodes`: invalid type");
    }

    proptest! {
        #[test]
        fn no_json_is_too_odd_to_be_read(text in "(\\{|\\}|\\[|\\]|,|:|\"requires\"|\"graph_lock\"|\"nodes\"|\"ref\"|\"a/1\"|1){0,30}") {
            if let Ok(packages) = packages(text.as_bytes(), &mut Problems::default()) {
                prop_assert!(packages.iter().all(|(it, _)| !it.name.is_empty() && !it.version.is_empty()));
            }
        }
    }
}
