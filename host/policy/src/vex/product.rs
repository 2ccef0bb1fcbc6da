//! What a statement is about: a package wherever it is, or an image and what is in it.

use limpid_model::ImageName;
use limpid_purl::Purl;

use crate::subject::{Base, Candidate, Subject};

/// Types of package URLs that are images.
const IMAGES: [&str; 2] = ["oci", "docker"];

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// A package.
    Package(Purl),
    /// An image; of what is in it these packages, or all where there are none.
    Image { image: Image, parts: Vec<Purl> },
}

/// By what an image is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// `sha256:` and 64 hexadecimal digits.
    digest: Option<String>,
    /// With the host, but for Docker Hub.
    repository: Option<String>,
    tag: Option<String>,
    /// On what it runs, where that is stated.
    architecture: Option<String>,
}

impl Product {
    /// The product that texts name, with the parts of it that are meant; none where nothing can be recognised by
    /// them.
    pub(crate) fn of<'a>(text: &str, parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut known: Vec<Purl> = Vec::new();
        let mut has_parts = false;
        for part in parts {
            has_parts = true;
            known.extend(part.parse::<Purl>().ok().filter(|purl| !is_image(purl)));
        }
        // A part that nobody can recognise must not become the whole.
        if has_parts && known.is_empty() {
            return None;
        }
        let image = match text.parse::<Purl>() {
            Ok(purl) if is_image(&purl) => Image::of_purl(&purl)?,
            // Which of the packages around it are parts of a package, no image says.
            Ok(_) if has_parts => return None,
            Ok(purl) => return Some(Self::Package(purl)),
            Err(_) => Image::of_reference(text)?,
        };
        Some(Self::Image { image, parts: known })
    }

    /// Whether a finding is of it.
    pub(crate) fn holds(&self, subject: &Subject, candidate: &Candidate<'_>) -> bool {
        match self {
            Self::Package(purl) => is_as(purl, candidate),
            Self::Image { image, parts } => {
                let is_of_base =
                    |base: &Base| base.brought(candidate.layer) && image.is(&base.names, &base.digests);
                image.architecture.as_ref().is_none_or(|stated| *stated == subject.architecture)
                    && (image.is(&subject.names, &subject.digests) || subject.bases.iter().any(is_of_base))
                    && (parts.is_empty() || parts.iter().any(|part| is_as(part, candidate)))
            }
        }
    }
}

fn is_image(purl: &Purl) -> bool {
    IMAGES.contains(&purl.kind.as_str())
}

impl Product {
    /// Whether it is of one version: that of any version nothing can be said to be fixed.
    pub(crate) fn is_of_a_version(&self) -> bool {
        match self {
            Self::Package(purl) => purl.version.is_some(),
            Self::Image { image, parts } => {
                image.digest.is_some()
                    || image.tag.is_some()
                    || (!parts.is_empty() && parts.iter().all(|part| part.version.is_some()))
            }
        }
    }
}

/// Whether a package is what a package URL says: all that the URL states must be so, and what it leaves out may be
/// anything. A distribution's `arch=source` is the package from which others are built.
fn is_as(stated: &Purl, candidate: &Candidate<'_>) -> bool {
    let Some(purl) = &candidate.purl else { return false };
    let is_source = |(key, value): &&(String, String)| key == "arch" && value == "source";
    let of_source = stated.qualifiers.iter().any(|it| is_source(&it));
    let name = if of_source { candidate.source.unwrap_or(&purl.name) } else { &purl.name };
    let has = |pair: &(String, String)| purl.qualifiers.contains(pair);
    stated.kind == purl.kind
        && stated.namespace == purl.namespace
        && stated.name == *name
        && (stated.version.is_none() || stated.version == purl.version)
        && stated.qualifiers.iter().all(|pair| is_source(&pair) || has(pair))
        && stated.subpath.is_none()
}

impl Image {
    /// `pkg:oci/web@sha256:…?repository_url=registry.example/shop/web`, `pkg:docker/shop/web@1`
    fn of_purl(purl: &Purl) -> Option<Self> {
        let qualifier = |key: &str| {
            purl.qualifiers.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
        };
        let version = purl.version.clone();
        let (digest, other) = match version {
            Some(version) if is_digest(&version) => (Some(version), None),
            version => (None, version),
        };
        let name = match &purl.namespace {
            Some(namespace) => format!("{namespace}/{}", purl.name),
            None => purl.name.clone(),
        };
        let whole = match qualifier("repository_url") {
            // With or without the name at its end.
            Some(url) => {
                let url = url.trim_start_matches("https://").trim_end_matches('/').to_owned();
                let whole = url == name || url.ends_with(&format!("/{name}"));
                if whole { url } else { format!("{url}/{name}") }
            }
            // Docker's images are those of Docker Hub; an image of another registry may be called so, too.
            None if purl.kind == "docker" || digest.is_some() => name,
            None => return None,
        };
        let repository = Some(ImageName::read(&whole).familiar().repository.to_owned());
        let tag = other.or_else(|| qualifier("tag"));
        Some(Self { digest, repository, tag, architecture: qualifier("arch") })
    }

    /// `registry.example/shop/web@sha256:…`, `registry.example/shop/web:1`, `sha256:…`
    fn of_reference(text: &str) -> Option<Self> {
        if is_digest(text) {
            let digest = Some(text.to_owned());
            return Some(Self { digest, repository: None, tag: None, architecture: None });
        }
        // An address is no reference, and a name alone could be of anything.
        if text.contains("://") || text.contains(char::is_whitespace) || !text.contains('/') {
            return None;
        }
        let digest = text.split_once('@').map(|(_, digest)| digest.to_owned());
        if digest.as_deref().is_some_and(|digest| !is_digest(digest)) {
            return None;
        }
        let ImageName { repository, tag } = ImageName::read(text).familiar();
        if digest.is_none() && tag.is_none() {
            return None;
        }
        let (repository, tag) = (Some(repository.to_owned()), tag.map(str::to_owned));
        Some(Self { digest, repository, tag, architecture: None })
    }

    /// Whether an image of these names and digests is it. A digest says all; without one, a name must be as stated.
    fn is(&self, names: &[String], digests: &[String]) -> bool {
        if let Some(digest) = &self.digest {
            return digests.contains(digest);
        }
        let is_called = |name: &String| {
            let found = ImageName::read(name).familiar();
            self.repository.as_deref() == Some(found.repository)
                && self.tag.as_deref().is_none_or(|stated| found.tag == Some(stated))
        };
        names.iter().any(is_called)
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}
