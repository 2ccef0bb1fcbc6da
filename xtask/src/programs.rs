//! `cargo xtask test-with`: tests that need a program that builds do not need.

use std::path::Path;
use std::process::Command;

use anyhow::bail;
use xtask::{DOCKER_REGISTRY, RABBITMQ};

use crate::browser;
use crate::clairctl;
use crate::command::find;
use crate::examples;
use crate::ignored;
use crate::python;
use crate::workspace::Workspace;

/// A program that some end-to-end tests need, which are ignored elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Program {
    /// Notices that a broker gets
    Rabbitmq,
    /// Images that a registry gives
    DockerRegistry,
    /// Images that skopeo, umoci, buildah and podman write
    ImageTools,
    /// Alerts and the dashboard, as Prometheus reads them
    Promtool,
    /// The API, asked by Schemathesis and by a client that is generated in Python: Python, pip and their registry
    ApiTools,
    /// What clairctl is answered: Go, and its proxy of modules
    Clairctl,
    /// The example plugin in JavaScript: Node.js 20 or newer, npm and their registry
    Javascript,
    /// The example plugin in Python: Python, pip and their registry
    Python,
    /// Pages in Chromium, with axe-core out of npm's registry
    Browser,
    /// Ten thousand manifests for Clair's API: no program, but minutes
    ManyManifests,
    /// A disk that is full: a file system of a few MiB, which is mounted in a namespace
    SmallDisk,
    /// Backups in a bucket: Python, pip and their registry, for moto
    Storage,
    /// A clock that is set back: Python, pip and their registry, for libfaketime, and a C compiler
    Clock,
}

impl Program {
    const ALL: [Self; 13] = [
        Self::Rabbitmq,
        Self::DockerRegistry,
        Self::ImageTools,
        Self::Promtool,
        Self::ApiTools,
        Self::Clairctl,
        Self::Javascript,
        Self::Python,
        Self::Browser,
        Self::ManyManifests,
        Self::SmallDisk,
        Self::Storage,
        Self::Clock,
    ];

    /// What the names of its end-to-end tests contain.
    const fn tests(self) -> &'static str {
        match self {
            Self::Rabbitmq => "notices::a_broker",
            Self::DockerRegistry => "registries::",
            Self::ImageTools => "image_tools::",
            Self::Promtool => "observability::promtool",
            Self::ApiTools => "openapi::tools",
            Self::Clairctl => "clair::clairctl",
            Self::Javascript => "examples::javascript",
            Self::Python => "examples::python",
            Self::Browser => "browser::",
            Self::ManyManifests => "clair::load",
            Self::SmallDisk => "small_disk::",
            Self::Storage => "buckets::",
            Self::Clock => "clocks::",
        }
    }

    /// Builds what its tests start; where it cannot, because something is missing here, says what.
    fn prepare(self, workspace: &Workspace) -> anyhow::Result<Option<String>> {
        let missing = match self {
            Self::ManyManifests => None,
            Self::SmallDisk => return Ok(cannot_mount()),
            Self::Rabbitmq => (!has_rabbitmq()).then_some("RabbitMQ"),
            Self::DockerRegistry => (!has_docker_registry()).then_some("docker-registry"),
            Self::Promtool => (!has_promtool()).then_some("promtool"),
            Self::ImageTools => missing_image_tools(),
            Self::ApiTools => {
                return Ok(python::environment(workspace.target(), "api", &API_TOOLS)?.err());
            }
            Self::Storage => return Ok(python::environment(workspace.target(), "storage", &STORAGE)?.err()),
            Self::Clock => return Ok(python::environment(workspace.target(), "clock", &CLOCK)?.err()),
            Self::Clairctl => return clairctl::build(workspace),
            Self::Browser => return browser::prepare(workspace),
            Self::Javascript => return examples::build_one(workspace, &examples::JAVASCRIPT),
            Self::Python => return examples::build_one(workspace, &examples::PYTHON),
        };
        Ok(missing.map(|missing| format!("{missing} is not installed (`cargo xtask setup --all-tests`)")))
    }

    fn run(self, workspace: &Workspace) -> anyhow::Result<()> {
        let targets: &[&str] = match self {
            Self::SmallDisk => &["--test", "e2e", "--config", MOUNTING],
            _ => &["--test", "e2e"],
        };
        let count = ignored::run(workspace, targets, self.tests(), None)?;
        eprintln!("{self:?}: {count} tests");
        Ok(())
    }
}

/// Of PyPI: storage that speaks the protocol of S3.
const STORAGE: [&str; 1] = ["moto[server]==5.2.5"];

/// Of PyPI: a library that stands between a program and the clock.
const CLOCK: [&str; 1] = ["libfaketime==3.0.1"];

/// Has cargo run tests where they may mount file systems that nobody else sees, as root of a user namespace.
const MOUNTING: &str = "target.'cfg(unix)'.runner = ['unshare', '--map-root-user', '--mount']";

/// Why no file system can be mounted like that, where none can.
fn cannot_mount() -> Option<String> {
    let mut probe = Command::new("unshare");
    probe.args(["--map-root-user", "--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "limpid-probe"]);
    let probed = probe.arg(std::env::temp_dir()).output();
    let why = match probed {
        Ok(output) if output.status.success() => return None,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => format!("`unshare` cannot be run: {error}"),
    };
    Some(format!(
        "no file system can be mounted in a namespace here ({why}): allow user namespaces, or run as root"
    ))
}

/// Of PyPI: what asks an API all that its document describes, and what makes a client of a document.
const API_TOOLS: [&str; 2] = ["schemathesis==4.32.5", "openapi-python-client==0.29.1"];

/// Runs the tests that need these programs, or any of them where none is named. Plugins and the service
/// must have been built, as `cargo xtask test` does.
///
/// # Errors
/// Where one is missing, or a test fails.
pub(crate) fn test_with(programs: &[Program]) -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    for program in if programs.is_empty() { &Program::ALL } else { programs } {
        if let Some(missing) = program.prepare(&workspace)? {
            bail!("{missing}");
        }
        program.run(&workspace)?;
    }
    Ok(())
}

/// Runs those tests whose programs are there, and says of the others what is missing.
///
/// # Errors
/// Where a test fails.
pub(crate) fn test_with_what_is_there(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut left_out = vec![format!("{:?}: it takes minutes", Program::ManyManifests)];
    for program in Program::ALL.into_iter().filter(|program| *program != Program::ManyManifests) {
        match program.prepare(workspace)? {
            Some(missing) => left_out.push(format!("{program:?}: {missing}")),
            None => program.run(workspace)?,
        }
    }
    Ok(left_out)
}

/// Whether a registry is installed.
pub(crate) fn has_docker_registry() -> bool {
    find(DOCKER_REGISTRY).is_some()
}

/// Whether the tool of Prometheus is installed that checks rules.
pub(crate) fn has_promtool() -> bool {
    find("promtool").is_some()
}

/// Tools that write images.
pub(crate) const IMAGE_TOOLS: [&str; 4] = ["skopeo", "umoci", "buildah", "podman"];

/// The first of them that is not installed.
pub(crate) fn missing_image_tools() -> Option<&'static str> {
    IMAGE_TOOLS.into_iter().find(|tool| find(tool).is_none())
}

/// Whether RabbitMQ is installed.
pub(crate) fn has_rabbitmq() -> bool {
    RABBITMQ.iter().any(|program| Path::new(program).exists())
}
