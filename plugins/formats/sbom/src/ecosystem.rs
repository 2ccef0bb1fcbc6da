//! Which package a package URL is of: the namespace of its advisories, its name there, and the scheme of its versions.

use limpid_plugin_sdk::Purl;
use limpid_plugin_sdk::detector::{Distribution, Package, Reason, SourcePackage};
use limpid_programs::PROGRAMS;

use crate::Component;
use crate::details::stream;

/// Type of package URLs, namespace, scheme: as the detectors of these ecosystems state them.
const LANGUAGES: [(&str, &str, &str); 26] = [
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
    ("generic", "generic", "generic"),
    ("githubactions", "githubactions", "semver"),
    ("golang", "golang", "go"),
    ("hackage", "hackage", "haskell"),
    ("hex", "hex", "hex"),
    ("huggingface", "huggingface", "generic"),
    ("julia", "julia", "julia"),
    ("luarocks", "luarocks", "generic"),
    ("maven", "maven", "maven"),
    ("npm", "npm", "npm"),
    ("nuget", "nuget", "nuget"),
    ("opam", "opam", "opam"),
    ("otp", "otp", "generic"),
    ("pub", "pub", "pub"),
    ("pypi", "pypi", "pep440"),
    ("swift", "swift", "swift"),
];

/// Type of package URLs, scheme: packages of distributions.
const DISTRIBUTIONS: [(&str, &str); 7] = [
    ("alpm", "alpm"),
    ("apk", "apk"),
    ("deb", "dpkg"),
    ("ebuild", "portage"),
    ("opkg", "dpkg"),
    ("rpm", "rpm"),
    ("xbps", "xbps"),
];

/// Whether a package of this type is judged by anybody.
pub(crate) fn is_judged(kind: &str) -> bool {
    LANGUAGES.iter().any(|(known, ..)| *known == kind) || is_of_distribution(kind)
}

/// Whether a package of this type is one of a distribution.
pub(crate) fn is_of_distribution(kind: &str) -> bool {
    DISTRIBUTIONS.iter().any(|(known, _)| *known == kind)
}

/// Namespace and name of a package URL as they are written, where case counts for the ecosystem and not for package URLs,
/// which have them in lower case.
pub(crate) fn spelling(text: &str, purl: &Purl) -> Option<String> {
    if !matches!(purl.kind.as_str(), "golang" | "npm") {
        return None;
    }
    let (_, path) = text.split_once(':')?;
    let (_, path) = path.trim_start_matches('/').split_once('/')?;
    let path = path.split(['?', '#']).next()?;
    let path = path.rsplit_once('@').map_or(path, |(path, _)| path).trim_matches('/');
    let folded = joined(purl);
    (path != folded && path.eq_ignore_ascii_case(&folded)).then(|| path.to_owned())
}

/// Namespace and name.
fn joined(purl: &Purl) -> String {
    match &purl.namespace {
        Some(group) => format!("{group}/{}", purl.name),
        None => purl.name.clone(),
    }
}

/// The package of a component, wherever it came from.
pub(crate) fn package(component: &Component) -> Package {
    let Component { purl, version, .. } = component;
    with_details(
        match of_any_distribution(component) {
            Some(package) => package.namespace(of_distribution(purl, version)),
            None => of_language(component),
        },
        component,
    )
}

/// The package of a component of the image.
pub(crate) fn package_of_image(component: &Component) -> Package {
    with_details(of_any_distribution(component).unwrap_or_else(|| of_language(component)), component)
}

/// Adds what the document says of a package beside its package URL.
fn with_details(mut package: Package, component: &Component) -> Package {
    for (key, value) in component.details.qualifiers.iter().cloned() {
        match (key.as_str(), value.as_str()) {
            ("vendor", _) => package.vendor = Some(value),
            ("signer", _) => package.signer = Some(value),
            ("reason", "requested") => package.reason = Some(Reason::Requested),
            ("reason", "dependency") => package.reason = Some(Reason::Dependency),
            ("reason", _) => {}
            _ => package.qualifiers.push((key, value)),
        }
    }
    package
}

