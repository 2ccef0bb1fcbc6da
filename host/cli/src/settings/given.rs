//! What is given of settings by all places together, and whether it can be used.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use limpid_fetch::OneRegistry;
use limpid_formats::json::WatchWanted;
use limpid_scanner::OneFeed;
use serde::Serialize;
use serde::de::Deserialize as _;

use super::problem::{Problem, Problems, What};
use super::reading::{Given as Value, read};
use super::tree::{self, Branch, Node, Origin};
use super::{Overrides, Settings, credentials};

/// Variables that are read elsewhere and are no settings.
const OTHER_VARIABLES: [&str; 4] = ["SETTINGS", "CORPUS", "SERVER", "PROFILE"];

/// Longest settings file, in bytes.
const FILE_BYTES: u64 = 4 << 20;

/// Where settings come from, so that they can be read again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sources {
    /// The settings file.
    pub(crate) file: Option<PathBuf>,
    /// The directory of credentials of the service manager.
    pub(crate) credentials: Option<PathBuf>,
    /// The environment.
    pub(crate) environment: Vec<(String, String)>,
    /// Flags.
    pub(crate) overrides: Overrides,
}

impl Sources {
    /// Those of this process.
    pub(crate) fn of_process(file: Option<PathBuf>, overrides: Overrides) -> Self {
        // A variable that is not UTF-8 is no setting.
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
            .collect();
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self { file, credentials, environment, overrides }
    }
}

/// What variables begin with that are settings.
const PREFIX: &str = "LIMPID_";

/// What all places give.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(super) branch: Branch,
    /// Flags, whose paths need not be text.
    pub(super) overrides: Overrides,
}

impl Given {
    /// Reads what is given.
    ///
    /// # Errors
    /// A place that cannot be read.
    pub(crate) fn read(sources: &Sources) -> Result<Self, Problems> {
        let mut given = match &sources.file {
            None => Branch::new(),
            Some(path) => tree::read(path, text(path)?).map_err(Problems)?,
        };
        if let Some(directory) = &sources.credentials {
            credentials::add(&mut given, directory)?;
        }
        for (name, value) in &sources.environment {
            let key = name.strip_prefix(PREFIX).filter(|key| !OTHER_VARIABLES.contains(key));
            if let Some(key) = key {
                tree::set(&mut given, name, key, value)?;
            }
        }
        sources.overrides.add(&mut given);
        Ok(Self { branch: given, overrides: sources.overrides.clone() })
    }

    /// The settings in force.
    ///
    /// # Errors
    /// All that is wrong with what is given.
    pub(crate) fn settings(&self) -> Result<Settings, Problems> {
        // Flattened tables take anything for a name of a table of its own.
        let problems = self.unknown_of_flattened();
        match read::<Settings>(&self.branch) {
            Ok(mut settings) if problems.is_empty() => {
                settings.data_dir = self.overrides.data_dir.clone().unwrap_or(settings.data_dir);
                settings.plugins_dir = self.overrides.plugins_dir.clone().unwrap_or(settings.plugins_dir);
                Ok(settings)
            }
            _ => Err(Problems(self.problems()).in_order()),
        }
    }

    fn unknown_of_flattened(&self) -> Vec<Problem> {
        let given = FLATTENED.iter().filter_map(|flattened| Some((flattened, self.section(flattened.name)?)));
        given.flat_map(|(flattened, branch)| flattened.unknown(branch)).collect()
    }

    fn section(&self, name: &str) -> Option<&Branch> {
        self.branch.get(name)?.as_table()
    }

    /// All that is wrong: each key is read by itself.
    fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        for (key, node) in &self.branch {
            let alone = |value: Node| Branch::from([(key.clone(), value)]);
            let Some(within) = node.as_table() else {
                found.extend(read::<Settings>(&alone(node.clone())).err().map(placed));
                continue;
            };
            if !known().contains_key(key) {
                found.extend(read::<Settings>(&alone(node.clone())).err().map(placed));
                continue;
            }
            let flattened = FLATTENED.iter().find(|flattened| flattened.name == key);
            found.extend(flattened.into_iter().flat_map(|flattened| flattened.unknown(within)));
            for (name, value) in within {
                let own = flattened.filter(|_| !is_known(key, name));
                let problem = match own {
                    Some(flattened) if value.as_table().is_some() => {
                        (flattened.read)(value).err().map(|problem| problem.within(name).within(key))
                    }
                    Some(_) => None,
                    None => {
                        let section =
                            Node::table(node.origin.clone(), Branch::from([(name.clone(), value.clone())]));
                        let problem = read::<Settings>(&alone(section)).err();
                        problem.map(|problem| of_flattened(problem, flattened, name, value)).map(placed)
                    }
                };
                found.extend(problem);
            }
        }
        found
    }
}

/// A problem with a key of a flattened table, which does not know of which one it is.
fn of_flattened(problem: Problem, flattened: Option<&Flattened>, name: &str, value: &Node) -> Problem {
    match flattened {
        None => problem,
        Some(_) if problem.path.len() > 1 => problem,
        Some(flattened) => {
            let path = vec![flattened.name.to_owned(), name.to_owned()];
            Problem { path, origin: Some(value.origin.clone()), ..problem }
        }
    }
}

