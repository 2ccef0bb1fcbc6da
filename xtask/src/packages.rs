//! `cargo xtask packages`: what is packed is what users install, and works there.
//!
//! The hardening of the unit, the Debian package by lintian and in a fresh Debian that runs systemd, what is in the
//! image, the chart by Helm and the schemas of Kubernetes, the Dockerfile and the Compose file.

mod chart;
mod newcomer;
mod tools;

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::command::{command, find, output, run};
use crate::dist;
use crate::limpid::Limpid;
use crate::workspace::Workspace;

/// The programs that this needs, which Debian has.
const PROGRAMS: [&str; 5] = ["systemd-analyze", "systemd-nspawn", "mmdebstrap", "lintian", "openssl"];

/// The worst exposure that the unit may have, in tenths, as `systemd-analyze security` counts it.
const EXPOSURE: &str = "--threshold=20";

/// What lintian finds that is meant so: pages link to `CHANGELOG.md` by that name, and the package is not for Debian's own
/// archive, whose new packages answer a wish.
const LINTIAN_EXCEPTIONS: &str = "wrong-name-for-upstream-changelog,initial-upload-closes-no-bugs";

/// Debian's packages that bring them.
const DEBIAN: [&str; 6] =
    ["systemd", "systemd-container", "mmdebstrap", "lintian", "openssl", "python3-venv"];

/// What is missing here, if anything.
fn missing() -> Option<String> {
    if !output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        return Some("a fresh Debian is started by root only".to_owned());
    }
    let program = PROGRAMS.into_iter().find(|program| find(program).is_none())?;
    Some(format!("{program} is not installed (Debian: {})", DEBIAN.join(", ")))
}

/// Packs what tests have built, and checks all of it.
///
/// # Errors
/// Something is not as it should be, or a program is missing.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    if let Some(missing) = missing() {
        bail!("{missing}");
    }
    let root = workspace.root();
    let unit = root.join("deploy/systemd/limpid.service");
    let exposure = output(
        command("systemd-analyze").args(["security", "--no-pager", "--offline=true", EXPOSURE]).arg(unit),
    )
    .context("the unit is not hardened enough: `systemd-analyze security` says where")?;
    eprintln!("packages: {}", exposure.lines().last().unwrap_or_default());
    dist::dist(workspace, &dist::Args::of_tests())?;
    let packages = workspace.target().join("dist/packages");
    let package = named(&packages, ".deb")?;
    lint(&package)?;
    look_into_image(workspace, &named(&packages, ".oci.tar")?)?;
    let tools = tools::Tools::install(workspace)?;
    run(command(&tools.at("hadolint")).arg(root.join("deploy/docker/Dockerfile")))?;
    let compose = root.join("deploy/compose/compose.yaml");
    run(command(&tools.at("check-jsonschema"))
        .args(["--builtin-schema", "vendor.compose-spec"])
        .arg(compose))?;
    chart::check(workspace, &tools)?;
    newcomer::follow(workspace, &package)
}

/// The one file in a folder whose name ends so.
fn named(folder: &Path, end: &str) -> anyhow::Result<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.to_str().is_some_and(|path| path.ends_with(end)) {
            found.push(path);
        }
    }
    match (found.pop(), found.as_slice()) {
        (Some(path), []) => Ok(path),
        _ => bail!("`{}` has not one file `*{end}`", folder.display()),
    }
}

fn lint(package: &Path) -> anyhow::Result<()> {
    let mut lintian = command("lintian");
    lintian.args(["--allow-root", "--fail-on", "error,warning", "--suppress-tags", LINTIAN_EXCEPTIONS]);
    run(lintian.arg(package)).context("the Debian package has faults")
}

/// Limpid scans its own image: Debian's packages are there, and no shell is.
fn look_into_image(workspace: &Workspace, image: &Path) -> anyhow::Result<()> {
    let limpid = Limpid::of(workspace).with_compiled(workspace.target().join("compiled"));
    let data = workspace.target().join("newcomer/data");
    let listed = limpid.packages(&data, image)?;
    let names: Vec<&str> = listed
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|package| package.get("name")?.as_str())
        .collect();
    for wanted in ["libc6", "libstdc++6", "ca-certificates"] {
        if !names.contains(&wanted) {
            bail!("`{wanted}` was not found in `{}`, but {names:?}", image.display());
        }
    }
    if let Some(shell) = names.iter().find(|name| ["bash", "dash", "busybox"].contains(name)) {
        bail!("`{}` has a shell: `{shell}`", image.display());
    }
    eprintln!("packages: the image has {} packages", names.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_security_page_names_files_that_are_there() {
        let workspace = Workspace::load().unwrap();
        let page = std::fs::read_to_string(workspace.root().join("SECURITY.md")).unwrap();
        let named: Vec<&str> = page
            .split('`')
            .filter(|it| ["host/", "deploy/", "tests/"].iter().any(|at| it.starts_with(at)))
            .collect();
        assert!(named.len() > 15, "{named:?}");
        for path in named {
            assert!(workspace.root().join(path).exists(), "`{path}` is not there");
        }
    }

    #[test]
    fn the_number_of_the_user_is_the_same_wherever_a_container_is_described() {
        let workspace = Workspace::load().unwrap();
        for file in ["docker/Dockerfile", "compose/compose.yaml", "helm/limpid/templates/statefulset.yaml"] {
            let text = std::fs::read_to_string(workspace.root().join("deploy").join(file)).unwrap();
            assert!(text.contains("65532"), "{file}");
        }
    }
}
