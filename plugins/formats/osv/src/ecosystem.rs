//! What an [ecosystem of the schema](https://ossf.github.io/osv-schema/#defined-ecosystems) is called
//! here, how its versions are ordered and how its packages are named.

use std::borrow::Cow;

/// What is the same for all packages of an ecosystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ecosystem {
    /// With the release of a distribution: `debian:12`, `pypi`. It is what detectors state.
    pub namespace: String,
    /// The scheme that orders its versions: `dpkg`.
    pub scheme: String,
    /// What it is an ecosystem of.
    pub kind: Kind,
}

/// What an ecosystem is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Packages of a language, or of whatever else is no distribution.
    Other,
    /// Packages of a distribution, whose records are errata: they pass on what others found.
    Distribution(Packages),
}

/// What the packages of a distribution's records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packages {
    /// Source packages: names and versions are theirs.
    Sources,
    /// What is installed.
    Binaries,
}

/// What the ranges of a record say of their versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// They are semantic versions (`SEMVER`).
    Semantic,
    /// They are ordered as the ecosystem orders them (`ECOSYSTEM`).
    OfEcosystem,
}

use Packages::{Binaries, Sources};

/// Ecosystem, namespace, scheme. The namespaces are types of
/// [package URLs](https://github.com/package-url/purl-spec) where there is one. The scheme is the language's own; `semver`
/// is that of what asks for SemVer and nothing else.
const LANGUAGES: [(&str, &str, &str); 22] = [
    ("Bioconductor", "bioconductor", "cran"),
    ("Bitnami", "bitnami", "bitnami"),
    // Recipes are versioned as what they build.
    ("ConanCenter", "conan", "generic"),
    ("CRAN", "cran", "cran"),
    ("crates.io", "cargo", "crates"),
    ("GHC", "ghc", "haskell"),
    ("GitHub Actions", "githubactions", "semver"),
    ("Go", "golang", "go"),
    ("Hackage", "hackage", "haskell"),
    ("Hex", "hex", "hex"),
    ("Julia", "julia", "julia"),
    ("kubernetes", "kubernetes", "semver"),
    ("Maven", "maven", "maven"),
    ("npm", "npm", "npm"),
    ("NuGet", "nuget", "nuget"),
    ("opam", "opam", "opam"),
    ("Packagist", "composer", "composer"),
    ("Pub", "pub", "pub"),
    ("PyPI", "pypi", "pep440"),
    ("RubyGems", "rubygems", "gem"),
    ("SwiftURL", "swift", "swift"),
    ("VSCode", "vscode", "semver"),
];

/// Ecosystem, namespace, scheme, packages. The namespaces are the `ID` of the distribution's
/// `os-release`, where its releases are told by that and a version.
const DISTRIBUTIONS: [(&str, &str, &str, Packages); 18] = [
    ("Alpaquita", "alpaquita", "apk", Sources),
    ("AlmaLinux", "almalinux", "rpm", Binaries),
    ("Alpine", "alpine", "apk", Sources),
    ("Azure Linux", "azurelinux", "rpm", Binaries),
    ("Chainguard", "chainguard", "apk", Sources),
    ("CleanStart", "cleanstart", "apk", Sources),
    ("Debian", "debian", "dpkg", Sources),
    ("Echo", "echo", "dpkg", Sources),
    ("Mageia", "mageia", "rpm", Sources),
    ("MinimOS", "minimos", "apk", Sources),
    ("openEuler", "openeuler", "rpm", Sources),
    ("openSUSE", "opensuse", "rpm", Sources),
    ("Photon OS", "photon", "rpm", Binaries),
    ("Red Hat", "redhat", "rpm", Binaries),
    ("Rocky Linux", "rocky", "rpm", Binaries),
    ("SUSE", "suse", "rpm", Sources),
    ("Ubuntu", "ubuntu", "dpkg", Sources),
    ("Wolfi", "wolfi", "apk", Sources),
];

