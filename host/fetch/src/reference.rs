use std::fmt;
use std::str::FromStr;

use limpid_model::Digest;

use crate::Error;
use crate::error::quoted;

/// Longest name of a repository, in bytes, registry included, as registries have it.
const REPOSITORY_BYTES: usize = 255;

/// The name under which Docker's registry is known, and the one at which it answers.
const DOCKER: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// The other names that people write for it.
const DOCKER_TOO: [&str; 3] = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/// What is meant where no tag is named.
const LATEST: &str = "latest";

/// One manifest of a repository: by a tag, which may lead elsewhere another time, or by digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// A tag.
    #[non_exhaustive]
    Tag {
        /// 1 to 128 letters, digits, `_`, `.` and `-`.
        tag: String,
    },
    /// The digest of a manifest.
    Digest(Digest),
}

impl Version {
    /// A tag, if it is one.
    pub fn tag(tag: &str) -> Option<Self> {
        is_tag(tag).then(|| Self::Tag { tag: tag.to_owned() })
    }
}

impl From<Digest> for Version {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag { tag } => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

/// An artifact in a registry: `registry/repository:tag`, `registry/repository@sha256:...`, or both,
/// of which the digest is what counts. Where neither is given, it is tag `latest`. The grammar is
/// that of the
/// [OCI distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests);
/// the registry must be named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Host, with its port where that is given.
    pub(crate) registry: String,
    pub(crate) repository: String,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<Digest>,
}

impl Reference {
    /// Whether a text that is neither a file nor an address is meant to be one: it begins with what
    /// can only be a host.
    pub(crate) fn is_meant_by(text: &str) -> bool {
        let Some((host, rest)) = text.split_once('/') else { return false };
        let known = host.contains('.') || host.contains(':') || host.eq_ignore_ascii_case("localhost");
        known && !host.starts_with('.') && !rest.is_empty()
    }

    /// An image as Docker's users write it: `nginx`, `user/image:tag`, or a whole reference. What does not
    /// begin with the host of a registry is in Docker's, and there in `library` where it has no user; what has
    /// neither tag nor digest has tag `latest`.
    ///
    /// # Errors
    /// It is none.
    pub fn of_image(text: &str) -> Result<Self, Error> {
        let first = text.split_once('/').map(|(first, _)| first);
        // As Docker does: also what is no name of a user, for it is in upper case.
        let is_host = |first: &str| {
            first.contains(['.', ':'])
                || first.eq_ignore_ascii_case("localhost")
                || first.bytes().any(|byte| byte.is_ascii_uppercase())
        };
        let parsed = match first {
            Some(first) if is_host(first) => text.parse::<Self>(),
            _ => format!("{}/{text}", DOCKER.0).parse(),
        };
        let mut reference = parsed.map_err(|error| match error {
            Error::Reference { why, .. } => Error::Reference { text: quoted(text), why },
            error => error,
        })?;
        if reference.tag.is_none() && reference.digest.is_none() {
            reference.tag = Some(LATEST.to_owned());
        }
        Ok(reference)
    }

    /// A repository of a registry; its version is tag `latest`.
    ///
    /// # Errors
    /// There is no such repository.
    pub fn of_repository(registry: &str, repository: &str) -> Result<Self, Error> {
        format!("{registry}/{repository}").parse()
    }

    /// The registry's host, with its port where that is named.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository, within its registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// What is meant: the digest where one is named, or else the tag.
    pub fn version(&self) -> Version {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => Version::Digest(*digest),
            (None, Some(tag)) => Version::Tag { tag: tag.clone() },
            (None, None) => Version::Tag { tag: LATEST.to_owned() },
        }
    }

    /// The tag, where one is named, also beside a digest.
    pub fn tag(&self) -> Option<Version> {
        self.tag.clone().map(|tag| Version::Tag { tag })
    }

    /// Another version of the same repository.
    #[must_use]
    pub fn at(&self, version: &Version) -> Self {
        let (tag, digest) = match version {
            Version::Tag { tag } => (Some(tag.clone()), None),
            Version::Digest(digest) => (None, Some(*digest)),
        };
        Self { tag, digest, ..self.clone() }
    }
}

/// The one name of a registry that has several.
pub(crate) fn canonical(registry: &str) -> String {
    let registry = registry.to_ascii_lowercase();
    if DOCKER_TOO.contains(&registry.as_str()) { DOCKER.0.to_owned() } else { registry }
}

/// The host that answers for a registry.
pub(crate) fn answering(registry: &str) -> &str {
    if registry == DOCKER.0 { DOCKER.1 } else { registry }
}

