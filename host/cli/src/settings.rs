//! Settings: defaults, then a TOML file, then credentials of the service manager, then `LIMPID_*` of the environment,
//! then flags.

mod access;
mod backup;
mod changes;
mod credentials;
mod given;
mod identity;
mod notices;
mod problem;
mod reading;
mod secrets;
mod sense;
mod shown;
mod tree;
mod watches;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use limpid_fetch::RegistrySettings;
use limpid_images::DaemonSettings;
use limpid_scanner::{
    AgeSettings, AttachedSettings, BundleSettings, DocumentLimits, FeedSettings, FileKind, Keep, Kinds,
    Limits, OwnerSettings, PolicySettings, QuotaSettings, RetentionSettings, StoreSettings, runtime,
};
use serde::{Deserialize, Serialize};

use access::Hidden;
pub(crate) use access::{Access, Shown, Tls};
pub(crate) use backup::Backup;
pub(crate) use changes::{Changes, compare};
pub(crate) use given::{Given, Sources};
pub(crate) use notices::{Notices, Subscription, subscription_of};
pub(crate) use problem::Problems;
pub(crate) use secrets::Secrets;
pub(crate) use sense::{secret_files, warnings};
pub(crate) use shown::{rows, toml};
pub(crate) use watches::{Events, Watches};

use crate::remote::Remote;

/// All settings of the program.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Where the store lies.
    pub(crate) data_dir: PathBuf,
    /// Where compiled plugins lie; in the data directory where nothing is stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compiled_dir: Option<PathBuf>,
    /// Where the plugins lie.
    pub(crate) plugins_dir: PathBuf,
    /// Where a package installed plugins that the service may not change; none: `plugins_dir` has them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) packaged_plugins_dir: Option<PathBuf>,
    /// Where the service listens.
    pub(crate) listen: SocketAddr,
    /// How long a command waits for a process that has the data directory open, in seconds.
    pub(crate) wait: u64,
    /// What is logged; none: warnings, and of the service what it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) log: Option<String>,
    /// How lines of the log are written.
    pub(crate) log_format: LogFormat,
    /// Where traces are sent.
    pub(crate) telemetry: limpid_telemetry::Settings,
    /// Whether profiles of the service can be made.
    pub(crate) profiles: limpid_telemetry::ProfileSettings,
    /// When the service counts as ready.
    pub(crate) ready: limpid_server::Ready,
    /// Indexing.
    pub(crate) index: Index,
    /// Files that no detector reads.
    pub(crate) coverage: Coverage,
    /// How feeds are fetched.
    pub(crate) feeds: FeedSettings,
    /// How registries are asked, and as whom.
    pub(crate) registries: RegistrySettings,
    /// Where daemons are whose images are asked for, and what bounds that.
    pub(crate) daemons: DaemonSettings,
    /// Limits on what the files hold that feeds are read from.
    pub(crate) documents: DocumentLimits,
    /// Which bundles of documents are ingested.
    pub(crate) bundles: BundleSettings,
    /// What counts of that which is attached to images in registries.
    pub(crate) attached: AttachedSettings,
    /// How much may be decided on findings.
    pub(crate) policies: PolicySettings,
    /// Reports.
    pub(crate) reports: Reports,
    /// Reports on the past.
    pub(crate) history: History,
    /// How notices are delivered.
    pub(crate) notices: Notices,
    /// Who is told of what, by name: made or changed when the service starts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) subscriptions: BTreeMap<String, Subscription>,
    /// How registries are watched, and which.
    pub(crate) watches: Watches,
    /// Push notifications of registries.
    pub(crate) events: Events,
    /// How pods are admitted to clusters.
    pub(crate) admission: limpid_server::Admission,
    /// Whether the service is a scanner of Harbor's.
    pub(crate) harbor: limpid_server::Harbor,
    /// The API of Clair 4.
    pub(crate) clair: limpid_server::Clair,
    /// Which files of layers are kept.
    pub(crate) keep: Keep,
    /// Limits on archives and layers.
    pub(crate) layers: Limits,
    /// Limits on plugins.
    pub(crate) plugins: runtime::Settings,
    /// Who may do what with the service.
    pub(crate) access: Access,
    /// How connections are encrypted.
    pub(crate) tls: Tls,
    /// How secrets are kept.
    pub(crate) secrets: Secrets,
    /// What commands show to a service elsewhere.
    #[serde(skip_serializing)]
    token: Option<Hidden>,
    /// A file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_file: Option<PathBuf>,
    /// Limits on the HTTP API.
    pub(crate) http: limpid_server::Settings,
    /// The store.
    pub(crate) store: StoreSettings,
    /// How much may be kept.
    pub(crate) quotas: QuotaSettings,
    /// Which images are removed by themselves.
    pub(crate) retention: RetentionSettings,
    /// How old findings may be.
    pub(crate) ages: AgeSettings,
    /// Whose repositories are whose.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) owners: OwnerSettings,
    /// Backups of the data directory.
    pub(crate) backup: Backup,
    /// The service that commands ask, where one is named; no setting, see [`crate::remote`].
    #[serde(skip)]
    pub(crate) remote: Option<Remote>,
}

