use std::fmt;
use std::str::FromStr;

use limpid_model::Digest;
use limpid_outbound::is_loopback;

use crate::Error;
use crate::error::quoted;

/// Longest name of a repository, in bytes, registry included, as registries have it.
const REPOSITORY_BYTES: usize = 255;

/// The name under which Docker's registry is known, and the one at which it answers.
const DOCKER: (&str, &str) = ("docker.io", "registry-1.docker.io");

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

    /// The host that answers for the registry.
    pub(crate) fn host(&self) -> &str {
        if self.registry == DOCKER.0 { DOCKER.1 } else { &self.registry }
    }

    /// Whether the registry is on this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.registry.rsplit_once(':').map_or(self.registry.as_str(), |(host, port)| {
            if port.ends_with(']') { &self.registry } else { host }
        });
        is_loopback(host)
    }

    /// What stands in the address of its manifest.
    pub(crate) fn version(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_owned(),
        }
    }
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
        if path.len() > REPOSITORY_BYTES || !path.split('/').all(is_component) {
            return Err(no("a repository is lower-case words, with `.`, `_`, `-` between, apart by `/`"));
        }
        let short = registry == DOCKER.0 && !path.contains('/');
        Ok(Self {
            registry: registry.to_owned(),
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

fn is_host(host: &str) -> bool {
    let bytes = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
    (1..=REPOSITORY_BYTES).contains(&host.len()) && host.bytes().all(bytes)
}

fn is_tag(tag: &str) -> bool {
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
            assert_eq!(reference.version(), version);
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
        assert_eq!((reference.host(), reference.repository.as_str()), (DOCKER.1, "library/thing"));
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
    fn a_registry_on_this_machine_is_known_with_and_without_its_port() {
        let check = |text: &str, expected: bool| {
            assert_eq!(text.parse::<Reference>().unwrap().is_loopback(), expected, "{text}");
        };
        check("127.0.0.1:5000/a", true);
        check("localhost/a", true);
        check("[::1]/a", true);
        check("[::1]:5000/a", true);
        check("r.example:5000/a", false);
    }
}
