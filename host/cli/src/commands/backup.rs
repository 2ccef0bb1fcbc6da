//! Backups: made beside a running service or without one, listed, verified, restored and removed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use indicatif::{HumanBytes, ProgressBar};
use limpid_formats::json as api;
use limpid_formats::rfc3339;
use limpid_formats::table;
use limpid_scanner::backup::{
    Bucket, Directory, Error, Listed as Found, Manifest, Progress, Restored, Reuse, Staged, Verified,
    address_of, create,
};
use limpid_scanner::{Clock, Store, StoreSettings};
use serde::Serialize;

use super::{Format, page, print, print_json, show, store};
use crate::progress::line;
use crate::service::Service;
use crate::settings::Settings;
use crate::turn::{Outcome, Turn};

/// How often it is asked how a backup goes.
const EACH: Duration = Duration::from_millis(200);

/// The state of a backup that is under way.
const RUNNING: &str = "running";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Back up the data directory and the plugins, also while a service runs
    Create {
        #[command(flatten)]
        place: Place,
        /// Read and write files again that an earlier backup has: replaces what is damaged there
        #[arg(long)]
        read_all: bool,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show the backups that a directory holds, the oldest first
    List {
        #[command(flatten)]
        place: Place,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Read all of a backup, and say whether it can be restored
    Verify {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        which: Which,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Make a new data directory of a backup: the one of `--data-dir`
    Restore {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        which: Which,
        /// Put plugins of the backup into the plugins directory that it lacks
        #[arg(long)]
        plugins: bool,
    },
    /// Remove all backups but the latest ones, and the files that only those have
    Prune {
        #[command(flatten)]
        place: Place,
        /// How many stay
        #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
        keep: u32,
    },
}

impl Command {
    /// Whether a service elsewhere does it: a backup lies on the machine of the service, and is looked at, removed and
    /// restored there.
    pub(crate) const fn asks_a_service(&self) -> bool {
        matches!(self, Self::Create { .. })
    }
}

/// Where backups lie.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// Directory of the backups, or `s3://BUCKET/PREFIX` [default: that of setting `backup.directory`]
    directory: Option<PathBuf>,
}

/// Which backup is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Name of the backup, as `limpid backup list` shows it [default: the latest]
    #[arg(long)]
    name: Option<String>,
}

impl Which {
    /// The backup.
    pub(crate) fn find(&self, directory: &Directory) -> anyhow::Result<Manifest> {
        Ok(directory.find(self.name.as_deref())?)
    }
}

impl Place {
    fn of<'a>(&'a self, settings: &'a Settings) -> anyhow::Result<&'a Path> {
        let named = self.directory.as_deref().or(settings.backup.directory.as_deref());
        named.context("name a directory of backups, or set `backup.directory`")
    }
}

/// A path, whole; an address of a bucket as it is.
pub(crate) fn whole(path: &Path) -> std::io::Result<PathBuf> {
    if address_of(path).is_some() { Ok(path.to_owned()) } else { std::path::absolute(path) }
}

/// Where backups are read.
enum Backups {
    Directory(Directory),
    Bucket(Box<Bucket>),
}

impl Backups {
    fn open(settings: &Settings, place: &Place) -> anyhow::Result<Self> {
        let path = place.of(settings)?;
        Ok(match address_of(path) {
            Some(address) => Self::Bucket(Box::new(Bucket::new(address, &settings.backup.access()?)?)),
            None => Self::Directory(Directory::open(path)?),
        })
    }

    fn list(&self) -> Result<Vec<Found>, Error> {
        match self {
            Self::Directory(directory) => directory.list(),
            Self::Bucket(bucket) => bucket.list(),
        }
    }

    fn find(&self, which: &Which) -> Result<Manifest, Error> {
        let name = which.name.as_deref();
        match self {
            Self::Directory(directory) => directory.find(name),
            Self::Bucket(bucket) => bucket.find(name),
        }
    }

    fn verify(&self, manifest: &Manifest, progress: &Progress) -> Result<Verified, Error> {
        match self {
            Self::Directory(directory) => directory.verify(manifest, progress, &mut |_, _| true),
            Self::Bucket(bucket) => bucket.verify(manifest, progress, &mut |_, _| true),
        }
    }

    fn restore(
        &self,
        manifest: &Manifest,
        data_dir: &Path,
        plugins: (&Path, bool),
        progress: &Progress,
    ) -> Result<Restored, Error> {
        match self {
            Self::Directory(directory) => directory.restore(manifest, data_dir, plugins, progress),
            Self::Bucket(bucket) => bucket.restore(manifest, data_dir, plugins, progress),
        }
    }
}

/// A backup, as `limpid backup list --format json` shows it.
#[derive(Serialize)]
struct Listed {
    name: String,
    created: Option<String>,
    limpid: Option<String>,
    files: Option<usize>,
    bytes: Option<u64>,
    error: Option<String>,
}

