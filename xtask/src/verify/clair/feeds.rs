//! Documents of publishers, laid out in a folder as their servers have them, and handed to Limpid from there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::command::{command, run};
use crate::python;
use crate::verify::Setting;
use crate::verify::debian::TRACKER;

/// What reads documents that are YAML.
const YAML: &str = "PyYAML==6.0.3";

/// Writes each of them in the form in which the same content is published. Some name no package.
const TO_JSON: &str = "import json, pathlib, sys, yaml
for path in pathlib.Path(sys.argv[1]).glob('v*/*.yaml'):
    document = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
    for package in document['packages'] or []:
        fixes = package['pkg'].get('secfixes') or {}
        package['pkg']['secfixes'] = {version: ids or None for version, ids in fixes.items()}
    if document['packages']:
        path.with_suffix('.json').write_text(json.dumps(document))
    path.unlink()
";

/// Adds advisories that are YAML to a zip of the same in JSON.
const INTO_ZIP: &str = "import json, pathlib, sys, yaml, zipfile
with zipfile.ZipFile(sys.argv[2], 'a', zipfile.ZIP_DEFLATED) as all:
    for path in sorted(pathlib.Path(sys.argv[1]).rglob('PYSEC-*.yaml')):
        record = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
        all.writestr(path.stem + '.json', json.dumps(record))
";

/// Releases that Alpine's server has folders of. Clair asks for them in order, and for none behind a gap.
const ALPINE: std::ops::RangeInclusive<u32> = 3..=20;

/// Releases of Debian, and the versions that their `Release` files state.
const DEBIAN: [(&str, &str); 3] = [("bullseye", "11.11"), ("bookworm", "12.12"), ("trixie", "13.2")];

/// Ecosystems of OSV that images have packages of.
const OSV: [&str; 2] = ["PyPI", "npm"];

/// Documents that both have.
pub(super) struct Feeds {
    /// All of them, as servers have them.
    pub(super) folder: PathBuf,
    /// What is handed to which feed of Limpid.
    pub(super) documents: Vec<(&'static str, PathBuf)>,
    /// What Clair calls what it reads of them.
    pub(super) updaters: Vec<String>,
    /// Which products Red Hat's repositories belong to.
    pub(super) mapping: PathBuf,
}

/// Lays them out.
///
/// # Errors
/// The corpus lacks one, or a program that unpacks it is missing.
pub(super) fn prepare(setting: &Setting<'_>, scratch: &Path) -> anyhow::Result<Feeds> {
    let folder = scratch.join("feeds");
    let mapping = folder.join("repository-to-cpe.json");
    let mut feeds = Feeds { folder, documents: Vec::new(), updaters: Vec::new(), mapping };
    fs::create_dir_all(&feeds.folder)?;
    unpack(&setting.corpus.path("feeds/redhat/repository-to-cpe.json.zst"), &feeds.mapping)?;
    feeds.alpine(setting)?;
    feeds.debian(setting)?;
    feeds.osv(setting)?;
    feeds.red_hat(setting)?;
    Ok(feeds)
}

impl Feeds {
    /// <https://secdb.alpinelinux.org/>
    fn alpine(&mut self, setting: &Setting<'_>) -> anyhow::Result<()> {
        let folder = self.folder.join("alpine");
        for release in ALPINE.map(|minor| format!("v3.{minor}")).chain(["edge".to_owned()]) {
            fs::create_dir_all(folder.join(release))?;
        }
        fs::write(folder.join("last-update"), "2026-08-22T00:00:00\n")?;
        let old = setting.corpus.path("feeds/alpine/alpine-secdb-2020-06-08-yaml.tar.zst");
        run(command("tar").args(["--zstd", "-xf"]).arg(old).arg("-C").arg(&folder))?;
        run(python(setting)?.args(["-c", TO_JSON]).arg(&folder))?;
        for repository in ["main", "community"] {
            let document = setting.corpus.path(&format!("feeds/alpine/edge/{repository}.json.zst"));
            unpack(&document, &folder.join(format!("edge/{repository}.json")))?;
        }
        for release in ["v3.18", "v3.20"] {
            let document = setting.corpus.path(&format!("feeds/alpine/{release}/main.partial.json"));
            fs::copy(document, folder.join(release).join("main.json"))?;
        }
        for release in fs::read_dir(&folder)? {
            let release = release?.path();
            for repository in ["main", "community"] {
                let document = release.join(format!("{repository}.json"));
                if document.is_file() {
                    let release = release.file_name().unwrap_or_default().to_string_lossy();
                    self.updaters.push(format!("alpine-{repository}-{release}-updater"));
                    self.documents.push(("alpine", document));
                }
            }
        }
        Ok(())
    }