/// Who builds what is of another ecosystem, which follows their name: `Root:Debian:12`, `Echo:PyPI`. The builds are
/// not those of that ecosystem, but are ordered as they are. The namespaces are the `ID` of an `os-release`, where there
/// is one. Packages are those of the other ecosystem, unless the builder names others.
const BUILDERS: [(&str, &str, Option<Packages>); 3] =
    [("Docker Hardened Images", "dhi", Some(Binaries)), ("Echo", "echo", None), ("Root", "root", None)];

impl Ecosystem {
    /// An ecosystem that the schema defines: `PyPI`, `Debian:12`. One that is not known here keeps its
    /// name, in lower case, and its versions have a scheme of that name, for which there may be a plugin;
    /// those that are semantic versions have `semver`.
    ///
    /// What somebody builds of another ecosystem is in a namespace beside it: `Root:Debian:12` in `root:debian:12`.
    pub fn defined(name: &str, versions: Versions) -> Self {
        let (base, release) = name.split_once(':').unwrap_or((name, ""));
        let builder = BUILDERS.iter().find(|known| known.0 == base && !release.is_empty());
        if let Some((_, builder, packages)) = builder {
            let Self { namespace, scheme, kind } = Self::of_builder(release, versions);
            let kind = match (kind, packages) {
                (Kind::Distribution(_), Some(packages)) => Kind::Distribution(*packages),
                (kind, _) => kind,
            };
            return Self { namespace: format!("{builder}:{namespace}"), scheme, kind };
        }
        Self::plain(name, versions)
    }

    /// One that nobody else builds.
    fn plain(name: &str, versions: Versions) -> Self {
        let (base, release) = name.split_once(':').unwrap_or((name, ""));
        // What follows the name of a language's ecosystem is a registry; packages are the same there.
        if let Some((_, namespace, scheme)) = LANGUAGES.iter().find(|known| known.0 == base) {
            return Self {
                namespace: (*namespace).to_owned(),
                scheme: (*scheme).to_owned(),
                kind: Kind::Other,
            };
        }
        if let Some((_, namespace, scheme, packages)) = DISTRIBUTIONS.iter().find(|known| known.0 == base) {
            return Self {
                namespace: with_release(namespace, release),
                scheme: (*scheme).to_owned(),
                kind: Kind::Distribution(*packages),
            };
        }
        let base = base.to_ascii_lowercase();
        Self {
            namespace: with_release(&base, release),
            scheme: match versions {
                Versions::Semantic => "semver".to_owned(),
                Versions::OfEcosystem => base,
            },
            kind: Kind::Other,
        }
    }

    /// An ecosystem as builders call it, who differ in its case: `PyPi`.
    fn of_builder(name: &str, versions: Versions) -> Self {
        let (base, release) = name.split_once(':').unwrap_or((name, ""));
        let known = LANGUAGES.iter().map(|it| it.0).chain(DISTRIBUTIONS.iter().map(|it| it.0));
        let base = known.into_iter().find(|known| known.eq_ignore_ascii_case(base)).unwrap_or(base);
        let separator = if release.is_empty() { "" } else { ":" };
        Self::plain(&format!("{base}{separator}{release}"), versions)
    }

    /// Whether it is one that is known here, by its name without a release.
    pub fn is_known(base: &str) -> bool {
        LANGUAGES.iter().any(|known| known.0 == base)
            || DISTRIBUTIONS.iter().any(|known| known.0 == base)
            || BUILDERS.iter().any(|known| known.0 == base)
    }

    pub(crate) fn is_distribution(&self) -> bool {
        matches!(self.kind, Kind::Distribution(_))
    }

    /// Whether its packages are source packages.
    pub(crate) fn has_sources(&self) -> bool {
        self.kind == Kind::Distribution(Sources)
    }