/// What `limpid backup verify --format json` says.
#[derive(Serialize)]
struct VerifiedShown<'a> {
    name: &'a str,
    whole: bool,
    problems: Vec<String>,
    store: Option<store::CheckedShown>,
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Create { place, read_all, format } => {
            let made = make(settings, place, *read_all)?;
            match format {
                Format::Json => print_json(&made),
                Format::Table => print(&format!(
                    "backup `{}` of {} files, {} is in `{}`; {} files of {} are new",
                    made.name.unwrap_or_default(),
                    made.files,
                    HumanBytes(made.bytes),
                    made.to,
                    made.new_files.unwrap_or_default(),
                    HumanBytes(made.new_bytes.unwrap_or_default())
                )),
            }
        }
        Command::List { place, format } => list(&Backups::open(settings, place)?, *format),
        Command::Verify { place, which, format } => {
            let backups = Backups::open(settings, place)?;
            verify(&backups, &backups.find(which)?, *format)
        }
        Command::Restore { place, which, plugins } => {
            let backups = Backups::open(settings, place)?;
            restore(settings, &backups, &backups.find(which)?, *plugins)
        }
        Command::Prune { place, keep } => {
            let path = place.of(settings)?;
            if let Some(address) = address_of(path) {
                bail!(
                    "nothing is removed from bucket `{address}`: no lock keeps others from using it meanwhile"
                );
            }
            // Another directory is not made one of backups by removing from it.
            drop(Directory::open(path)?);
            let pruned = Directory::create(path)?.prune(usize::try_from(*keep)?)?;
            print(&format!(
                "{} backups are removed, and {} files of {}",
                pruned.backups.len(),
                pruned.files,
                HumanBytes(pruned.bytes)
            ))
        }
    }
}

fn make(settings: &Settings, place: &Place, read_all: bool) -> anyhow::Result<api::Backup> {
    // The directory is one of its machine.
    if let Some(remote) = &settings.remote {
        let to = place.directory.as_ref().map(|path| path.display().to_string());
        return ask(&Service::new(remote.client(&settings.shown()?)?), &api::BackupWanted { to, read_all });
    }
    let to = whole(place.of(settings)?)?;
    match Turn::take(&settings.data_dir, "limpid backup create", settings.waits())? {
        Outcome::Service(service) => {
            let to = Some(
                to.to_str().context("the directory of backups has a name that is not UTF-8")?.to_owned(),
            );
            ask(&service, &api::BackupWanted { to, read_all })
        }
        Outcome::Turn(_turn) => make_here(settings, &to, read_all),
    }
}

/// Has a service make one, and waits for it.
fn ask(service: &Service, wanted: &api::BackupWanted) -> anyhow::Result<api::Backup> {
    let mut backup = service.client.begin_backup(wanted)?;
    let bar = line("the service makes a backup");
    while backup.state == RUNNING {
        bar.set_message(far(
            "the service makes a backup",
            (backup.files_done, backup.files),
            (backup.bytes_done, backup.bytes),
        ));
        thread::sleep(EACH);
        backup = service.client.backup(&backup.id)?;
    }
    bar.finish_and_clear();
    match &backup.error {
        Some(error) => bail!("the service says: {error}"),
        None => Ok(backup),
    }
}

fn make_here(settings: &Settings, to: &Path, read_all: bool) -> anyhow::Result<api::Backup> {
    let sources = settings.backed_up()?;
    let data_dir = &sources.data_dir;
    if to.starts_with(data_dir) {
        bail!("`{}` is in the data directory itself: name a directory elsewhere", to.display());
    }
    let path = data_dir.join("store");
    if !path.exists() {
        bail!("data directory `{}` has no store: there is nothing to back up", data_dir.display());
    }
    let place = match address_of(to) {
        Some(address) => Backups::Bucket(Box::new(Bucket::new(address, &settings.backup.access()?)?)),
        None => Backups::Directory(Directory::create(to)?),
    };
    Staged::remove_left(data_dir);
    let staged = Staged::take(&Store::open(&path, &settings.store)?, &sources)?;
    let (now, version) = (Clock::system().now(), env!("CARGO_PKG_VERSION"));
    let how = (now, version, if read_all { Reuse::Nothing } else { Reuse::Unchanged });
    let made = watched("making a backup", |progress| match &place {
        Backups::Directory(directory) => create(directory, &sources, &staged, how, progress),
        Backups::Bucket(bucket) => bucket.create(&sources, &staged, how, progress),
    })?;
    Ok(api::Backup {
        id: String::new(),
        state: "made".into(),
        to: to.display().to_string(),
        began: rfc3339(now),
        files: made.manifest.files.len() as u64,
        files_done: made.manifest.files.len() as u64,
        bytes: made.manifest.bytes(),
        bytes_done: made.manifest.bytes(),
        name: Some(made.manifest.name),
        new_files: Some(made.new_files),
        new_bytes: Some(made.new_bytes),
        error: None,
    })
}