    /// <https://security-tracker.debian.org/tracker/data/json>, and a mirror of which only `Release` files are read.
    fn debian(&mut self, setting: &Setting<'_>) -> anyhow::Result<()> {
        let tracker = self.folder.join("tracker.json");
        unpack(&setting.corpus.path(TRACKER), &tracker)?;
        for (codename, version) in DEBIAN {
            let folder = self.folder.join("mirror/debian/dists").join(codename);
            fs::create_dir_all(&folder)?;
            fs::write(
                folder.join("Release"),
                format!("Origin: Debian\nVersion: {version}\nCodename: {codename}\n"),
            )?;
        }
        self.documents.push(("debian", tracker));
        self.updaters.push("debian/updater".to_owned());
        Ok(())
    }

    /// <https://osv-vulnerabilities.storage.googleapis.com/>, of which Clair asks for `ecosystems.txt` at the root of
    /// the server, whatever address is configured.
    fn osv(&mut self, setting: &Setting<'_>) -> anyhow::Result<()> {
        fs::write(self.folder.join("ecosystems.txt"), format!("{}\n", OSV.join("\n")))?;
        for ecosystem in OSV {
            let folder = self.folder.join(ecosystem);
            fs::create_dir_all(&folder)?;
            let document = setting.corpus.path(&format!("feeds/osv/sample-union/{ecosystem}/all.zip"));
            fs::write(folder.join("all.zip"), fs::read(document)?)?;
            self.documents.push(("osv", folder.join("all.zip")));
            self.updaters.push(format!("osv/{}", ecosystem.to_lowercase()));
        }
        // The sample of OSV has hardly any of PyPI's. Those of its publisher are the records of OSV, in YAML.
        let plain = self.folder.join("pypa");
        fs::create_dir_all(&plain)?;
        let advisories = setting.corpus.path("feeds/osv/pypa-advisory-database.tar.zst");
        run(command("tar").args(["--zstd", "-xf"]).arg(advisories).arg("-C").arg(&plain))?;
        run(python(setting)?.args(["-c", INTO_ZIP]).arg(&plain).arg(self.folder.join("PyPI/all.zip")))
    }

    /// <https://security.access.redhat.com/data/csaf/v2/vex/>: an archive, and lists of what changed since, which are
    /// empty.
    fn red_hat(&mut self, setting: &Setting<'_>) -> anyhow::Result<()> {
        let (folder, plain) = (self.folder.join("vex"), self.folder.join("csaf"));
        for folder in [&folder, &plain] {
            fs::create_dir_all(folder)?;
        }
        let sample = setting.corpus.path("feeds/redhat/redhat-csaf-vex-sample.tar.zst");
        let mut tar = command("tar");
        tar.args(["--zstd", "-xf"])
            .arg(sample)
            .arg("-C")
            .arg(&plain)
            .args(["--wildcards", "csaf_vex/*/cve-*"]);
        run(&mut tar)?;
        let archive = folder.join("csaf_vex_2026-08-22.tar.zst");
        let mut tar = command("sh");
        tar.args(["-c", "cd \"$1\" && tar --zstd -cf \"$2\" *", "sh"]);
        run(tar.arg(plain.join("csaf_vex")).arg(&archive))?;
        fs::write(folder.join("archive_latest.txt"), "csaf_vex_2026-08-22.tar.zst")?;
        for list in ["changes.csv", "deletions.csv"] {
            fs::write(folder.join(list), "")?;
        }
        self.documents.push(("redhat", archive));
        self.updaters.push("rhel-vex".to_owned());
        Ok(())
    }
}

/// Python that reads YAML.
fn python(setting: &Setting<'_>) -> anyhow::Result<std::process::Command> {
    match python::environment(setting.workspace.target(), "yaml", &[YAML])? {
        Ok(environment) => Ok(command(&python::program(&environment, "python"))),
        Err(missing) => bail!("{missing}"),
    }
}

/// Unpacks a document that is compressed with zstd.
fn unpack(from: &Path, to: &Path) -> anyhow::Result<()> {
    run(command("zstd").arg("-dqf").arg(from).arg("-o").arg(to))
        .with_context(|| format!("cannot unpack `{}`", from.display()))
}
