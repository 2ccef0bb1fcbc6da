//! Who publishes the distribution, by what its own packages say: the vendor of the package that put the file there by
//! which the distribution tells what it is.

/// Files by which a distribution tells what it is, best first.
const RELEASE_FILES: [&str; 6] = [
    "usr/lib/os-release",
    "etc/os-release",
    "etc/redhat-release",
    "etc/system-release",
    "etc/SuSE-release",
    "etc/products.d/baseproduct",
];

/// Packages that tell the same where nothing is known of files.
const RELEASE_PACKAGES: [&str; 2] = ["azurelinux-release", "mariner-release"];

/// Publishers that write themselves in several ways, or publish each other's packages: how the vendor of the
/// distribution begins, and how those of its packages do, in lower case.
const SAME: [(&str, &[&str]); 11] = [
    // Copr is for everybody.
    ("fedora project", &["fedora project"]),
    ("red hat", &["red hat"]),
    ("amazon", &["amazon"]),
    ("almalinux", &["almalinux"]),
    ("rocky", &["rocky"]),
    ("oracle", &["oracle"]),
    ("microsoft", &["microsoft"]),
    // Leap consists of packages of SUSE, to a large part.
    ("opensuse", &["opensuse", "suse"]),
    ("suse", &["suse"]),
    ("vmware", &["vmware", "broadcom"]),
    ("broadcom", &["vmware", "broadcom"]),
];

/// The vendor of the distribution.
#[derive(Debug, Default)]
pub(crate) struct Vendors {
    own: Option<String>,
    /// Of which file it is known; the best is 0.
    place: usize,
}

impl Vendors {
    /// A file that a package of this vendor put there.
    pub(crate) fn file(&mut self, path: &str, vendor: Option<&str>) {
        // Only these few are looked for.
        if path.ends_with("release") || path.ends_with("baseproduct") {
            self.at(RELEASE_FILES.iter().position(|file| *file == path), vendor);
        }
    }

    /// A package of this vendor.
    pub(crate) fn release(&mut self, package: &str, vendor: Option<&str>) {
        self.at(RELEASE_PACKAGES.iter().position(|known| *known == package), vendor);
    }

    fn at(&mut self, place: Option<usize>, vendor: Option<&str>) {
        let (Some(place), Some(vendor)) = (place, vendor) else { return };
        if self.own.is_none() || place < self.place {
            self.own = Some(vendor.trim().to_lowercase());
            self.place = place;
        }
    }

    /// Whether this is clearly not the vendor of the distribution.
    pub(crate) fn is_other(&self, vendor: &str) -> bool {
        let Some(own) = &self.own else { return false };
        let vendor = vendor.trim().to_lowercase();
        let same = SAME.iter().find(|(known, _)| own.starts_with(known));
        match same {
            Some((_, all)) => !all.iter().any(|known| vendor.starts_with(known)),
            // How others vary their names is not known.
            None => first_word(&vendor) != first_word(own),
        }
    }
}

/// `openeuler` of `http://openeuler.org`, `alt` of `alt linux team`.
fn first_word(vendor: &str) -> &str {
    let name = vendor.split_once("://").map_or(vendor, |(_, name)| name);
    name.split(|character: char| !character.is_alphanumeric()).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendor_of_the_best_file_is_the_distributions() {
        let mut vendors = Vendors::default();
        assert!(!vendors.is_other("Anybody"));
        vendors.file("etc/redhat-release", Some("Anybody"));
        vendors.file("usr/lib/os-release", Some("CentOS"));
        vendors.file("etc/system-release", Some("Anybody"));
        vendors.file("etc/os-release", None);
        assert!(!vendors.is_other("CentOS") && !vendors.is_other("centos "));
        assert!(vendors.is_other("Fedora Project"));
    }

    #[test]
    fn publishers_that_write_themselves_in_several_ways_are_one() {
        let other = |own: &str, vendor: &str| {
            let mut vendors = Vendors::default();
            vendors.file("etc/os-release", Some(own));
            vendors.is_other(vendor)
        };
        assert!(!other("openSUSE", "SUSE LLC <https://www.suse.com/>"));
        assert!(other("SUSE LLC <https://www.suse.com/>", "openSUSE"));
        assert!(!other("SUSE LLC <https://www.suse.com/>", "SUSE LINUX Products GmbH, Nuernberg, Germany"));
        assert!(other("openSUSE", "obs://build.opensuse.org/server"));
        assert!(!other("VMware, Inc.", "Broadcom"));
        assert!(!other("Amazon Linux", "Amazon.com"));
        assert!(other("Red Hat, Inc.", "Fedora Project"));
        assert!(other("Fedora Project", "RPM Fusion"));
        assert!(!other("Fedora Project", "Fedora Project"));
        assert!(other("Fedora Project", "Fedora Copr - user somebody"));
        assert!(!other("http://openeuler.org", "https://openEuler.org/"));
        assert!(!other("ALT Linux Team", "ALT Team"));
        assert!(other("http://openeuler.org", "http://example.test"));
    }
}
