//! What is known of distributions beside Debian and Alpine: where their advisories are published, by which part of
//! their versions, and until when their releases are supported.
//!
//! Namespaces are `ID:RELEASE`, the publisher's own first; then those in which the publisher's advisories are in OSV,
//! where OSV calls the release otherwise. A rebuild whose publisher states no advisories has those of what it is a
//! rebuild of.

use crate::release::{Release, derived};

/// A distribution with releases.
struct Known {
    id: &'static str,
    by: By,
    /// Releases and the last day on which the publisher fixes vulnerabilities for all who have them; what is sold
    /// beyond that does not count.
    ends: &'static [(&'static str, &'static str)],
}

/// Which part of `VERSION_ID` is the release that advisories speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// `9` of `9.4`
    Major,
    /// `15.6` of `15.6.1`
    Minor,
}

const fn known(id: &'static str, by: By, ends: &'static [(&'static str, &'static str)]) -> Known {
    Known { id, by, ends }
}

/// Distributions, by their `ID`. Dates are those of the publishers' own pages on the life of their releases.
const DISTRIBUTIONS: [Known; 24] = [
    known("rhel", By::Major, &RHEL),
    known("centos", By::Major, &CENTOS),
    known("almalinux", By::Major, &ALMALINUX),
    known("rocky", By::Major, &[("8", "2029-05-31"), ("9", "2032-05-31"), ("10", "2035-05-31")]),
    known("ol", By::Major, &ORACLE),
    known("fedora", By::Major, &FEDORA),
    known("amzn", By::Major, &[("1", "2023-12-31"), ("2", "2026-06-30"), ("2023", "2029-06-30")]),
    known("sles", By::Minor, &SLES),
    known("sled", By::Minor, &SLES),
    known("sles_sap", By::Minor, &SLES_SAP),
    known("sle_hpc", By::Minor, &SLES),
    known("sle-hpc", By::Minor, &SLES),
    known("opensuse-leap", By::Minor, &LEAP),
    known("opensuse", By::Minor, &LEAP),
    known("photon", By::Minor, &[("1.0", "2022-02-28"), ("2.0", "2022-12-31"), ("3.0", "2024-03-01")]),
    known("mariner", By::Minor, &[("1.0", "2023-08-31"), ("2.0", "2025-07-31")]),
    known("azurelinux", By::Minor, &[]),
    known("mageia", By::Major, &MAGEIA),
    known("ubuntu", By::Minor, &UBUNTU),
    known("alpaquita", By::Major, &[]),
    known("openwrt", By::Minor, &OPENWRT),
    known("openeuler", By::Minor, &OPENEULER),
    known("postmarketos", By::Minor, &POSTMARKETOS),
    known("altlinux", By::Major, &ALT),
];

/// <https://access.redhat.com/support/policy/updates/errata>, without what is sold as Extended Life Cycle Support.
const RHEL: [(&str, &str); 7] = [
    ("4", "2012-02-29"),
    ("5", "2017-03-31"),
    ("6", "2020-11-30"),
    ("7", "2024-06-30"),
    ("8", "2029-05-31"),
    ("9", "2032-05-31"),
    ("10", "2035-05-31"),
];

/// Security support, <https://wiki.almalinux.org/release-notes/>.
const ALMALINUX: [(&str, &str); 3] = [("8", "2029-05-31"), ("9", "2032-05-31"), ("10", "2035-05-31")];

const CENTOS: [(&str, &str); 4] =
    [("5", "2017-03-31"), ("6", "2020-11-30"), ("7", "2024-06-30"), ("8", "2021-12-31")];

const CENTOS_STREAM: [(&str, &str); 3] = [("8", "2024-05-31"), ("9", "2027-05-31"), ("10", "2030-01-01")];

/// Premier support; the publisher names months.
const ORACLE: [(&str, &str); 5] = [
    ("6", "2021-03-31"),
    ("7", "2024-12-31"),
    ("8", "2029-07-31"),
    ("9", "2032-06-30"),
    ("10", "2035-06-30"),
];

