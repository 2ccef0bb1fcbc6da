//! One way in which criteria are met: everything in it must be so at once.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::ids::Text;
use foldhash::HashMap;

/// Values of which one must be there.
pub(crate) type OneOf = Option<Rc<BTreeSet<Text>>>;

/// What must be so. What is not there is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Term {
    /// The namespaces of the releases that it may be.
    pub(crate) namespaces: OneOf,
    /// The architectures of the systems that it may be.
    pub(crate) systems: OneOf,
    /// The architectures that the package may have.
    pub(crate) arches: OneOf,
    /// The keys that may have signed it.
    pub(crate) signers: OneOf,
    /// The package that one of these signed.
    pub(crate) signed: Option<Text>,
    /// The stream of a module.
    pub(crate) module: Option<Text>,
    /// A package and its versions.
    pub(crate) package: Option<(Text, Versions)>,
}

/// Versions of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Versions {
    /// None.
    Never,
    /// This one.
    Exactly(Text),
    /// Those in a range.
    Range { from: Option<Text>, until: Until },
}

/// Where a range ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Until {
    Open,
    Before(Text),
    Through(Text),
}

impl Versions {
    pub(crate) const ALL: Self = Self::Range { from: None, until: Until::Open };

    /// Versions that are in both, where that is a range whose ends need not be compared.
    fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (same, other) if same == other => Some(same),
            (Self::Never, _) | (_, Self::Never) => Some(Self::Never),
            (Self::Range { from: a, until: x }, Self::Range { from: b, until: y }) => {
                let until = match (x, y) {
                    (until, Until::Open) | (Until::Open, until) => until,
                    _ => return None,
                };
                if a.is_some() && b.is_some() {
                    return None;
                }
                Some(Self::Range { from: a.or(b), until })
            }
            _ => None,
        }
    }
}

impl Term {
    /// What meets both; none where nothing can.
    ///
    /// # Errors
    ///
    /// Why no record says so.
    pub(crate) fn and(&self, other: &Self) -> Result<Option<Self>, &'static str> {
        let package = match (self.package, other.package) {
            (Some((a, x)), Some((b, y))) if a == b => {
                Some((a, x.and(y).ok_or("versions of one package are limited twice")?))
            }
            (Some(_), Some(_)) => return Err("two packages must be there at once"),
            (package, None) | (None, package) => package,
        };
        let signed = match (self.signed, other.signed) {
            (Some(a), Some(b)) if a != b => return Err("two packages must be signed at once"),
            (a, b) => a.or(b),
        };
        let module = match (self.module, other.module) {
            (Some(a), Some(b)) if a != b => return Err("two modules must be enabled at once"),
            (a, b) => a.or(b),
        };
        let both = Self {
            namespaces: common(&self.namespaces, &other.namespaces),
            systems: common(&self.systems, &other.systems),
            arches: common(&self.arches, &other.arches),
            signers: common(&self.signers, &other.signers),
            signed,
            module,
            package,
        };
        let values = [&both.namespaces, &both.systems, &both.arches, &both.signers];
        let is_impossible = values.into_iter().flatten().any(|values| values.is_empty())
            || matches!(both.package, Some((_, Versions::Never)));
        Ok(Some(both).filter(|_| !is_impossible))
    }
}

fn common(a: &OneOf, b: &OneOf) -> OneOf {
    match (a, b) {
        (None, None) => None,
        (Some(a), Some(b)) if Rc::ptr_eq(a, b) => Some(Rc::clone(a)),
        (Some(a), Some(b)) => Some(Rc::new(a.intersection(b).copied().collect())),
        (Some(values), None) | (None, Some(values)) => Some(Rc::clone(values)),
    }
}

/// The same terms, with those joined that differ only in one of their values.
pub(crate) fn union(terms: Vec<Term>) -> Vec<Term> {
    let fields: [fn(&mut Term) -> &mut OneOf; 4] = [
        |term| &mut term.namespaces,
        |term| &mut term.systems,
        |term| &mut term.arches,
        |term| &mut term.signers,
    ];
    fields.into_iter().fold(terms, join)
}

fn join(terms: Vec<Term>, field: fn(&mut Term) -> &mut OneOf) -> Vec<Term> {
    if terms.len() < 2 {
        return terms;
    }
    let mut places: HashMap<Term, usize> = HashMap::default();
    let mut joined: Vec<(Term, Vec<OneOf>)> = Vec::with_capacity(terms.len());
    for mut term in terms {
        let values = field(&mut term).take();
        match places.get(&term).and_then(|place| joined.get_mut(*place)) {
            Some((_, others)) => others.push(values),
            None => {
                places.insert(term.clone(), joined.len());
                joined.push((term, vec![values]));
            }
        }
    }
    let whole = joined.into_iter().map(|(mut term, values)| {
        *field(&mut term) = all(values);
        term
    });
    whole.collect()
}

/// All values; where one of the terms asks for none, none is asked for.
fn all(mut values: Vec<OneOf>) -> OneOf {
    if values.len() == 1 {
        return values.pop()?;
    }
    let mut union = BTreeSet::new();
    for values in values {
        union.extend(values?.iter().copied());
    }
    Some(Rc::new(union))
}
