//! Which package a package URL is of: the namespace of its advisories, its name there, and the scheme of its versions.

use limpid_plugin_sdk::Purl;
use limpid_plugin_sdk::detector::Package;

/// Type of package URLs, namespace, scheme.
const LANGUAGES: [(&str, &str, &str); 23] = [
    ("bioconductor", "bioconductor", "cran"),
    ("bitnami", "bitnami", "bitnami"),
    ("brew", "brew", "generic"),
    ("cargo", "cargo", "crates"),
    ("composer", "composer", "composer"),
    // Recipes are versioned as what they build.
    ("conan", "conan", "generic"),
    ("conda", "conda", "conda"),
    ("cpan", "cpan", "cpan"),
    ("cran", "cran", "cran"),
    ("gem", "rubygems", "gem"),
    ("githubactions", "githubactions", "semver"),
    ("golang", "golang", "go"),
    ("hackage", "hackage", "haskell"),
    ("hex", "hex", "hex"),
    ("julia", "julia", "julia"),
    ("luarocks", "luarocks", "generic"),
    ("maven", "maven", "maven"),
    ("npm", "npm", "npm"),
    ("nuget", "nuget", "nuget"),
    ("opam", "opam", "opam"),
    ("pub", "pub", "pub"),
    ("pypi", "pypi", "pep440"),
    ("swift", "swift", "swift"),
];

/// Type of package URLs, scheme: packages of distributions.
const DISTRIBUTIONS: [(&str, &str); 5] =
    [("alpm", "alpm"), ("apk", "apk"), ("deb", "dpkg"), ("ebuild", "portage"), ("rpm", "rpm")];

/// Distributions whose advisories are of all of a major release.
const BY_MAJOR: [&str; 4] = ["almalinux", "ol", "rhel", "rocky"];

/// The package of a package URL. One of a type that is not known here is in a namespace of that name.
pub(crate) fn package(purl: &Purl, version: &str) -> Package {
    let kind = purl.kind.as_str();
    if let Some((_, scheme)) = DISTRIBUTIONS.iter().find(|(known, _)| *known == kind) {
        let (epoch, separator) = match purl.qualifiers.iter().find(|(key, _)| key == "epoch") {
            Some((_, epoch)) if kind == "rpm" && epoch != "0" => (epoch.as_str(), ":"),
            _ => ("", ""),
        };
        let package = Package::new(&purl.name, format!("{epoch}{separator}{version}"), *scheme);
        let package = package.namespace(of_distribution(purl, version)).purl(purl.clone());
        return match purl.qualifiers.iter().find(|(key, _)| key == "arch") {
            Some((_, arch)) => package.arch(arch),
            None => package,
        };
    }
    let known = LANGUAGES.iter().find(|(known, ..)| *known == kind);
    let (namespace, scheme) = known.map_or((kind, kind), |(_, namespace, scheme)| (*namespace, *scheme));
    let name = match &purl.namespace {
        Some(group) if kind == "maven" => format!("{group}:{}", purl.name),
        // The author is no part of the name.
        Some(_) if kind == "cpan" => purl.name.clone(),
        Some(group) => format!("{group}/{}", purl.name),
        None => purl.name.clone(),
    };
    // As detectors and advisories write them.
    let name = if matches!(kind, "nuget" | "swift") { name.to_lowercase() } else { name };
    // A part of a package is that package.
    let mut purl = purl.clone().version(version);
    purl.subpath = None;
    Package::new(name, version, scheme).namespace(namespace).purl(purl)
}