    /// A package's name as detectors state it: by [PEP 503](https://peps.python.org/pep-0503/#normalized-names)
    /// in PyPI, in lower case where Composer and NuGet ignore it, a repository's host and path in lower case of Swift, else
    /// as it is.
    pub(crate) fn package<'a>(&self, name: &'a str) -> Cow<'a, str> {
        // Behind a builder's.
        match self.namespace.rsplit(':').next().unwrap_or_default() {
            "pypi" => pep_503(name),
            "swift" => {
                let name = name.strip_prefix("https://").unwrap_or(name);
                Cow::Owned(name.strip_suffix(".git").unwrap_or(name).to_lowercase())
            }
            "composer" | "nuget" if name.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Cow::Owned(name.to_ascii_lowercase())
            }
            _ => Cow::Borrowed(name),
        }
    }

    /// A version without what its scheme ignores at its beginning: Composer takes `v1.0` for `1.0`.
    pub(crate) fn bare<'a>(&self, version: &'a str) -> &'a str {
        if self.scheme == "composer" { version.strip_prefix('v').unwrap_or(version) } else { version }
    }
}

/// `debian:12`, `alpine:3.20` for `v3.20`, `ubuntu:22.04` for `22.04:LTS`, `ubuntu:pro:18.04` for
/// `Pro:18.04:LTS`: what Canonical fixes for subscribers only says nothing of plain `ubuntu:18.04`.
fn with_release(namespace: &str, release: &str) -> String {
    let release = release.strip_suffix(":LTS").unwrap_or(release).to_ascii_lowercase();
    let number = release.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    match (namespace, number.unwrap_or(&release)) {
        (_, "") => namespace.to_owned(),
        ("opensuse", "tumbleweed") => "opensuse-tumbleweed".to_owned(),
        ("opensuse", leap) if leap.starts_with("leap ") => leap.replacen("leap ", "opensuse-leap:", 1),
        (_, release) => format!("{namespace}:{release}"),
    }
}

