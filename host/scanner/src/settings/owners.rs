use std::collections::BTreeMap;

use limpid_model::RepositoryOwner;

use super::globs::ByRepository;

/// Whose repositories are whose: setting `owners`, by name the globs of repositories. The longest glob counts.
pub type OwnerSettings = BTreeMap<String, Vec<String>>;

/// The same, as repositories are held against it.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    stated: OwnerSettings,
    by_repository: ByRepository<String>,
}

impl Owners {
    /// Reads them.
    ///
    /// # Errors
    /// Which glob is none, and why.
    pub fn read(stated: &OwnerSettings) -> Result<Self, String> {
        let globs =
            stated.iter().flat_map(|(name, globs)| globs.iter().map(move |glob| (glob, name.clone())));
        Ok(Self { by_repository: ByRepository::read("owners", globs)?, stated: stated.clone() })
    }

    /// Whose a repository is; nobody's where no glob fits.
    pub(crate) fn of(&self, repository: &str) -> Option<&str> {
        self.by_repository.find(repository).map(|(_, owner)| owner.as_str())
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
    }
}