/// `almalinux:8`: the advisories of the release that it was built for, and not those of the distribution in whose
/// image it is. Where nothing tells the release, `debian`, where there are none.
fn of_distribution(purl: &Purl, version: &str) -> String {
    let distribution = purl.namespace.as_deref().unwrap_or(&purl.kind);
    let distribution = match distribution {
        // What CentOS rebuilt has Red Hat's versions, and Red Hat's advisories.
        "redhat" | "centos" => "rhel",
        "oracle" | "oraclelinux" => "ol",
        other => other,
    };
    let stated = purl.qualifiers.iter().find(|(key, _)| key == "distro").map(|(_, distro)| distro.as_str());
    let stated = stated.map(|distro| distro.rsplit_once('-').map_or(distro, |(_, release)| release));
    let Some(release) = stated.or_else(|| release_of(version)).filter(|release| !release.is_empty()) else {
        return distribution.to_owned();
    };
    let major = release.split('.').next().unwrap_or(release);
    match distribution {
        "debian" => format!("debian:{major}"),
        "alpine" => {
            let minor = release.match_indices('.').nth(1).and_then(|(at, _)| release.get(..at));
            format!("alpine:{}", minor.unwrap_or(release))
        }
        _ if BY_MAJOR.contains(&distribution) => format!("{distribution}:{major}"),
        _ => format!("{distribution}:{release}"),
    }
}

/// `8`, of `1.0.9-3.el8_6`.
fn release_of(version: &str) -> Option<&str> {
    let rest = version.rsplit_once(".el").map(|(_, rest)| rest)?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Scope;

    use super::*;

    #[test]
    fn a_package_url_tells_namespace_name_and_scheme() {
        let check = |purl: &str, namespace: &str, name: &str, version: &str, scheme: &str| {
            let read: Purl = purl.parse().unwrap();
            let package = package(&read, read.version.as_deref().unwrap());
            assert_eq!(package.scope, Scope::Namespace(namespace.to_owned()), "{purl}");
            let found = (package.name.as_str(), package.version.as_str(), package.scheme.as_str());
            assert_eq!(found, (name, version, scheme), "{purl}");
        };
        check("pkg:cargo/rand@0.8.5", "cargo", "rand", "0.8.5", "crates");
        check("pkg:npm/%40babel/core@7.0.0", "npm", "@babel/core", "7.0.0", "npm");
        check("pkg:pypi/Foo_Bar@1.0", "pypi", "foo-bar", "1.0", "pep440");
        check("pkg:maven/org.a/b@1.0", "maven", "org.a:b", "1.0", "maven");
        check("pkg:gem/rails@7.0.0", "rubygems", "rails", "7.0.0", "gem");
        check("pkg:golang/golang.org/x/net@v0.1.0", "golang", "golang.org/x/net", "v0.1.0", "go");
        check("pkg:nuget/Newtonsoft.Json@13.0.1", "nuget", "newtonsoft.json", "13.0.1", "nuget");
        check("pkg:cpan/OALDERS/libwww-perl@6.76", "cpan", "libwww-perl", "6.76", "cpan");
        check("pkg:generic/openssl@3.0.13", "generic", "openssl", "3.0.13", "generic");
        check("pkg:rpm/almalinux/libXau@1.0.9-3.el8", "almalinux:8", "libXau", "1.0.9-3.el8", "rpm");
        check("pkg:rpm/redhat/krb5-libs@1.18.2-5.el8_6.1", "rhel:8", "krb5-libs", "1.18.2-5.el8_6.1", "rpm");
        check("pkg:rpm/centos/krb5-libs@1.15.1-55.el7_9", "rhel:7", "krb5-libs", "1.15.1-55.el7_9", "rpm");
        check("pkg:rpm/fedora/a@1-2.fc40?epoch=3&distro=fedora-40", "fedora:40", "a", "3:1-2.fc40", "rpm");
        check("pkg:deb/debian/attr@1:2.4-2?distro=debian-12.5", "debian:12", "attr", "1:2.4-2", "dpkg");
        check("pkg:deb/debian/attr@1:2.4-2", "debian", "attr", "1:2.4-2", "dpkg");
        check("pkg:deb/ubuntu/a@1?distro=ubuntu-22.04", "ubuntu:22.04", "a", "1", "dpkg");
        check("pkg:apk/alpine/a@1-r0?distro=alpine-3.20.3", "alpine:3.20", "a", "1-r0", "apk");
    }

    #[test]
    fn a_part_of_a_package_is_that_package() {
        let purl: Purl = "pkg:pypi/pillow@1.0#c-ext/PIL._avif".parse().unwrap();
        assert_eq!(package(&purl, "1.0").purl, "pkg:pypi/pillow@1.0");
    }
}
