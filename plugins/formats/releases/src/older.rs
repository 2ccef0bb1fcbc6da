//! What images have that are older than os-release: a file of their distribution's own.

use limpid_plugin_sdk::detector::Distribution;

use crate::assignments::Assignments;
use crate::release;

/// What a line `NAME release VERSION (CODENAME)` begins with, and the distribution's `ID`; the longer first.
pub(crate) const NAMES: [(&str, &str); 17] = [
    ("Red Hat Enterprise Linux", "rhel"),
    ("CentOS", "centos"),
    ("AlmaLinux", "almalinux"),
    ("Rocky Linux", "rocky"),
    ("Oracle Linux", "ol"),
    ("Enterprise Linux Enterprise Linux", "ol"),
    ("Fedora", "fedora"),
    ("Amazon Linux", "amzn"),
    ("Scientific Linux", "scientific"),
    ("CBL-Mariner", "mariner"),
    ("Microsoft Azure Linux", "azurelinux"),
    ("VMware Photon", "photon"),
    ("openEuler", "openeuler"),
    ("ALT", "altlinux"),
    ("Mageia", "mageia"),
    ("CloudLinux", "cloudlinux"),
    ("Virtuozzo", "virtuozzo"),
];

/// `DISTRIB_ID` in lower case, where the `ID` is another.
pub(crate) const LSB: [(&str, &str); 4] =
    [("voidlinux", "void"), ("opensuse project", "opensuse"), ("suse linux", "sles"), ("archlinux", "arch")];

