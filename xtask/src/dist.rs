//! `cargo xtask dist`: what is installed elsewhere, from what demo and tests have built already.
//!
//! `<target>/dist` has the program, its debug information and the plugins; `<target>/dist/packages` what a release
//! consists of. All of that is the same bytes whoever packs it: files are in the order of their paths, and their time
//! is that of the commit (`SOURCE_DATE_EPOCH`).

mod debian;
mod image;
mod layout;
mod provenance;
mod sbom;

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::command::{command, find, output, run, write_if_changed};
use crate::limpid::Limpid;
use crate::progress::run_with_progress;
use crate::tree::{self, Tree};
use crate::workspace::Workspace;

/// How each crate of this workspace is compiled for a release, in place of what Cargo.toml says of it
/// in profile `dev`. Dependencies are always compiled like this, so that none of them is built anew.
const SETTINGS: &str = "{ opt-level = 3, codegen-units = 16, debug-assertions = false }";

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Artefact {
    /// Program, plugins, unit and documentation, as a tar that is unpacked anywhere
    Archive,
    /// The Debian package, by cargo-deb
    Debian,
    /// The container image, as an archive in the OCI layout; needs Debian's packages
    Image,
    /// The Helm chart
    Chart,
}

impl Artefact {
    const ALL: [Self; 4] = [Self::Archive, Self::Debian, Self::Image, Self::Chart];
}

/// How the program is compiled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// As for those who install it
    #[default]
    Release,
    /// As for tests, which have built it already
    Dev,
}

impl Profile {
    const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "dev",
        }
    }
}

/// What is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How the program is compiled
    #[arg(long, value_enum, default_value_t)]
    profile: Profile,
    /// Pack only these; `--only` alone packs nothing
    #[arg(long, value_delimiter = ',', num_args = 0..)]
    only: Option<Vec<Artefact>>,
    /// Private key that signs checksums and provenance: ed25519 in PEM, as `openssl genpkey -algorithm ed25519` writes
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl Args {
    /// What tests have built already, and all packages of it.
    pub(crate) fn of_tests() -> Self {
        Self { profile: Profile::Dev, only: None, key: None }
    }
}

/// What is built from what, where and how.
struct Build {
    version: String,
    repository: String,
    commit: String,
    has_uncommitted: bool,
    /// The time of all files, in seconds of Unix.
    seconds: u64,
    /// The same as RFC 3339.
    time: String,
    machine: Machine,
    profile: Profile,
    /// What is in `Cargo.lock`.
    lock: String,
    rustc: String,
    /// Who builds, as provenance names it.
    builder: String,
}

impl Build {
    fn of(workspace: &Workspace, profile: Profile) -> anyhow::Result<Self> {
        let root = workspace.root();
        let git = |arguments: &[&str]| {
            output(command("git").current_dir(root).args(arguments)).map(|text| text.trim().to_owned())
        };
        let package = workspace.packages().iter().find(|package| package.name == "limpid");
        let package = package.context("no package is called `limpid`")?;
        let seconds = match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(seconds) => seconds,
            Err(_) => git(&["log", "-1", "--format=%ct"])?,
        };
        let seconds: u64 = seconds.parse().context("SOURCE_DATE_EPOCH is no number of seconds")?;
        let mut date = command("date");
        date.args(["--utc", "+%Y-%m-%dT%H:%M:%SZ", "--date"]).arg(format!("@{seconds}"));
        let repository = package.repository.clone().context("package `limpid` has no repository")?;
        Ok(Self {
            version: package.version.clone(),
            commit: git(&["rev-parse", "HEAD"])?,
            has_uncommitted: !git(&["status", "--porcelain"])?.is_empty(),
            seconds,
            time: output(&mut date)?.trim().to_owned(),
            machine: Machine::this()?,
            profile,
            lock: fs::read_to_string(root.join("Cargo.lock")).context("cannot read `Cargo.lock`")?,
            rustc: output(command("rustc").arg("--version"))?.trim().to_owned(),
            builder: std::env::var("LIMPID_BUILDER_ID").unwrap_or_else(|_| format!("{repository}/local")),
            repository,
        })
    }
}

/// What a kind of machine is called.
#[derive(Clone, Copy)]
struct Machine {
    /// Its processor by Debian, Go and OCI.
    debian: &'static str,
    /// By rustc.
    triple: &'static str,
}

impl Machine {
    /// The kind of this one.
    fn this() -> anyhow::Result<Self> {
        match ARCH {
            "x86_64" => Ok(Self { debian: "amd64", triple: "x86_64-unknown-linux-gnu" }),
            "aarch64" => Ok(Self { debian: "arm64", triple: "aarch64-unknown-linux-gnu" }),
            other => bail!("nothing is packed for processors `{other}`"),
        }
    }
}

/// Writes what `cargo build --config` is given so that it compiles the crates of this workspace as
/// for a release, and says where that is.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn settings(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let mut text = "[profile.dev]\nincremental = false\n\n[profile.dev.package]\n".to_owned();
    for package in workspace.packages() {
        text.push_str(&format!("{} = {SETTINGS}\n", package.name));
    }
    let path = workspace.target().join("dist.toml");
    write_if_changed(&path, text.as_bytes())?;
    Ok(path)
}

