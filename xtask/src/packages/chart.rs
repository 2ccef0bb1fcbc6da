//! The chart: by Helm's linter, rendered with nothing and with everything, and against Kubernetes' own schemas.

use std::fs;

use anyhow::{Context as _, bail};

use super::tools::Tools;
use crate::command::{command, output, run, succeeds};
use crate::workspace::Workspace;

/// Versions of Kubernetes whose schemas are asked.
const KUBERNETES: [&str; 2] = ["1.25", "1.37"];

/// Values that the chart must refuse.
const REFUSED: [&str; 6] = [
    "nonsense=1",
    "persistence.size=much",
    "tls.clientCaSecretName=clients",
    "serviceMonitor.enabled=true",
    "ingress.enabled=true",
    "podDisruptionBudget.maxUnavailable=2",
];

/// What must be in what the chart makes of nothing but defaults.
const INVARIANTS: [&str; 9] = [
    "runAsNonRoot: true",
    "readOnlyRootFilesystem: true",
    "allowPrivilegeEscalation: false",
    "drop: [ALL]",
    "type: RuntimeDefault",
    "automountServiceAccountToken: false",
    "kind: NetworkPolicy",
    "kind: PodDisruptionBudget",
    "path: /readyz",
];

/// Checks it.
///
/// # Errors
/// Helm or a schema refuses it, or takes what it must not.
pub(super) fn check(workspace: &Workspace, tools: &Tools) -> anyhow::Result<()> {
    let chart = workspace.root().join("deploy/helm/limpid");
    let folder = workspace.target().join("newcomer/chart");
    fs::create_dir_all(&folder)?;
    let template = |values: &[&str]| {
        let mut helm = command(&tools.helm());
        helm.args(["template", "test"]).arg(&chart).args(["--kube-version", "1.37.0"]).args(values);
        helm
    };
    run(command(&tools.helm()).args(["lint", "--strict", "--quiet"]).arg(&chart))?;
    let everything = chart.join("ci/full-values.yaml");
    let everything = everything.to_str().context("the path is not UTF-8")?;
    for (name, values) in [("defaults", &[] as &[&str]), ("everything", &["--values", everything])] {
        let rendered = output(&mut template(values))?;
        if name == "defaults"
            && let Some(missing) = INVARIANTS.iter().find(|invariant| !rendered.contains(**invariant))
        {
            bail!("the chart makes nothing with `{missing}`");
        }
        // That kind is the Prometheus operator's, and no schema of Kubernetes knows it.
        let known: Vec<&str> =
            rendered.split("\n---\n").filter(|part| !part.contains("kind: ServiceMonitor")).collect();
        let file = folder.join(format!("{name}.yaml"));
        fs::write(&file, known.join("\n---\n"))?;
        for version in KUBERNETES {
            let mut validate = command(&tools.at("kubernetes-validate"));
            run(validate.args(["--strict", "--quiet", "--kubernetes-version", version]).arg(&file))?;
        }
    }
    for values in REFUSED {
        if succeeds(&mut template(&["--set", values])) {
            bail!("the chart takes `--set {values}`");
        }
    }
    eprintln!("packages: the chart is as it should be");
    Ok(())
}
