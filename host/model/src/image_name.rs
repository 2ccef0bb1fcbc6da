/// What people call an image by: a repository, and a tag in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageName<'a> {
    /// With its registry, as it is written.
    pub repository: &'a str,
    /// None where none is named.
    pub tag: Option<&'a str>,
}

/// How Docker Hub is called in names.
const HUBS: [&str; 4] =
    ["docker.io/", "index.docker.io/", "registry-1.docker.io/", "registry.hub.docker.com/"];

/// Which of these it is where a name has all that clients leave out.
const USUAL: &str = "docker.io/";

/// Where Docker Hub has images without a user.
const LIBRARY: &str = "library/";

impl<'a> ImageName<'a> {
    /// Reads a name. A digest behind it is passed over.
    pub fn read(text: &'a str) -> Self {
        let text = text.split_once('@').map_or(text, |(name, _)| name);
        // What stands before the last slash may have a port.
        let (repository, tag) = match text.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (text, ""),
        };
        Self { repository, tag: Some(tag).filter(|tag| !tag.is_empty()) }
    }

    /// The repository with all that clients leave out: two names are of one repository where this is the same, and of one
    /// registry where it begins alike. A glob may stand in the place of a name; one that begins with a glob is about all
    /// registries.
    pub fn canonical(self) -> String {
        let of_hub = HUBS.iter().find_map(|hub| self.repository.strip_prefix(hub));
        let name = of_hub.unwrap_or(self.repository);
        let first = name.split_once('/').map(|(first, _)| first);
        let is_registry = |first: &str| {
            first == "localhost" || first.contains(['.', ':']) || first.contains(['*', '?', '[', '{', '\\'])
        };
        match first {
            Some(first) if of_hub.is_none() && is_registry(first) => name.to_owned(),
            None if of_hub.is_none() && name == "**" => name.to_owned(),
            None if !name.contains("**") => [USUAL, LIBRARY, name].concat(),
            _ => [USUAL, name].concat(),
        }
    }

    /// The same without what clients leave out of names of Docker Hub: two names are of one image where this is the
    /// same.
    #[must_use]
    pub fn familiar(self) -> Self {
        let repository = self.repository;
        let rest = HUBS.iter().find_map(|hub| repository.strip_prefix(hub)).unwrap_or(repository);
        let repository = match rest.strip_prefix(LIBRARY) {
            Some(name) if !name.contains('/') => name,
            _ => rest,
        };
        Self { repository, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_repository_and_a_tag() {
        let check = |name: &str, expected: (&str, Option<&str>)| {
            let ImageName { repository, tag } = ImageName::read(name).familiar();
            assert_eq!((repository, tag), expected, "{name}");
        };
        check("debian", ("debian", None));
        check("debian:", ("debian", None));
        check("debian:12", ("debian", Some("12")));
        check("docker.io/library/debian:12", ("debian", Some("12")));
        check("docker.io/shop/web", ("shop/web", None));
        check("example.org/library/debian", ("example.org/library/debian", None));
        check("host:5000/a/b", ("host:5000/a/b", None));
        check("host:5000/a/b:1@sha256:00", ("host:5000/a/b", Some("1")));
        assert_eq!(ImageName::read("docker.io/library/debian:12").repository, "docker.io/library/debian");
    }

    #[test]
    fn a_canonical_name_has_all_that_clients_leave_out() {
        let check =
            |name: &str, expected: &str| assert_eq!(ImageName::read(name).canonical(), expected, "{name}");
        check("debian:12", "docker.io/library/debian");
        check("shop/web", "docker.io/shop/web");
        check("registry.hub.docker.com/shop/web", "docker.io/shop/web");
        check("registry.example/web", "registry.example/web");
        check("localhost/web", "localhost/web");
        check("host:5000/a/b:1", "host:5000/a/b");
        let glob = |glob: &str, expected: &str| {
            assert_eq!(ImageName { repository: glob, tag: None }.canonical(), expected, "{glob}");
        };
        glob("docker.io/**", "docker.io/**");
        glob("docker.io/library/**", "docker.io/library/**");
        glob("docker.io/*/*", "docker.io/*/*");
        glob("library/**", "docker.io/library/**");
        glob("shop/*", "docker.io/shop/*");
        glob("deb*", "docker.io/library/deb*");
        glob("*/web", "*/web");
        glob("**", "**");
    }
}
