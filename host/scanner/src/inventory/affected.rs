//! The reverse question: whom a vulnerability affects.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use limpid_matching::{
    Advisories as PackageAdvisories, Authority, Installed, Match, Matcher, PackageAdvisory, Speaks,
    namespaces_in,
};
use limpid_model::{Advisory, Digest, Owner, PluginId, Rating, Scope};
use limpid_store::tables::advisories::{self, Advisories};
use limpid_store::tables::affects::{self, Affects};
use limpid_store::tables::contexts::{self, Contexts};
use limpid_store::tables::inventory;
use limpid_store::tables::known_as::{self, KnownAs};
use limpid_store::{Cursor, View};

use super::candidates::Candidates;
use super::pages::Group;
use crate::Error;
use crate::stated::package_advisory;

/// A package of a layer that a vulnerability affects, in one context.
#[derive(Clone, Debug)]
pub(crate) struct Affected {
    pub(crate) diff_id: Digest,
    pub(crate) context: u64,
    /// The layer that has the file which states it: another one where it is seen through links.
    pub(crate) real_layer: Digest,
    pub(crate) installed: Arc<Installed>,
    pub(crate) found: Arc<Match>,
}

/// What all publishers say of the vulnerability of an identifier: their advisories, whatever they
/// call it.
#[derive(Debug, Default)]
pub(crate) struct Vulnerability {
    /// As all publishers call it.
    pub(crate) names: BTreeSet<String>,
    pub(crate) advisories: BTreeMap<advisories::Key, Advisory>,
}

impl Vulnerability {
    /// Finds it by any of its identifiers.
    pub(crate) fn find(view: &View<'_>, identifier: &str) -> Result<Self, Error> {
        let mut found = Self::default();
        found.add(view, identifier)?;
        let (mut stated, mut others) = (BTreeSet::new(), BTreeSet::new());
        for (key, advisory) in &found.advisories {
            match stated_names(view, key, advisory)? {
                Some(names) => stated.extend(names),
                None => others.extend(advisory.vulnerabilities()),
            }
        }
        // One that states nothing, because it was withdrawn, is what others take it for.
        found.names = if stated.is_empty() { others } else { stated };
        // An advisory that fixes several is about each; the identifier asked for says which is meant.
        if let Some(meant) = found.names.iter().find(|name| name.eq_ignore_ascii_case(identifier)) {
            found.names = BTreeSet::from([meant.clone()]);
        }
        for name in found.names.clone() {
            found.add(view, &name)?;
        }
        Ok(found)
    }

    /// The one of that name, as all publishers call it, and what is stated of it.
    pub(crate) fn about(view: &View<'_>, name: &str) -> Result<Self, Error> {
        let mut found = Self { names: BTreeSet::from([name.to_owned()]), ..Self::default() };
        found.add(view, name)?;
        Ok(found)
    }

    /// The same without some advisories.
    pub(crate) fn without(&self, gone: &BTreeSet<advisories::Key>) -> Self {
        let advisories = self.advisories.iter().filter(|(key, _)| !gone.contains(key));
        Self {
            names: self.names.clone(),
            advisories: advisories.map(|(key, advisory)| (key.clone(), advisory.clone())).collect(),
        }
    }

    /// The ratings that an advisory gives, whoever is affected.
    pub(crate) fn ratings(&self, key: &advisories::Key) -> &[Rating] {
        self.advisories.get(key).map_or(&[], |advisory| &advisory.ratings)
    }

    fn add(&mut self, view: &View<'_>, identifier: &str) -> Result<(), Error> {
        let keys = view.keys::<KnownAs>(|key| {
            key.text(&known_as::folded(identifier));
        });
        for key in keys {
            let key = key?;
            let key = advisories::Key { feed: key.feed, id: key.id, source: key.source };
            if !self.advisories.contains_key(&key)
                && let Some(row) = view.get::<Advisories>(&key)?
            {
                let advisory = row.into_advisory(key.id.clone());
                self.advisories.insert(key, advisory);
            }
        }
        Ok(())
    }

    /// What they state, by package.
    pub(crate) fn package_advisories(&self, view: &View<'_>) -> Result<PackageAdvisories, Error> {
        Ok(self.all_package_advisories(view)?.into_iter().collect())
    }