fn qualifier<'p>(purl: &'p Purl, key: &str) -> Option<&'p str> {
    let value = purl.qualifiers.iter().find(|(other, _)| other == key);
    value.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}

/// A package of the image's distribution, where it is of the type of one.
fn of_any_distribution(component: &Component) -> Option<Package> {
    let Component { purl, version, details, .. } = component;
    let kind = purl.kind.as_str();
    let (_, scheme) = DISTRIBUTIONS.iter().find(|(known, _)| *known == kind)?;
    let (epoch, separator) = match qualifier(purl, "epoch") {
        Some(epoch) if matches!(kind, "rpm" | "deb") && epoch != "0" && !version.contains(':') => {
            (epoch, ":")
        }
        _ => ("", ""),
    };
    let version = format!("{epoch}{separator}{version}");
    // Its category is a part of its name.
    let name = if kind == "ebuild" { joined(purl) } else { purl.name.clone() };
    let mut package = Package::new(name, &version, *scheme).purl(purl.clone());
    package.arch = qualifier(purl, "arch").map(str::to_owned);
    let labels = ["rpmmod", "modularitylabel"].into_iter().filter_map(|key| qualifier(purl, key));
    if let Some(module) = details.module().or_else(|| labels.filter_map(stream).next()) {
        package = package.qualifier("module", module);
    }
    let of_purl = qualifier(purl, "upstream").and_then(|text| source(kind, text, &version));
    package.source = details.source(&version).or(of_purl);
    Some(package)
}

/// The source package that Syft states: `glibc`, `glibc@2.36`, `bash-5.1.8-6.el9.src.rpm`. One without a version has the
/// package's.
fn source(kind: &str, text: &str, version: &str) -> Option<SourcePackage> {
    let (name, version) = match kind {
        "deb" | "apk" => {
            let (name, own) = text.split_once('@').unwrap_or((text, ""));
            (name, if own.is_empty() { version.to_owned() } else { own.to_owned() })
        }
        "rpm" => {
            let mut parts = text.strip_suffix(".src.rpm")?.rsplitn(3, '-');
            let (release, version, name) = (parts.next()?, parts.next()?, parts.next()?);
            (name, format!("{version}-{release}"))
        }
        _ => return None,
    };
    (!name.is_empty()).then(|| SourcePackage { name: name.to_owned(), version })
}

fn of_language(component: &Component) -> Package {
    let Component { purl, spelling, version, .. } = component;
    let kind = purl.kind.as_str();
    let known = LANGUAGES.iter().find(|(known, ..)| *known == kind);
    let (mut namespace, scheme) = known.map_or((kind, kind), |(_, namespace, scheme)| (*namespace, *scheme));
    let mut version = version.as_str();
    let name = match (kind, &purl.namespace) {
        ("maven", Some(group)) => format!("{group}:{}", purl.name),
        // The author is no part of the name.
        ("cpan", Some(_)) => purl.name.clone(),
        // As detectors and advisories write them.
        ("nuget" | "swift" | "composer", _) => joined(purl).to_lowercase(),
        ("generic", None) => match PROGRAMS.iter().find(|program| program.key == purl.name) {
            Some(program) => {
                namespace = limpid_programs::NAMESPACE;
                program.name()
            }
            None => purl.name.clone(),
        },
        ("golang", None) if purl.name == "stdlib" => {
            version = version.strip_prefix('v').unwrap_or(version);
            purl.name.clone()
        }
        _ => spelling.clone().unwrap_or_else(|| joined(purl)),
    };
    // A part of a package is that package.
    let mut purl = purl.clone().version(version);
    purl.subpath = None;
    let mut package = Package::new(name, version, scheme).namespace(namespace);
    package.arch = match kind {
        "gem" => purl.qualifiers.iter().find(|(key, _)| key == "platform").map(|(_, value)| value.clone()),
        _ => None,
    };
    package.purl(purl)
}

