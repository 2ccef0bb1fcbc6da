//! How packages of pacman are updated: all at once.

use limpid_plugin_sdk::detector::{Advice, Step, System, Wish};

/// Arch supports [no partial upgrades](https://wiki.archlinux.org/title/System_maintenance#Partial_upgrades_are_unsupported).
pub(crate) fn advice(_system: Option<&System>, wishes: &[Wish]) -> Advice {
    let all = || {
        Step::in_image(["pacman", "-Syu", "--noconfirm"]).note("all packages: some alone are not supported")
    };
    Advice::of((!wishes.is_empty()).then(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pacman_updates_everything() {
        let advice =
            advice(None, &[Wish::new("openssl", "1-1", "1-2", "var/lib/pacman/local/openssl-1-1/desc")]);
        assert_eq!(advice.steps[0].command, ["pacman", "-Syu", "--noconfirm"]);
    }
}
