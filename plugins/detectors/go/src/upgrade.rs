//! How modules of Go are updated: the program is built again.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{Advice, Place, Step, System, Wish, is_plain};

use crate::STDLIB;

/// Names that are of Go itself.
const OF_GO: [&str; 2] = [STDLIB, "toolchain"];

pub(crate) fn advice(_system: Option<&System>, wishes: &[Wish]) -> Advice {
    let (mut modules, mut of_go, mut left) = (BTreeSet::new(), BTreeMap::new(), 0);
    for wish in wishes {
        let version = wish.wanted.strip_prefix('v').unwrap_or(&wish.wanted);
        match is_plain(&wish.name, "/") && is_plain(version, "") {
            false => left += 1,
            true if OF_GO.contains(&wish.name.as_str()) => {
                *of_go.entry(version).or_insert(0_usize) += 1;
            }
            true => drop(modules.insert(format!("{}@v{version}", wish.name))),
        }
    }
    let mut steps = Vec::new();
    for (version, programs) in of_go {
        let programs = if programs == 1 { "1 program".to_owned() } else { format!("{programs} programs") };
        let note =
            format!("build {programs} again with Go {version} or later: its library is a part of them");
        steps.push(Step::by_hand(Place::Sources, note));
    }
    if !modules.is_empty() {
        let note = "a program that somebody else builds is fetched in a newer release";
        steps.push(Step::in_sources(["go", "get"].map(str::to_owned).into_iter().chain(modules)).note(note));
        steps.push(Step::in_sources(["go", "mod", "tidy"]));
    }
    Advice::of(steps).and_by_hand(Place::Sources, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_built_again_with_newer_modules_and_a_newer_go() {
        let wishes = [
            Wish::new("golang.org/x/net", "v0.1.0", "0.17.0", "app/a"),
            Wish::new("golang.org/x/net", "v0.1.0", "v0.17.0", "app/b"),
            Wish::new(STDLIB, "1.20.1", "1.20.8", "app/a"),
            Wish::new(STDLIB, "1.20.1", "1.20.8", "app/b"),
            Wish::new("-u", "v1", "v2", "app/b"),
        ];
        let advice = advice(None, &wishes);
        let commands: Vec<_> = advice.steps.iter().map(|step| step.command.join(" ")).collect();
        assert_eq!(commands, ["", "go get golang.org/x/net@v0.17.0", "go mod tidy", ""]);
        assert!(advice.steps[0].note.starts_with("build 2 programs again with Go 1.20.8"));
    }
}