/// `almalinux:8`: the advisories of the release that it was built for, and not those of the distribution in whose
/// image it is. Where nothing tells the release, `debian`, where there are none.
fn of_distribution(purl: &Purl, version: &str) -> String {
    let of_version = || release_of(version).map(|release| (distribution_of(purl), release));
    let (id, version) = release(purl).or_else(of_version).unwrap_or((distribution_of(purl), ""));
    // What CentOS rebuilt has Red Hat's versions, and Red Hat's advisories.
    let id = if id == "centos" { "rhel" } else { id };
    let known = limpid_releases::named(id, version, []).ok();
    known.and_then(|known| known.namespaces.into_iter().next()).unwrap_or_else(|| id.to_owned())
}

/// Who publishes a package, by its package URL.
fn distribution_of(purl: &Purl) -> &str {
    match purl.kind.as_str() {
        // Its namespace is the category of a package.
        "ebuild" => "gentoo",
        kind => purl.namespace.as_deref().unwrap_or(kind),
    }
}

/// The distribution and the release for which a package was built, by its package URL: `debian-12.5`, or `3.20.3`
/// alone.
pub(crate) fn release(purl: &Purl) -> Option<(&str, &str)> {
    if !is_of_distribution(&purl.kind) {
        return None;
    }
    let stated = qualifier(purl, "distro")?;
    let namespace = distribution_of(purl);
    let is_version = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if let Some(version) = stated.strip_prefix(namespace).and_then(|rest| rest.strip_prefix('-'))
        && (is_version(version) || version.contains('/'))
    {
        return Some((namespace, version));
    }
    if is_version(stated) {
        return Some((namespace, stated));
    }
    let split = stated.match_indices('-').map(|(at, _)| stated.split_at(at));
    let mut split = split.filter_map(|(id, rest)| Some((id, rest.strip_prefix('-')?)));
    Some(split.find(|(_, version)| is_version(version)).unwrap_or((stated, "")))
}

