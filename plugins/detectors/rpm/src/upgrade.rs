//! How packages of RPM are updated: by whatever the distribution has for that.

use limpid_plugin_sdk::detector::{Advice, Place, Step, System, Wish, plain_names};

/// The words before the names of packages.
fn manager(system: &System) -> &'static [&'static str] {
    let major: u32 =
        system.version_id.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(u32::MAX);
    match system.id.as_str() {
        "sles" | "sled" | "sle_hpc" | "sles_sap" | "sl-micro" => &["zypper", "--non-interactive", "update"],
        id if id.starts_with("opensuse") || id.starts_with("suse") => {
            &["zypper", "--non-interactive", "update"]
        }
        "mariner" | "azurelinux" | "photon" => &["tdnf", "update", "-y"],
        "altlinux" => &["apt-get", "install", "-y"],
        // Amazon Linux 2 and what is of its age; 2018.03 and before are of Amazon Linux 1.
        "amzn" if major < 2022 => &["yum", "update", "-y"],
        "rhel" | "centos" | "ol" | "scientific" | "virtuozzo" | "cloudlinux" if major < 8 => {
            &["yum", "update", "-y"]
        }
        _ => &["dnf", "upgrade", "-y"],
    }
}

/// What Copacetic calls a distribution, where that is not its `ID`
/// ([`OSType`](https://github.com/project-copacetic/copacetic/blob/main/pkg/utils/os.go)).
fn copacetic(id: &str) -> Option<&'static str> {
    match id {
        "rhel" => Some("redhat"),
        "ol" => Some("oracle"),
        "amzn" => Some("amazon"),
        "mariner" => Some("cbl-mariner"),
        _ => None,
    }
}

/// No version is named: repositories drop some, and names with versions are spelled in several ways.
pub(crate) fn advice(system: Option<&System>, wishes: &[Wish]) -> Advice {
    let unknown = System::default();
    let system = system.unwrap_or(&unknown);
    let (names, left) = plain_names(wishes, "");
    let words = manager(system);
    let mut steps = Vec::new();
    if !names.is_empty() {
        if words.first() == Some(&"apt-get") {
            steps.push(Step::in_image(["apt-get", "update"]));
        }
        let step = Step::in_image(words.iter().copied().chain(names));
        let is_dnf = words.first() == Some(&"dnf");
        steps.push(if is_dnf { step.note("minimal images have `microdnf` in place of `dnf`") } else { step });
    }
    let advice = Advice::of(steps).and_by_hand(Place::Image, left);
    Advice { copacetic: copacetic(&system.id).map(str::to_owned), ..advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_distribution_has_its_own_words() {
        let check = |id: &str, version_id: &str, command: &str, copacetic: Option<&str>| {
            let system = System { id: id.to_owned(), version_id: version_id.to_owned() };
            let advice =
                advice(Some(&system), &[Wish::new("openssl-libs", "1", "2", "var/lib/rpm/rpmdb.sqlite")]);
            let last = advice.steps.last().unwrap();
            assert_eq!(last.command.join(" "), format!("{command} openssl-libs"), "{id}");
            assert_eq!(advice.copacetic.as_deref(), copacetic, "{id}");
        };
        check("rhel", "9.4", "dnf upgrade -y", Some("redhat"));
        check("centos", "7", "yum update -y", None);
        check("ol", "8.9", "dnf upgrade -y", Some("oracle"));
        check("amzn", "2", "yum update -y", Some("amazon"));
        check("amzn", "2023", "dnf upgrade -y", Some("amazon"));
        check("fedora", "41", "dnf upgrade -y", None);
        check("sles", "15.6", "zypper --non-interactive update", None);
        check("opensuse-leap", "15.6", "zypper --non-interactive update", None);
        check("azurelinux", "3.0", "tdnf update -y", None);
        check("mariner", "2.0", "tdnf update -y", Some("cbl-mariner"));
        check("altlinux", "p10", "apt-get install -y", None);
        check("", "", "dnf upgrade -y", None);
    }

    #[test]
    fn no_name_is_an_option() {
        let advice = advice(None, &[Wish::new("--installroot=x", "1", "2", "var/lib/rpm/Packages")]);
        assert!(advice.steps.iter().all(|step| step.command.is_empty()), "{advice:?}");
    }
}
