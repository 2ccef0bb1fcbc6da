use std::collections::HashMap;
use std::sync::Arc;

use limpid_model::report::Origin;
use limpid_store::key::Writer;
use limpid_store::tables::affects::{self, Affects, Statement};
use limpid_store::tables::enrichments::Enrichments;
use limpid_store::{Rows, Store, View, Walk};

use crate::Error;

/// Learns of which packages and vulnerabilities anything is said at all, so that reports do not look
/// for more of the others. Reads all those names: worth it where many reports are made.
///
/// # Errors
/// The store fails.
pub(crate) fn learn_names(store: &Store) -> Result<(), Error> {
    store.learn_groups::<Affects>()?;
    Ok(store.learn_groups::<Enrichments>()?)
}

/// What one advisory says of a package.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) key: affects::Key,
    /// The vulnerabilities that it is about, as all publishers call them.
    pub(crate) vulnerabilities: Vec<String>,
    pub(crate) statements: Vec<Statement>,
    /// The name that the vulnerability had when it was first said, where it has another one now.
    pub(crate) first_name: Option<String>,
}

impl Said {
    pub(crate) fn new(key: affects::Key, row: affects::Row) -> Self {
        let first_name = row.first_name().map(str::to_owned);
        let (statements, mut vulnerabilities) = row.into_parts();
        if vulnerabilities.is_empty() {
            vulnerabilities.push(key.id.clone());
        }
        Self { key, vulnerabilities, statements, first_name }
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
    fn about(&mut self, namespace: &str, name: &str) -> Result<Arc<Vec<Said>>, Error>;
}

/// All that the store holds.
#[derive(Debug)]
pub(crate) struct All<'v> {
    rows: Walk<'v, Affects>,
    nothing: Arc<Vec<Said>>,
}

impl<'v> All<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { rows: view.walk(), nothing: Arc::default() }
    }
}

impl Statements for All<'_> {
    fn about(&mut self, namespace: &str, name: &str) -> Result<Arc<Vec<Said>>, Error> {
        let group = |key: &mut Writer| {
            key.text(namespace).text(name);
        };
        let said = |rows: Rows<Affects>| -> Vec<Said> {
            rows.into_iter().map(|(key, row)| Said::new(key, row)).collect()
        };
        Ok(self.rows.group(group, said)?.unwrap_or_else(|| Arc::clone(&self.nothing)))
    }
}

/// What some advisories say.
#[derive(Debug, Default)]
pub(crate) struct AboutSome(HashMap<(String, String), Arc<Vec<Said>>>);

impl AboutSome {
    pub(crate) fn new(said: impl IntoIterator<Item = Said>) -> Self {
        let mut by_name: HashMap<_, Vec<Said>> = HashMap::new();
        for said in said {
            by_name.entry((said.key.namespace.clone(), said.key.name.clone())).or_default().push(said);
        }
        for said in by_name.values_mut() {
            said.sort_by(|a, b| a.key.cmp(&b.key));
        }
        Self(by_name.into_iter().map(|(name, said)| (name, Arc::new(said))).collect())
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
    fn about(&mut self, namespace: &str, name: &str) -> Result<Arc<Vec<Said>>, Error> {
        let key = (namespace.to_owned(), name.to_owned());
        Ok(self.0.get(&key).cloned().unwrap_or_default())
    }
}