const FEDORA: [(&str, &str); 24] = [
    ("20", "2015-06-23"),
    ("21", "2015-12-01"),
    ("22", "2016-07-19"),
    ("23", "2016-12-20"),
    ("24", "2017-08-08"),
    ("25", "2017-12-12"),
    ("26", "2018-05-29"),
    ("27", "2018-11-30"),
    ("28", "2019-05-28"),
    ("29", "2019-11-26"),
    ("30", "2020-05-26"),
    ("31", "2020-11-24"),
    ("32", "2021-05-25"),
    ("33", "2021-11-30"),
    ("34", "2022-06-07"),
    ("35", "2022-12-13"),
    ("36", "2023-05-16"),
    ("37", "2023-12-05"),
    ("38", "2024-05-21"),
    ("39", "2024-11-26"),
    ("40", "2025-05-13"),
    ("41", "2025-12-15"),
    ("42", "2026-05-13"),
    ("43", "2026-12-09"),
];

/// General support, <https://www.suse.com/lifecycle>: of SUSE Linux Enterprise Server, and as well of Desktop and High
/// Performance Computing.
const SLES: [(&str, &str); 19] = [
    ("11", "2010-12-31"),
    ("11.1", "2012-08-31"),
    ("11.2", "2014-01-31"),
    ("11.3", "2016-01-31"),
    ("11.4", "2019-03-31"),
    ("12", "2016-06-30"),
    ("12.1", "2017-05-31"),
    ("12.2", "2018-03-31"),
    ("12.3", "2019-06-30"),
    ("12.4", "2020-06-30"),
    ("12.5", "2024-10-31"),
    ("15", "2019-12-31"),
    ("15.1", "2021-01-31"),
    ("15.2", "2021-12-31"),
    ("15.3", "2022-12-31"),
    ("15.4", "2023-12-31"),
    ("15.5", "2024-12-31"),
    ("15.6", "2025-12-31"),
    ("15.7", "2031-07-31"),
];

/// Whoever has the release for SAP applications has what is sold to others as Extended Service Pack Overlap Support: 4.5
/// years for each service pack, <https://www.suse.com/lifecycle>. Of 15 SP7, the last one, no end is known here.
const SLES_SAP: [(&str, &str); 13] = [
    ("12", "2019-06-30"),
    ("12.1", "2020-05-31"),
    ("12.2", "2021-03-31"),
    ("12.3", "2022-06-30"),
    ("12.4", "2023-06-30"),
    ("12.5", "2027-10-31"),
    ("15", "2022-12-31"),
    ("15.1", "2024-01-31"),
    ("15.2", "2024-12-31"),
    ("15.3", "2025-12-31"),
    ("15.4", "2026-12-31"),
    ("15.5", "2027-12-31"),
    ("15.6", "2028-12-31"),
];

/// <https://en.opensuse.org/Lifetime>
const LEAP: [(&str, &str); 13] = [
    ("13.1", "2016-02-03"),
    ("13.2", "2017-01-17"),
    ("42.1", "2017-05-17"),
    ("42.2", "2018-01-26"),
    ("42.3", "2019-07-01"),
    ("15.0", "2019-12-03"),
    ("15.1", "2021-02-02"),
    ("15.2", "2022-01-04"),
    ("15.3", "2022-12-31"),
    ("15.4", "2023-12-07"),
    ("15.5", "2024-12-31"),
    ("15.6", "2026-04-30"),
    ("16.0", "2027-10-31"),
];

const MAGEIA: [(&str, &str); 4] =
    [("5", "2017-12-31"), ("6", "2019-09-30"), ("7", "2021-06-30"), ("8", "2023-11-30")];