/// What `etc/redhat-release` and the like state: `CentOS Linux release 7.9.2009 (Core)`, `VMware Photon OS 3.0`.
pub fn from_line(text: &str) -> Result<Distribution, String> {
    let line = text.lines().next().unwrap_or_default().trim();
    let (_, id) = NAMES
        .iter()
        .find(|(name, _)| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
        .ok_or_else(|| format!("`{line:.100}` names no distribution that is known"))?;
    let is_version =
        |word: &&str| word.trim_start_matches(['p', 'c']).starts_with(|c: char| c.is_ascii_digit());
    let version_id = line.split_ascii_whitespace().find(is_version).unwrap_or_default();
    // As os-release has it: CentOS names its major release only.
    let version_id = match *id {
        "centos" => version_id.split('.').next().unwrap_or_default(),
        _ => version_id,
    };
    let name = if line.contains("Stream") { "CentOS Stream" } else { "" };
    let version = line.find('(').and_then(|at| line.get(at..)).unwrap_or_default();
    let assignments = [
        ("ID", *id),
        ("VERSION_ID", version_id),
        ("PRETTY_NAME", line),
        ("NAME", name),
        ("VERSION", version),
    ];
    release::distribution(&Assignments::of(assignments))
}

/// What `etc/SuSE-release` states: a line, and then `VERSION = 11` and `PATCHLEVEL = 4`.
pub fn from_suse(text: &str) -> Result<Distribution, String> {
    let line = text.lines().next().unwrap_or_default().trim();
    let id = match line {
        _ if line.starts_with("openSUSE") => "opensuse",
        _ if line.starts_with("SUSE Linux Enterprise Desktop") => "sled",
        _ if line.starts_with("SUSE Linux Enterprise") => "sles",
        _ => return Err(format!("`{line:.100}` is no distribution of SUSE that is known")),
    };
    let value = |wanted: &str| {
        let mut values = text.lines().filter_map(|line| line.split_once('='));
        values.find(|(name, _)| name.trim() == wanted).map(|(_, value)| value.trim())
    };
    let version = value("VERSION").ok_or("the file has no `VERSION`")?;
    let version_id = match value("PATCHLEVEL") {
        None | Some("0") => version.to_owned(),
        Some(level) => format!("{version}.{level}"),
    };
    let assignments = [("ID", id), ("VERSION_ID", &version_id), ("PRETTY_NAME", line)];
    release::distribution(&Assignments::of(assignments))
}

/// What `etc/lsb-release` states: none where it names no distribution.
pub fn from_lsb(text: &str) -> Result<Option<Distribution>, String> {
    let lsb = Assignments::parse(text);
    let Some(id) = lsb.get("DISTRIB_ID")?.map(str::to_lowercase) else { return Ok(None) };
    let id = LSB.iter().find(|(name, _)| *name == id).map_or(id.as_str(), |(_, id)| *id);
    let text = |name: &str| lsb.get(name).ok().flatten().unwrap_or_default();
    // A name of several words is no `ID`: they are joined as distributions join them.
    let id = id.replace(' ', "-");
    // Where nothing is released, this is a word.
    let release = Some(text("DISTRIB_RELEASE")).filter(|release| !release.eq_ignore_ascii_case("rolling"));
    let assignments = [
        ("ID", id.as_str()),
        ("VERSION_ID", release.unwrap_or_default()),
        ("VERSION_CODENAME", text("DISTRIB_CODENAME")),
        ("PRETTY_NAME", text("DISTRIB_DESCRIPTION")),
    ];
    release::distribution(&Assignments::of(assignments)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(distribution: Result<Distribution, String>) -> String {
        let distribution = distribution.unwrap();
        format!("{} {} {}", distribution.id, distribution.version_id, distribution.namespaces.concat())
    }

    #[test]
    fn a_line_names_distribution_and_version() {
        let check = |line: &str, expected: &str| assert_eq!(stated(from_line(line)), expected, "{line}");
        check("CentOS Linux release 7.9.2009 (Core)\n", "centos 7 centos:7rhel:7");
        check("CentOS release 6.10 (Final)", "centos 6 centos:6rhel:6");
        check("CentOS Stream release 9", "centos 9 centos-stream:9");
        check("Red Hat Enterprise Linux Server release 6.10 (Santiago)", "rhel 6.10 rhel:6rhel:6.10");
        check("Fedora release 20 (Heisenbug)", "fedora 20 fedora:20");
        check("Oracle Linux Server release 6.10", "ol 6.10 ol:6");
        check("Amazon Linux AMI release 2018.03", "amzn 2018.03 amzn:1");
        check("Amazon Linux release 2 (Karoo)", "amzn 2 amzn:2");
        check("VMware Photon OS 3.0\nPHOTON_BUILD_NUMBER=26156e2", "photon 3.0 photon:3.0");
        check("openEuler release 22.03 (LTS-SP3)", "openeuler 22.03 openeuler:22.03-lts-sp3");
        assert!(
            from_line("Something release 3").unwrap_err().contains("names no distribution that is known")
        );
        assert!(from_line("").is_err());
    }

    #[test]
    fn suse_states_its_version_and_its_service_pack() {
        let text = "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n";
        assert_eq!(stated(from_suse(text)), "sles 11.4 sles:11.4suse:linux enterprise server 11 sp4");
        let text = "openSUSE 13.2 (x86_64)\nVERSION = 13.2\nCODENAME = Harlequin\n";
        assert_eq!(stated(from_suse(text)), "opensuse 13.2 opensuse-leap:13.2");
        assert!(from_suse("Novell\nVERSION = 1").is_err());
        assert!(from_suse("openSUSE").unwrap_err().contains("has no `VERSION`"));
    }

    #[test]
    fn lsb_names_a_distribution_or_none() {
        let text = "DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=14.04\nDISTRIB_CODENAME=trusty\nDISTRIB_DESCRIPTION=\"Ubuntu 14.04.6 LTS\"";
        let distribution = from_lsb(text).unwrap().unwrap();
        assert_eq!(distribution.namespaces, ["ubuntu:14.04", "osv/ubuntu:14.04"]);
        assert_eq!(distribution.pretty_name, "Ubuntu 14.04.6 LTS");
        let arch = from_lsb("DISTRIB_ID=\"Arch\"\nDISTRIB_RELEASE=\"rolling\"").unwrap().unwrap();
        assert_eq!((arch.id.as_str(), arch.namespaces), ("arch", vec!["arch".to_owned()]));
        assert_eq!(from_lsb("LSB_VERSION=core-4.1-amd64").unwrap(), None);
        assert!(from_lsb("DISTRIB_ID=\"Ubuntu").is_err());
    }
}
