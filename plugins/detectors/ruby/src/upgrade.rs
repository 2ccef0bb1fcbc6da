//! How gems are updated.

use std::collections::BTreeSet;

use limpid_plugin_sdk::detector::{Advice, Evidence, Place, Step, System, Wish, is_plain};

pub(crate) fn advice(_system: Option<&System>, wishes: &[Wish]) -> Advice {
    let (mut installed, mut locked, mut left) = (BTreeSet::new(), BTreeSet::new(), 0);
    for wish in wishes {
        match (is_plain(&wish.name, "") && is_plain(&wish.wanted, ""), wish.evidence) {
            (false, _) => left += 1,
            (true, Evidence::Declared) => drop(locked.insert(wish.name.as_str())),
            (true, _) => drop(installed.insert((wish.name.as_str(), wish.wanted.as_str()))),
        }
    }
    let mut steps = Vec::new();
    if !installed.is_empty() {
        let gems = installed.iter().map(|(name, version)| format!("{name}:{version}"));
        steps.push(Step::in_image(["gem", "install"].map(str::to_owned).into_iter().chain(gems)));
        let names: BTreeSet<_> = installed.iter().map(|(name, _)| *name).collect();
        let note = "removes the versions before; a gem that comes with Ruby stays until Ruby is updated";
        steps.push(Step::in_image(["gem", "cleanup"].into_iter().chain(names)).note(note));
    }
    if !locked.is_empty() {
        steps.push(Step::in_sources(["bundle", "update", "--conservative"].into_iter().chain(locked)));
    }
    Advice::of(steps).and_by_hand(Place::Image, left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gems_are_installed_and_lock_files_written_by_bundler() {
        let path = "usr/lib/ruby/gems/3.1.0/specifications/rack-2.2.0.gemspec";
        let wishes = [
            Wish::new("rack", "2.2.0", "2.2.8", path),
            Wish::new("-i/", "1", "2", path),
            Wish { evidence: Evidence::Declared, ..Wish::new("rails", "6.0.0", "6.1.7", "app/Gemfile.lock") },
        ];
        let advice = advice(None, &wishes);
        let commands: Vec<_> = advice.steps.iter().map(|step| step.command.join(" ")).collect();
        let expected =
            ["gem install rack:2.2.8", "gem cleanup rack", "bundle update --conservative rails", ""];
        assert_eq!(commands, expected);
    }
}
