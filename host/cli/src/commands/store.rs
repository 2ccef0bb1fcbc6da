//! Whether a store is whole, and what another version of Limpid makes of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use limpid_formats::table;
use limpid_scanner::backup::{Directory, copy_closed, missing_archives};
use limpid_scanner::{Scanner, Store, StoreChecked, StoreError, StoreSettings};
use serde::Serialize;

use super::backup::Which;
use super::{Format, page, print_json, show};
use crate::input::scratch;
use crate::open::{self, OF_STORE};
use crate::progress::{Spinner, line};
use crate::settings::Settings;
use crate::turn::{Outcome, Turn};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Read all rows of a store and what they refer to, and say what an upgrade would do
    Check(Check),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// A directory of backups, of which one is checked [default: the data directory]
    backups: Option<PathBuf>,
    #[command(flatten)]
    which: Which,
    /// Upgrade a copy of the store as a service would that starts, and check that as well
    #[arg(long)]
    rehearse: bool,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a check found, as it is shown.
#[derive(Debug, Serialize)]
pub(crate) struct CheckedShown {
    whole: bool,
    rows: u64,
    /// Rows in an earlier form, which are read all the same.
    older_rows: u64,
    problem_count: u64,
    problems: Vec<String>,
    tables: Vec<TableShown>,
}

#[derive(Debug, Serialize)]
struct TableShown {
    name: &'static str,
    rows: u64,
    bytes: u64,
    /// How many rows are in each version of their form.
    versions: BTreeMap<u8, u64>,
    /// The version that is written now.
    current: u8,
}

impl From<&StoreChecked> for CheckedShown {
    fn from(checked: &StoreChecked) -> Self {
        let table = |table: &limpid_scanner::StoreCheckedTable| TableShown {
            name: table.name,
            rows: table.rows,
            bytes: table.bytes,
            versions: table.versions.clone(),
            current: table.current,
        };
        Self {
            whole: checked.is_whole(),
            rows: checked.rows(),
            older_rows: checked.older(),
            problem_count: checked.problem_count,
            problems: checked.problems.iter().map(ToString::to_string).collect(),
            tables: checked.tables.iter().map(table).collect(),
        }
    }
}

