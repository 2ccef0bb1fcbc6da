use limpid_plugin_sdk::detector::Distribution;

use crate::assignments::Assignments;
use crate::known::Stated;
use crate::{alpine, debian, known, names};

/// Distributions without releases, whatever `VERSION_ID` names: a date, an image, a snapshot. Their advisories are
/// published for the distribution as a whole, under their `ID`.
///
/// A derivative is none of what it derives from: Chainguard publishes for its own packages
/// (<https://packages.cgr.dev/chainguard/security.json>, in OSV the ecosystem `Chainguard`), and Wolfi's advisories
/// (ecosystem `Wolfi`) speak of Wolfi's.
pub(crate) const ROLLING: [&str; 21] = [
    "wolfi",
    "chainguard",
    "minimos",
    "echo",
    "arch",
    "archarm",
    "artix",
    "cachyos",
    "endeavouros",
    "garuda",
    "manjaro",
    "gentoo",
    "void",
    "solus",
    "kali",
    "opensuse-tumbleweed",
    "opensuse-slowroll",
    "clear-linux-os",
    "rhino",
    "aosc",
    "guix",
];

/// The distribution that an `os-release` states, or why it states none.
///
/// Advisories for a distribution that this plugin does not know are looked for where most
/// publishers have them: in `ID:VERSION_ID`, then in `ID:MAJOR`; in `ID` where it has no versions, or rolls. A date
/// names no release.
pub fn distribution(assignments: &Assignments) -> Result<Distribution, String> {
    let id = assignments.get("ID")?.ok_or("the file has no `ID`")?.to_ascii_lowercase();
    if !id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-')) {
        return Err(format!("`ID` is `{id}`, which os-release(5) does not allow"));
    }
    let version_id = assignments.get("VERSION_ID")?.unwrap_or_default();
    let text = |name: &str| assignments.get(name).ok().flatten();
    let pretty_name = text("PRETTY_NAME").or(text("NAME")).or(names::name(&id)).unwrap_or(&id);
    let release = match id.as_str() {
        "alpine" => alpine::release(version_id, pretty_name),
        "debian" => debian::release(version_id, text("VERSION_CODENAME"), text("VERSION"), pretty_name),
        "dhi" => hardened(version_id, text("VERSION_CODENAME"), text("ID_LIKE").unwrap_or_default()),
        _ => {
            let stated = Stated {
                id: &id,
                version_id,
                version: text("VERSION"),
                name: text("NAME"),
                rhel_version: text("RHEL_VERSION"),
                branch: text("ALT_BRANCH_ID"),
            };
            known::release(stated).unwrap_or_else(|| Release {
                namespaces: match rolls(&id, version_id, text("BUILD_ID")) {
                    true => vec![id.clone()],
                    false => namespaces(&id, version_id),
                },
                supported_until: None,
            })
        }
    };
    let stated_end = text("SUPPORT_END").filter(|day| is_day(day));
    Ok(Distribution {
        version_id: version_id.to_owned(),
        pretty_name: pretty_name.to_owned(),
        cpe: text("CPE_NAME").map(str::to_owned),
        namespaces: release.namespaces,
        supported_until: stated_end.or(release.supported_until).map(str::to_owned),
        id,
    })
}

/// What others than distributions call them, and their `ID`. Package URLs have some of these words, scanners write
/// others into bills of materials.
const WORDS: [(&str, &str); 14] = [
    ("alma", "almalinux"),
    ("amazon", "amzn"),
    ("amazonlinux", "amzn"),
    ("archlinux", "arch"),
    ("cbl-mariner", "mariner"),
    ("opensuse.leap", "opensuse-leap"),
    ("opensuse.tumbleweed", "opensuse-tumbleweed"),
    ("oracle", "ol"),
    ("oraclelinux", "ol"),
    ("redhat", "rhel"),
    ("red hat enterprise linux", "rhel"),
    ("rockylinux", "rocky"),
    ("suse", "sles"),
    ("suse linux enterprise server", "sles"),
];

