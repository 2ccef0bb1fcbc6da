//! Forms of one image: archives as `docker save` writes them, and OCI layouts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, Header};

use super::image::pieces;
use crate::command::{command, run};

/// How layers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compressed {
    Not,
    Gzip,
    Zstd,
}

/// A layer as it is stored.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) stored: PathBuf,
    pub(super) digest: String,
    diff_id: String,
    pub(super) size: u64,
    media_type: &'static str,
}

/// An image without its layers' bytes.
pub(super) struct Documents {
    pub(super) config: Vec<u8>,
    pub(super) manifest: Vec<u8>,
}

impl Layer {
    /// Of a tar, beside which it is stored.
    pub(super) fn of(tar: &Path, compressed: Compressed) -> anyhow::Result<Self> {
        let (ending, program, media_type) = match compressed {
            Compressed::Not => (None, "", "application/vnd.oci.image.layer.v1.tar"),
            Compressed::Gzip => (Some("tar.gz"), "gzip", "application/vnd.oci.image.layer.v1.tar+gzip"),
            Compressed::Zstd => (Some("tar.zst"), "zstd", "application/vnd.oci.image.layer.v1.tar+zstd"),
        };
        let stored = ending.map_or_else(|| tar.to_owned(), |ending| tar.with_extension(ending));
        if !stored.is_file() {
            let unfinished = tar.with_extension("unfinished");
            run(command(program).args(["-c", "-q"]).arg(tar).stdout(File::create(&unfinished)?))?;
            fs::rename(&unfinished, &stored)?;
        }
        let diff_id = digest_of(tar)?;
        let digest = if stored == tar { diff_id.clone() } else { digest_of(&stored)? };
        let size = fs::metadata(&stored)?.len();
        Ok(Self { stored, digest, diff_id, size, media_type })
    }
}

/// The digest of a file, which is kept beside it.
fn digest_of(path: &Path) -> anyhow::Result<String> {
    let mut kept = path.as_os_str().to_owned();
    kept.push(".sha256");
    if let Ok(digest) = fs::read_to_string(&kept) {
        return Ok(digest);
    }
    let mut hash = Sha256::new();
    pieces(path, |piece| hash.update(piece))?;
    let digest = format!("sha256:{}", hex::encode(hash.finalize()));
    fs::write(&kept, &digest)?;
    Ok(digest)
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

fn config(layers: &[Layer]) -> Value {
    let history: Vec<_> =
        (1..=layers.len()).map(|number| json!({ "created_by": format!("layer {number}") })).collect();
    json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "history": history,
        "rootfs": { "type": "layers", "diff_ids": layers.iter().map(|layer| &layer.diff_id).collect::<Vec<_>>() },
    })
}

/// Configuration and manifest.
pub(super) fn documents(layers: &[Layer]) -> Documents {
    let config = config(layers).to_string().into_bytes();
    let described: Vec<_> = layers
        .iter()
        .map(|layer| json!({ "mediaType": layer.media_type, "digest": layer.digest, "size": layer.size }))
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json", "digest": sha256(&config), "size": config.len(),
        },
        "layers": described,
    });
    Documents { config, manifest: manifest.to_string().into_bytes() }
}

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Writes an archive as `docker save` did before it knew of OCI layouts.
pub(super) fn docker(layers: &[Layer], archive: &Path) -> anyhow::Result<()> {
    let config = config(layers).to_string();
    let config_name = format!("{}.json", sha256(config.as_bytes()).trim_start_matches("sha256:"));
    let names: Vec<_> = (1..=layers.len()).map(|number| format!("{number}/layer.tar")).collect();
    let manifest =
        json!([{ "Config": config_name, "RepoTags": ["bench/image:1"], "Layers": names }]).to_string();
    let file = File::create(archive).with_context(|| format!("cannot write `{}`", archive.display()))?;
    let mut tar = Builder::new(file);
    for (name, layer) in names.iter().zip(layers) {
        tar.append_file(name, &mut File::open(&layer.stored)?)?;
    }
    for (name, bytes) in [(config_name.as_str(), config.as_bytes()), ("manifest.json", manifest.as_bytes())] {
        let mut header = Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes)?;
    }
    tar.finish()?;
    Ok(())
}

/// Writes an OCI layout in an empty folder; its layers are other names of what is stored.
pub(super) fn oci(layers: &[Layer], folder: &Path) -> anyhow::Result<()> {
    let Documents { config, manifest } = documents(layers);
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let place = |digest: &str| blobs.join(digest.trim_start_matches("sha256:"));
    for layer in layers {
        let place = place(&layer.digest);
        if !place.exists() {
            fs::hard_link(&layer.stored, place)?;
        }
    }
    fs::write(place(&sha256(&config)), &config)?;
    fs::write(place(&sha256(&manifest)), &manifest)?;
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    let manifest = json!({
        "mediaType": MANIFEST, "digest": sha256(&manifest), "size": manifest.len(),
        "annotations": { "org.opencontainers.image.ref.name": "1" },
    });
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
    fs::write(folder.join("index.json"), index.to_string())?;
    Ok(())
}