/// Standard support of servers, which never was shorter than that of desktops, as Debian's `distro-info-data` has it.
/// Ubuntu Pro goes on for those who subscribe: that counts where sources of apt say that somebody does (module `ubuntu`).
const UBUNTU: [(&str, &str); 44] = [
    ("4.10", "2006-04-30"),
    ("5.04", "2006-10-31"),
    ("5.10", "2007-04-13"),
    ("6.06", "2011-06-01"),
    ("6.10", "2008-04-25"),
    ("7.04", "2008-10-19"),
    ("7.10", "2009-04-18"),
    ("8.04", "2013-05-09"),
    ("8.10", "2010-04-30"),
    ("9.04", "2010-10-23"),
    ("9.10", "2011-04-30"),
    ("10.04", "2015-04-30"),
    ("10.10", "2012-04-10"),
    ("11.04", "2012-10-28"),
    ("11.10", "2013-05-09"),
    ("12.04", "2017-04-28"),
    ("12.10", "2014-05-16"),
    ("13.04", "2014-01-27"),
    ("13.10", "2014-07-17"),
    ("14.04", "2019-04-25"),
    ("14.10", "2015-07-23"),
    ("15.04", "2016-02-04"),
    ("15.10", "2016-07-28"),
    ("16.04", "2021-04-30"),
    ("16.10", "2017-07-20"),
    ("17.04", "2018-01-13"),
    ("17.10", "2018-07-19"),
    ("18.04", "2023-05-31"),
    ("18.10", "2019-07-18"),
    ("19.04", "2020-01-23"),
    ("19.10", "2020-07-17"),
    ("20.04", "2025-05-29"),
    ("20.10", "2021-07-22"),
    ("21.04", "2022-01-20"),
    ("21.10", "2022-07-14"),
    ("22.04", "2027-06-01"),
    ("22.10", "2023-07-20"),
    ("23.04", "2024-01-25"),
    ("23.10", "2024-07-11"),
    ("24.04", "2029-05-31"),
    ("24.10", "2025-07-10"),
    ("25.04", "2026-01-15"),
    ("25.10", "2026-07-09"),
    ("26.04", "2031-05-29"),
];

const OPENWRT: [(&str, &str); 6] = [
    ("17.01", "2019-02-01"),
    ("18.06", "2021-07-01"),
    ("19.07", "2022-04-30"),
    ("21.02", "2023-04-30"),
    ("22.03", "2024-04-11"),
    ("23.05", "2025-08-16"),
];

/// The publisher names months.
const OPENEULER: [(&str, &str); 20] = [
    ("20.03-lts", "2021-03-31"),
    ("20.03-lts-sp1", "2022-12-31"),
    ("20.03-lts-sp2", "2022-04-30"),
    ("20.03-lts-sp3", "2023-12-31"),
    ("20.03-lts-sp4", "2025-11-30"),
    ("22.03-lts", "2024-03-31"),
    ("22.03-lts-sp1", "2024-12-31"),
    ("22.03-lts-sp2", "2024-03-31"),
    ("22.03-lts-sp3", "2025-12-31"),
    ("22.03-lts-sp4", "2026-06-30"),
    ("23.03", "2023-09-30"),
    ("23.09", "2024-03-31"),
    ("24.03-lts", "2026-05-31"),
    ("24.03-lts-sp1", "2026-12-31"),
    ("24.03-lts-sp2", "2026-03-31"),
    ("24.03-lts-sp3", "2027-12-31"),
    ("24.03-lts-sp4", "2027-03-31"),
    ("24.09", "2025-03-31"),
    ("25.03", "2025-09-30"),
    ("25.09", "2026-03-31"),
];

/// A month after the next release, <https://wiki.postmarketos.org/wiki/Releases>.
const POSTMARKETOS: [(&str, &str); 10] = [
    ("21.06", "2022-01-29"),
    ("21.12", "2022-07-12"),
    ("22.06", "2023-01-18"),
    ("22.12", "2023-07-07"),
    ("23.06", "2024-01-18"),
    ("23.12", "2024-07-16"),
    ("24.06", "2025-01-23"),
    ("24.12", "2025-07-23"),
    ("25.06", "2026-01-23"),
    ("25.12", "2026-07-21"),
];

/// <https://www.altlinux.org/Branches>. What the publisher's products got after that is not for all.
const ALT: [(&str, &str); 3] = [("p9", "2023-12-31"), ("p10", "2025-12-31"), ("p11", "2027-06-30")];

