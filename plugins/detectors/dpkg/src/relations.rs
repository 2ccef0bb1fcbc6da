//! Fields that name packages, as in the
//! [policy manual](https://www.debian.org/doc/debian-policy/ch-relationships.html): `a (>= 1), b:any | c, d [amd64]`.
//! Which versions and architectures they want is not read: what is installed has been found to do.

use std::collections::BTreeSet;

use limpid_plugin_sdk::detector::{Package, Providers, Requirement};

use crate::status::Stanza;

/// What a package needs and provides, as its stanza has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Relations {
    pre_depends: String,
    depends: String,
    provides: String,
    depends_on_more: bool,
}

impl Relations {
    /// Those of a stanza, which has none of them any more.
    pub(crate) fn take(stanza: &mut Stanza) -> Self {
        Self {
            pre_depends: std::mem::take(&mut stanza.pre_depends),
            depends: std::mem::take(&mut stanza.depends),
            provides: std::mem::take(&mut stanza.provides),
            depends_on_more: stanza.depends_on_more,
        }
    }

    /// What they take in memory, in bytes.
    pub(crate) const fn bytes(&self) -> usize {
        self.pre_depends.len() + self.depends.len() + self.provides.len()
    }

    /// What it provides beside its name.
    pub(crate) fn provides(&self) -> impl Iterator<Item = &str> {
        names(&self.provides).flatten()
    }

    /// What it needs, each a list of alternatives; none where the stanza has more than was read.
    pub(crate) fn needs(&self) -> Option<impl Iterator<Item = impl Iterator<Item = &str>>> {
        (!self.depends_on_more).then(|| names(&self.pre_depends).chain(names(&self.depends)))
    }

    /// The packages that `of` needs, where all that are there are known.
    pub(crate) fn needed(&self, of: &str, providers: &mut Providers) -> Option<Vec<Requirement>> {
        providers.needed(of, self.needs()?)
    }
}

/// What packages need of which a layer has some, and other layers may have others.
#[derive(Debug, Default)]
pub(crate) struct Elsewhere {
    /// How much they need, all together.
    count: usize,
}

impl Elsewhere {
    /// All that a package needs, by the names that its stanza has; none where there is too much of it.
    pub(crate) fn stated(&mut self, relations: &Relations) -> Option<Vec<Requirement>> {
        let names: BTreeSet<&str> = relations.needs()?.flatten().collect();
        self.count += names.len();
        (self.count <= Providers::LIMIT).then(|| names.into_iter().map(Requirement::from).collect())
    }

    /// Puts packages of the layer in the place of what they provide. What nobody there provides may be the name of a
    /// package of another layer.
    pub(crate) fn resolve(&self, package: &mut Package, providers: &mut Providers) {
        let Some(stated) = package.requires.take() else { return };
        let mut resolved = BTreeSet::new();
        for requirement in stated {
            let Some(found) = providers.needed(&package.name, [[requirement.name.as_str()]]) else { return };
            match found.is_empty() {
                true if providers.provides(&package.name, &requirement.name) => {}
                true => _ = resolved.insert(requirement),
                false => resolved.extend(found),
            }
        }
        package.requires =
            (resolved.len() <= Package::MAX_REQUIREMENTS).then(|| resolved.into_iter().collect());
    }
}

/// The names in a field: between commas, alternatives.
fn names(field: &str) -> impl Iterator<Item = impl Iterator<Item = &str>> {
    field.split(',').map(|one| one.split('|').map(name).filter(|name| !name.is_empty()))
}

/// The name before what is wanted of its version and architecture.
fn name(alternative: &str) -> &str {
    let alternative = alternative.trim();
    let end = alternative.find(|character: char| " \t(:[<".contains(character));
    alternative.get(..end.unwrap_or(alternative.len())).unwrap_or_default()
}
