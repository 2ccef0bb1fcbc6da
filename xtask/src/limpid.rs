//! The command line of the program that this workspace builds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::command::{cargo, output, shown};
use crate::progress::run_with_progress;
use crate::workspace::Workspace;
use crate::{build_plugins, dist, setup};

/// The program and its plugins.
#[derive(Clone)]
pub(crate) struct Limpid {
    program: PathBuf,
    plugins: PathBuf,
    /// Settings other than the defaults, by variable.
    settings: Vec<(String, String)>,
    /// Where compiled plugins are kept, other than in the data directory.
    compiled: Option<PathBuf>,
}

impl Limpid {
    /// Those of a workspace, which have been built.
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let program = workspace.target().join("debug/limpid");
        Self { program, plugins: workspace.plugins(), settings: Vec::new(), compiled: None }
    }

    /// What builds the program and nothing else, with the features that the whole workspace asks for:
    /// tests ask for them, too, and so what one built serves the other.
    pub(crate) fn build_program() -> Command {
        let mut build = cargo();
        build.args(["build", "--workspace", "--bin", "limpid"]);
        build
    }

    /// Builds the program, other programs of this workspace, and the plugins, all as for a release.
    ///
    /// # Errors
    /// Where something cannot be built.
    pub(crate) fn build_for_release(workspace: &Workspace, others: &[&str]) -> anyhow::Result<Self> {
        setup::run()?;
        build_plugins::build(workspace)?;
        let mut build = Self::build_program();
        build.arg("--config").arg(dist::settings(workspace)?);
        build.args(others.iter().flat_map(|program| ["--bin", program]));
        run_with_progress(&mut build, workspace)?;
        Ok(Self::of(workspace))
    }

    /// Copies of both in a folder, which no other build changes meanwhile.
    ///
    /// # Errors
    /// Where a file cannot be copied.
    pub(crate) fn kept_in(&self, folder: &Path) -> anyhow::Result<Self> {
        let (program, plugins) = (folder.join("limpid"), folder.join("plugins"));
        let kept = Self { program, plugins, ..self.clone() };
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("cannot clear `{}`", folder.display()))?;
        }
        fs::create_dir_all(&kept.plugins)?;
        fs::copy(&self.program, &kept.program)?;
        for plugin in self.plugins.read_dir()? {
            let plugin = plugin?;
            fs::copy(plugin.path(), kept.plugins.join(plugin.file_name()))?;
        }
        Ok(kept)
    }

    /// The same program with the plugins of another folder.
    pub(crate) fn with_plugins(&self, plugins: PathBuf) -> Self {
        Self { plugins, ..self.clone() }
    }

    /// The same with other settings.
    pub(crate) fn with_settings(self, settings: &[(&str, &str)]) -> Self {
        let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        Self { settings: settings.iter().map(owned).collect(), ..self }
    }

    /// The same with compiled plugins in this folder.
    pub(crate) fn with_compiled(self, folder: PathBuf) -> Self {
        Self { compiled: Some(folder), ..self }
    }

    /// Where the plugins are.
    pub(crate) fn plugins(&self) -> &Path {
        &self.plugins
    }

    /// Where the program is.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// A command with the store in `data`, whatever settings this machine has.
    pub(crate) fn command(&self, data: &Path) -> Command {
        let mut command = Command::new(&self.program);
        forget_settings(&mut command);
        // What is checked, measured and shown rests on documents that are handed in.
        command
            .env("LIMPID_FEEDS__FETCH", "false")
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.compiled {
            command.env("LIMPID_COMPILED_DIR", folder);
        }
        command.arg("--plugins-dir").arg(&self.plugins).arg("--data-dir").arg(data);
        command
    }

    /// The packages of the one image in an archive.
    pub(crate) fn packages(&self, data: &Path, archive: &Path) -> anyhow::Result<Value> {
        let mut command = self.command(data);
        only(self.json(command.arg("packages").arg(archive))?)
    }

    /// The report on the one image in an archive.
    pub(crate) fn scan(&self, data: &Path, archive: &Path) -> anyhow::Result<Value> {
        let mut command = self.command(data);
        only(self.json(command.arg("scan").arg(archive))?)
    }

    /// Ingests documents of a feed.
    pub(crate) fn import(&self, data: &Path, feed: &str, documents: &[PathBuf]) -> anyhow::Result<Value> {
        let mut command = self.command(data);
        self.json(command.args(["feed", "add", feed]).args(documents))
    }

    /// Fetches a feed, with settings of its own.
    pub(crate) fn update(&self, data: &Path, feed: &str, settings: &str) -> anyhow::Result<Value> {
        let mut command = self.command(data);
        command.env(format!("LIMPID_FEEDS__{}", feed.to_uppercase()), settings);
        self.json(command.args(["feed", "update", feed]))
    }

    /// The feeds and what is kept of each.
    pub(crate) fn feeds(&self, data: &Path) -> anyhow::Result<Value> {
        self.json(self.command(data).args(["feed", "list"]))
    }

    fn json(&self, command: &mut Command) -> anyhow::Result<Value> {
        let text = output(command.args(["--format", "json", "--log", "warn"]))?;
        serde_json::from_str(&text).with_context(|| format!("`{}` did not write JSON", shown(command)))
    }
}

/// The element of a list of one.
fn only(list: Value) -> anyhow::Result<Value> {
    match list {
        Value::Array(mut items) if items.len() == 1 => Ok(items.remove(0)),
        other => {
            bail!("expected a list of one image, not {} bytes of something else", other.to_string().len())
        }
    }
}

/// Takes away the settings that this machine has for a service of its own.
fn forget_settings(limpid: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("LIMPID_")) {
            limpid.env_remove(name);
        }
    }
}
