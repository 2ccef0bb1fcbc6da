//! YAML as its nodes, each with the keys that lead to it. Nothing is built of a document: what an alias stands for is nowhere
//! repeated, so that anchors cannot make more of it than there is.

use granit_parser::{Event, Options, Parser};
use limpid_plugin_sdk::Error;

/// How deep maps and lists may be in each other.
pub(super) const MAX_DEPTH: usize = 32;

/// The longest key, in characters. YAML itself has 1024, which keys of Yarn exceed.
const MAX_KEY: usize = 64 << 10;

/// At most so many keys lead to a node that is shown.
const MAX_PATH: usize = 4;

/// What is open around the place that is read.
enum Level {
    /// A map, and the key whose value is next.
    Map(Option<String>),
    List,
}

impl Level {
    /// The key whose value is next.
    fn key(&self) -> Option<&str> {
        match self {
            Self::Map(key) => key.as_deref(),
            Self::List => None,
        }
    }
}

/// A value that keys lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node<'a> {
    /// What it holds follows, where it holds anything.
    Map,
    /// What it holds is not shown.
    List,
    Scalar(&'a str),
    /// It stands for another one, which is not looked for.
    Alias,
}

/// Whether a scalar stands for nothing.
pub(super) fn is_null(scalar: &str) -> bool {
    matches!(scalar, "" | "~" | "null")
}

/// Calls `show` for each node that only maps lead to, with the keys that do, in order; how many aliases there are
/// anywhere. What is in lists, and what is below more than four keys, is passed over.
///
/// # Errors
///
/// Those of `show`, and [`Error::Malformed`] where it is no YAML, or the whole is no map.
pub(super) fn nodes(
    text: &str,
    mut show: impl FnMut(&[&str], Node<'_>) -> Result<(), Error>,
) -> Result<usize, Error> {
    let mut options = Options::default();
    options.simple_key_max_lookahead = MAX_KEY;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.set_emit_comments(false);
    let (mut levels, mut aliases) = (Vec::new(), 0);
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, _) = event.map_err(Error::malformed)?;
        let node = match &event {
            Event::MappingStart(..) => Node::Map,
            Event::SequenceStart(..) => Node::List,
            Event::Scalar(value, ..) => Node::Scalar(value),
            Event::Alias(_) | Event::UnresolvedAlias(_) => Node::Alias,
            Event::MappingEnd | Event::SequenceEnd => {
                levels.pop();
                complete(&mut levels, None);
                continue;
            }
            _ => continue,
        };
        aliases += usize::from(node == Node::Alias);
        match path(&levels) {
            Some(path) if path.is_empty() => match node {
                Node::Map => {}
                Node::Scalar(value) if is_null(value) => {}
                _ => return Err(Error::malformed("it is no map")),
            },
            Some(path) => show(&path, node)?,
            None => {}
        }
        match node {
            Node::Map => levels.push(Level::Map(None)),
            Node::List => levels.push(Level::List),
            Node::Scalar(value) => complete(&mut levels, Some(value)),
            Node::Alias => complete(&mut levels, None),
        }
    }
    Ok(aliases)
}

/// The keys that lead to the value that is next; none where a key is next, or it is not shown.
fn path(levels: &[Level]) -> Option<Vec<&str>> {
    if levels.len() > MAX_PATH {
        return None;
    }
    levels.iter().map(Level::key).collect()
}

/// A node is complete: it was a key, or the value of one. What is no scalar is a key of no name.
fn complete(levels: &mut [Level], scalar: Option<&str>) {
    if let Some(Level::Map(key)) = levels.last_mut() {
        *key = match key {
            Some(_) => None,
            None => Some(scalar.unwrap_or_default().to_owned()),
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(text: &str) -> Result<Vec<String>, Error> {
        let mut all = Vec::new();
        nodes(text, |path, node| {
            let node = match node {
                Node::Map => return Ok(()),
                Node::List => "[]",
                Node::Alias => "*",
                Node::Scalar(value) => value,
            };
            all.push(format!("{}={node}", path.join("/")));
            Ok(())
        })
        .map(|_| all)
    }

    #[test]
    fn nodes_are_shown_with_the_keys_that_lead_to_them() {
        let text = "a: 1\nb:\n  c: 'x'\n  d: {e: \"y\", f: [1, {g: 2}]}\n  h:\n    - i: 3\nj: {k: {l: {m: {n: 4}, o: 5}}}\n";
        assert_eq!(all(text).unwrap(), ["a=1", "b/c=x", "b/d/e=y", "b/d/f=[]", "b/h=[]", "j/k/l/o=5"]);
        assert_eq!(all("? long\n: {a: 1}\n? [x]\n: b\n---\nc: 2\n").unwrap(), ["long/a=1", "=b", "c=2"]);
        for nothing in ["", "# a\n", "---\n", "~", "{}"] {
            assert_eq!(all(nothing).unwrap(), [""; 0], "{nothing:?}");
        }
        for other in ["- a\n- b: 1\n", "a", "[]"] {
            assert_eq!(all(other), Err(Error::malformed("it is no map")), "{other}");
        }
        let key = "k".repeat(5000);
        assert_eq!(all(&format!("\"{key}\": 1\n")).unwrap(), [format!("{key}=1")]);
        let mut maps = Vec::new();
        let outcome = nodes("a: {}\nb: {c: {d: 1}}\n", |path, node| {
            maps.extend((node == Node::Map).then(|| path.join("/")));
            Ok(())
        });
        assert_eq!((outcome, maps), (Ok(0), ["a", "b", "b/c"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn aliases_are_not_followed_and_depth_ends() {
        let mut bomb = "a0: &a0 {x: 1}\n".to_owned();
        for number in 1..1000 {
            let before = number - 1;
            bomb += &format!("a{number}: &a{number} {{x: *a{before}, y: *a{before}, z: 1}}\n");
        }
        assert_eq!(all(&bomb).unwrap().len(), 1 + 3 * 999);
        assert_eq!(nodes(&bomb, |_, _| Ok(())), Ok(2 * 999));
        assert_eq!(all("a: &a b\nc: *a\n*a : d\ne: 1\n").unwrap(), ["a=b", "c=*", "=d", "e=1"]);
        assert_eq!(nodes("a: &a b\nc: [*a, {d: *a}]\n", |_, _| Ok(())), Ok(2));
        for deep in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
            assert!(matches!(all(&deep), Err(Error::Malformed(_))));
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(keys in prop::collection::btree_map("[a-z]{1,8}", "[a-z]{1,8}", 0..10)) {
            let text: String = keys.iter().map(|(key, value)| format!("x:\n  '{key}': \"{value}\"\n---\n")).collect();
            let expected: Vec<_> = keys.iter().map(|(key, value)| format!("x/{key}={value}")).collect();
            prop_assert_eq!(all(&text).unwrap(), expected);
        }

        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(a: |  |- |\n|[{}\\[\\],&*?:'\"|>!%#]|\\PC|---\n){0,40}") {
            let _outcome = all(&text);
        }
    }
}