    /// What they state, ready to be compared.
    pub(crate) fn all_package_advisories(&self, view: &View<'_>) -> Result<Vec<PackageAdvisory>, Error> {
        let mut keys = BTreeSet::new();
        for (key, advisory) in &self.advisories {
            for affected in &advisory.affected {
                keys.insert(affects::Key {
                    namespace: affected.namespace.clone(),
                    name: affected.name.clone(),
                    feed: key.feed.clone(),
                    id: key.id.clone(),
                    source: key.source.clone(),
                });
            }
        }
        let keys: Vec<_> = keys.into_iter().collect();
        let rows = view.multi_get::<Affects>(&keys)?;
        let stated = keys.into_iter().zip(rows).filter_map(|(key, row)| Some(package_advisory(key, row?)));
        Ok(stated.filter_map(|stated| self.only_its_own(stated)).collect())
    }

    /// What is stated of this vulnerability, and not of others that an advisory is about as well.
    pub(crate) fn only_its_own(&self, stated: PackageAdvisory) -> Option<PackageAdvisory> {
        let vulnerabilities: Vec<_> =
            stated.vulnerabilities.iter().filter(|name| self.names.contains(*name)).cloned().collect();
        (!vulnerabilities.is_empty()).then_some(PackageAdvisory { vulnerabilities, ..stated })
    }
}

/// The vulnerabilities of an advisory, as all publishers call them; none where it states nothing.
fn stated_names(
    view: &View<'_>,
    key: &advisories::Key,
    advisory: &Advisory,
) -> Result<Option<Vec<String>>, Error> {
    if let Some(affected) = advisory.affected.first() {
        let key = affects::Key {
            namespace: affected.namespace.clone(),
            name: affected.name.clone(),
            feed: key.feed.clone(),
            id: key.id.clone(),
            source: key.source.clone(),
        };
        return Ok(view.get::<Affects>(&key)?.map(|row| package_advisory(key, row).vulnerabilities));
    }
    Ok(None)
}

/// All packages of layers that what is stated affects, in each context in which they lie.
pub(crate) fn affected<S: Speaks<Error = Error>>(
    view: &View<'_>,
    stated: &PackageAdvisories,
    authority: &mut Authority<S>,
) -> Result<Vec<Affected>, Error> {
    let mut contexts = KnownContexts::new(view);
    let mut judge = Judge::new(stated, authority);
    let mut found = Vec::new();
    for (place, row) in Candidates::of(stated).all(view)? {
        for context in contexts.of(&place.diff_id)? {
            found.extend(judge.within(context, place.diff_id, &place.component, &row)?);
        }
    }
    Ok(found)
}

/// Judges packages of layers. Most layers hold what others hold, in an equal context: that is judged once.
pub(crate) struct Judge<'a, S> {
    stated: &'a PackageAdvisories,
    authority: &'a mut Authority<S>,
    judged: HashMap<inventory::Row, Judged>,
}

impl<'a, S: Speaks<Error = Error>> Judge<'a, S> {
    pub(crate) fn new(stated: &'a PackageAdvisories, authority: &'a mut Authority<S>) -> Self {
        Self { stated, authority, judged: HashMap::new() }
    }

    /// What affects a package of a layer in a context, where the package counts there.
    pub(crate) fn within(
        &mut self,
        context: &Context,
        diff_id: Digest,
        component: &Digest,
        row: &inventory::Row,
    ) -> Result<Vec<Affected>, Error> {
        if !context.holds(component, row.path()) {
            return Ok(Vec::new());
        }
        if !self.judged.contains_key(row) {
            self.judged.insert(row.clone(), Judged::new(row.clone()));
        }
        let Some(judged) = self.judged.get_mut(row) else { return Ok(Vec::new()) };
        let real_layer = context.row.real_layer(row.path()).unwrap_or(diff_id);
        let affecting = judged.within(context, self.stated, self.authority)?;
        let affected = affecting.into_iter().map(|found| Affected {
            diff_id,
            context: context.id,
            real_layer,
            installed: Arc::clone(&judged.installed),
            found,
        });
        Ok(affected.collect())
    }
}

/// A package, and what affects it in the contexts in which it was found so far.
struct Judged {
    installed: Arc<Installed>,
    matches: HashMap<usize, Vec<Arc<Match>>>,
}

impl Judged {
    fn new(row: inventory::Row) -> Self {
        Self { installed: Arc::new(installed(row)), matches: HashMap::new() }
    }

