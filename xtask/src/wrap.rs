//! Image archives of one layer, made of a layer's own bytes.

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
///
/// # Errors
/// Where a file cannot be read or written.
pub(crate) fn wrap(layer: &Path, archive: &Path) -> anyhow::Result<()> {
    let bytes = fs::read(layer).with_context(|| format!("cannot read `{}`", layer.display()))?;
    let mut inflated = Vec::new();
    let tar = if bytes.starts_with(&[0x1f, 0x8b]) {
        MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut inflated)
            .with_context(|| format!("cannot inflate `{}`", layer.display()))?;
        inflated.as_slice()
    } else {
        bytes.as_slice()
    };
    wrap_known(layer, &sha256(tar), archive)
}

/// The same of a layer whose diff id is known, which may be too large to be kept.
///
/// # Errors
/// Where a file cannot be read or written.
pub(crate) fn wrap_known(layer: &Path, diff_id: &str, archive: &Path) -> anyhow::Result<()> {
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "history": [{ "created_by": "ADD rootfs.tar /" }],
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{diff_id}")] },
    });
    let config = config.to_string();
    let config_name = format!("{}.json", sha256(config.as_bytes()));
    let manifest = json!([{ "Config": config_name, "RepoTags": [], "Layers": ["layer.tar"] }]).to_string();
    let file = File::create(archive).with_context(|| format!("cannot write `{}`", archive.display()))?;
    let mut tar = Builder::new(file);
    let mut content = File::open(layer).with_context(|| format!("cannot read `{}`", layer.display()))?;
    tar.append_file("layer.tar", &mut content)?;
    for (name, bytes) in [(config_name.as_str(), config.as_bytes()), ("manifest.json", manifest.as_bytes())] {
        let mut header = Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes)?;
    }
    tar.finish()?;
    Ok(())
}

/// The digest of bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
