//! What packages need to run, as `RDEPEND` has it
//! ([Package Manager Specification](https://projects.gentoo.org/pms/8/pms.html#x1-720008.2)): `dev-libs/a >=dev-libs/b-1:0/3=
//! || ( dev-libs/c dev-libs/d ) !dev-libs/e`. Portage leaves out what flags that are not set would need when it writes the
//! file. What is still under a condition of flags is passed over, and so are blockers.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{Package, Requirement};

use crate::name;

/// How deep groups may be in each other.
const MAX_DEPTH: usize = 32;

/// The packages that a layer has: versions by their slots, by names.
#[derive(Debug, Default)]
pub struct There<'a>(BTreeMap<&'a str, Vec<(Option<String>, &'a str)>>);

impl<'a> There<'a> {
    /// A package that is there; none stands for a slot that is not known.
    pub fn add(&mut self, name: &'a str, version: &'a str, slot: Option<String>) {
        self.0.entry(name).or_default().push((slot, version));
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Where several versions are there, the one in a slot.
    fn version(&self, name: &str, slot: &str) -> Option<String> {
        let versions = self.0.get(name).filter(|versions| versions.len() > 1)?;
        let mut of_slot = versions.iter().filter(|(known, _)| known.as_deref() == Some(slot));
        let (_, version) = of_slot.next()?;
        of_slot.next().is_none().then(|| (*version).to_owned())
    }
}

/// What a group means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// All that is in it is needed.
    All,
    /// One of what is in it.
    Any,
    /// It is passed over.
    Conditional,
}

/// A group that is open.
#[derive(Debug)]
struct Group {
    kind: Kind,
    /// Whether all that was read of it is there; of alternatives, whether one was there.
    is_met: bool,
    /// What is needed by what was read of it; of alternatives, of all of them until one is there.
    needed: BTreeSet<Requirement>,
}

impl Group {
    const fn new(kind: Kind) -> Self {
        Self { kind, is_met: matches!(kind, Kind::All), needed: BTreeSet::new() }
    }

    fn add(&mut self, is_met: bool, mut needed: BTreeSet<Requirement>) {
        match self.kind {
            Kind::All => {
                self.is_met &= is_met;
                self.needed.append(&mut needed);
            }
            Kind::Any if self.is_met => {}
            // Packages of other layers are not known here: each alternative may be meant where none is there.
            Kind::Any if is_met => (self.is_met, self.needed) = (true, needed),
            Kind::Any => self.needed.append(&mut needed),
            Kind::Conditional => {}
        }
    }
}

/// The packages that are needed, whether or not they are in this layer. Of alternatives the first that is there, or all
/// where none is. None where the text cannot be read, or there are too many.
pub fn needed(text: &str, there: &There<'_>) -> Option<BTreeSet<Requirement>> {
    let mut open = vec![Group::new(Kind::All)];
    let mut words = text.split_ascii_whitespace();
    while let Some(word) = words.next() {
        let kind = match word {
            ")" => {
                let Group { kind, is_met, needed } = open.pop()?;
                // What is passed over stands in nobody's way.
                open.last_mut()?.add(is_met || kind == Kind::Conditional, needed);
                continue;
            }
            "(" => Some(Kind::All),
            "||" | "^^" | "??" => Some(Kind::Any),
            _ if word.ends_with('?') => Some(Kind::Conditional),
            _ => None,
        };
        match kind {
            Some(kind) => {
                if word != "(" && words.next() != Some("(") {
                    return None;
                }
                // Within what is passed over all is.
                let kind = if open.last()?.kind == Kind::Conditional { Kind::Conditional } else { kind };
                open.push(Group::new(kind));
            }
            None if word.starts_with('!') => {}
            None => {
                let requirement = requirement(word, there)?;
                let is_met = there.has(&requirement.name);
                open.last_mut()?.add(is_met, BTreeSet::from([requirement]));
            }
        }
        if open.len() > MAX_DEPTH || open.last()?.needed.len() > Package::MAX_REQUIREMENTS {
            return None;
        }
    }
    let all = open.pop().filter(|_| open.is_empty())?;
    Some(all.needed)
}

/// The package of an atom: `>=dev-lang/python-3.11.8:3.11/3.11=[ssl,-doc]`, `app-arch/xz-utils`, `=dev-libs/a-1*`.
fn requirement(atom: &str, there: &There<'_>) -> Option<Requirement> {
    let atom = atom.split('[').next().unwrap_or_default();
    let (package, slot) = atom.split_once(':').unwrap_or((atom, ""));
    let bare = package.trim_start_matches(['<', '>', '=', '~']);
    let name = match bare.len() == package.len() {
        true => bare,
        false => {
            let versioned = bare.strip_suffix('*').unwrap_or(bare);
            let (category, entry) = versioned.split_once('/')?;
            let (name, _) = name::split(entry)?;
            bare.get(..category.len() + 1 + name.len())?
        }
    };
    let (category, _) = name.split_once('/').filter(|(_, name)| !name.is_empty() && !name.contains('/'))?;
    if !name::is_dotted_name(category) {
        return None;
    }
    let slot = slot.split(['/', '=']).next().unwrap_or_default();
    Some(Requirement { version: there.version(name, slot), name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn there() -> There<'static> {
        let mut there = There::default();
        for (name, version, slot) in [
            ("dev-libs/a", "1.0", "0"),
            ("dev-libs/b", "2.0", "0"),
            ("dev-lang/python", "3.11.8", "3.11"),
            ("dev-lang/python", "3.12.2", "3.12"),
        ] {
            there.add(name, version, Some(slot.to_owned()));
        }
        there.add("dev-libs/a-b", "1", None);
        there
    }

    fn words(text: &str) -> Option<Vec<String>> {
        let word = |it: &Requirement| match &it.version {
            Some(version) => format!("{} {version}", it.name),
            None => it.name.clone(),
        };
        Some(needed(text, &there())?.iter().map(word).collect())
    }

    #[test]
    fn atoms_name_packages_and_slots_their_versions() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(words(text).unwrap_or_default(), expected, "{text}");
        };
        check("", &[]);
        check("dev-libs/a\n  >=dev-libs/a-b-1.2-r3:0/3=[ssl,-doc]", &["dev-libs/a", "dev-libs/a-b"]);
        check(
            "=x11-libs/gtk+-3* ~sys-apps/b-9999 <app-arch/xz-utils-5.6.0",
            &["app-arch/xz-utils", "sys-apps/b", "x11-libs/gtk+"],
        );
        check(">=dev-lang/python-3.12.0:3.12[threads]", &["dev-lang/python 3.12.2"]);
        check("dev-lang/python:= dev-libs/a:0", &["dev-lang/python", "dev-libs/a"]);
        check("!dev-libs/old !!<dev-libs/older-1 dev-libs/a", &["dev-libs/a"]);
    }

    #[test]
    fn of_alternatives_the_first_that_is_there_is_needed() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(words(text).unwrap_or_default(), expected, "{text}");
        };
        check("|| ( dev-libs/x dev-libs/b dev-libs/a )", &["dev-libs/b"]);
        check("|| ( ( dev-libs/a dev-libs/x ) ( dev-libs/a dev-libs/b ) )", &["dev-libs/a", "dev-libs/b"]);
        check("|| ( dev-libs/x dev-libs/y )", &["dev-libs/x", "dev-libs/y"]);
        check("dev-libs/a ( dev-libs/x )", &["dev-libs/a", "dev-libs/x"]);
        // What is under a condition is passed over, groups in it as well.
        check(
            "ssl? ( dev-libs/x || ( dev-libs/a dev-libs/b ) ) !doc? ( dev-libs/y ) dev-libs/b",
            &["dev-libs/b"],
        );
    }

    #[test]
    fn what_cannot_be_read_says_nothing() {
        for text in [
            ")",
            "(",
            "|| dev-libs/a",
            "ssl?",
            "a",
            "dev-libs/",
            "=dev-libs/a",
            "dev libs/a",
            "a/b/c",
            &"( ".repeat(MAX_DEPTH + 1),
        ] {
            assert_eq!(words(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in r"(\(|\)|\|\||a\?|!|>=|a/b|-1|:|\[| |\PC){0,30}") {
            for requirement in needed(&text, &there()).unwrap_or_default() {
                prop_assert!(requirement.name.contains('/'));
            }
        }
    }
}