    fn within(
        &mut self,
        context: &Context,
        stated: &PackageAdvisories,
        authority: &mut Authority<impl Speaks<Error = Error>>,
    ) -> Result<Vec<Arc<Match>>, Error> {
        if let Some(known) = self.matches.get(&context.kind) {
            return Ok(known.clone());
        }
        let mut matcher = Matcher::new(stated);
        let mut matches = Vec::new();
        let of_distribution = context.row.namespaces();
        let owner = context.owner(&self.installed);
        if !authority.judges(owner.as_ref(), of_distribution)? {
            let namespaces = namespaces_in(&self.installed.package.scope, of_distribution);
            let Ok(()) = matcher.judge(&self.installed, namespaces, context.row.properties(), |verdict| {
                matches.extend(verdict.to_match(0).map(Arc::new));
            });
        }
        self.matches.insert(context.kind, matches.clone());
        Ok(matches)
    }
}

fn installed(row: inventory::Row) -> Installed {
    let (path, package, keys) = row.into_parts();
    Installed {
        // Who found it does not matter to advisories.
        detector: Arc::new(PluginId {
            name: String::new(),
            version: String::new(),
            digest: Digest::from_bytes([0; 32]),
        }),
        path,
        member: None,
        package: Box::new(package),
        keys,
        stated_by: 0,
        introduced_by: 0,
        owner: None,
    }
}

/// A context in which a layer lies.
#[derive(Debug)]
pub(crate) struct Context {
    /// As table `contexts` calls it.
    pub(crate) id: u64,
    /// Contexts that are equal but for their layer have the same number.
    kind: usize,
    pub(crate) row: Rc<contexts::Row>,
    /// By path, once somebody asks.
    owners: OnceCell<HashMap<String, Owner>>,
}

impl Context {
    /// Whether what a detector read from a file of the layer counts: the detector does, and the file
    /// stays.
    pub(crate) fn holds(&self, component: &Digest, path: &str) -> bool {
        self.row.detectors().any(|counts| counts == *component)
            && !self.row.hidden().any(|(hidden, _)| hidden == path)
    }

    /// The package of the distribution that put the file there which states a package.
    fn owner(&self, installed: &Installed) -> Option<Owner> {
        let owned = || self.row.owned().map(|(path, owner)| (path.to_owned(), owner)).collect();
        let of_file = || self.owners.get_or_init(owned).get(installed.path.as_str()).cloned();
        match installed.package.scope {
            Scope::Distribution => None,
            Scope::Namespace(_) => Owner::stated(&installed.package).or_else(of_file),
        }
    }
}

/// The contexts of layers, each read once.
pub(crate) struct KnownContexts<'v> {
    rows: Cursor<'v, Contexts>,
    by_layer: HashMap<Digest, Vec<Context>>,
    single: HashMap<Group, Option<Context>>,
    kinds: HashMap<Rc<contexts::Row>, usize>,
}

impl<'v> KnownContexts<'v> {
    pub(crate) fn new(view: &'v View<'v>) -> Self {
        Self { rows: view.cursor(), by_layer: HashMap::new(), single: HashMap::new(), kinds: HashMap::new() }
    }

    /// Those in which a layer lies.
    pub(crate) fn of(&mut self, diff_id: &Digest) -> Result<&[Context], Error> {
        if !self.by_layer.contains_key(diff_id) {
            let mut known = Vec::new();
            for row in self.rows.scan(|key| {
                key.digest(diff_id);
            }) {
                let (key, row) = row?;
                known.push(context(&mut self.kinds, key.context, row));
            }
            self.by_layer.insert(*diff_id, known);
        }
        Ok(self.by_layer.get(diff_id).map_or(&[], |known| known))
    }
    /// One of them.
    pub(crate) fn one(&mut self, (diff_id, id): Group) -> Result<Option<&Context>, Error> {
        if !self.single.contains_key(&(diff_id, id)) {
            let row = self.rows.get(&contexts::Key { diff_id, context: id })?;
            let known = row.map(|row| context(&mut self.kinds, id, row));
            self.single.insert((diff_id, id), known);
        }
        Ok(self.single.get(&(diff_id, id)).and_then(Option::as_ref))
    }
}

fn context(kinds: &mut HashMap<Rc<contexts::Row>, usize>, id: u64, row: contexts::Row) -> Context {
    let next = kinds.len();
    let entry = kinds.entry(Rc::new(row));
    let row = Rc::clone(entry.key());
    Context { id, kind: *entry.or_insert(next), row, owners: OnceCell::new() }
}
