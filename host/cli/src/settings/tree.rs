//! What is given of settings, each with where it comes from.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;

/// A settings file, as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Text {
    /// The line and the column, from 1 on, of a place in bytes.
    fn place(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.rfind('\n').map_or(before, |end| before.get(end + 1..).unwrap_or_default());
        (before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A place of the settings file; both count from 1 on.
    File { file: Arc<Text>, line: usize, column: usize },
    /// A credential of the service manager, by its file.
    Credential(PathBuf),
    /// A variable of the environment.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl Origin {
    pub(super) fn in_file(file: &Arc<Text>, offset: usize) -> Self {
        let (line, column) = file.place(offset);
        Self::File { file: Arc::clone(file), line, column }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{}:{line}:{column}", file.path.display()),
            Self::Credential(path) => write!(f, "credential `{}`", path.display()),
            Self::Environment(name) => write!(f, "`{name}`"),
            Self::Flag(flag) => write!(f, "flag `{flag}`"),
        }
    }
}

/// A value, and where its key stands; of one in a list, where itself does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) origin: Origin,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Switch(bool),
    List(Vec<Node>),
    Table(Branch),
}

/// The keys of a table.
pub(crate) type Branch = BTreeMap<String, Node>;

impl Node {
    pub(super) fn text(origin: Origin, text: impl Into<String>) -> Self {
        Self { origin, value: Value::Text(text.into()) }
    }

    pub(super) const fn table(origin: Origin, branch: Branch) -> Self {
        Self { origin, value: Value::Table(branch) }
    }

    pub(super) const fn as_table(&self) -> Option<&Branch> {
        if let Value::Table(branch) = &self.value { Some(branch) } else { None }
    }

    /// A value of a file; `origin` is where its key stands.
    fn of(file: &Arc<Text>, origin: Origin, value: &DeValue<'_>) -> Self {
        let value = match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| Value::Text(number.as_str().to_owned()), Value::Integer),
            DeValue::Float(number) => {
                number.as_str().parse().map_or_else(|_| Value::Text(number.as_str().to_owned()), Value::Float)
            }
            DeValue::Boolean(switch) => Value::Switch(*switch),
            // No setting is one.
            DeValue::Datetime(time) => Value::Text(time.to_string()),
            DeValue::Array(list) => Value::List(
                list.iter()
                    .map(|one| Self::of(file, Origin::in_file(file, one.span().start), one.get_ref()))
                    .collect(),
            ),
            DeValue::Table(table) => Value::Table(branch(file, table)),
        };
        Self { origin, value }
    }
}

fn branch(file: &Arc<Text>, table: &DeTable<'_>) -> Branch {
    table
        .iter()
        .map(|(key, value)| {
            let origin = Origin::in_file(file, key.span().start);
            (key.get_ref().to_string(), Node::of(file, origin, value.get_ref()))
        })
        .collect()
}

/// What a settings file gives.
///
/// # Errors
/// Where it is not TOML, each place.
pub(super) fn read(path: &Path, text: String) -> Result<Branch, Vec<Problem>> {
    let file = Arc::new(Text { path: path.to_owned(), text });
    let (table, errors) = DeTable::parse_recoverable(&file.text);
    if errors.is_empty() {
        return Ok(branch(&file, Spanned::get_ref(&table)));
    }
    let problem = |error: &toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start);
        Problem::new(format!("this is not TOML: {}", error.message())).or_at(&Origin::in_file(&file, offset))
    };
    Err(errors.iter().map(problem).collect())
}

/// Sets what a variable says: `LIMPID_HTTP__READ_WORKERS` is `read_workers` in `[http]`. A value that is not
/// TOML by itself is a text.
pub(super) fn set(branch: &mut Branch, name: &str, key: &str, value: &str) -> Result<(), Problem> {
    let key = key.to_ascii_lowercase();
    let origin = Origin::Environment(name.to_owned());
    let source = format!("value = {value}");
    let parsed = DeTable::parse(&source).ok();
    let node = match parsed.as_ref().and_then(|table| table.get_ref().get("value")) {
        Some(value) => {
            let nowhere = Arc::new(Text { path: PathBuf::new(), text: String::new() });
            from(Node::of(&nowhere, origin.clone(), value.get_ref()), &origin)
        }
        None => Node::text(origin.clone(), value),
    };
    let Some((section, key)) = key.split_once("__") else {
        branch.insert(key, node);
        return Ok(());
    };
    put(branch, &[section, key], node).map_err(|taken| {
        Problem::new(format!("it sets a key of `{section}`, to which {} gives a value", taken)).or_at(&origin)
    })
}

/// Puts something at a path.
///
/// # Errors
/// Where something on the path is no table, from where that comes.
pub(super) fn put(branch: &mut Branch, path: &[&str], node: Node) -> Result<(), Origin> {
    match path {
        [] => Ok(()),
        [key] => {
            branch.insert((*key).to_owned(), node);
            Ok(())
        }
        [section, rest @ ..] => {
            let section = branch
                .entry((*section).to_owned())
                .or_insert_with(|| Node::table(node.origin.clone(), Branch::new()));
            match &mut section.value {
                Value::Table(within) => put(within, rest, node),
                _ => Err(section.origin.clone()),
            }
        }
    }
}

/// What is at a path.
pub(crate) fn find<'b>(branch: &'b Branch, path: &[String]) -> Option<&'b Node> {
    let (key, rest) = path.split_first()?;
    let node = branch.get(key)?;
    if rest.is_empty() { Some(node) } else { find(node.as_table()?, rest) }
}

/// The same, all of which comes from one place.
fn from(node: Node, origin: &Origin) -> Node {
    let value = match node.value {
        Value::List(list) => Value::List(list.into_iter().map(|one| from(one, origin)).collect()),
        Value::Table(within) => {
            Value::Table(within.into_iter().map(|(key, one)| (key, from(one, origin))).collect())
        }
        value => value,
    };
    Node { origin: origin.clone(), value }
}
/// All values that are no tables, and tables in which nothing is.
pub(super) fn leaves(branch: &Branch) -> BTreeMap<Vec<String>, &Node> {
    fn collect<'b>(branch: &'b Branch, path: &mut Vec<String>, out: &mut BTreeMap<Vec<String>, &'b Node>) {
        for (key, node) in branch {
            path.push(key.clone());
            match node.as_table().filter(|within| !within.is_empty()) {
                Some(within) => collect(within, path, out),
                None => drop(out.insert(path.clone(), node)),
            }
            path.pop();
        }
    }
    let mut out = BTreeMap::new();
    collect(branch, &mut Vec::new(), &mut out);
    out
}