/// Builds the program and its plugins, and leaves in `<target>/dist` the program, its debug information in a file of
/// its own, the plugins, and packages of them.
///
/// # Errors
/// Where something cannot be built or packed, or a program is missing that does it.
pub(crate) fn dist(workspace: &Workspace, args: &Args) -> anyhow::Result<()> {
    if find("objcopy").is_none() {
        bail!("install objcopy (Debian: `apt-get install binutils`) and run this again");
    }
    let built = match args.profile {
        Profile::Release => Limpid::build_for_release(workspace, &[])?,
        Profile::Dev => {
            run_with_progress(&mut Limpid::build_program(), workspace)?;
            Limpid::of(workspace)
        }
    };
    let folder = workspace.target().join("dist");
    let limpid = built.kept_in(&folder)?;
    let debug_information = split(limpid.program())?;
    for path in [limpid.program(), &debug_information] {
        let bytes = fs::metadata(path)?.len();
        eprintln!("dist: {} MB in `{}`", bytes.div_ceil(1_000_000), path.display());
    }
    eprintln!("dist: plugins in `{}`", folder.join("plugins").display());
    let artefacts = args.only.as_deref().unwrap_or(&Artefact::ALL);
    if artefacts.is_empty() {
        return Ok(());
    }
    let build = Build::of(workspace, args.profile)?;
    pack(workspace, &build, &limpid, artefacts, &folder.join("packages"), args.key.as_deref())
}

/// Packs the program into a folder, with checksums and provenance.
fn pack(
    workspace: &Workspace,
    build: &Build,
    limpid: &Limpid,
    artefacts: &[Artefact],
    folder: &Path,
    key: Option<&Path>,
) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let sbom = sbom::sbom(&sbom::metadata(workspace, build.machine)?, &build.lock, limpid.plugins())?;
    let installed = layout::installed(workspace, limpid, &sbom)?;
    let mut names = vec![format!("limpid-{}.cdx.json", build.version)];
    fs::write(folder.join(format!("limpid-{}.cdx.json", build.version)), &sbom)?;
    for artefact in artefacts {
        names.push(match artefact {
            Artefact::Archive => archive(workspace, build, &installed, folder)?,
            Artefact::Debian => debian::package(workspace, build, &installed, folder)?,
            Artefact::Image => image::image(workspace, build, &installed, folder)?,
            Artefact::Chart => chart(workspace, build, folder)?,
        });
    }
    names.sort();
    let mut digests = provenance::digests(folder, &names)?;
    let statement = provenance::statement(build, &digests);
    let name = provenance::write(&statement, key, folder)?;
    digests.extend(provenance::digests(folder, &[name])?);
    let checksums = provenance::checksums(&digests);
    fs::write(folder.join("SHA256SUMS"), &checksums)?;
    if let Some(key) = key {
        fs::write(folder.join("SHA256SUMS.sig"), provenance::sign(key, checksums.as_bytes())?)?;
    }
    eprint!("dist: packages in `{}`:\n{checksums}", folder.display());
    Ok(())
}

fn archive(workspace: &Workspace, build: &Build, installed: &Tree, folder: &Path) -> anyhow::Result<String> {
    let name = format!("limpid-{}-{}", build.version, build.machine.triple);
    let tar = layout::portable(workspace, installed, &name)?.tar(build.seconds)?;
    let name = format!("{name}.tar.gz");
    fs::write(folder.join(&name), tree::gzip(&tar)?)?;
    Ok(name)
}

/// The chart, as `helm package` makes it.
fn chart(workspace: &Workspace, build: &Build, folder: &Path) -> anyhow::Result<String> {
    let chart = Tree::of_folder(&workspace.root().join("deploy/helm/limpid"))?.below("limpid");
    let name = format!("limpid-chart-{}.tgz", build.version);
    fs::write(folder.join(&name), tree::gzip(&chart.tar(build.seconds)?)?)?;
    Ok(name)
}

/// Moves a program's debug information to a file beside it, where debuggers and the program's own
/// backtraces look for it: with the names of functions in it as well, the program has 66 MB in place of 51.
fn split(program: &Path) -> anyhow::Result<PathBuf> {
    let debug_information = program.with_extension("debug");
    let folder = program.parent().context("the program is in no folder")?;
    // Where it runs, because the program names the other file without its folder.
    let objcopy = |arguments: &[&str], files: &[&Path]| {
        run(command("objcopy").current_dir(folder).args(arguments).args(files))
    };
    objcopy(&["--only-keep-debug"], &[program, &debug_information])?;
    let link = format!("--add-gnu-debuglink={}", debug_information.display());
    objcopy(&["--strip-all", &link], &[program])?;
    Ok(debug_information)
}

#[cfg(test)]
mod tests {
    use toml::Table;

    use super::*;
    use crate::workspace::Package;

    #[test]
    fn no_member_of_the_workspace_is_compiled_as_a_dependency() {
        let workspace = Workspace::load().unwrap();
        let manifest = fs::read_to_string(workspace.root().join("Cargo.toml")).unwrap();
        let manifest: Table = manifest.parse().unwrap();
        let set = &manifest["profile"]["dev"]["package"];
        for Package { name, .. } in workspace.packages() {
            let settings = set.get(name).unwrap_or_else(|| {
                panic!("`{name}` is missing in `[profile.dev.package]` of Cargo.toml");
            });
            for check in ["debug-assertions", "overflow-checks"] {
                assert_eq!(settings[check].as_bool(), Some(true), "`{check}` of `{name}`");
            }
            assert_eq!(settings["debug"].as_str(), Some("line-tables-only"), "`debug` of `{name}`");
        }
    }

    #[test]
    fn debug_information_moves_out_of_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("limpid");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        let sections = |path: &Path| {
            let output = command("objdump").arg("-h").arg(path).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        assert!(sections(&program).contains(".debug_line"));
        let debug_information = split(&program).unwrap();
        assert!(sections(&debug_information).contains(".debug_line"));
        let left = sections(&program);
        assert!(!left.contains(".debug_line"), "{left}");
        assert!(left.contains(".gnu_debuglink"), "{left}");
    }
}