/// A key that is unknown where it is may be known elsewhere.
fn placed(problem: Problem) -> Problem {
    let What::UnknownKey { key, known: here } = &problem.what else { return problem };
    let is_section = known().contains_key(key);
    let has_it = |(section, keys): &(&String, &Vec<String>)| {
        **section != problem.path.join(".") && keys.contains(key) && !(section.is_empty() && is_section)
    };
    let elsewhere = known().iter().find(has_it);
    // Within a section, a word that is like one of it is rather meant for that.
    let is_likely_here = super::problem::nearest(key, here).is_some();
    if is_likely_here && (elsewhere.is_none() || !problem.path.is_empty()) {
        return problem;
    }
    let hint = match elsewhere {
        Some((section, _)) if section.is_empty() => format!("`{key}` stands before all sections"),
        Some((section, _)) => format!("`{key}` is a setting of `[{section}]`"),
        None => return problem,
    };
    // What is like it here is not what was meant.
    let what = What::UnknownKey { key: key.clone(), known: Vec::new() };
    Problem { what, ..problem }.with_hint(hint)
}

/// A table some of whose keys are settings, and all others the names of tables.
struct Flattened {
    name: &'static str,
    /// What such a table is for.
    what: &'static str,
    /// Reads one.
    read: fn(&Node) -> Result<(), Problem>,
}

const FLATTENED: [Flattened; 3] = [
    Flattened { name: "feeds", what: "feed", read: |node| OneFeed::deserialize(Value(node)).map(drop) },
    Flattened {
        name: "registries",
        what: "registry",
        read: |node| OneRegistry::deserialize(Value(node)).map(drop),
    },
    Flattened {
        name: "watches",
        what: "watch",
        read: |node| WatchWanted::deserialize(Value(node)).map(drop),
    },
];

impl Flattened {
    /// What is neither a setting nor a table.
    fn unknown(&self, branch: &Branch) -> Vec<Problem> {
        let is_unknown =
            |(key, node): &(&String, &Node)| !is_known(self.name, key) && node.as_table().is_none();
        let problem = |(key, node): (&String, &Node)| Problem {
            path: vec![self.name.to_owned()],
            origin: Some(node.origin.clone()),
            what: What::UnknownKey {
                key: key.clone(),
                known: known().get(self.name).cloned().unwrap_or_default(),
            },
            hint: Some(format!("a table `[{}.NAME]` is for one {}", self.name, self.what)),
        };
        branch.iter().filter(is_unknown).map(problem).collect()
    }
}

fn is_known(section: &str, key: &str) -> bool {
    known().get(section).is_some_and(|keys| keys.iter().any(|known| known == key))
}

/// A key that is none.
const NO_KEY: &str = "(none)";

/// The keys that there are, by section; of settings outside of all, by the empty one. A section whose keys are all names
/// has none.
pub(crate) fn known() -> &'static BTreeMap<String, Vec<String>> {
    static KNOWN: OnceLock<BTreeMap<String, Vec<String>>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        // What there is, the program says by itself to whoever asks for what is not there.
        let origin = Origin::Flag("none");
        let probe = |at: &[&str]| -> Vec<String> {
            let mut branch = Branch::new();
            let put = tree::put(&mut branch, at, Node::text(origin.clone(), ""));
            match (put, read::<Settings>(&branch)) {
                (Ok(()), Err(Problem { what: What::UnknownKey { known, .. }, .. })) => known,
                _ => Vec::new(),
            }
        };
        let mut known = BTreeMap::new();
        let top = probe(&[NO_KEY]);
        let defaults = Settings::default();
        for section in &top {
            let mut keys = match section.as_str() {
                "feeds" => serialized(&defaults.feeds),
                "watches" => serialized(&defaults.watches),
                "registries" => serialized(&defaults.registries),
                section => probe(&[section, NO_KEY]),
            };
            if section == "registries" {
                keys.push("docker_config".to_owned());
            }
            if !keys.is_empty() || section == "subscriptions" {
                known.insert(section.clone(), keys);
            }
        }
        known.insert(String::new(), top);
        known
    })
}

fn serialized(defaults: &impl Serialize) -> Vec<String> {
    let table = toml::Table::try_from(defaults).unwrap_or_default();
    table.keys().cloned().collect()
}

fn text(path: &Path) -> Result<String, Problem> {
    use std::io::Read as _;
    let read = || {
        let mut bytes = Vec::new();
        let length = std::fs::File::open(path)?.take(FILE_BYTES + 1).read_to_end(&mut bytes)?;
        if length as u64 > FILE_BYTES {
            return Err(std::io::Error::other(format!("it is longer than {FILE_BYTES} bytes")));
        }
        String::from_utf8(bytes).map_err(std::io::Error::other)
    };
    read()
        .map_err(|error| Problem::new(format!("settings file `{}` cannot be read: {error}", path.display())))
}

impl Overrides {
    /// What flags say, as far as it is text.
    fn add(&self, given: &mut Branch) {
        let Self { data_dir, plugins_dir, log, wait, listen } = self;
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let texts = [
            ("data_dir", "--data-dir", path(data_dir)),
            ("plugins_dir", "--plugins-dir", path(plugins_dir)),
            ("log", "--log", log.clone()),
            ("listen", "--listen", listen.map(|address| address.to_string())),
        ];
        for (key, flag, text) in texts {
            if let Some(text) = text {
                given.insert(key.to_owned(), Node::text(Origin::Flag(flag), text));
            }
        }
        if let Some(wait) = wait {
            let value = tree::Value::Integer(i64::try_from(*wait).unwrap_or(i64::MAX));
            given.insert("wait".to_owned(), Node { origin: Origin::Flag("--wait"), value });
        }
    }
}

/// Whether what is at a path is a secret.
pub(crate) fn is_secret(path: &[String]) -> bool {
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    matches!(
        path.as_slice(),
        ["token"]
            | ["events", "secret"]
            | ["access", "psk", "key"]
            | ["registries", _, "password" | "token"]
            | ["subscriptions", _, "webhook", "secret"]
            | ["subscriptions", _, "amqp", "url"]
            | ["subscriptions", _, "harbor", "password"]
            | ["subscriptions", _, "clair", "key"]
    )
}
