//! How Python packages are updated: by pip, or by whoever wrote the lock file.

use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::detector::{Advice, Evidence, Place, Step, System, Wish, is_plain};

/// What belongs in versions beside what is plain.
const VERSION: &str = "!";

pub(crate) fn advice(_system: Option<&System>, wishes: &[Wish]) -> Advice {
    let mut installed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut declared: BTreeMap<Locked, BTreeSet<(&str, &str)>> = BTreeMap::new();
    let mut left = 0;
    for wish in wishes {
        let is_safe = is_plain(&wish.name, "") && is_plain(&wish.wanted, VERSION);
        match (is_safe, wish.evidence, interpreter(&wish.path)) {
            (true, Evidence::Declared, _) => {
                declared.entry(Locked::of(&wish.path)).or_default().insert((&wish.name, &wish.wanted));
            }
            (true, _, Some(python)) => {
                installed.entry(python).or_default().insert(format!("{}=={}", wish.name, wish.wanted));
            }
            _ => left += 1,
        }
    }
    let pip = installed.into_iter().map(|(python, packages)| {
        let words = [python.as_str(), "-m", "pip", "install"].map(str::to_owned);
        Step::in_image(words.into_iter().chain(packages))
    });
    let locked = declared.into_iter().map(|(locked, packages)| locked.step(&packages));
    Advice::of(pip.chain(locked)).and_by_hand(Place::Image, left)
}

/// The interpreter of the environment in which a package is installed; none where no command should name it.
fn interpreter(path: &str) -> Option<String> {
    let (prefix, rest) = path.rsplit_once("lib/python").or_else(|| path.rsplit_once("lib64/python"))?;
    let version = rest.split('/').next().unwrap_or_default();
    match prefix {
        "" | "usr/" | "usr/local/" if is_plain(version, "") => Some(format!("python{version}")),
        prefix if prefix.ends_with('/') && is_plain(prefix.trim_start_matches('.'), "/ ") => {
            Some(format!("/{prefix}bin/python"))
        }
        _ => None,
    }
}

/// What wrote a file that declares packages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Locked {
    Poetry,
    Uv,
    Pdm,
    Pipenv,
    Other,
}

impl Locked {
    fn of(path: &str) -> Self {
        match path.rsplit_once('/').map_or(path, |(_, name)| name) {
            "poetry.lock" => Self::Poetry,
            "uv.lock" => Self::Uv,
            "pdm.lock" => Self::Pdm,
            "Pipfile.lock" => Self::Pipenv,
            _ => Self::Other,
        }
    }

    fn step(self, packages: &BTreeSet<(&str, &str)>) -> Step {
        let names = packages.iter().map(|(name, _)| (*name).to_owned());
        let pinned = packages.iter().map(|(name, version)| format!("{name}=={version}"));
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        match self {
            Self::Poetry => Step::in_sources(words(&["poetry", "update"]).into_iter().chain(names)),
            Self::Pdm => Step::in_sources(words(&["pdm", "update"]).into_iter().chain(names)),
            Self::Uv => {
                let each = pinned.flat_map(|package| ["--upgrade-package".to_owned(), package]);
                Step::in_sources(words(&["uv", "lock"]).into_iter().chain(each))
            }
            Self::Pipenv => Step::in_sources(words(&["pipenv", "upgrade"]).into_iter().chain(pinned)),
            Self::Other => {
                let pinned: Vec<_> = pinned.collect();
                Step::by_hand(Place::Sources, format!("pin in the requirements: {}", pinned.join(", ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(advice: &Advice) -> Vec<String> {
        advice.steps.iter().map(|step| format!("{}{}", step.command.join(" "), step.note)).collect()
    }

    #[test]
    fn pip_installs_the_least_version_into_the_environment() {
        let wish = |name: &str, path: &str| Wish::new(name, "1.0", "2.0", path);
        let advice = advice(
            None,
            &[
                wish("b", "usr/local/lib/python3.11/site-packages/b-1.0.dist-info/METADATA"),
                wish("a", "usr/local/lib/python3.11/site-packages/a-1.0.dist-info/METADATA"),
                wish("c", "app/.venv/lib/python3.12/site-packages/c-1.0.dist-info/METADATA"),
                wish("d @ https://example.org", "usr/lib/python3/site-packages/d-1.0.dist-info/METADATA"),
                wish("e", "app/e.egg-info"),
            ],
        );
        assert_eq!(
            commands(&advice),
            [
                "/app/.venv/bin/python -m pip install c==2.0",
                "python3.11 -m pip install a==2.0 b==2.0",
                "2 packages have a name or version that is safe in no command: see the plan itself",
            ]
        );
    }

    #[test]
    fn a_lock_file_is_written_by_what_wrote_it() {
        let wish = |name: &str, path: &str| Wish {
            evidence: Evidence::Declared,
            ..Wish::new(name, "1.0", "2.0", path)
        };
        let advice = advice(
            None,
            &[
                wish("a", "app/poetry.lock"),
                wish("b", "app/uv.lock"),
                wish("c", "app/uv.lock"),
                wish("d", "app/Pipfile.lock"),
                wish("e", "app/requirements.txt"),
            ],
        );
        assert_eq!(
            commands(&advice),
            [
                "poetry update a",
                "uv lock --upgrade-package b==2.0 --upgrade-package c==2.0",
                "pipenv upgrade d==2.0",
                "pin in the requirements: e==2.0",
            ]
        );
        assert!(advice.steps.iter().all(|step| step.place == Place::Sources));
    }
}