/// Whether nothing says that a package was built for another distribution or release than this one.
pub(crate) fn is_of(purl: &Purl, image: &Distribution) -> bool {
    if let Some((id, version)) = release(purl) {
        let built_for = limpid_releases::named(id, version, []);
        return built_for.is_ok_and(|known| {
            known.id == image.id
                && (version.is_empty() || known.namespaces.first() == image.namespaces.first())
        });
    }
    let Some(namespace) = purl.namespace.as_deref().filter(|_| purl.kind != "ebuild") else { return true };
    let published_by = limpid_releases::named(namespace, "", []);
    // `opensuse` of `opensuse-leap`.
    published_by.is_ok_and(|known| image.id.starts_with(&known.id) || known.id.starts_with(&image.id))
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

    fn component(text: &str) -> Component {
        let purl: Purl = text.parse().unwrap();
        let (spelling, version) = (spelling(text, &purl), purl.version.clone().unwrap());
        Component {
            purl,
            spelling,
            version,
            licenses: Vec::new(),
            subject: false,
            details: crate::Details::default(),
        }
    }

    #[test]
    fn a_package_url_tells_namespace_name_and_scheme() {
        let check = |purl: &str, namespace: &str, name: &str, version: &str, scheme: &str| {
            let package = package(&component(purl));
            assert!(is_judged(purl.split([':', '/']).nth(1).unwrap()), "{purl}");
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
        check("pkg:composer/Monolog/Monolog@2.0", "composer", "monolog/monolog", "2.0", "composer");
        check(
            "pkg:golang/github.com/Masterminds/semver@v3.1.0",
            "golang",
            "github.com/Masterminds/semver",
            "v3.1.0",
            "go",
        );
        check("pkg:golang/stdlib@v1.22.3", "golang", "stdlib", "1.22.3", "go");
        check("pkg:npm/JSONStream@1.3.5", "npm", "JSONStream", "1.3.5", "npm");
        check("pkg:otp/ssl@10.9.1.3", "otp", "ssl", "10.9.1.3", "generic");
        check("pkg:bitnami/redis@7.4.1-0?arch=arm64", "bitnami", "redis", "7.4.1-0", "bitnami");
        check("pkg:huggingface/microsoft/phi-2@abc", "huggingface", "microsoft/phi-2", "abc", "generic");
        check("pkg:generic/libjpeg@3.0.13", "generic", "libjpeg", "3.0.13", "generic");
        // As the detector `programs` states it.
        check("pkg:generic/httpd@2.4.1", "nvd", "apache:http_server", "2.4.1", "generic");
        check("pkg:generic/acme/httpd@2.4.1", "generic", "acme/httpd", "2.4.1", "generic");
        check("pkg:rpm/almalinux/libXau@1.0.9-3.el8", "almalinux:8", "libXau", "1.0.9-3.el8", "rpm");
        check("pkg:rpm/redhat/krb5-libs@1.18.2-5.el8_6.1", "rhel:8", "krb5-libs", "1.18.2-5.el8_6.1", "rpm");
        check("pkg:rpm/centos/krb5-libs@1.15.1-55.el7_9", "rhel:7", "krb5-libs", "1.15.1-55.el7_9", "rpm");
        check("pkg:rpm/fedora/a@1-2.fc40?epoch=3&distro=fedora-40", "fedora:40", "a", "3:1-2.fc40", "rpm");
        check("pkg:deb/debian/attr@1:2.4-2?distro=debian-12.5", "debian:bookworm", "attr", "1:2.4-2", "dpkg");
        check("pkg:deb/debian/attr@1:2.4-2", "debian", "attr", "1:2.4-2", "dpkg");
        check("pkg:deb/ubuntu/a@1?distro=ubuntu-22.04", "ubuntu:22.04", "a", "1", "dpkg");
        check("pkg:apk/alpine/a@1-r0?distro=alpine-3.20.3", "alpine:3.20", "a", "1-r0", "apk");
        check("pkg:ebuild/app-misc/a@1-r1", "gentoo", "app-misc/a", "1-r1", "portage");
    }

    #[test]
    fn a_package_of_the_image_is_judged_by_its_distribution() {
        let check = |purl: &str, expected: (&str, &str, Option<(&str, &str)>)| {
            let package = package_of_image(&component(purl));
            assert_eq!(package.scope, Scope::Distribution, "{purl}");
            let source = package.source.as_ref().map(|it| (it.name.as_str(), it.version.as_str()));
            assert_eq!((package.name.as_str(), package.version.as_str(), source), expected, "{purl}");
        };
        check(
            "pkg:deb/debian/libc6@2.36-9?arch=amd64&upstream=glibc",
            ("libc6", "2.36-9", Some(("glibc", "2.36-9"))),
        );
        check("pkg:deb/debian/a@1+b1?upstream=a%401", ("a", "1+b1", Some(("a", "1"))));
        check("pkg:apk/wolfi/libgcc@1-r2?upstream=gcc", ("libgcc", "1-r2", Some(("gcc", "1-r2"))));
        let rpm = "pkg:rpm/fedora/bash-libs@5-1.fc40?epoch=1&upstream=a-bash-5-1.fc40.src.rpm";
        check(rpm, ("bash-libs", "1:5-1.fc40", Some(("a-bash", "5-1.fc40"))));
        check("pkg:rpm/fedora/a@1-2?upstream=odd", ("a", "1-2", None));
        let language = package_of_image(&component("pkg:cargo/a@1"));
        assert_eq!(language.scope, Scope::Namespace("cargo".to_owned()));
    }

    #[test]
    fn a_part_of_a_package_is_that_package() {
        assert_eq!(package(&component("pkg:pypi/pillow@1.0#c-ext/PIL._avif")).purl, "pkg:pypi/pillow@1.0");
    }

    #[test]
    fn types_of_what_is_no_package_are_not_judged() {
        for kind in ["oci", "docker", "github", "bitbucket", "swid", ""] {
            assert!(!is_judged(kind), "{kind}");
        }
    }
}
