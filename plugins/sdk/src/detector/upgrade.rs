//! How packages are updated.

use std::collections::BTreeSet;

use super::Evidence;

/// The longest text that is plain, in bytes.
const LONGEST: usize = 256;

/// The distribution of an image, by its os-release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// `ID`: `debian`, `rhel`.
    pub id: String,
    /// `VERSION_ID`: `12`, `9.4`; empty for a rolling release.
    pub version_id: String,
}

/// A package that is to be updated, as the detector stated it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its name.
    pub name: String,
    /// The version that is there.
    pub version: String,
    /// The least version that fixes what can be fixed; that of a source package, where advisories speak of those.
    pub wanted: String,
    /// Its architecture.
    pub arch: Option<String>,
    /// How sure it is that it is there.
    pub evidence: Evidence,
    /// The file that states it.
    pub path: String,
}

impl Wish {
    /// A wish for an installed package, for tests.
    pub fn new(name: &str, version: &str, wanted: &str, path: &str) -> Self {
        let [name, version, wanted, path] = [name, version, wanted, path].map(str::to_owned);
        Self { name, version, wanted, arch: None, evidence: Evidence::Installed, path }
    }
}

/// Where a command is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the image.
    Image,
    /// Where the application is built from its sources.
    Sources,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub place: Place,
    /// The words of a command, which no shell reads; empty where only a person can do it.
    pub command: Vec<String>,
    /// What people should know of it, in a sentence; may be empty.
    pub note: String,
}

impl Step {
    /// A command in the image.
    pub fn in_image<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        Self {
            place: Place::Image,
            command: words.into_iter().map(Into::into).collect(),
            note: String::new(),
        }
    }

    /// A command where the application is built.
    pub fn in_sources<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Self {
        Self { place: Place::Sources, ..Self::in_image(words) }
    }

    /// What only a person can do.
    pub fn by_hand(place: Place, note: impl Into<String>) -> Self {
        Self { place, command: Vec::new(), note: note.into() }
    }

    /// What people should know of it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// What to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// In the order in which they are to be done.
    pub steps: Vec<Step>,
    /// What the patching tool [Copacetic](https://project-copacetic.github.io/copacetic/website/) calls the
    /// distribution, where it knows it and does so by another word than os-release's `ID`.
    pub copacetic: Option<String>,
}

impl Advice {
    /// These steps.
    pub fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), copacetic: None }
    }

    /// Adds what is to be told of wishes that no command was made of; nothing where there are none.
    #[must_use]
    pub fn and_by_hand(mut self, place: Place, left: usize) -> Self {
        if left > 0 {
            let packages = if left == 1 { "1 package has" } else { &format!("{left} packages have") };
            let note =
                format!("{packages} a name or version that is safe in no command: see the plan itself");
            self.steps.push(Step::by_hand(place, note));
        }
        self
    }
}

/// The names of wishes that are [plain](is_plain), in their order and each once, and how many wishes have others.
pub fn plain_names<'w>(wishes: impl IntoIterator<Item = &'w Wish>, more: &str) -> (Vec<&'w str>, usize) {
    let (mut names, mut left) = (BTreeSet::new(), 0);
    for wish in wishes {
        match is_plain(&wish.name, more) {
            true => drop(names.insert(wish.name.as_str())),
            false => left += 1,
        }
    }
    (names.into_iter().collect(), left)
}

/// Whether a package manager takes a name or a version for one, whatever it is: it begins with a letter or a digit and
/// has nothing but those and `.`, `_`, `+`, `~`, `:`, `^`, `-` and the characters that are named. So it is no option, no
/// address where `/` is not among them, and nothing of a shell.
pub fn is_plain(text: &str, more: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._+~:^-".contains(c) || more.contains(c);
    text.len() <= LONGEST
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(is_plain)
        && !text.contains("..")
        && !text.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_an_option_an_address_or_a_shells_is_not_plain() {
        for plain in ["libc6", "g++-12", "1:2.36-9+deb12u4", "2.0~rc1^git", "python3.11", "a_b"] {
            assert!(is_plain(plain, ""), "{plain}");
        }
        for odd in
            ["", "-o", "a b", "a;b", "$(a)", "a/b", "a/..", "a..b", "git+https://a", "a@1", "a=1", "ü", "a\n"]
        {
            assert!(!is_plain(odd, ""), "{odd}");
        }
        assert!(is_plain("golang.org/x/net", "/"));
        assert!(!is_plain("a/..", "/"));
        assert!(!is_plain("https://a", "/"));
        assert!(!is_plain(&"a".repeat(LONGEST + 1), ""));
    }

    #[test]
    fn names_are_given_once_and_odd_ones_counted() {
        let wishes = ["b", "a", "b", "-x", "a b"].map(|name| Wish::new(name, "1", "2", "db"));
        assert_eq!(plain_names(&wishes, ""), (vec!["a", "b"], 2));
    }

    #[test]
    fn what_no_command_is_made_of_is_counted() {
        let step = Step::in_image(["update", "a"]);
        assert_eq!(Advice::of([step.clone()]).and_by_hand(Place::Image, 0).steps, [step]);
        let advice = Advice::default().and_by_hand(Place::Sources, 2);
        assert!(advice.steps[0].command.is_empty() && advice.steps[0].note.starts_with("2 packages have"));
    }
}