/// The distribution of which somebody says what it is called and which version it has, as an os-release would say it or
/// in the words of a scanner: `debian` and `12.5`, `redhat` and `8.10`, `amazon` and `2 (Karoo)`. `others` is what is
/// known beside that, by the names of os-release: `PRETTY_NAME`, `ID_LIKE`.
///
/// # Errors
///
/// Why that names no distribution.
pub fn named<'a>(
    id: &str,
    version: &'a str,
    others: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Distribution, String> {
    let id = id.trim().to_ascii_lowercase();
    let id = WORDS.iter().find(|(word, _)| *word == id).map_or(id.as_str(), |(_, id)| *id);
    let (first, rest) = version.trim().split_once(' ').unwrap_or((version.trim(), ""));
    // `AMI release 2018.03`, `2023.3.20240304 (Amazon Linux)`
    let is_number = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let version_id = rest.split(' ').rfind(is_number).filter(|_| !is_number(&first)).unwrap_or(first);
    let others: Vec<(&str, &str)> = others.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let stated = |version_id: &str| {
        // What is stated comes later, and counts.
        let called = format!("{} {version_id}", names::name(id).unwrap_or(id));
        let first = [("ID", id), ("VERSION_ID", version_id), ("PRETTY_NAME", called.trim_end())];
        Assignments::of(first.into_iter().chain(others.iter().copied()))
    };
    match (id, version_id.split_once('/')) {
        // It has no version, and is called so where others have one.
        ("debian", Some((codename, "sid"))) => {
            let pretty_name = format!("Debian GNU/Linux {codename}/sid");
            distribution(&Assignments::of([("ID", id), ("PRETTY_NAME", pretty_name.as_str())]))
        }
        // The number of a point release, which files beside os-release have.
        ("debian", _) => distribution(&stated(version_id.split('.').next().unwrap_or_default())),
        _ => distribution(&stated(version_id)),
    }
}

/// What a distribution's identifiers do not say by themselves.
pub(crate) struct Release {
    /// Where its advisories are published, best first.
    pub(crate) namespaces: Vec<String>,
    /// The last day of support, where its publisher names one.
    pub(crate) supported_until: Option<&'static str>,
}

/// An image of Docker's, whose packages are built of those of Alpine or Debian. What Docker does not speak of, the
/// publisher of what it was built of does.
fn hardened(version_id: &str, codename: Option<&str>, like: &str) -> Release {
    let base = like.split_ascii_whitespace().find(|base| matches!(*base, "alpine" | "debian"));
    let release = match base {
        Some("alpine") => alpine::release(version_id, ""),
        Some(_) => debian::release(version_id, codename, None, ""),
        None => Release { namespaces: Vec::new(), supported_until: None },
    };
    // The release as the publisher of records names it: a branch of Alpine, a number of Debian.
    let named = |namespace: &&String| match base {
        Some("debian") => **namespace == format!("debian:{version_id}"),
        _ => true,
    };
    let own = match release.namespaces.iter().find(named) {
        Some(namespace) => format!("dhi:{namespace}"),
        None => "dhi".to_owned(),
    };
    let namespaces = std::iter::once(own).chain(release.namespaces).collect();
    Release { namespaces, ..release }
}

/// Where OSV publishes what it derives of the distribution's own advisories.
pub(crate) fn derived(namespace: &str) -> String {
    format!("osv/{namespace}")
}

fn rolls(id: &str, version_id: &str, build_id: Option<&str>) -> bool {
    ROLLING.contains(&id) || build_id == Some("rolling") || begins_with_a_date(version_id)
}

/// Whether a version is a day, or one that something follows: `20230201`, `2023-02-01`, `20240101.0.204074`.
fn begins_with_a_date(version: &str) -> bool {
    let mut parts = version.split(|character: char| !character.is_ascii_digit());
    let Some(first) = parts.next() else { return false };
    let (year, month, day) = match (first.get(..4), first.get(4..6), first.get(6..)) {
        (Some(year), Some(month), Some(day)) if first.len() == 8 => (year, month, day),
        (Some(year), _, _) if first.len() == 4 => match (parts.next(), parts.next()) {
            (Some(month), Some(day)) if month.len() == 2 && day.len() == 2 => (year, month, day),
            _ => return false,
        },
        _ => return false,
    };
    ("1990".."2100").contains(&year) && ("01"..="12").contains(&month) && ("01"..="31").contains(&day)
}

fn namespaces(id: &str, version_id: &str) -> Vec<String> {
    match version_id.split_once('.') {
        _ if version_id.is_empty() => vec![id.to_owned()],
        Some((major, _)) => vec![format!("{id}:{version_id}"), format!("{id}:{major}")],
        None => vec![format!("{id}:{version_id}")],
    }
}