/// How lines of the log are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One object of JSON in a line.
    Json,
}

/// How much indexing may use.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Index {
    /// Images at a time.
    pub(crate) jobs: usize,
    /// Layers of one image at a time.
    pub(crate) layers: usize,
    /// Submissions that may wait.
    pub(crate) queue: usize,
    /// After how many seconds a submission is tried again that this machine could not index; twice as long
    /// after each more.
    pub(crate) backoff: u64,
    /// At most.
    pub(crate) longest_backoff: u64,
    /// How often a submission is tried for which there is no answer from where its images are.
    pub(crate) source_attempts: u32,
    /// Free bytes of the disk below which it is full: nothing more is taken on, and the service is not ready.
    pub(crate) free_bytes: u64,
}

/// What reports say of files that no detector reads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Coverage {
    /// A file that says which kinds of files are counted, in place of the kinds that come with the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kinds: Option<PathBuf>,
}

impl Coverage {
    /// The kinds of files that are counted.
    pub(crate) fn kinds(&self) -> anyhow::Result<Kinds> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            kinds: Vec<FileKind>,
        }
        let (text, what) = match &self.kinds {
            None => (KINDS.to_owned(), "the kinds of the program".to_owned()),
            Some(path) => {
                let what = format!("`{}` of setting `coverage.kinds`", path.display());
                (std::fs::read_to_string(path).with_context(|| format!("{what} cannot be read"))?, what)
            }
        };
        let file: File = toml::from_str(&text).with_context(|| format!("{what} cannot be used"))?;
        Kinds::new(file.kinds).with_context(|| format!("{what} cannot be used"))
    }
}

/// The kinds of files that hold packages, as far as they are known.
const KINDS: &str = include_str!("../../../plugins/kinds.toml");

/// How reports are made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Reports {
    /// Whether packages whose files the distribution put there are judged by the advisories of
    /// their own ecosystem, too.
    pub(crate) judge_owned: bool,
    /// Images of a base's repository among which the newest is looked for.
    pub(crate) base_candidates: usize,
}

impl Default for Reports {
    fn default() -> Self {
        Self { judge_owned: false, base_candidates: 256 }
    }
}

/// How far back reports reach.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct History {
    /// For how many days it is kept what advisories stated before they changed.
    pub(crate) days: u64,
}

impl Default for History {
    fn default() -> Self {
        Self { days: 90 }
    }
}

/// What flags say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) plugins_dir: Option<PathBuf>,
    pub(crate) log: Option<String>,
    pub(crate) wait: Option<u64>,
    pub(crate) listen: Option<SocketAddr>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: default_data_dir(),
            compiled_dir: None,
            plugins_dir: default_plugins_dir(),
            packaged_plugins_dir: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 6060)),
            wait: 60,
            log: None,
            log_format: LogFormat::default(),
            telemetry: limpid_telemetry::Settings::default(),
            profiles: limpid_telemetry::ProfileSettings::default(),
            ready: limpid_server::Ready::default(),
            index: Index::default(),
            coverage: Coverage::default(),
            feeds: FeedSettings::default(),
            registries: RegistrySettings::default(),
            daemons: DaemonSettings::default(),
            documents: DocumentLimits::default(),
            bundles: BundleSettings::default(),
            attached: AttachedSettings::default(),
            policies: PolicySettings::default(),
            reports: Reports::default(),
            history: History::default(),
            notices: Notices::default(),
            subscriptions: BTreeMap::new(),
            watches: Watches::default(),
            events: Events::default(),
            admission: limpid_server::Admission::default(),
            harbor: limpid_server::Harbor::default(),
            clair: limpid_server::Clair::default(),
            keep: Keep::default(),
            layers: Limits::default(),
            plugins: runtime::Settings::default(),
            access: Access::default(),
            tls: Tls::default(),
            secrets: Secrets::default(),
            token: None,
            token_file: None,
            http: limpid_server::Settings::default(),
            store: StoreSettings::default(),
            quotas: QuotaSettings::default(),
            retention: RetentionSettings::default(),
            ages: AgeSettings::default(),
            owners: OwnerSettings::default(),
            backup: Backup::default(),
            remote: None,
        }
    }
}