/// Shows how far something is while it is done.
pub(crate) fn watched<T>(what: &str, work: impl FnOnce(&Progress) -> T) -> T {
    let (bar, progress) = (line(what), Arc::<Progress>::default());
    let shown = bar.clone();
    let following = {
        let (progress, what) = (Arc::clone(&progress), what.to_owned());
        move || {
            while !shown.is_finished() {
                tell(&shown, &what, &progress);
                thread::sleep(EACH);
            }
        }
    };
    let following = thread::spawn(following);
    let done = work(&progress);
    bar.finish_and_clear();
    // It ends by itself: a panic of what only draws is none of this.
    let _ = following.join();
    done
}

fn tell(bar: &ProgressBar, what: &str, progress: &Progress) {
    let files = (progress.files_done(), progress.files());
    bar.set_message(far(what, files, (progress.bytes_done(), progress.bytes())));
}

fn far(what: &str, (files, of_files): (u64, u64), (bytes, of_bytes): (u64, u64)) -> String {
    format!("{what}: {files} of {of_files} files, {} of {}", HumanBytes(bytes), HumanBytes(of_bytes))
}

fn list(backups: &Backups, format: Format) -> anyhow::Result<ExitCode> {
    let listed: Vec<_> = backups
        .list()?
        .into_iter()
        .map(|listed| match listed.manifest {
            Ok(manifest) => Listed {
                name: listed.name,
                created: Some(rfc3339(manifest.created)),
                files: Some(manifest.files.len()),
                bytes: Some(manifest.bytes()),
                limpid: Some(manifest.limpid),
                error: None,
            },
            Err(error) => Listed {
                name: listed.name,
                created: None,
                limpid: None,
                files: None,
                bytes: None,
                error: Some(limpid_model::chain(&error)),
            },
        })
        .collect();
    if format == Format::Json {
        return print_json(&serde_json::json!({ "backups": listed }));
    }
    let mut page = page();
    let rows = listed.into_iter().map(|it| {
        let size = it.bytes.map(|bytes| HumanBytes(bytes).to_string());
        let files = it.files.map(|files| files.to_string());
        [Some(it.name), it.created, size, files, it.limpid, it.error].map(Option::unwrap_or_default).to_vec()
    });
    table::rows(&mut page, &["name", "created", "size", "files", "made by", "error"], rows);
    show(page)
}

fn verify(backups: &Backups, manifest: &Manifest, format: Format) -> anyhow::Result<ExitCode> {
    let verified = watched("verifying the backup", |progress| backups.verify(manifest, progress))?;
    let damaged = verified.damaged.iter().map(|error| limpid_model::chain(error));
    let mut problems: Vec<_> = damaged.chain(verified.problems.iter().cloned()).collect();
    problems.extend(verified.store.iter().flat_map(|it| &it.problems).map(ToString::to_string));
    let is_whole = verified.is_whole();
    let rows = verified.store.as_ref().map_or(0, |store| store.rows());
    let code = if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    let name = manifest.name.as_str();
    match format {
        Format::Json => {
            let store = verified.store.as_ref().map(store::CheckedShown::from);
            print_json(&VerifiedShown { name, whole: is_whole, problems, store })?;
        }
        Format::Table if is_whole => {
            let (files, size) = (manifest.files.len(), HumanBytes(manifest.bytes()));
            print(&format!("backup `{name}` is whole: {files} files, {size}, {rows} rows"))?;
        }
        Format::Table => {
            for problem in &problems {
                print(problem)?;
            }
            eprintln!("backup `{name}` is damaged: {} problems", problems.len());
        }
    }
    Ok(code)
}

fn restore(
    settings: &Settings,
    backups: &Backups,
    manifest: &Manifest,
    with_plugins: bool,
) -> anyhow::Result<ExitCode> {
    let data_dir = &settings.data_dir;
    let _turn = match Turn::take(data_dir, "limpid backup restore", settings.waits())? {
        Outcome::Turn(turn) => turn,
        Outcome::Service(service) => bail!(
            "data directory `{}` is in use by the service at {}: a backup is restored to a new one, named by \
             `--data-dir`",
            data_dir.display(),
            service.address()
        ),
    };
    let plugins_dir = &settings.plugins_dir;
    let restored = watched("restoring the backup", |progress| {
        backups.restore(manifest, data_dir, (plugins_dir, with_plugins), progress)
    })?;
    let plugins = plugins_dir.display();
    if !restored.absent.is_empty() {
        eprintln!(
            "plugins directory `{plugins}` lacks {} of the backup: `--plugins` puts them there",
            restored.absent.join(", ")
        );
    }
    if !restored.other.is_empty() {
        eprintln!(
            "plugins directory `{plugins}` has other versions of {}, which stay",
            restored.other.join(", ")
        );
    }
    if !restored.plugins.is_empty() {
        eprintln!("put into plugins directory `{plugins}`: {}", restored.plugins.join(", "));
    }
    // A store that cannot be opened is better known now.
    let store = Store::open(&data_dir.join("store"), &StoreSettings::default());
    drop(store.context("the restored store cannot be opened")?);
    print(&format!("backup `{}` is restored to `{}`", manifest.name, data_dir.display()))
}
