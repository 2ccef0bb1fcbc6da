use std::collections::HashMap;
use std::rc::Rc;

use limpid_model::report::Origin;
use limpid_store::tables::affects::{self, Affects, Statement};
use limpid_store::{View, Walk};

use crate::Error;

/// What one advisory says of a package.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) key: affects::Key,
    /// The vulnerabilities that it is about, as all publishers call them.
    pub(crate) vulnerabilities: Vec<String>,
    pub(crate) statements: Vec<Statement>,
}

impl Said {
    pub(crate) fn new(key: affects::Key, row: affects::Row) -> Self {
        let (statements, mut vulnerabilities) = row.into_parts();
        if vulnerabilities.is_empty() {
            vulnerabilities.push(key.id.clone());
        }
        Self { key, vulnerabilities, statements }
    }

    /// Who says it.
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            feed: self.key.feed.clone(),
            source: self.key.source.clone(),
            namespace: self.key.namespace.clone(),
        }
    }
}

/// What is said of packages.
pub(crate) trait Statements {
    /// All that is said of a name, in the order of the advisories.
    fn about(&mut self, namespace: &str, name: &str) -> Result<Rc<Vec<Said>>, Error>;
}

/// All that the store holds. What was asked for once is held on to: binaries of one source ask for
/// the same.
#[derive(Debug)]
pub(crate) struct All<'v> {
    rows: Walk<'v, Affects>,
    known: HashMap<String, HashMap<String, Rc<Vec<Said>>>>,
}

impl<'v> All<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { rows: view.walk(), known: HashMap::new() }
    }
}

impl Statements for All<'_> {
    fn about(&mut self, namespace: &str, name: &str) -> Result<Rc<Vec<Said>>, Error> {
        if let Some(known) = self.known.get(namespace).and_then(|names| names.get(name)) {
            return Ok(Rc::clone(known));
        }
        let rows = self.rows.scan(|key| {
            key.text(namespace).text(name);
        })?;
        let said: Rc<Vec<_>> = Rc::new(rows.into_iter().map(|(key, row)| Said::new(key, row)).collect());
        self.known.entry(namespace.to_owned()).or_default().insert(name.to_owned(), Rc::clone(&said));
        Ok(said)
    }
}

/// What some advisories say.
#[derive(Debug, Default)]
pub(crate) struct AboutSome(HashMap<(String, String), Rc<Vec<Said>>>);

impl AboutSome {
    pub(crate) fn new(said: impl IntoIterator<Item = Said>) -> Self {
        let mut by_name: HashMap<_, Vec<Said>> = HashMap::new();
        for said in said {
            by_name.entry((said.key.namespace.clone(), said.key.name.clone())).or_default().push(said);
        }
        for said in by_name.values_mut() {
            said.sort_by(|a, b| a.key.cmp(&b.key));
        }
        Self(by_name.into_iter().map(|(name, said)| (name, Rc::new(said))).collect())
    }

    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of which they speak, with their namespaces.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().map(|(namespace, name)| (namespace.as_str(), name.as_str()))
    }

    pub(crate) fn of_name(&self, namespace: &str, name: &str) -> &[Said] {
        self.0.get(&(namespace.to_owned(), name.to_owned())).map_or(&[], |said| said)
    }
}

impl Statements for &AboutSome {
    fn about(&mut self, namespace: &str, name: &str) -> Result<Rc<Vec<Said>>, Error> {
        let key = (namespace.to_owned(), name.to_owned());
        Ok(self.0.get(&key).cloned().unwrap_or_default())
    }
}
