//! Archives as `docker save` writes them.

use limpid_model::Digest;
use serde_json::json;

/// A tar of files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, path, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// An archive of one image with these layers, and the image's digest.
pub(crate) fn docker(name: &str, layers: &[Vec<u8>]) -> (Vec<u8>, Digest) {
    let diff_ids: Vec<_> = layers.iter().map(|layer| Digest::of(layer).to_string()).collect();
    let configuration = json!({
        "architecture": "amd64", "os": "linux",
        "config": {"Labels": {"name": name}},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    let configuration = configuration.to_string();
    let id = Digest::of(configuration.as_bytes());
    let config_name = format!("{}.json", id.hex());
    let paths: Vec<_> = (0..layers.len()).map(|n| format!("{n}/layer.tar")).collect();
    let manifest = json!([{"Config": config_name, "RepoTags": [name], "Layers": paths}]).to_string();
    let mut files: Vec<(&str, &[u8])> =
        paths.iter().zip(layers).map(|(path, layer)| (path.as_str(), layer.as_slice())).collect();
    files.push((&config_name, configuration.as_bytes()));
    files.push(("manifest.json", manifest.as_bytes()));
    (tar(&files), id)
}
