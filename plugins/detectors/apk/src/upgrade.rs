//! How packages of apk are updated.

use limpid_plugin_sdk::detector::{Advice, Place, Step, System, Wish, plain_names};

/// No version is named: repositories drop one as soon as there is a newer one, and a constraint would stay in
/// `etc/apk/world`.
pub(crate) fn advice(_system: Option<&System>, wishes: &[Wish]) -> Advice {
    let (names, left) = plain_names(wishes, "");
    let upgrade =
        || Step::in_image(["apk", "upgrade", "--no-cache"].into_iter().chain(names.iter().copied()));
    Advice::of((!names.is_empty()).then(upgrade)).and_by_hand(Place::Image, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apk_upgrades_packages_by_name() {
        let wishes = ["libcrypto3", "busybox", "--root=x"]
            .map(|name| Wish::new(name, "1-r0", "1-r1", "lib/apk/db/installed"));
        let advice = advice(None, &wishes);
        assert_eq!(advice.steps[0].command.join(" "), "apk upgrade --no-cache busybox libcrypto3");
        assert_eq!(advice.steps.len(), 2);
    }
}
