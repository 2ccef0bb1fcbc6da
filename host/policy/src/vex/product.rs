//! What a statement is about: a package wherever it is, or an image and what is in it.

use limpid_model::ImageName;
use limpid_purl::Purl;

use super::Versions;
use crate::subject::{Base, Candidate, Order, Subject};

/// Types of package URLs that are images.
const IMAGES: [&str; 2] = ["oci", "docker"];

/// What a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// A package.
    Package(Package),
    /// An image; of what is in it these packages, or all where there are none.
    Image { image: Image, parts: Vec<Package> },
}

/// A package, wherever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) purl: Purl,
    pub(crate) versions: Versions,
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
        let mut known: Vec<Package> = Vec::new();
        let mut has_parts = false;
        for part in parts {
            has_parts = true;
            known.extend(part.parse::<Purl>().ok().filter(|purl| !is_image(purl)).map(Package::from));
        }
        // A part that nobody can recognise must not become the whole.
        if has_parts && known.is_empty() {
            return None;
        }
        let image = match text.parse::<Purl>() {
            Ok(purl) if is_image(&purl) => Image::of_purl(&purl)?,
            // Which of the packages around it are parts of a package, no image says.
            Ok(_) if has_parts => return None,
            Ok(purl) => return Some(Self::Package(purl.into())),
            Err(_) => Image::of_reference(text)?,
        };
        Some(Self::Image { image, parts: known })
    }

    /// The same in the versions of a range: of the package, or of those that are meant of an image. None where it is an
    /// image as a whole.
    pub(crate) fn within(mut self, range: &str) -> Option<Self> {
        let packages = match &mut self {
            Self::Package(package) => std::slice::from_mut(package),
            Self::Image { parts, .. } => parts.as_mut_slice(),
        };
        for package in packages.iter_mut() {
            package.versions = Versions::read(range, &package.purl.kind);
        }
        (!packages.is_empty()).then_some(self)
    }

    /// Whether a finding is of it; none where nobody can tell.
    pub(crate) fn holds(
        &self,
        subject: &Subject,
        candidate: &Candidate<'_>,
        order: Option<&dyn Order>,
    ) -> Option<bool> {
        let Self::Image { image, parts } = self else { return is_any(self.packages(), candidate, order) };
        let is_of_base = |base: &Base| base.brought(candidate.layer) && image.is(&base.names, &base.digests);
        let is_image = image.architecture.as_ref().is_none_or(|stated| *stated == subject.architecture)
            && (image.is(&subject.names, &subject.digests) || subject.bases.iter().any(is_of_base));
        match is_image {
            true if parts.is_empty() => Some(true),
            true => is_any(parts, candidate, order),
            false => Some(false),
        }
    }

    /// Whether it is of one version or of a range of them: that of any version nothing can be said to be fixed.
    pub(crate) fn is_of_a_version(&self) -> bool {
        let is_of_a_version =
            |package: &Package| package.purl.version.is_some() || package.versions != Versions::Any;
        match self {
            Self::Package(package) => is_of_a_version(package),
            Self::Image { image, parts } => {
                image.digest.is_some()
                    || image.tag.is_some()
                    || (!parts.is_empty() && parts.iter().all(is_of_a_version))
            }
        }
    }

    /// Whether it is what a package URL names, whatever its version and its qualifiers. Of an image, the address of
    /// its repository counts where the URL states one.
    pub(crate) fn is_of(&self, package: &Purl) -> bool {
        match self {
            Self::Package(Package { purl, .. }) => {
                (&purl.kind, &purl.namespace, &purl.name)
                    == (&package.kind, &package.namespace, &package.name)
            }
            Self::Image { image, .. } => is_image(package) && image.is_in_repository(package),
        }
    }

    /// Whether it is of versions that nobody can tell.
    pub(crate) fn is_of_unknown_versions(&self) -> bool {
        self.packages().iter().any(|package| package.versions == Versions::Unknown)
    }

    /// Whether it is of a range of versions.
    pub(crate) fn is_of_a_range(&self) -> bool {
        self.packages().iter().any(|package| matches!(package.versions, Versions::In(_)))
    }

    fn packages(&self) -> &[Package] {
        match self {
            Self::Package(package) => std::slice::from_ref(package),
            Self::Image { parts, .. } => parts,
        }
    }
}

impl Product {
    /// Whether a finding is of it, where it is the image of a digest that an image may not be called by: of the
    /// index in which it is.
    /// None where nobody can tell.
    pub(crate) fn is_of_index(
        &self,
        digest: &str,
        subject: &Subject,
        candidate: &Candidate<'_>,
        order: Option<&dyn Order>,
    ) -> Option<bool> {
        let Self::Image { image, parts } = self else { return Some(false) };
        let is_image = image.digest.as_deref() == Some(digest)
            && image.architecture.as_ref().is_none_or(|stated| *stated == subject.architecture);
        match is_image {
            true if parts.is_empty() => Some(true),
            true => is_any(parts, candidate, order),
            false => Some(false),
        }
    }
}

fn is_image(purl: &Purl) -> bool {
    IMAGES.contains(&purl.kind.as_str())
}

/// Whether a finding is of any of some packages; none where nobody can tell.
fn is_any(packages: &[Package], candidate: &Candidate<'_>, order: Option<&dyn Order>) -> Option<bool> {
    let mut is_any = Some(false);
    for package in packages {
        match package.is(candidate, order) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => is_any = None,
        }
    }
    is_any
}

impl From<Purl> for Package {
    fn from(purl: Purl) -> Self {
        Self { purl, versions: Versions::Any }
    }
}

impl Package {
    /// Whether a package is what a package URL says: all that the URL states must be so, and what it leaves out may be
    /// anything. A distribution's `arch=source` is the package from which others are built.
    fn is(&self, candidate: &Candidate<'_>, order: Option<&dyn Order>) -> Option<bool> {
        let (stated, Some(purl)) = (&self.purl, &candidate.purl) else { return Some(false) };
        let is_source = |(key, value): &&(String, String)| key == "arch" && value == "source";
        let of_source = stated.qualifiers.iter().any(|it| is_source(&it));
        let source = candidate.source.filter(|_| of_source);
        let name = source.map_or(purl.name.as_str(), |source| source.name);
        let version = source.map_or(purl.version.as_deref(), |source| Some(source.version));
        let has = |pair: &(String, String)| purl.qualifiers.contains(pair);
        let is_so = stated.kind == purl.kind
            && stated.namespace == purl.namespace
            && stated.name == name
            && (stated.version.is_none() || stated.version.as_deref() == version)
            && stated.qualifiers.iter().all(|pair| is_source(&pair) || has(pair))
            && stated.subpath.is_none();
        if !is_so {
            return Some(false);
        }
        // As the package manager writes it.
        let version = source.map_or(candidate.version, |source| source.version);
        self.versions.have(version, |versions| {
            let keys = candidate.scheme.zip(order).map(|(scheme, order)| order.keys(scheme, versions));
            keys.unwrap_or_default()
        })
    }
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

    /// Whether it is in the repository that a package URL names.
    fn is_in_repository(&self, package: &Purl) -> bool {
        let Some(repository) = &self.repository else { return false };
        match Self::of_purl(package) {
            Some(stated) => stated.repository.as_ref() == Some(repository),
            // Of `pkg:oci` without an address, the name is the last part of one.
            None => repository.rsplit('/').next() == Some(&package.name),
        }
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
