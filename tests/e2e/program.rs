//! The program `limpid`, and the plugins that are built beside it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tempfile::TempDir;

/// What the program is run with: a data directory of its own, which is gone when the last of its
/// users is, plugins and settings.
#[derive(Clone)]
pub(crate) struct Setup {
    data: Arc<TempDir>,
    /// Another directory, in the place of that one.
    over: Option<PathBuf>,
    plugins: PathBuf,
    variables: Vec<(&'static str, String)>,
    /// Who vouches for the service, and what is shown to it, where it is asked encrypted.
    pub(crate) certificates: Arc<Certificates>,
}

/// As PEM.
#[derive(Default)]
pub(crate) struct Certificates {
    pub(crate) authority: Vec<u8>,
    /// A certificate, and its key.
    pub(crate) client: Option<(Vec<u8>, Vec<u8>)>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Setup {
    /// An empty data directory, and all plugins.
    pub(crate) fn new() -> Self {
        let data = Arc::new(tempfile::tempdir().unwrap());
        Self {
            data,
            over: None,
            plugins: built("../plugins"),
            variables: Vec::new(),
            certificates: Arc::default(),
        }
    }

    /// Over a data directory that outlives it.
    pub(crate) fn over(mut self, data: &Path) -> Self {
        self.over = Some(data.to_owned());
        self
    }

    /// With other plugins.
    pub(crate) fn with_plugins(mut self, directory: &Path) -> Self {
        self.plugins = directory.to_owned();
        self
    }

    /// With a setting, as its environment variable says it.
    pub(crate) fn with(mut self, variable: &'static str, value: impl ToString) -> Self {
        self.variables.push((variable, value.to_string()));
        self
    }

    /// With these certificates, where it is asked encrypted.
    pub(crate) fn trusting(mut self, certificates: Certificates) -> Self {
        self.certificates = Arc::new(certificates);
        self
    }

    /// Where it keeps what it knows.
    pub(crate) fn data(&self) -> &Path {
        self.over.as_deref().unwrap_or(self.data.path())
    }

    /// Where its plugins are.
    pub(crate) fn plugins(&self) -> &Path {
        &self.plugins
    }

    /// Where the program is.
    pub(crate) fn program(&self) -> PathBuf {
        built("limpid")
    }

    /// The program with these settings and no others, whatever this machine has for itself.
    pub(crate) fn command(&self) -> Command {
        self.command_over(self.data())
    }

    /// The same over another data directory.
    pub(crate) fn command_over(&self, data: &Path) -> Command {
        let mut command = Command::new(built("limpid"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LIMPID_") {
                command.env_remove(name);
            }
        }
        // Compiled once for all tests; a test that is about that sets its own.
        command.env("LIMPID_COMPILED_DIR", built("../plugins").with_file_name("compiled"));
        // Tests fetch nothing from the publishers themselves.
        command.env("LIMPID_FEEDS__FETCH", "false");
        // Nor do they ask the daemons of this machine.
        command.env("LIMPID_DAEMONS__DOCKER", "none").env("LIMPID_DAEMONS__PODMAN", "none");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.arg("--data-dir").arg(data).arg("--plugins-dir").arg(&self.plugins);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Outcome {
        Outcome::of(self.command().args(arguments))
    }

    /// Runs a command that reads `input`, which must fit into a pipe.
    pub(crate) fn run_with_input<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        input: &str,
    ) -> Outcome {
        let mut child = self.command().args(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Outcome::from(child.wait_with_output().unwrap())
    }

    /// Runs a command whose standard input is a file.
    pub(crate) fn run_reading<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        file: &Path,
    ) -> Outcome {
        let input = std::fs::File::open(file).unwrap();
        Outcome::of(self.command().args(arguments).stdin(input))
    }
}

impl Outcome {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from(command.output().unwrap())
    }

    /// What the command printed, which must have ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self.stdout
    }

    /// The document that the command printed, and nothing else.
    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.ok()).unwrap()
    }

    /// What the command stated when it failed, which must be all that it stated.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{self:#?}");
        self.stderr
    }
}

impl From<std::process::Output> for Outcome {
    fn from(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Something that is built beside this test binary, which is in `deps/`.
pub(crate) fn built(name: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let path = program.parent().and_then(Path::parent).unwrap().join(name);
    assert!(path.exists(), "`{}` has not been built: run `cargo xtask test`", path.display());
    path
}
