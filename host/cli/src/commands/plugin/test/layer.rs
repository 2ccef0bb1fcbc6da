use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use limpid_model::Digest;
use limpid_scanner::{Archive, Limits};
use serde_json::json;
use tar::{Builder, Header, HeaderMode};

/// Files, folders and links of one case.
const ENTRIES: usize = 100_000;

/// An archive of an image whose one layer holds the files of a folder: a case's files take the way
/// that those of real images take.
pub(super) fn archive(input: &Path, limits: &Limits) -> anyhow::Result<Archive> {
    let layer = layer(input)?;
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "rootfs": { "type": "layers", "diff_ids": [Digest::of(&layer)] },
    });
    let manifest = json!([{ "Config": "config.json", "Layers": ["layer.tar"] }]);
    let scratch = std::env::temp_dir();
    let mut file = image(&[
        ("manifest.json", manifest.to_string().as_bytes()),
        ("config.json", config.to_string().as_bytes()),
        ("layer.tar", &layer),
    ])
    .with_context(|| format!("no image can be made in `{}`", scratch.display()))?;
    file.flush()?;
    Ok(Archive::open_file(file, &scratch, limits)?)
}

fn image(members: &[(&str, &[u8])]) -> std::io::Result<File> {
    let mut image = Builder::new(tempfile::tempfile()?);
    for (name, content) in members {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        image.append_data(&mut header, name, Cursor::new(content))?;
    }
    image.into_inner()
}

/// A tar of a folder: the same for the same files, wherever and whenever it is made.
fn layer(input: &Path) -> anyhow::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    tar.mode(HeaderMode::Deterministic);
    tar.follow_symlinks(false);
    for path in tree(input)? {
        let name = path.strip_prefix(input)?;
        tar.append_path_with_name(&path, name).with_context(|| format!("`{}`", path.display()))?;
    }
    Ok(tar.into_inner()?)
}

/// All that is below a folder, parents first, by name.
pub(super) fn tree(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = waiting.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("`{}`", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                waiting.push(entry.path());
            }
            found.push(entry.path());
        }
        if found.len() > ENTRIES {
            bail!("`{}` holds more than {ENTRIES} files", folder.display());
        }
    }
    found.sort();
    Ok(found)
}