/// All that is said of a store.
#[derive(Debug, Serialize)]
struct Answer {
    whole: bool,
    /// As it is; null where only an upgrade lets it be read.
    store: Option<CheckedShown>,
    /// What is wrong beside the rows.
    problems: Vec<String>,
    /// After an upgrade; null where none was rehearsed.
    upgraded: Option<CheckedShown>,
    /// How long the upgrade took; null where none was rehearsed.
    upgrade_seconds: Option<f64>,
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Check(args) = command;
    let answer = match &args.backups {
        Some(path) => {
            let directory = Directory::open(path)?;
            let manifest = args.which.find(&directory)?;
            let shown = directory.show(&manifest)?;
            let copy = |_: &Path| Ok(shown.path().to_owned());
            check(settings, (shown.path(), copy), args.rehearse)?
        }
        None => {
            let data_dir = settings.data_dir.as_path();
            if !data_dir.exists() {
                bail!("there is no data directory `{}`", data_dir.display());
            }
            let _turn = match Turn::take(data_dir, "limpid store check", settings.waits())? {
                Outcome::Turn(turn) => turn,
                Outcome::Service(_) => bail!(
                    "data directory `{}` is in use by a service: make a backup with `limpid backup create DIR`, and \
                     check that with `limpid store check DIR`",
                    data_dir.display()
                ),
            };
            let copies = tempfile::Builder::new().prefix("backup-").tempdir_in(scratch(settings)?)?;
            let copy = |store: &Path| {
                copy_closed(store, &copies.path().join("store"))?;
                Ok(copies.path().to_owned())
            };
            check(settings, (data_dir, copy), args.rehearse)?
        }
    };
    let code = if answer.whole { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    match args.format {
        Format::Json => print_json(&answer)?,
        Format::Table => tell(&answer)?,
    };
    Ok(code)
}

fn check(
    settings: &Settings,
    (root, copy): (&Path, impl FnOnce(&Path) -> anyhow::Result<PathBuf>),
    rehearse: bool,
) -> anyhow::Result<Answer> {
    let path = root.join("store");
    let mut answer =
        Answer { whole: true, store: None, problems: Vec::new(), upgraded: None, upgrade_seconds: None };
    if !path.join("CURRENT").exists() {
        bail!("there is no store in `{}`", path.display());
    }
    match Store::open_read_only(&path, &StoreSettings::default()) {
        Ok(store) => {
            let checked = rows("checking the store", &store)?;
            answer.problems = missing_archives(&store, root)?;
            answer.whole = checked.is_whole() && answer.problems.is_empty();
            answer.store = Some(CheckedShown::from(&checked));
        }
        Err(error @ StoreError::EarlierForm(_)) if rehearse => answer.problems.push(format!("{error}")),
        Err(error @ StoreError::EarlierForm(_)) => {
            return Err(error).context("`--rehearse` upgrades a copy, and checks that");
        }
        Err(error) => return Err(error).context("the store cannot be read"),
    }
    // What is damaged is said, and need not survive an upgrade.
    if rehearse && answer.whole {
        let root = copy(&path)?;
        let began = Instant::now();
        let spinner = Spinner::start("upgrading a copy of the store");
        let store = Store::open(&root.join("store"), &settings.store).context("a copy cannot be opened")?;
        let registry = open::registry_for(settings, &OF_STORE)?;
        let scratch = tempfile::tempdir()?;
        let scanner = Scanner::starting(
            store.clone(),
            registry,
            open::scanner_settings(settings, scratch.path())?,
            |what| spinner.say(what),
        );
        drop(scanner.context("a copy of the store cannot be upgraded")?);
        drop(spinner);
        answer.upgrade_seconds = Some(began.elapsed().as_secs_f64());
        let checked = rows("checking the upgraded copy", &store)?;
        answer.whole &= checked.is_whole();
        answer.upgraded = Some(CheckedShown::from(&checked));
    }
    Ok(answer)
}

fn rows(what: &str, store: &Store) -> anyhow::Result<StoreChecked> {
    let bar = line(what);
    let checked = store.check(&mut |table, rows| {
        bar.set_message(format!("{what}: {rows} rows, table `{table}`"));
        true
    });
    bar.finish_and_clear();
    Ok(checked?)
}

fn tell(answer: &Answer) -> anyhow::Result<ExitCode> {
    let mut page = page();
    let shown = answer.upgraded.as_ref().or(answer.store.as_ref());
    if let Some(checked) = shown {
        let rows = checked.tables.iter().filter(|table| table.rows > 0).map(|table| {
            let versions: Vec<_> =
                table.versions.iter().map(|(version, rows)| format!("{version}: {rows}")).collect();
            vec![
                table.name.to_owned(),
                table.rows.to_string(),
                versions.join(", "),
                table.current.to_string(),
            ]
        });
        table::rows(&mut page, &["table", "rows", "rows by version", "written now"], rows);
    }
    show(page)?;
    let problems = answer.store.iter().chain(&answer.upgraded).flat_map(|checked| &checked.problems);
    for problem in answer.problems.iter().chain(problems) {
        super::print(problem)?;
    }
    if let Some(store) = &answer.store {
        let upgrade = match store.older_rows {
            0 => "all rows are in the form of this version".to_owned(),
            older => format!(
                "{older} rows are in an earlier form, which this version reads, and writes anew when they change"
            ),
        };
        super::print(&format!("{} rows, {} problems; {upgrade}", store.rows, store.problem_count))?;
    }
    if let (Some(upgraded), Some(seconds)) = (&answer.upgraded, answer.upgrade_seconds) {
        super::print(&format!(
            "an upgrade of a copy took {seconds:.1} s; then {} rows, {} problems",
            upgraded.rows, upgraded.problem_count
        ))?;
    }
    if answer.whole {
        return super::print("the store is whole");
    }
    eprintln!("the store is damaged: restore a backup, or keep a copy and report it");
    Ok(ExitCode::FAILURE)
}
