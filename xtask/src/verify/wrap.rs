use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use anyhow::Context;
use flate2::read::MultiGzDecoder;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tar::{Builder, Header};

/// Writes an image archive, as `docker save` does, of one layer: the tar in a file, which may be
/// compressed with gzip.
pub(super) fn wrap(layer: &Path, archive: &Path) -> anyhow::Result<()> {
    let layer = plain(layer)?;
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "history": [{ "created_by": "ADD rootfs.tar /" }],
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{}", sha256(&layer))] },
    });
    let config = config.to_string();
    let name = format!("{}.json", sha256(config.as_bytes()));
    let manifest = json!([{ "Config": name, "RepoTags": [], "Layers": ["layer.tar"] }]).to_string();
    let file = File::create(archive).with_context(|| format!("cannot write `{}`", archive.display()))?;
    let mut tar = Builder::new(file);
    let members = [
        ("layer.tar", layer.as_slice()),
        (name.as_str(), config.as_bytes()),
        ("manifest.json", manifest.as_bytes()),
    ];
    for (name, bytes) in members {
        let mut header = Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes)?;
    }
    tar.finish()?;
    Ok(())
}

/// The bytes of a file, inflated where they are gzip.
pub(super) fn plain(path: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut inflated = Vec::new();
    MultiGzDecoder::new(bytes.as_slice())
        .read_to_end(&mut inflated)
        .with_context(|| format!("cannot inflate `{}`", path.display()))?;
    Ok(inflated)
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
