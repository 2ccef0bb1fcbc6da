//! What distributions are called, and of which type their packages are.

/// A distribution, by its `ID`.
pub(crate) struct Name {
    pub(crate) id: &'static str,
    /// Without a release, as its publisher writes it.
    pub(crate) name: &'static str,
    /// Types of [package URLs](https://github.com/package-url/purl-spec) that its own packages have; where there is
    /// none, what the package manager is called.
    pub(crate) packages: &'static [&'static str],
}

const fn named(id: &'static str, name: &'static str, packages: &'static [&'static str]) -> Name {
    Name { id, name, packages }
}

/// All distributions that are known here, by name.
pub(crate) const DISTRIBUTIONS: [Name; 56] = [
    named("almalinux", "AlmaLinux", &["rpm"]),
    named("alpaquita", "Alpaquita Linux", &["apk"]),
    named("alpine", "Alpine Linux", &["apk"]),
    named("altlinux", "ALT Linux", &["rpm"]),
    named("amzn", "Amazon Linux", &["rpm"]),
    named("aosc", "AOSC OS", &["deb"]),
    named("arch", "Arch Linux", &["alpm"]),
    named("archarm", "Arch Linux ARM", &["alpm"]),
    named("artix", "Artix Linux", &["alpm"]),
    named("azurelinux", "Azure Linux", &["rpm"]),
    named("bottlerocket", "Bottlerocket", &["rpm"]),
    named("cachyos", "CachyOS", &["alpm"]),
    named("mariner", "CBL-Mariner", &["rpm"]),
    named("centos", "CentOS", &["rpm"]),
    named("scos", "CentOS Stream CoreOS", &["rpm"]),
    named("chainguard", "Chainguard", &["apk"]),
    named("cleanstart", "CleanStart", &["apk"]),
    named("clnstrt", "CleanStart", &["apk"]),
    named("clear-linux-os", "Clear Linux OS", &["swupd"]),
    named("cloudlinux", "CloudLinux", &["rpm"]),
    named("debian", "Debian GNU/Linux", &["deb"]),
    named("dhi", "Docker Hardened Images", &["apk", "deb"]),
    named("echo", "Echo", &["deb"]),
    named("endeavouros", "EndeavourOS", &["alpm"]),
    named("fedora", "Fedora Linux", &["rpm"]),
    named("garuda", "Garuda Linux", &["alpm"]),
    named("gentoo", "Gentoo", &["ebuild"]),
    named("guix", "Guix System", &["guix"]),
    named("kali", "Kali GNU/Linux", &["deb"]),
    named("mageia", "Mageia", &["rpm"]),
    named("manjaro", "Manjaro Linux", &["alpm"]),
    named("minimos", "MinimOS", &["apk"]),
    named("openeuler", "openEuler", &["rpm"]),
    named("opensuse", "openSUSE", &["rpm"]),
    named("opensuse-leap", "openSUSE Leap", &["rpm"]),
    named("opensuse-slowroll", "openSUSE Slowroll", &["rpm"]),
    named("opensuse-tumbleweed", "openSUSE Tumbleweed", &["rpm"]),
    named("openwrt", "OpenWrt", &["opkg", "apk"]),
    named("ol", "Oracle Linux", &["rpm"]),
    named("photon", "Photon OS", &["rpm"]),
    named("postmarketos", "postmarketOS", &["apk"]),
    named("rhel", "Red Hat Enterprise Linux", &["rpm"]),
    named("rhcos", "Red Hat Enterprise Linux CoreOS", &["rpm"]),
    named("rhino", "Rhino Linux", &["deb"]),
    named("rocky", "Rocky Linux", &["rpm"]),
    named("scientific", "Scientific Linux", &["rpm"]),
    named("solus", "Solus", &["eopkg"]),
    named("sled", "SUSE Linux Enterprise Desktop", &["rpm"]),
    named("sle-hpc", "SUSE Linux Enterprise High Performance Computing", &["rpm"]),
    named("sle_hpc", "SUSE Linux Enterprise High Performance Computing", &["rpm"]),
    named("sles", "SUSE Linux Enterprise Server", &["rpm"]),
    named("sles_sap", "SUSE Linux Enterprise Server for SAP Applications", &["rpm"]),
    named("ubuntu", "Ubuntu", &["deb"]),
    named("virtuozzo", "Virtuozzo Linux", &["rpm"]),
    named("void", "Void Linux", &["xbps"]),
    named("wolfi", "Wolfi", &["apk"]),
];

/// What the distribution with this `ID` is called, if it is known.
pub(crate) fn name(id: &str) -> Option<&'static str> {
    DISTRIBUTIONS.iter().find(|known| known.id == id).map(|known| known.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{older, release};

    #[test]
    fn whatever_is_told_apart_has_a_name() {
        let named: BTreeSet<_> = DISTRIBUTIONS.iter().map(|known| known.id).collect();
        assert_eq!(named.len(), DISTRIBUTIONS.len(), "an `ID` is there twice");
        let of_old = older::NAMES.iter().map(|(_, id)| *id).chain(older::LSB.iter().map(|(_, id)| *id));
        for id in release::ROLLING.into_iter().chain(of_old) {
            assert!(named.contains(id), "{id}");
        }
    }
}
