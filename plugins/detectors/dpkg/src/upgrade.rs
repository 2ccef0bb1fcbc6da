//! How packages of dpkg are updated: by apt.

use limpid_plugin_sdk::detector::{Advice, Place, Step, System, Wish, plain_names};

/// Where distroless images state their packages. They have no apt.
const WITHOUT_APT: &str = "var/lib/dpkg/status.d/";

/// No version is named: repositories drop one as soon as there is a newer one.
pub(crate) fn advice(_system: Option<&System>, wishes: &[Wish]) -> Advice {
    let (distroless, wishes): (Vec<_>, Vec<_>) =
        wishes.iter().partition(|wish| wish.path.starts_with(WITHOUT_APT));
    let (names, left) = plain_names(wishes, "");
    let mut steps = Vec::new();
    if !names.is_empty() {
        let install = ["apt-get", "install", "--only-upgrade", "--no-install-recommends", "-y"];
        steps.push(Step::in_image(["apt-get", "update"]));
        steps.push(Step::in_image(install.into_iter().chain(names)));
    }
    if !distroless.is_empty() {
        let note = "the image has no apt: build it again upon a newer base image";
        steps.push(Step::by_hand(Place::Image, note));
    }
    Advice::of(steps).and_by_hand(Place::Image, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apt_updates_what_is_there_and_installs_nothing_else() {
        let wishes = [
            Wish::new("openssl", "1", "2", "var/lib/dpkg/status"),
            Wish::new("g++-12", "1", "2", "var/lib/dpkg/status"),
            Wish::new("-oDPkg::Pre-Invoke::=id", "1", "2", "var/lib/dpkg/status"),
        ];
        let advice = advice(None, &wishes);
        let commands: Vec<_> = advice.steps.iter().map(|step| step.command.join(" ")).collect();
        let install = "apt-get install --only-upgrade --no-install-recommends -y g++-12 openssl";
        assert_eq!(commands, ["apt-get update", install, ""]);
    }

    #[test]
    fn a_distroless_image_is_built_again() {
        let advice = advice(None, &[Wish::new("openssl", "1", "2", "var/lib/dpkg/status.d/openssl")]);
        assert_eq!(advice.steps.len(), 1);
        assert!(advice.steps[0].command.is_empty() && advice.steps[0].note.contains("no apt"));
    }
}
