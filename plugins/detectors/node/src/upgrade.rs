//! How packages of npm are updated: by npm where one is installed by itself, and otherwise where the application is built.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{Advice, Evidence, Place, Step, System, Wish, is_plain};

/// Where npm installs what is to be there for everybody.
const GLOBAL: [&str; 2] = ["usr/lib", "usr/local/lib"];

pub(crate) fn advice(_system: Option<&System>, wishes: &[Wish]) -> Advice {
    let mut installed: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut declared: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut nested, mut left) = (BTreeSet::new(), 0);
    for wish in wishes {
        if !(is_name(&wish.name) && is_plain(&wish.wanted, "")) {
            left += 1;
        } else if wish.evidence == Evidence::Declared {
            declared.entry(manager(&wish.path)).or_default().insert(&wish.name);
        } else if let Some(folder) = folder(wish) {
            installed.entry(folder).or_default().insert(format!("{}@{}", wish.name, wish.wanted));
        } else {
            nested.insert(format!("{}@{}", wish.name, wish.wanted));
        }
    }
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let mut steps = Vec::new();
    for (folder, packages) in installed {
        let mut words = own(&["npm", "install"]);
        match GLOBAL.contains(&folder) {
            true => words.push("--global".to_owned()),
            false => words.extend([format!("--prefix=/{folder}"), "--save-exact".to_owned()]),
        }
        steps.push(Step::in_image(words.into_iter().chain(packages)));
    }
    for (manager, names) in declared {
        steps.push(Step::in_sources([manager, "update"].into_iter().chain(names)));
    }
    for package in nested {
        let note = format!(
            "{package}: other packages brought it; update those, or override its version in `package.json` \
             (`overrides`, in Yarn `resolutions`)"
        );
        steps.push(Step::by_hand(Place::Sources, note));
    }
    Advice::of(steps).and_by_hand(Place::Sources, left)
}

/// Whether a name is one of npm's, and no address, alias or option.
fn is_name(name: &str) -> bool {
    match name.strip_prefix('@') {
        Some(scoped) => {
            scoped.split_once('/').is_some_and(|(scope, name)| is_plain(scope, "") && is_plain(name, ""))
        }
        None => is_plain(name, ""),
    }
}

/// The folder of an application into whose `node_modules` it was installed by itself: it may have been asked for there.
fn folder(wish: &Wish) -> Option<&str> {
    let folder = wish.path.strip_suffix("/package.json")?.strip_suffix(wish.name.as_str())?;
    let folder = folder.strip_suffix("node_modules/")?.trim_end_matches('/');
    let is_safe = folder.is_empty() || is_plain(folder.trim_start_matches('.'), "/@ ");
    (is_safe && !folder.split('/').any(|part| part == "node_modules")).then_some(folder)
}

/// What wrote a lock file.
fn manager(path: &str) -> &'static str {
    match path.rsplit_once('/').map_or(path, |(_, name)| name) {
        "yarn.lock" => "yarn",
        "pnpm-lock.yaml" => "pnpm",
        "bun.lock" => "bun",
        _ => "npm",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(wishes: &[Wish]) -> Vec<String> {
        advice(None, wishes)
            .steps
            .iter()
            .map(|step| format!("{}{}", step.command.join(" "), step.note))
            .collect()
    }

    #[test]
    fn npm_installs_what_it_may_have_been_asked_for() {
        let wish = |name: &str, path: &str| Wish::new(name, "1.0.0", "1.0.1", path);
        let commands = commands(&[
            wish("lodash", "app/node_modules/lodash/package.json"),
            wish("@babel/core", "app/node_modules/@babel/core/package.json"),
            wish("npm", "usr/local/lib/node_modules/npm/package.json"),
            wish("tar", "usr/local/lib/node_modules/npm/node_modules/tar/package.json"),
            wish("ms", "app/node_modules/.pnpm/ms@1.0.0/node_modules/ms/package.json"),
            wish("x@https://example.org/x.tgz", "app/node_modules/x/package.json"),
            wish("--global", "app/node_modules/--global/package.json"),
        ]);
        assert_eq!(commands[0], "npm install --prefix=/app --save-exact @babel/core@1.0.1 lodash@1.0.1");
        assert_eq!(commands[1], "npm install --global npm@1.0.1");
        assert!(commands[2].starts_with("ms@1.0.1: other packages brought it"), "{commands:?}");
        assert!(commands[3].starts_with("tar@1.0.1: "), "{commands:?}");
        assert!(commands[4].starts_with("2 packages have"), "{commands:?}");
        assert_eq!(commands.len(), 5);
    }

    #[test]
    fn a_lock_file_is_written_by_what_wrote_it() {
        let wish =
            |path: &str| Wish { evidence: Evidence::Declared, ..Wish::new("a", "1.0.0", "1.0.1", path) };
        let wishes =
            ["app/package-lock.json", "app/yarn.lock", "app/pnpm-lock.yaml", "app/bun.lock"].map(wish);
        assert_eq!(commands(&wishes), ["bun update a", "npm update a", "pnpm update a", "yarn update a"]);
    }
}