/// Releases of postmarketOS and the branches of Alpine that most of their packages are of.
const ALPINE_OF_POSTMARKETOS: [(&str, &str); 12] = [
    ("21.06", "3.14"),
    ("21.12", "3.15"),
    ("22.06", "3.16"),
    ("22.12", "3.17"),
    ("23.06", "3.18"),
    ("23.12", "3.19"),
    ("24.06", "3.20"),
    ("24.12", "3.21"),
    ("25.06", "3.22"),
    ("25.12", "3.23"),
    ("26.06", "3.24"),
    ("edge", "edge"),
];

/// What an os-release says of the release, as far as it is looked at here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stated<'a> {
    pub(crate) id: &'a str,
    pub(crate) version_id: &'a str,
    /// `VERSION`: `22.03 (LTS-SP3)`
    pub(crate) version: Option<&'a str>,
    /// `NAME`: `CentOS Stream`
    pub(crate) name: Option<&'a str>,
    /// `RHEL_VERSION`, in Red Hat's CoreOS
    pub(crate) rhel_version: Option<&'a str>,
    /// `ALT_BRANCH_ID`: `c10f2`
    pub(crate) branch: Option<&'a str>,
}

/// The release of a distribution that is known here; none of others.
pub(crate) fn release(stated: Stated<'_>) -> Option<Release> {
    match stated.id {
        // Its packages are those of RHEL.
        "rhcos" | "scos" => return of("rhel", stated.rhel_version?),
        "centos" if stated.name.is_some_and(|name| name.contains("Stream")) => {
            return Some(centos_stream(stated.version_id));
        }
        // One list for all of its releases.
        "bottlerocket" => {
            return Some(Release { namespaces: vec!["bottlerocket".to_owned()], supported_until: None });
        }
        "cleanstart" | "clnstrt" => {
            return Some(Release { namespaces: vec!["cleanstart".to_owned()], supported_until: None });
        }
        "openeuler" => return Some(openeuler(stated)),
        "postmarketos" => return Some(postmarketos(stated.version_id)),
        "altlinux" => return alt(stated.branch.unwrap_or(stated.version_id)),
        // Its releases are dates, and one release to its publisher.
        "amzn" if stated.version_id.starts_with("20") && stated.version_id.contains('.') => {
            let is_later = stated.version_id.starts_with("202");
            return of("amzn", if is_later { stated.version_id } else { "1" });
        }
        "alpaquita" if stated.version_id == "stream" => {
            return Some(Release { namespaces: vec!["alpaquita:stream".to_owned()], supported_until: None });
        }
        _ => {}
    }
    of(stated.id, stated.version_id)
}

fn of(id: &str, version_id: &str) -> Option<Release> {
    let known = DISTRIBUTIONS.iter().find(|known| known.id == id)?;
    let mut release = part(version_id, known.by)?;
    let suse = SUSE.iter().find(|(known, _)| *known == id).map(|(_, products)| products);
    // Up to SUSE Linux Enterprise 15, a release without a service pack is its major number alone, `12` of `12.0.1`.
    if suse.is_some() {
        release =
            release.strip_suffix(".0").filter(|major| major.len() == 2 && *major < "16").unwrap_or(release);
    }
    let published_as = match id {
        "opensuse" => "opensuse-leap",
        _ if suse.is_some() => "sles",
        _ => id,
    };
    let mut namespaces = vec![format!("{published_as}:{release}")];
    // What Red Hat publishes for less than a release, it publishes for a minor one.
    if id == "rhel" && release != version_id {
        namespaces.push(format!("rhel:{version_id}"));
    }
    if id == "centos" {
        namespaces.push(format!("rhel:{release}"));
    }
    // OSV names `Azure Linux:3`, and Mariner 2.0 by the name that it has today.
    if matches!(id, "mariner" | "azurelinux") {
        namespaces.extend(part(version_id, By::Major).map(|major| format!("azurelinux:{major}")));
    }
    // osv.dev passes on less than Canonical states.
    if id == "ubuntu" {
        namespaces.push(derived(&format!("ubuntu:{release}")));
    }
    if matches!(id, "rhel" | "centos") {
        namespaces.extend(red_hat_in_osv(release));
    }
    if let Some(products) = suse {
        namespaces.extend(suse_in_osv(products, release));
    }
    Some(Release { namespaces, supported_until: end(known.ends, release) })
}