/// Lower case, with one hyphen for each run of hyphens, dots and underscores.
fn pep_503(name: &str) -> Cow<'_, str> {
    let is_separator = |byte: u8| b"-_.".contains(&byte);
    let mut bytes = name.bytes().peekable();
    let mut normal = true;
    while let Some(byte) = bytes.next() {
        let doubled = byte == b'-' && bytes.peek() == Some(&b'-');
        normal &= !byte.is_ascii_uppercase() && byte != b'_' && byte != b'.' && !doubled;
    }
    if normal {
        return Cow::Borrowed(name);
    }
    let mut normalised = String::with_capacity(name.len());
    for character in name.chars() {
        let separates = u8::try_from(character).is_ok_and(is_separator);
        if !separates {
            normalised.push(character.to_ascii_lowercase());
        } else if !normalised.ends_with('-') {
            normalised.push('-');
        }
    }
    Cow::Owned(normalised)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ecosystem_has_a_namespace_and_a_scheme() {
        let check = |name: &str, namespace: &str, scheme: &str, source: bool| {
            let ecosystem = Ecosystem::defined(name, Versions::OfEcosystem);
            assert_eq!(
                (ecosystem.namespace.as_str(), ecosystem.scheme.as_str(), ecosystem.has_sources()),
                (namespace, scheme, source),
                "`{name}`"
            );
        };
        check("PyPI", "pypi", "pep440", false);
        check("crates.io", "cargo", "crates", false);
        check("Go", "golang", "go", false);
        check("Hackage", "hackage", "haskell", false);
        check("VSCode", "vscode", "semver", false);
        check("Packagist", "composer", "composer", false);
        check("Maven:https://repo.example.org", "maven", "maven", false);
        check("Debian:12", "debian:12", "dpkg", true);
        check("Debian", "debian", "dpkg", true);
        check("Alpine:v3.20", "alpine:3.20", "apk", true);
        check("Alpine:edge", "alpine:edge", "apk", true);
        check("Ubuntu:22.04:LTS", "ubuntu:22.04", "dpkg", true);
        check("Ubuntu:25.10", "ubuntu:25.10", "dpkg", true);
        check("Ubuntu:Pro:FIPS-updates:18.04:LTS", "ubuntu:pro:fips-updates:18.04", "dpkg", true);
        check("AlmaLinux:8", "almalinux:8", "rpm", false);
        check("Rocky Linux:9", "rocky:9", "rpm", false);
        check("Red Hat:enterprise_linux:9::appstream", "redhat:enterprise_linux:9::appstream", "rpm", false);
        check("openSUSE:Leap 15.6", "opensuse-leap:15.6", "rpm", true);
        check("openSUSE:Tumbleweed", "opensuse-tumbleweed", "rpm", true);
        check("CleanStart", "cleanstart", "apk", true);
        check("CRAN", "cran", "cran", false);
        check("New Thing:v2", "new thing:2", "new thing", false);
    }

    #[test]
    fn an_ecosystem_without_a_release_has_the_bare_name() {
        for (ecosystem, expected) in [
            ("Wolfi", "wolfi"),
            ("Chainguard", "chainguard"),
            ("MinimOS", "minimos"),
            ("Echo", "echo"),
            ("openSUSE:Tumbleweed", "opensuse-tumbleweed"),
        ] {
            assert_eq!(
                Ecosystem::defined(ecosystem, Versions::OfEcosystem).namespace,
                expected,
                "{ecosystem}"
            );
        }
    }

    #[test]
    fn what_somebody_builds_of_another_ecosystem_is_beside_it_and_ordered_like_it() {
        let check = |name: &str, namespace: &str, scheme: &str| {
            let ecosystem = Ecosystem::defined(name, Versions::OfEcosystem);
            assert_eq!(
                (ecosystem.namespace.as_str(), ecosystem.scheme.as_str()),
                (namespace, scheme),
                "{name}"
            );
        };
        check("Docker Hardened Images:Alpine:3.24", "dhi:alpine:3.24", "apk");
        check("Docker Hardened Images:Debian:13", "dhi:debian:13", "dpkg");
        check("Root:Alpine:3.18", "root:alpine:3.18", "apk");
        check("Root:Ubuntu:22.04", "root:ubuntu:22.04", "dpkg");
        check("Root:npm", "root:npm", "npm");
        check("Echo:PyPi", "echo:pypi", "pep440");
        check("Echo:Maven", "echo:maven", "maven");
        check("Echo", "echo", "dpkg");
        check("Root", "root", "root");
        // One behind another builds nothing.
        check("Root:Root:Debian:12", "root:root:debian:12", "root");
        check("Root:New:1", "root:new:1", "new");
        assert!(!Ecosystem::defined("Docker Hardened Images:Debian:13", Versions::OfEcosystem).has_sources());
        assert!(Ecosystem::defined("Root:Debian:12", Versions::OfEcosystem).has_sources());
        let echo = Ecosystem::defined("Echo:PyPI", Versions::OfEcosystem);
        assert_eq!(echo.package("My_Package"), "my-package");
    }

    #[test]
    fn semantic_versions_of_an_unknown_ecosystem_are_ordered_as_such() {
        assert_eq!(Ecosystem::defined("New", Versions::Semantic).scheme, "semver");
        assert_eq!(Ecosystem::defined("PyPI", Versions::Semantic).scheme, "pep440");
    }

    #[test]
    fn names_are_those_that_detectors_state() {
        let check = |ecosystem: &str, name: &str, expected: &str| {
            assert_eq!(
                Ecosystem::defined(ecosystem, Versions::OfEcosystem).package(name),
                expected,
                "`{name}`"
            );
        };
        check("PyPI", "Zope.Interface", "zope-interface");
        check("PyPI", "a__-b", "a-b");
        check("PyPI", "a--b", "a-b");
        check("PyPI", "plain-name", "plain-name");
        check("Packagist", "Symfony/HTTP-kernel", "symfony/http-kernel");
        check("npm", "@Scope/Name", "@Scope/Name");
        check("SwiftURL", "https://github.com/Vapor/vapor.git", "github.com/vapor/vapor");
        check("NuGet", "Microsoft.NetCore.App.Runtime.linux-x64", "microsoft.netcore.app.runtime.linux-x64");
    }
}
