//! All that is known here, as the detector states it: for whoever writes of it.

use limpid_plugin_sdk::detector::Distribution;

use crate::assignments::Assignments;
use crate::names::Name;
use crate::release::distribution;
use crate::{alpine, debian, known, names};

/// A distribution that the detector knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDistribution {
    /// os-release's `ID`: `debian`.
    pub id: &'static str,
    /// What it is called, whatever the release: `Debian GNU/Linux`.
    pub name: &'static str,
    /// Its releases, oldest first. It has one where it rolls, or where one list of advisories is for all.
    pub releases: Vec<KnownRelease>,
}

/// A release, or several that differ by their numbers only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRelease {
    /// What tells it from others: `13 (trixie)`, `edge`; [`ALL`], [`OTHERS`].
    pub name: String,
    /// Types of package URLs that its own packages may have (`deb`); where there is no such type, what the package manager
    /// is called.
    pub packages: &'static [&'static str],
    /// What the detector states where an os-release has the `ID`, and the `VERSION_ID` of the release. In [`OTHERS`] the
    /// numbers of a version are [`MAJOR`] and [`MINOR`].
    pub distribution: Distribution,
}

/// The one release of a distribution that rolls, or has one list of advisories for all.
pub const ALL: &str = "all";

/// Releases that a distribution had before those that are known by name, or has had since.
pub const OTHERS: &str = "others";

/// Stands for the first number of a version.
pub const MAJOR: &str = "MAJOR";

/// Stands for the second number of a version.
pub const MINOR: &str = "MINOR";

/// Numbers of a version that no release has.
const PLACES: [(&str, &str); 2] = [("987", MAJOR), ("654", MINOR)];

/// All distributions that are known by their `ID`, by name, with all releases of which anything is known beside their number. Others
/// are detected as well, by what their files state.
///
/// Each release is looked up as the detector does it. What it states of an image may differ: files may state an end of
/// support (`SUPPORT_END`) and further namespaces.
///
/// ```
/// let debian = limpid_releases::distributions().into_iter().find(|it| it.id == "debian").unwrap();
/// let trixie = debian.releases.iter().find(|it| it.name == "13 (trixie)").unwrap();
/// assert_eq!(trixie.packages, ["deb"]);
/// assert_eq!(trixie.distribution.namespaces, ["debian:trixie", "debian:13", "osv/debian:13"]);
/// assert_eq!(trixie.distribution.supported_until.as_deref(), Some("2030-06-30"));
/// ```
pub fn distributions() -> Vec<KnownDistribution> {
    let one = |name: &Name| KnownDistribution { id: name.id, name: name.name, releases: releases(name) };
    names::DISTRIBUTIONS.iter().map(one).collect()
}

/// What an os-release of a release assigns beside the `ID`, and what tells the release from others.
struct Row {
    name: String,
    packages: Option<&'static [&'static str]>,
    assigned: Vec<(&'static str, String)>,
}

impl Row {
    fn new(name: impl Into<String>, assigned: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self { name: name.into(), packages: None, assigned: assigned.into_iter().collect() }
    }

    /// One whose `VERSION_ID` is all that tells it from others.
    fn version(version_id: &str) -> Self {
        Self::new(version_id, [("VERSION_ID", version_id.to_owned())])
    }

    fn release(self, name: &Name) -> Option<KnownRelease> {
        let pretty_name = match self.name.as_str() {
            ALL | OTHERS => name.name.to_owned(),
            release => format!("{} {release}", name.name),
        };
        let first = [("ID", name.id), ("PRETTY_NAME", &pretty_name)];
        let rest = self.assigned.iter().map(|(name, value)| (*name, value.as_str()));
        // What the row itself assigns comes later, and counts.
        let distribution = distribution(&Assignments::of(first.into_iter().chain(rest))).ok()?;
        Some(KnownRelease { name: self.name, packages: self.packages.unwrap_or(name.packages), distribution })
    }
}

fn releases(name: &Name) -> Vec<KnownRelease> {
    let mut releases: Vec<_> = rows(name.id).into_iter().filter_map(|row| row.release(name)).collect();
    let version = PLACES.map(|(number, _)| number).join(".");
    let any = [("VERSION_ID", version.clone()), ("RHEL_VERSION", version)];
    if let Some(mut others) = Row::new(OTHERS, any).release(name) {
        let namespaces = &mut others.distribution.namespaces;
        let by_number = namespaces.iter().any(|namespace| namespace.contains(PLACES[0].0));
        for (number, place) in PLACES {
            for text in namespaces.iter_mut().chain([&mut others.distribution.version_id]) {
                *text = text.replace(number, place);
            }
        }
        if !by_number {
            others.name = ALL.to_owned();
            others.distribution.version_id.clear();
        }
        if by_number || releases.is_empty() {
            releases.push(others);
        }
    }
    releases
}

