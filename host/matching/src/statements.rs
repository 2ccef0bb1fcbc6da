use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use limpid_model::Statement;
use limpid_model::report::Origin;

/// What one advisory states of one package.
#[derive(Clone, Debug, PartialEq)]
pub struct PackageAdvisory {
    /// The publisher's identifier.
    pub id: String,
    /// Name of the package, or of the source package.
    pub name: String,
    /// Where it is published, and by whom.
    pub origin: Arc<Origin>,
    /// The vulnerabilities that it is about, as all publishers call them; at least one.
    pub vulnerabilities: Vec<String>,
    /// What it states, of some versions each.
    pub statements: Vec<Statement>,
    /// The name that the vulnerability had when this was first stated, where it has another one now.
    pub first_name: Option<String>,
}

/// What publishers state of packages, wherever that is kept.
pub trait Statements {
    /// Why it cannot be read.
    type Error;

    /// All that is stated of a name, in the order of [`PackageAdvisory::place`].
    ///
    /// # Errors
    /// It cannot be read.
    fn about(&mut self, namespace: &str, name: &str) -> Result<Arc<Vec<PackageAdvisory>>, Self::Error>;
}

impl PackageAdvisory {
    /// Where it stands among those that speak of its package.
    pub fn place(&self) -> (&str, &str, &str, &str, &str) {
        let Origin { feed, source, namespace } = &*self.origin;
        (namespace, &self.name, feed, &self.id, source)
    }
}

/// What some advisories state, in memory.
#[derive(Debug, Default)]
pub struct Advisories(HashMap<(String, String), Arc<Vec<PackageAdvisory>>>);

impl FromIterator<PackageAdvisory> for Advisories {
    fn from_iter<I: IntoIterator<Item = PackageAdvisory>>(advisories: I) -> Self {
        let mut by_name: HashMap<_, Vec<PackageAdvisory>> = HashMap::new();
        for advisory in advisories {
            let name = (advisory.origin.namespace.clone(), advisory.name.clone());
            by_name.entry(name).or_default().push(advisory);
        }
        for advisories in by_name.values_mut() {
            advisories.sort_by(|a, b| a.place().cmp(&b.place()));
        }
        Self(by_name.into_iter().map(|(name, advisories)| (name, Arc::new(advisories))).collect())
    }
}

impl Advisories {
    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The packages of which they speak, as namespace and name.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().map(|(namespace, name)| (namespace.as_str(), name.as_str()))
    }

    /// What they state of one package.
    pub fn of_name(&self, namespace: &str, name: &str) -> &[PackageAdvisory] {
        self.0.get(&(namespace.to_owned(), name.to_owned())).map_or(&[], |advisories| advisories)
    }
}

impl Statements for &Advisories {
    type Error = Infallible;

    fn about(&mut self, namespace: &str, name: &str) -> Result<Arc<Vec<PackageAdvisory>>, Infallible> {
        let key = (namespace.to_owned(), name.to_owned());
        Ok(self.0.get(&key).cloned().unwrap_or_default())
    }
}