/// Red Hat's ecosystems in OSV are the CPEs of repositories.
fn red_hat_in_osv(release: &str) -> Vec<String> {
    let repositories: &[&str] = match release {
        "8" | "9" => &["baseos", "appstream", "crb"],
        _ => &[],
    };
    let name = |repository| format!("redhat:enterprise_linux:{release}::{repository}");
    repositories.iter().map(name).collect()
}

/// What SUSE Linux Enterprise is sold as, by `ID`, and what these products are called in OSV, a product's own name first.
/// All have the same packages of the same builds, so SUSE's own advisories for them are in the namespace of its server.
///
/// What is sold beside a release (LTSS, ESPOS, modules) has no `ID`: what the advisories say of it, they say of the
/// release here. What they say of High Availability and Real Time alone is not looked at.
const SUSE: [(&str, &[&str]); 5] = [
    ("sles", &["server"]),
    ("sled", &["desktop", "server"]),
    ("sles_sap", &["server for sap applications", "server"]),
    ("sle_hpc", &["high performance computing", "server"]),
    ("sle-hpc", &["high performance computing", "server"]),
];

/// SUSE's ecosystems in OSV are its products.
fn suse_in_osv(products: &[&str], release: &str) -> Vec<String> {
    let (major, pack) = release.split_once('.').unwrap_or((release, "0"));
    let release = match (major, pack) {
        ("11" | "12" | "15", "0") => major.to_owned(),
        ("11" | "12" | "15", pack) => format!("{major} sp{pack}"),
        _ => release.to_owned(),
    };
    let modules: &[&str] = match major {
        "15" => &["module for basesystem", "module for server applications"],
        _ => &[],
    };
    let products = products.iter().chain(modules);
    products.map(|product| format!("suse:linux enterprise {product} {release}")).collect()
}

/// Stream is ahead of what Red Hat's advisories speak of.
fn centos_stream(version_id: &str) -> Release {
    let release = part(version_id, By::Major).unwrap_or(version_id);
    Release {
        namespaces: vec![format!("centos-stream:{release}")],
        supported_until: end(&CENTOS_STREAM, release),
    }
}

/// `22.03 (LTS-SP3)`: each service pack is a release.
fn openeuler(stated: Stated<'_>) -> Release {
    let pack = stated.version.and_then(|version| version.split_once('(')?.1.split_once(')'));
    let release = match pack {
        Some((pack, _)) if !pack.is_empty() => format!("{}-{}", stated.version_id, pack.to_lowercase()),
        _ => stated.version_id.to_owned(),
    };
    Release { namespaces: vec![format!("openeuler:{release}")], supported_until: end(&OPENEULER, &release) }
}

fn postmarketos(version_id: &str) -> Release {
    let release = version_id.trim_start_matches('v');
    let branch = ALPINE_OF_POSTMARKETOS.iter().find(|(known, _)| *known == release).map(|(_, branch)| branch);
    let mut namespaces = vec![format!("postmarketos:{release}")];
    if let Some(branch) = branch {
        let alpine = format!("alpine:{branch}");
        namespaces.extend([alpine.clone(), derived(&alpine)]);
    }
    Release { namespaces, supported_until: end(&POSTMARKETOS, release) }
}

/// ALT publishes for branches: `p10` for `10.2` and `p10`, `c10f1`; its unstable branch is a date.
fn alt(version_id: &str) -> Option<Release> {
    let lower = version_id.to_lowercase();
    let branch = match lower.as_bytes() {
        [b'p' | b'c', b'0'..=b'9', ..] => lower,
        [b'0'..=b'9', ..] if lower.len() < 8 => format!("p{}", part(&lower, By::Major)?),
        _ => "sisyphus".to_owned(),
    };
    Some(Release { namespaces: vec![format!("altlinux:{branch}")], supported_until: end(&ALT, &branch) })
}