impl Default for Index {
    fn default() -> Self {
        let defaults = limpid_scanner::Settings::new(PathBuf::new());
        Self {
            jobs: defaults.jobs,
            layers: defaults.layers,
            queue: defaults.queue,
            backoff: defaults.retry.backoff / 1_000,
            longest_backoff: defaults.retry.longest_backoff / 1_000,
            source_attempts: defaults.retry.source_attempts,
            free_bytes: defaults.free_bytes,
        }
    }
}

impl Settings {
    /// What commands show to a service elsewhere.
    ///
    /// # Errors
    /// There are two of it, or it cannot be read.
    pub(crate) fn shown(&self) -> anyhow::Result<Shown> {
        Shown::new(self.token.as_ref().map(Hidden::as_str), self.token_file.as_ref())
    }

    /// The same over another data directory.
    #[must_use]
    pub(crate) fn over(self, data_dir: PathBuf) -> Self {
        Self { data_dir, ..self }
    }

    /// Whether other machines reach the service.
    pub(crate) fn is_reached(&self) -> bool {
        !self.listen.ip().is_loopback()
    }

    /// What backups are made of.
    ///
    /// # Errors
    /// The data directory is below one that is not known.
    pub(crate) fn backed_up(&self) -> std::io::Result<limpid_scanner::backup::Sources> {
        Ok(limpid_scanner::backup::Sources {
            data_dir: std::path::absolute(&self.data_dir)?,
            plugins_dir: self.plugins_dir.clone(),
            packaged_plugins_dir: self.packaged_plugins_dir.clone(),
        })
    }

    /// How long a command waits for its turn.
    pub(crate) const fn waits(&self) -> Duration {
        Duration::from_secs(self.wait)
    }
}

/// `$XDG_DATA_HOME/limpid`, or `~/.local/share/limpid`, or `limpid-data` here.
fn default_data_dir() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("XDG_DATA_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
        .map_or_else(|| PathBuf::from("limpid-data"), |share| share.join("limpid"))
}