/// Whether a registry lists it as a repository that can be named.
pub(crate) fn is_repository(name: &str) -> bool {
    name.len() <= REPOSITORY_BYTES && name.split('/').all(is_component)
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let no = |why| Error::Reference { text: quoted(text), why };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let digest = digest.parse().map_err(|_| no("what follows `@` is no digest `sha256:...`"))?;
                (rest, Some(digest))
            }
            None => (text, None),
        };
        let (registry, path) = rest.split_once('/').ok_or_else(|| no("it names no registry"))?;
        let (path, tag) = match path.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (path, None),
        };
        if !is_host(registry) {
            return Err(no("it does not begin with the host of a registry"));
        }
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(no("a tag is 1 to 128 letters, digits, `_`, `.` and `-`"));
        }
        if !is_repository(path) {
            return Err(no("a repository is lower-case words, with `.`, `_`, `-` between, apart by `/`"));
        }
        let registry = canonical(registry);
        let short = registry == DOCKER.0 && !path.contains('/');
        Ok(Self {
            registry,
            repository: if short { format!("library/{path}") } else { path.to_owned() },
            tag: tag.map(str::to_owned),
            digest,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

pub(crate) fn is_host(host: &str) -> bool {
    let bytes = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    let begins = host.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '[');
    begins && host.len() <= REPOSITORY_BYTES && host.bytes().all(bytes)
}

pub(crate) fn is_tag(tag: &str) -> bool {
    let first = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    (1..=128).contains(&tag.len())
        && tag.as_bytes().first().is_some_and(first)
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

/// Words of lower-case letters and digits, with a separator between: `.`, `_`, `__`, any number of
/// `-`.
fn is_component(part: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut ends = part.bytes().next().into_iter().chain(part.bytes().last());
    let separators = part.split(|character: char| character.is_ascii_alphanumeric());
    !part.is_empty()
        && ends.all(word)
        && part.bytes().all(|byte| word(byte) || b"._-".contains(&byte))
        && separators.into_iter().all(|s| matches!(s, "" | "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back_as_it_was_written() {
        let digest = Digest::of(b"x");
        let check = |text: &str, registry: &str, repository: &str, version: &str| {
            let reference: Reference = text.parse().unwrap();
            assert_eq!((reference.registry.as_str(), reference.repository.as_str()), (registry, repository));
            assert_eq!(reference.version().to_string(), version);
            assert_eq!(reference.to_string(), text);
        };
        check("ghcr.io/limpid/golang:1.0", "ghcr.io", "limpid/golang", "1.0");
        check("localhost:5000/a", "localhost:5000", "a", "latest");
        check("[::1]:5000/a__b/c-d.e:t", "[::1]:5000", "a__b/c-d.e", "t");
        let text = format!("r.example/a:t@{digest}");
        check(&text, "r.example", "a", &digest.to_string());
    }

    #[test]
    fn dockers_registry_has_two_names_and_a_library() {
        let reference: Reference = "docker.io/thing:1".parse().unwrap();
        let found = (answering(reference.registry()), reference.repository());
        assert_eq!(found, (DOCKER.1, "library/thing"));
    }

    #[test]
    fn what_is_no_reference_is_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let error = text.parse::<Reference>().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("", "names no registry");
        check("golang", "names no registry");
        check("/golang", "does not begin with the host");
        check("r.example/", "a repository is");
        check("r.example/../x", "a repository is");
        check("r.example/a//b", "a repository is");
        check("r.example/Upper", "a repository is");
        check("r.example/a-", "a repository is");
        check("r.example/a?b=c", "a repository is");
        check("r.example/a:", "a tag is");
        check("r.example/a:b/c", "a tag is");
        check("r.example/a:b c", "a tag is");
        check("r.example/a@md5:00", "is no digest");
        check("user:pw@r.example/a", "is no digest");
        check("ho st/a", "does not begin with the host");
    }

    #[test]
    fn only_what_begins_with_a_host_is_meant_as_one() {
        let check = |text: &str, expected: bool| {
            assert_eq!(Reference::is_meant_by(text), expected, "{text}");
        };
        check("ghcr.io/a/b:1", true);
        check("localhost/a", true);
        check("localhost:5000/a", true);
        check("plugins/a.wasm", false);
        check("./a.wasm", false);
        check("../a/b", false);
        check("a.wasm", false);
        check("/ghcr.io/a", false);
    }

    #[test]
    fn an_image_is_what_docker_takes_it_for() {
        let digest = Digest::of(b"x");
        let check = |text: &str, expected: &str| {
            assert_eq!(Reference::of_image(text).unwrap().to_string(), expected, "{text}");
        };
        check("nginx", "docker.io/library/nginx:latest");
        check("nginx:1.27", "docker.io/library/nginx:1.27");
        check("user/thing", "docker.io/user/thing:latest");
        check("docker.io/nginx", "docker.io/library/nginx:latest");
        check("index.docker.io/library/nginx", "docker.io/library/nginx:latest");
        check("Registry.example:5000/a", "registry.example:5000/a:latest");
        check("localhost/a/b:c", "localhost/a/b:c");
        check(&format!("nginx@{digest}"), &format!("docker.io/library/nginx@{digest}"));
        check(&format!("r.example/a:1@{digest}"), &format!("r.example/a:1@{digest}"));
        for text in ["", ":1", "a b", "Nginx", "./a", "/a", "a:b:c"] {
            assert!(Reference::of_image(text).is_err(), "{text}");
        }
    }
}
