//! How crates are updated: the program is built again.

use std::collections::BTreeSet;

use limpid_plugin_sdk::detector::{Advice, Place, Step, System, Wish, is_plain};

pub(crate) fn advice(_system: Option<&System>, wishes: &[Wish]) -> Advice {
    let (mut crates, mut left) = (BTreeSet::new(), 0);
    for wish in wishes {
        match [&wish.name, &wish.version, &wish.wanted].into_iter().all(|text| is_plain(text, "")) {
            true => drop(crates.insert((wish.name.as_str(), wish.version.as_str(), wish.wanted.as_str()))),
            false => left += 1,
        }
    }
    // A lock file may have several versions of one crate.
    let steps = crates.into_iter().map(|(name, version, wanted)| {
        Step::in_sources(["cargo", "update", &format!("{name}@{version}"), "--precise", wanted])
    });
    Advice::of(steps).and_by_hand(Place::Sources, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_updates_one_version_of_a_crate_to_another() {
        let wishes = [
            Wish::new("time", "0.1.43", "0.2.23", "app/a"),
            Wish::new("time", "0.1.43", "0.2.23", "app/b"),
            Wish::new("a b", "1.0.0", "1.0.1", "app/b"),
        ];
        let advice = advice(None, &wishes);
        assert_eq!(advice.steps[0].command.join(" "), "cargo update time@0.1.43 --precise 0.2.23");
        assert_eq!(advice.steps.len(), 2);
    }
}
