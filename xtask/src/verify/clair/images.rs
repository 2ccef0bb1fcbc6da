//! Images of the corpus whose distributions both know.

use std::fs::{self, File};
use std::path::Path;

use serde_json::Value;
use xtask::sample::{Compression, Image, Layer};

use super::registry::Registry;
use crate::command::{command, run};
use crate::corpus::{DebianImage, name};
use crate::verify::Setting;
use crate::verify::debian::LISTED;
use crate::wrap::wrap;

/// What the Red Hat image states of itself: repositories that its packages are from.
const CONTENT: &str = r#"{
  "metadata": { "icm_version": 1, "icm_spec": "https://example.com/content_manifest.json", "image_layer_index": 0 },
  "content_sets": ["rhel-8-for-x86_64-baseos-rpms", "rhel-8-for-x86_64-appstream-rpms"],
  "image_contents": []
}"#;

/// An image in the registry.
pub(super) struct Pushed {
    pub(super) name: String,
    /// What both are asked to index.
    pub(super) manifest: Value,
    /// Whether it is measured: others are a single layer of a few megabytes.
    pub(super) is_measured: bool,
}

impl Pushed {
    /// The digest of its manifest.
    pub(super) fn digest(&self) -> &str {
        self.manifest.get("hash").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Pushes all of them.
///
/// # Errors
/// One cannot be made, or not be pushed.
pub(super) fn push(setting: &Setting<'_>, folder: &Path, registry: &Registry) -> anyhow::Result<Vec<Pushed>> {
    let mut images = Vec::new();
    let mut add = |name: String, archive: String, is_measured: bool| -> anyhow::Result<()> {
        let manifest = registry.push(&archive, &name)?;
        images.push(Pushed { name, manifest, is_measured });
        Ok(())
    };
    let archive = folder.join("image.tar");
    let of_docker = |path: &Path| format!("docker-archive:{}", path.display());
    for root in setting.corpus.files("images/alpine", ".tar.gz")? {
        wrap(&root, &archive)?;
        let release = name(&root).replace("alpine-minirootfs-", "").replace(".tar.gz", "");
        add(format!("alpine/{release}"), of_docker(&archive), false)?;
    }
    for saved in setting.corpus.files("images/docker-save", ".tar.gz")? {
        // skopeo reads plain archives only.
        run(command("gzip").args(["-dc"]).arg(&saved).stdout(File::create(&archive)?))?;
        let name = name(&saved).replace(".tar.gz", "");
        add(format!("saved/{name}"), of_docker(&archive), false)?;
    }
    fs::write(&archive, red_hat(setting, &folder.join("rpm"))?)?;
    add("rhel/8.0".to_owned(), of_docker(&archive), false)?;
    for suite in LISTED {
        let image = DebianImage::of(suite, &setting.corpus, setting.workspace)?;
        add(format!("debian/{suite}"), format!("oci-archive:{}", image.oci().display()), true)?;
    }
    Ok(images)
}

/// A database of rpm of RHEL 8.0, with what a base image of Red Hat says of itself.
fn red_hat(setting: &Setting<'_>, folder: &Path) -> anyhow::Result<Vec<u8>> {
    fs::create_dir_all(folder)?;
    let database = setting.corpus.path("images/rpmdb/rhel8-2019-var-lib-rpm-bdb.tar.xz");
    run(command("tar").arg("-xJf").arg(database).arg("--strip-components=4").arg("-C").arg(folder))?;
    let release = "ID=\"rhel\"\nVERSION_ID=\"8.0\"\nPRETTY_NAME=\"Red Hat Enterprise Linux 8.0 (Ootpa)\"\n";
    let layer = Layer::new("COPY rootfs /")
        .file("etc/os-release", release)
        .file("etc/redhat-release", "Red Hat Enterprise Linux release 8.0 (Ootpa)\n")
        .file("root/buildinfo/content_manifests/base.json", CONTENT)
        .file("var/lib/rpm/Packages", fs::read(folder.join("Packages"))?);
    Ok(Image::new("example/rhel:1").with(layer).docker_archive(Compression::None)?)
}
