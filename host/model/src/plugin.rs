use std::fmt;

use crate::Digest;

/// Which plugin, exactly.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PluginId {
    /// Name in its component metadata.
    pub name: String,
    /// Version in its component metadata.
    pub version: String,
    /// Digest of the component's bytes.
    pub digest: Digest,
}

impl fmt::Display for PluginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.name, self.version, self.digest.short())
    }
}

/// What a plugin can be asked for; a plugin may have several roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Finds what is installed in a layer.
    Detector,
    /// Reads what one publisher of advisories publishes.
    Feed,
    /// Orders the versions of one scheme.
    Scheme,
}

impl Role {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Detector => "detector",
            Self::Feed => "feed",
            Self::Scheme => "scheme",
        }
    }
}

/// Who is to blame for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The plugin broke its contract or a bound.
    Plugin,
    /// The input is not what it should be.
    Input,
    /// Limpid itself failed.
    Host,
}

impl Blame {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plugin => "plugin",
            Self::Input => "input",
            Self::Host => "host",
        }
    }
}

/// How a call of a plugin failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// It took longer than it may.
    Time,
    /// It wanted more memory than it may.
    Memory,
    /// It wanted larger tables than it may.
    Tables,
    /// It returned more than it may.
    Output,
    /// It stopped itself: a panic, an illegal access.
    Trap,
    /// It returned what the contract forbids.
    Contract,
    /// It stated that the input cannot be used.
    Refused,
    /// The host could not run it.
    Host,
    /// It was not called: it had failed too often.
    Quarantined,
}

impl FailureKind {
    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Tables => "tables",
            Self::Output => "output",
            Self::Trap => "trap",
            Self::Contract => "contract",
            Self::Refused => "refused",
            Self::Host => "host",
            Self::Quarantined => "quarantined",
        }
    }
}

/// A call of a plugin that gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plugin `{plugin}`, {call}: {message} (to blame: {})", blame.as_str())]
pub struct PluginFailure {
    /// Which plugin.
    pub plugin: PluginId,
    /// Which function: `detect`, `parse`, `keys`.
    pub call: String,
    /// What kind of failure.
    pub kind: FailureKind,
    /// Who is to blame.
    pub blame: Blame,
    /// What happened, with the limit and its setting where one was met.
    pub message: String,
}

/// A plugin that is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginState {
    /// Which.
    pub id: PluginId,
    /// What it does.
    pub roles: Vec<Role>,
    /// Name of the scheme that it orders, where it is one.
    pub scheme: Option<String>,
    /// Why it is not called any more, where it failed too often.
    pub quarantined: Option<String>,
    /// What it says of itself.
    pub description: Option<String>,
    /// Its licence.
    pub license: Option<String>,
    /// Who wrote it.
    pub authors: Option<String>,
    /// Where its source is.
    pub source: Option<String>,
}

/// A file in the plugins directory that was not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedPlugin {
    /// Its name in the directory.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// All plugins at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plugins {
    /// Those that are loaded, by name.
    pub loaded: Vec<PluginState>,
    /// Files that are no plugins of this Limpid.
    pub refused: Vec<RefusedPlugin>,
}

/// What a plugin may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginLimit {
    /// The setting that says so. Its last part names the unit: `_bytes`, `_time` (seconds), or things.
    pub setting: String,
    /// How much.
    pub limit: u64,
}

/// Calls of a plugin that failed alike for one cause. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentFailure {
    /// What the calls were made for: an image, a source.
    pub cause: String,
    /// Which function was called last.
    pub call: String,
    /// How it failed.
    pub kind: FailureKind,
    /// Who is to blame.
    pub blame: Blame,
    /// What happened last.
    pub message: String,
    /// How often.
    pub times: u64,
    /// When for the first time.
    pub first_at: u64,
    /// When for the last time.
    pub last_at: u64,
    /// Whether the plugin is not called for this cause until ten minutes have passed since it failed last: too many calls
    /// have failed by its own fault (`plugins.quarantine_after`).
    pub is_avoided: bool,
}

/// A plugin, and the versions of it to which it can be rolled back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginVersions {
    /// The plugin.
    pub plugin: PluginState,
    /// Versions of the contract that it exports, oldest first.
    pub contracts: Vec<String>,
    /// What it may use.
    pub limits: Vec<PluginLimit>,
    /// How calls of it have failed lately, the last first.
    pub failures: Vec<RecentFailure>,
    /// Digests of its versions, latest first; the one that runs is among them.
    pub versions: Vec<Digest>,
}