fn end(ends: &'static [(&'static str, &'static str)], release: &str) -> Option<&'static str> {
    ends.iter().find(|(known, _)| *known == release).map(|(_, day)| *day)
}

/// The releases of a distribution of which anything is known beside their number.
pub(crate) fn releases(id: &str) -> impl Iterator<Item = &'static str> {
    let ends = match id {
        "centos-stream" => &CENTOS_STREAM[..],
        // The branch of Alpine is known of more of them than the end is.
        "postmarketos" => &ALPINE_OF_POSTMARKETOS,
        _ => DISTRIBUTIONS.iter().find(|known| known.id == id).map_or(&[][..], |known| known.ends),
    };
    ends.iter().map(|(release, _)| *release)
}

/// The part of a version that names a release; none where it does not begin with a number.
fn part(version_id: &str, by: By) -> Option<&str> {
    let numbers = match by {
        By::Major => 1,
        By::Minor => 2,
    };
    let is_number = version_id.starts_with(|first: char| first.is_ascii_digit());
    let end = version_id.match_indices('.').nth(numbers - 1).map_or(version_id.len(), |(at, _)| at);
    version_id.get(..end).filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, version_id: &str, namespaces: &[&str], until: Option<&str>) {
        let stated = Stated { id, version_id, version: None, name: None, rhel_version: None, branch: None };
        let release = release(stated).unwrap();
        assert_eq!(release.namespaces, namespaces, "{id} {version_id}");
        assert_eq!(release.supported_until, until, "{id} {version_id}");
    }

    #[test]
    fn releases_of_distributions_are_those_that_their_publishers_name() {
        check(
            "rhel",
            "9.4",
            &[
                "rhel:9",
                "rhel:9.4",
                "redhat:enterprise_linux:9::baseos",
                "redhat:enterprise_linux:9::appstream",
                "redhat:enterprise_linux:9::crb",
            ],
            Some("2032-05-31"),
        );
        check("rhel", "7.9", &["rhel:7", "rhel:7.9"], Some("2024-06-30"));
        check("centos", "7", &["centos:7", "rhel:7"], Some("2024-06-30"));
        check("almalinux", "8.10", &["almalinux:8"], Some("2029-05-31"));
        check("almalinux", "9.4", &["almalinux:9"], Some("2032-05-31"));
        check("rocky", "8.10", &["rocky:8"], Some("2029-05-31"));
        check("ol", "8.9", &["ol:8"], Some("2029-07-31"));
        check("fedora", "40", &["fedora:40"], Some("2025-05-13"));
        check("amzn", "2018.03", &["amzn:1"], Some("2023-12-31"));
        check("amzn", "2", &["amzn:2"], Some("2026-06-30"));
        check("amzn", "2023", &["amzn:2023"], Some("2029-06-30"));
        check("opensuse-leap", "15.6", &["opensuse-leap:15.6"], Some("2026-04-30"));
        check("opensuse", "42.3", &["opensuse-leap:42.3"], Some("2019-07-01"));
        check("photon", "5.0", &["photon:5.0"], None);
        check("mariner", "2.0", &["mariner:2.0", "azurelinux:2"], Some("2025-07-31"));
        check("azurelinux", "3.0", &["azurelinux:3.0", "azurelinux:3"], None);
        check("ubuntu", "22.04", &["ubuntu:22.04", "osv/ubuntu:22.04"], Some("2027-06-01"));
        check("ubuntu", "10.04", &["ubuntu:10.04", "osv/ubuntu:10.04"], Some("2015-04-30"));
        check("ubuntu", "26.04", &["ubuntu:26.04", "osv/ubuntu:26.04"], Some("2031-05-29"));
        check("ubuntu", "26.10", &["ubuntu:26.10", "osv/ubuntu:26.10"], None);
        check("openwrt", "23.05.3", &["openwrt:23.05"], Some("2025-08-16"));
        check("bottlerocket", "1.20.0", &["bottlerocket"], None);
        check("alpaquita", "23.1", &["alpaquita:23"], None);
        check("alpaquita", "stream", &["alpaquita:stream"], None);
        check("altlinux", "10.2", &["altlinux:p10"], Some("2025-12-31"));
        check("altlinux", "p11", &["altlinux:p11"], Some("2027-06-30"));
        check("altlinux", "c10f1", &["altlinux:c10f1"], None);
        check("altlinux", "20230309", &["altlinux:sisyphus"], None);
        check(
            "postmarketos",
            "v24.06",
            &["postmarketos:24.06", "alpine:3.20", "osv/alpine:3.20"],
            Some("2025-01-23"),
        );
        check("postmarketos", "v26.06", &["postmarketos:26.06", "alpine:3.24", "osv/alpine:3.24"], None);
        check("postmarketos", "edge", &["postmarketos:edge", "alpine:edge", "osv/alpine:edge"], None);
        check(
            "sles",
            "15.6",
            &[
                "sles:15.6",
                "suse:linux enterprise server 15 sp6",
                "suse:linux enterprise module for basesystem 15 sp6",
                "suse:linux enterprise module for server applications 15 sp6",
            ],
            Some("2025-12-31"),
        );
        check("sles", "12.5", &["sles:12.5", "suse:linux enterprise server 12 sp5"], Some("2024-10-31"));
        check("sles", "16.0", &["sles:16.0", "suse:linux enterprise server 16.0"], None);
    }

    #[test]
    fn what_suse_linux_enterprise_is_sold_as_has_the_advisories_of_its_server() {
        check(
            "sled",
            "15.6",
            &[
                "sles:15.6",
                "suse:linux enterprise desktop 15 sp6",
                "suse:linux enterprise server 15 sp6",
                "suse:linux enterprise module for basesystem 15 sp6",
                "suse:linux enterprise module for server applications 15 sp6",
            ],
            Some("2025-12-31"),
        );
        let of_sap = ["sles:12.5", "suse:linux enterprise server for sap applications 12 sp5"];
        check(
            "sles_sap",
            "12.5",
            &[&of_sap[..], &["suse:linux enterprise server 12 sp5"]].concat(),
            Some("2027-10-31"),
        );
        // Its first release names a third number.
        let of_sap = ["sles:12", "suse:linux enterprise server for sap applications 12"];
        check(
            "sles_sap",
            "12.0.1",
            &[&of_sap[..], &["suse:linux enterprise server 12"]].concat(),
            Some("2019-06-30"),
        );
        for id in ["sle_hpc", "sle-hpc"] {
            let of_hpc = ["sles:12.5", "suse:linux enterprise high performance computing 12 sp5"];
            check(
                id,
                "12.5",
                &[&of_hpc[..], &["suse:linux enterprise server 12 sp5"]].concat(),
                Some("2024-10-31"),
            );
        }
        let of_sap = ["sles:16.0", "suse:linux enterprise server for sap applications 16.0"];
        check("sles_sap", "16.0", &[&of_sap[..], &["suse:linux enterprise server 16.0"]].concat(), None);
    }

    #[test]
    fn what_else_an_os_release_says_names_the_release() {
        let plain =
            Stated { id: "", version_id: "", version: None, name: None, rhel_version: None, branch: None };
        let namespaces = |stated: Stated<'_>| release(stated).unwrap().namespaces;
        let stream = Stated { id: "centos", version_id: "9", name: Some("CentOS Stream"), ..plain };
        assert_eq!(namespaces(stream), ["centos-stream:9"]);
        let pack = Stated { id: "openeuler", version_id: "22.03", version: Some("22.03 (LTS-SP3)"), ..plain };
        assert_eq!(namespaces(pack), ["openeuler:22.03-lts-sp3"]);
        assert_eq!(release(pack).unwrap().supported_until, Some("2025-12-31"));
        let core = Stated { id: "rhcos", version_id: "4.12", rhel_version: Some("8.6"), ..plain };
        assert_eq!(namespaces(core)[..2], ["rhel:8", "rhel:8.6"]);
        assert!(release(Stated { id: "unheard-of", version_id: "1", ..plain }).is_none());
        assert!(release(Stated { id: "fedora", version_id: "rawhide", ..plain }).is_none());
    }

    #[test]
    fn every_distribution_has_a_name() {
        for known in DISTRIBUTIONS {
            assert!(crate::names::name(known.id).is_some(), "{}", known.id);
        }
    }

    #[test]
    fn every_end_is_a_day() {
        for known in DISTRIBUTIONS {
            assert!(known.ends.iter().all(|(_, day)| crate::release::is_day(day)), "{}", known.id);
        }
    }
}