/// The first that is there of `plugins` beside the program, one directory up, and in `lib/limpid`
/// one directory up.
fn default_plugins_dir() -> PathBuf {
    let program = std::env::current_exe().unwrap_or_default();
    let beside = program.parent().unwrap_or(Path::new("."));
    let candidates = ["plugins", "../plugins", "../lib/limpid/plugins"].map(|place| beside.join(place));
    let found = candidates.iter().find(|place| place.is_dir()).unwrap_or(&candidates[0]);
    found.canonicalize().unwrap_or_else(|_| found.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("limpid.toml");
        std::fs::write(&path, file).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let sources = Sources { file: Some(path), environment, ..Sources::default() };
        Given::read(&sources).and_then(|given| given.settings()).map_err(|problems| problems.to_string())
    }

    #[test]
    fn the_environment_outweighs_the_file() {
        let file = "listen = \"127.0.0.1:1\"\n[http]\nread_workers = 3\nwait = 5\n";
        let settings = load(file, &[("LIMPID_HTTP__READ_WORKERS", "4"), ("LIMPID_DATA_DIR", "/x")]).unwrap();
        assert_eq!(settings.listen.port(), 1);
        assert_eq!((settings.http.read_workers, settings.http.wait.as_secs()), (4, 5));
        assert_eq!(settings.data_dir, Path::new("/x"));
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        for (file, environment) in [("[http]\nworker = 3", vec![]), ("", vec![("LIMPID_HTTP__WORKER", "3")])]
        {
            let error = load(file, &environment).unwrap_err();
            assert!(error.contains("unknown setting `http.worker`"), "{error}");
        }
    }

    #[test]
    fn a_feed_has_a_table_of_its_own() {
        let file = "[feeds]\ninterval = 60\n[feeds.debian]\nenabled = false\n\
                    mirrors = { \"https://a/\" = [\"https://b/\"] }";
        let variable = [("LIMPID_FEEDS__ALPINE", "{ interval = 5 }")];
        let feeds = load(file, &variable).unwrap().feeds;
        assert_eq!(feeds.interval.as_secs(), 60);
        assert!(!feeds.each["debian"].enabled && feeds.each["alpine"].enabled);
        assert_eq!(feeds.each["alpine"].interval, Some(5));
        assert_eq!(feeds.each["debian"].mirrors["https://a/"], ["https://b/"]);
        let check = |file: &str, expected: &str| {
            let error = load(file, &[]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(
            "[feeds]\nintervall = 3",
            ".toml:2:1: unknown setting `feeds.intervall`; the nearest that there is is",
        );
        check("[feeds]\nintervall = 3", "`[feeds.NAME]` is for one feed");
        check("[feeds.debian]\nintervall = 3", ".toml:2:1: unknown setting `feeds.debian.intervall`");
        check(
            "[feeds]\ninterval = 'x'",
            ".toml:2:1: setting `feeds.interval`: expected a whole number, found a text",
        );
        check(
            "[feeds.debian]\ninterval = 'x'",
            ".toml:2:1: setting `feeds.debian.interval`: expected a whole number",
        );
    }

    #[test]
    fn a_watch_has_a_table_of_its_own() {
        let file = r#"
            [watches]
            interval = 60
            [watches.shop]
            registry = "registry.example"
            repositories = ["shop/*"]
        "#;
        let settings = load(file, &[("LIMPID_WATCHES__GRACE", "5")]).unwrap();
        let watching = settings.watches.watching();
        assert_eq!((watching.interval.as_secs(), watching.grace.as_secs()), (60, 5));
        assert_eq!(settings.watches.each["shop"].repositories, ["shop/*"]);
        let check = |file: &str, expected: &str| {
            let error = load(file, &[]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check("[watches]\nintervall = 3", "unknown setting `watches.intervall`");
        check(
            "[watches.shop]\nregistry = 'a'\nrepositories = []\nintervall = 3",
            ".toml:4:1: unknown setting `watches.shop.intervall`; the nearest that there is is `watches.shop.interval`",
        );
        check(
            "[watches.shop]\nregistry = 'a'",
            ".toml:1:10: setting `watches.shop`: `repositories` is missing",
        );
    }

    #[test]
    fn the_secret_of_events_is_read_from_a_file_and_not_printed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        std::fs::write(&path, "hidden\n").unwrap();
        let http = limpid_server::Settings::default;
        let check = |file: &str, expected: Option<&str>| {
            let settings = load(file, &[]).unwrap();
            assert!(!toml::to_string_pretty(&settings).unwrap().contains("hidden"));
            let applied = settings.events.apply(http()).unwrap();
            assert_eq!(applied.event_secret, expected.map(limpid_server::SharedSecret::new));
        };
        check("", None);
        check("[events]\nsecret = 'hidden'", Some("hidden"));
        check(&format!("[events]\nsecret_file = '{}'", path.display()), Some("hidden"));
        let both = load("[events]\nsecret = 'a'\nsecret_file = 'b'", &[]).unwrap();
        assert!(both.events.apply(http()).is_err());
        let short = load("[events]\nsecret = ''", &[]).unwrap();
        assert!(short.events.apply(http()).is_err());
    }

    #[test]
    fn subscriptions_are_read_and_their_secrets_not_printed() {
        let file = r#"
            [subscriptions.shop]
            webhook = { url = "https://receiver.example/hook", secret = "whsec_hidden" }
            filter = { severity = "high", labels = ["team=shop"] }
            period = 3600
            [subscriptions.all]
            amqp = { url = "amqp://user:hidden@broker.example", routing_key = "notices" }
        "#;
        let settings = load(file, &[]).unwrap();
        assert_eq!(settings.subscriptions.keys().collect::<Vec<_>>(), ["all", "shop"]);
        let printed = toml::to_string_pretty(&settings).unwrap();
        assert!(printed.contains("receiver.example") && !printed.contains("hidden"), "{printed}");
        let error = load("[subscriptions.shop]\nwebhok = 1", &[]).unwrap_err();
        assert!(error.contains("webhok"), "{error}");
    }

    #[test]
    fn kinds_of_files_are_data_that_a_setting_replaces() {
        let kinds = Settings::default().coverage.kinds().unwrap();
        assert!(kinds.get("java-archive").is_some());
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kinds.toml");
        let own = "[[kinds]]\ncode = 'a'\none = 'x'\nmany = 'xs'\nrules = [{ paths = ['*.x'] }]";
        std::fs::write(&path, own).unwrap();
        let coverage = Coverage { kinds: Some(path.clone()) };
        let kinds = coverage.kinds().unwrap();
        assert!(kinds.get("a").is_some() && kinds.get("java-archive").is_none());
        std::fs::write(&path, own.replace("paths", "path")).unwrap();
        let error = format!("{:#}", coverage.kinds().unwrap_err());
        assert!(error.contains("kinds.toml") && error.contains("`path`"), "{error}");
    }

    #[test]
    fn printed_settings_read_back() {
        let mut settings = Settings::default();
        settings.feeds.each.insert("debian".to_owned(), limpid_scanner::OneFeed::default());
        let printed = toml::to_string_pretty(&settings).unwrap();
        assert_eq!(load(&printed, &[]).unwrap().feeds, settings.feeds);
    }
}