fn rows(id: &str) -> Vec<Row> {
    let numbered = || known::releases(id).map(Row::version);
    match id {
        "alpine" => alpines().chain([edge()]).collect(),
        "debian" => debians().chain([testing()]).collect(),
        "dhi" => {
            let built_of = |row: Row, like: &'static str, packages| Row {
                name: format!("of {} {}", names::name(like).unwrap_or(like), row.name),
                packages: Some(packages),
                assigned: row.assigned.into_iter().chain([("ID_LIKE", like.to_owned())]).collect(),
            };
            let alpines = alpines().map(|row| built_of(row, "alpine", &["apk"]));
            alpines.chain(debians().map(|row| built_of(row, "debian", &["deb"]))).collect()
        }
        "centos" => {
            let stream = |version: &str| {
                let assigned = [("VERSION_ID", version.to_owned()), ("NAME", "CentOS Stream".to_owned())];
                Row::new(format!("Stream {version}"), assigned)
            };
            numbered().chain(known::releases("centos-stream").map(stream)).collect()
        }
        "openeuler" => known::releases(id).map(service_pack).collect(),
        "altlinux" => numbered().chain([Row::version("sisyphus")]).collect(),
        "alpaquita" => vec![Row::version("stream")],
        // Later releases have apk.
        "openwrt" => numbered().map(|row| Row { packages: Some(&["opkg"]), ..row }).collect(),
        _ => numbered().collect(),
    }
}

fn alpines() -> impl Iterator<Item = Row> {
    alpine::BRANCHES.iter().map(|(branch, _)| Row::version(branch))
}

fn edge() -> Row {
    Row::new("edge", [])
}

fn debians() -> impl Iterator<Item = Row> {
    debian::RELEASES.iter().map(|known| {
        let assigned = [("VERSION_ID", known.version.to_owned())];
        Row::new(format!("{} ({})", known.version, known.codename), assigned)
    })
}

/// Which of the two it is cannot be told.
fn testing() -> Row {
    Row::new("testing, unstable", [("PRETTY_NAME", "Debian GNU/Linux CODENAME/sid".to_owned())])
}

/// `22.03-lts-sp3`, which an os-release calls `22.03 (LTS-SP3)`.
fn service_pack(release: &str) -> Row {
    let (version, pack) = release.split_once('-').unwrap_or((release, ""));
    let full = format!("{version} ({})", pack.to_uppercase());
    Row::new(release, [("VERSION_ID", version.to_owned()), ("VERSION", full)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(id: &str, name: &str) -> KnownRelease {
        let known = distributions().into_iter().find(|known| known.id == id);
        let release = known.unwrap().releases.into_iter().find(|release| release.name == name);
        release.unwrap_or_else(|| panic!("{id} has no `{name}`"))
    }

    #[test]
    fn releases_are_what_the_detector_states_of_them() {
        let check = |id: &str, name: &str, namespaces: &[&str], until: Option<&str>| {
            let stated = release(id, name).distribution;
            assert_eq!(stated.namespaces, namespaces, "{id} {name}");
            assert_eq!(stated.supported_until.as_deref(), until, "{id} {name}");
        };
        check("alpine", "3.20", &["alpine:3.20", "osv/alpine:3.20"], Some("2026-04-01"));
        check("alpine", "edge", &["alpine:edge", "osv/alpine:edge"], None);
        check("debian", "testing, unstable", &["debian:CODENAME", "debian:sid"], None);
        check(
            "dhi",
            "of Alpine Linux 3.22",
            &["dhi:alpine:3.22", "alpine:3.22", "osv/alpine:3.22"],
            Some("2027-05-01"),
        );
        check("centos", "7", &["centos:7", "rhel:7"], Some("2024-06-30"));
        check("centos", "Stream 9", &["centos-stream:9"], Some("2027-05-31"));
        check("openeuler", "22.03-lts-sp3", &["openeuler:22.03-lts-sp3"], Some("2025-12-31"));
        check("openeuler", "23.09", &["openeuler:23.09"], Some("2024-03-31"));
        check("altlinux", "sisyphus", &["altlinux:sisyphus"], None);
        check("postmarketos", "26.06", &["postmarketos:26.06", "alpine:3.24", "osv/alpine:3.24"], None);
        check("void", ALL, &["void"], None);
        check("bottlerocket", ALL, &["bottlerocket"], None);
        check("azurelinux", OTHERS, &["azurelinux:MAJOR.MINOR", "azurelinux:MAJOR"], None);
        check("altlinux", OTHERS, &["altlinux:pMAJOR"], None);
        check("scientific", OTHERS, &["scientific:MAJOR.MINOR", "scientific:MAJOR"], None);
    }

    #[test]
    fn every_distribution_has_a_release_and_no_two_have_one_name() {
        for known in distributions() {
            let mut names: Vec<_> = known.releases.iter().map(|release| &release.name).collect();
            assert!(!names.is_empty(), "{}", known.id);
            names.sort();
            let before = names.len();
            names.dedup();
            assert_eq!(names.len(), before, "{}", known.id);
            assert!(known.releases.iter().all(|release| release.distribution.id == known.id), "{}", known.id);
        }
    }

    #[test]
    fn a_release_with_an_end_is_there_under_its_name() {
        assert_eq!(release("sles_sap", "12.5").distribution.supported_until.as_deref(), Some("2027-10-31"));
        assert_eq!(release("openwrt", "23.05").packages, ["opkg"]);
        assert_eq!(release("openwrt", OTHERS).packages, ["opkg", "apk"]);
        assert_eq!(release("dhi", "of Debian GNU/Linux 13 (trixie)").packages, ["deb"]);
        assert_eq!(release("debian", "13 (trixie)").distribution.pretty_name, "Debian GNU/Linux 13 (trixie)");
    }
}
