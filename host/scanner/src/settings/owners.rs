use std::collections::BTreeMap;

use limpid_model::RepositoryOwner;

use super::by_repository::ByRepository;

/// Whose repositories are whose: setting `owners`, by name the globs of repositories. The longest glob counts.
pub type OwnerSettings = BTreeMap<String, Vec<String>>;

/// The same, as repositories are held against it.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    stated: OwnerSettings,
    by_repository: ByRepository<Option<String>>,
}

impl Owners {
    /// Reads them.
    ///
    /// # Errors
    /// Which glob is none, and why; which is stated of several.
    pub fn read(stated: &OwnerSettings) -> Result<Self, String> {
        let mut owners: BTreeMap<String, Option<String>> = BTreeMap::new();
        for (name, globs) in stated {
            for glob in globs {
                let before = owners.insert(glob.clone(), Some(name.clone())).flatten();
                if before.is_some_and(|before| before != *name) {
                    return Err(format!("`owners`: `{glob}` is stated of `{name}` and of another"));
                }
            }
        }
        Ok(Self { by_repository: ByRepository::new("owners", None, &owners)?, stated: stated.clone() })
    }

    /// Whose a repository is; nobody's where no glob fits.
    pub(crate) fn of(&self, repository: &str) -> Option<&str> {
        self.by_repository.of(Some(repository)).0.as_deref()
    }

    /// Whether there is one of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.stated.contains_key(name)
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> Vec<RepositoryOwner> {
        let owners = self.stated.iter();
        owners
            .map(|(name, globs)| RepositoryOwner { name: name.clone(), repositories: globs.clone() })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_theirs_whose_glob_is_the_longest() {
        let stated =
            [("all", &["**"] as &[&str]), ("shop", &["registry.example/shop/*", "web"]), ("none", &[])];
        let stated =
            stated.map(|(name, globs)| (name.to_owned(), globs.iter().map(|it| (*it).to_owned()).collect()));
        let owners = Owners::read(&OwnerSettings::from(stated)).unwrap();
        assert_eq!(owners.of("registry.example/shop/cart"), Some("shop"));
        assert_eq!(owners.of("web"), Some("shop"));
        assert_eq!(owners.of("registry.example/other"), Some("all"));
        assert!(owners.has("none") && !owners.has("nobody"));
        assert_eq!(Owners::default().of("web"), None);
        let wrong = OwnerSettings::from([("a".to_owned(), vec!["a{".to_owned()])]);
        let why = Owners::read(&wrong).unwrap_err();
        assert!(why.contains("`owners`") && why.contains("`a{`"), "{why}");
        let twice = ["a", "b"].map(|name| (name.to_owned(), vec!["web".to_owned()]));
        assert!(Owners::read(&OwnerSettings::from(twice)).unwrap_err().contains("and of another"));
    }
}
