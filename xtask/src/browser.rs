//! What tests of pages need: Chromium, and [axe-core](https://github.com/dequelabs/axe-core), which finds what keeps
//! people from using a page.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use flate2::read::GzDecoder;
use sha2::{Digest as _, Sha256};
use xtask::{AXE, CHROMIUM};

use crate::command::{command, find, run_bounded};
use crate::workspace::Workspace;

/// The package that has the script, of which nothing is part of Limpid (MPL-2.0).
const PACKAGE: &str = "axe-core@4.14.1";

/// Digest of the package as it is published, and so of all that it holds.
const DIGEST: &str = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745";

/// The script in the package.
const SCRIPT: &str = "package/axe.min.js";

/// How long npm may take for its megabyte.
const LIMIT: Duration = Duration::from_secs(180);

/// Whether a Chromium is installed.
pub(crate) fn is_there() -> bool {
    find(CHROMIUM).is_some()
}

/// Fetches what is not there; says what is missing where that cannot be.
///
/// # Errors
/// Where the package is another than it was, or nothing can be written.
pub(crate) fn prepare(workspace: &Workspace) -> anyhow::Result<Option<String>> {
    if !is_there() {
        return Ok(Some("Chromium is not installed (`cargo xtask setup --all-tests`)".to_owned()));
    }
    let script = workspace.target().join(AXE);
    if script.is_file() {
        return Ok(None);
    }
    if find("npm").is_none() {
        return Ok(Some("npm, which fetches axe-core, is not installed".to_owned()));
    }
    let folder = script.parent().context("the script is in no folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let mut npm = command("npm");
    npm.args(["pack", "--silent", "--pack-destination"]).arg(folder).arg(PACKAGE);
    if let Err(why) = run_bounded(&mut npm, LIMIT) {
        return Ok(Some(format!("axe-core cannot be fetched: {why:#}")));
    }
    let package = folder.join(format!("{}.tgz", PACKAGE.replace('@', "-")));
    let bytes = fs::read(&package).with_context(|| format!("cannot read `{}`", package.display()))?;
    let digest = hex::encode(Sha256::digest(&bytes));
    if digest != DIGEST {
        bail!("`{PACKAGE}` has the digest {digest}, and not {DIGEST}: somebody has changed it");
    }
    unpack(&bytes, &script).map(|()| None)
}

/// Puts the script of a package where tests look for it.
fn unpack(package: &[u8], script: &Path) -> anyhow::Result<()> {
    let mut archive = tar::Archive::new(GzDecoder::new(package));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if entry.path()?.to_str() == Some(SCRIPT) {
            // Whoever is stopped leaves no half of it.
            let partial = script.with_extension("partial");
            entry.unpack(&partial).with_context(|| format!("cannot write `{}`", partial.display()))?;
            return fs::rename(&partial, script)
                .with_context(|| format!("cannot write `{}`", script.display()));
        }
    }
    bail!("`{PACKAGE}` has no `{SCRIPT}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_script_names_its_version() {
        assert!(AXE.contains(&PACKAGE.replace('@', "-")), "{AXE}");
    }
}