/// Whether a text has the form `2028-06-30`.
pub(crate) fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Distribution {
        distribution(&Assignments::parse(text)).unwrap()
    }

    #[test]
    fn namespaces_are_those_in_which_advisories_are_published() {
        let check = |text: &str, expected: &[&str]| assert_eq!(read(text).namespaces, expected, "{text}");
        check(
            "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm",
            &["debian:bookworm", "debian:12", "osv/debian:12"],
        );
        check(
            "ID=debian\nVERSION_ID=8\nVERSION=\"8 (jessie)\"",
            &["debian:jessie", "debian:8", "osv/debian:8"],
        );
        check("ID=debian\nVERSION_ID=11", &["debian:bullseye", "debian:11", "osv/debian:11"]);
        check("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux trixie/sid\"", &["debian:trixie", "debian:sid"]);
        check(
            "ID=debian\nVERSION_CODENAME=forky\nPRETTY_NAME=\"Debian GNU/Linux forky/sid\"",
            &["debian:forky", "debian:sid"],
        );
        check("ID=debian", &["debian", "osv/debian"]);
        check(
            "ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME=\"Alpine Linux v3.20\"",
            &["alpine:3.20", "osv/alpine:3.20"],
        );
        check(
            "ID=alpine\nVERSION_ID=3.21.0_alpha20240923\nPRETTY_NAME=\"Alpine Linux edge\"",
            &["alpine:edge", "osv/alpine:edge"],
        );
        check("ID=ubuntu\nVERSION_ID=\"22.04\"", &["ubuntu:22.04", "osv/ubuntu:22.04"]);
        check(
            "ID=dhi\nID_LIKE=alpine\nVERSION_ID=3.24",
            &["dhi:alpine:3.24", "alpine:3.24", "osv/alpine:3.24"],
        );
        check(
            "ID=dhi\nID_LIKE=debian\nVERSION_ID=13",
            &["dhi:debian:13", "debian:trixie", "debian:13", "osv/debian:13"],
        );
        check(
            "ID=dhi\nID_LIKE=debian\nVERSION_ID=14\nVERSION_CODENAME=forky",
            &["dhi:debian:14", "debian:forky", "debian:14", "osv/debian:14"],
        );
        check("ID=dhi\nVERSION_ID=1", &["dhi"]);
        check("ID=altlinux\nVERSION_ID=11.0\nALT_BRANCH_ID=c10f2", &["altlinux:c10f2"]);
        check("ID=new\nVERSION_ID=\"22.04\"", &["new:22.04", "new:22"]);
        check("ID=fedora\nVERSION_ID=40", &["fedora:40"]);
        check("ID=arch", &["arch"]);
    }

    #[test]
    fn what_others_call_a_distribution_is_what_it_calls_itself() {
        let check = |id: &str, version: &str, expected: (&str, &str, &[&str])| {
            let found = named(id, version, []).unwrap();
            // What publishers call repositories of a release comes last.
            let is_release = |namespace: &&str| !namespace.starts_with("redhat:");
            let namespaces: Vec<_> = found.namespaces.iter().map(String::as_str).filter(is_release).collect();
            assert_eq!(
                (found.id.as_str(), found.version_id.as_str(), namespaces.as_slice()),
                expected,
                "{id}"
            );
        };
        let bookworm = ["debian:bookworm", "debian:12", "osv/debian:12"];
        check("debian", "12", ("debian", "12", &bookworm));
        check("Debian", "12.5", ("debian", "12", &bookworm));
        check("debian", "trixie/sid", ("debian", "", &["debian:trixie", "debian:sid"]));
        check("alpine", "3.20.3", ("alpine", "3.20.3", &["alpine:3.20", "osv/alpine:3.20"]));
        check("redhat", "8.10", ("rhel", "8.10", &["rhel:8", "rhel:8.10"]));
        check("oracle", "9.4", ("ol", "9.4", &["ol:9"]));
        check("amazon", "2 (Karoo)", ("amzn", "2", &["amzn:2"]));
        check("amazon", "2023.3.20240304 (Amazon Linux)", ("amzn", "2023.3.20240304", &["amzn:2023"]));
        check("amazon", "AMI release 2018.03", ("amzn", "2018.03", &["amzn:1"]));
        check("cbl-mariner", "2.0.20240101", ("mariner", "2.0.20240101", &["mariner:2.0", "azurelinux:2"]));
        check("wolfi", "20230201", ("wolfi", "20230201", &["wolfi"]));
        check("new", "", ("new", "", &["new"]));
        for id in ["", "a b", "\u{e9}"] {
            assert!(named(id, "1", []).is_err(), "{id}");
        }
        assert_eq!(named("debian", "12.5", []).unwrap().pretty_name, "Debian GNU/Linux 12");
        assert_eq!(named("debian", "12", [("PRETTY_NAME", "It")]).unwrap().pretty_name, "It");
        assert_eq!(named("wolfi", "", []).unwrap().pretty_name, "Wolfi");
        let hardened = named("dhi", "3.24", [("ID_LIKE", "alpine"), ("PRETTY_NAME", "")]).unwrap();
        assert_eq!(hardened.namespaces[0], "dhi:alpine:3.24");
    }

    #[test]
    fn a_date_names_no_release_and_neither_does_the_version_of_a_distribution_that_rolls() {
        let check = |text: &str, expected: &[&str]| assert_eq!(read(text).namespaces, expected, "{text}");
        check("ID=wolfi\nVERSION_ID=\"20230201\"", &["wolfi"]);
        check("ID=chainguard\nVERSION_ID=20230214", &["chainguard"]);
        check("ID=minimos\nVERSION_ID=20241231", &["minimos"]);
        check("ID=echo\nID_LIKE=debian\nVERSION_ID=1", &["echo"]);
        check("ID=clnstrt\nVERSION_ID=3.20.3", &["cleanstart"]);
        check("ID=arch\nVERSION_ID=20240101.0.204074\nBUILD_ID=rolling", &["arch"]);
        check("ID=opensuse-tumbleweed\nVERSION_ID=20240815", &["opensuse-tumbleweed"]);
        check("ID=kali\nVERSION_ID=2024.1", &["kali"]);
        check("ID=gentoo\nVERSION_ID=2.15", &["gentoo"]);
        check("ID=\"void\"", &["void"]);
        check("ID=new\nVERSION_ID=2024-08-15", &["new"]);
        check("ID=new\nVERSION_ID=7\nBUILD_ID=rolling", &["new"]);
        check("ID=amzn\nVERSION_ID=2018.03", &["amzn:1"]);
        check("ID=amzn\nVERSION_ID=2023", &["amzn:2023"]);
        check("ID=new\nVERSION_ID=20241301", &["new:20241301"]);
        check("ID=new\nVERSION_ID=18012345", &["new:18012345"]);
        assert_eq!(read("ID=wolfi\nVERSION_ID=20230201").version_id, "20230201");
    }

    #[test]
    fn the_end_of_support_is_what_the_file_states_or_else_what_is_known() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(read(text).supported_until.as_deref(), expected, "{text}");
        };
        check("ID=debian\nVERSION_ID=12", Some("2028-06-30"));
        check("ID=debian\nVERSION_ID=12\nSUPPORT_END=2029-01-01", Some("2029-01-01"));
        check("ID=debian\nVERSION_ID=12\nSUPPORT_END=soon", Some("2028-06-30"));
        check("ID=alpine\nVERSION_ID=3.9.6", Some("2020-11-01"));
        check("ID=alpine\nVERSION_ID=3.5.3", Some("2018-11-01"));
        check("ID=alpine\nVERSION_ID=3.99.0", None);
        check("ID=dhi\nID_LIKE=alpine\nVERSION_ID=3.22", Some("2027-05-01"));
        check("ID=dhi\nID_LIKE=debian\nVERSION_ID=13", Some("2030-06-30"));
        check("ID=fedora\nVERSION_ID=40\nSUPPORT_END=2025-05-14", Some("2025-05-14"));
        check("ID=fedora\nVERSION_ID=40", Some("2025-05-13"));
        check("ID=fedora\nVERSION_ID=99", None);
    }

    #[test]
    fn all_that_is_stated_is_taken_over() {
        let text = "NAME=Fedora\nID=fedora\nVERSION_ID=40\nCPE_NAME='cpe:/o:fedoraproject:fedora:40'";
        let distribution = read(text);
        assert_eq!((distribution.id.as_str(), distribution.version_id.as_str()), ("fedora", "40"));
        assert_eq!(distribution.pretty_name, "Fedora");
        assert_eq!(distribution.cpe.as_deref(), Some("cpe:/o:fedoraproject:fedora:40"));
    }
}
