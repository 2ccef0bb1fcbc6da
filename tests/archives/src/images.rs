use limpid_model::Digest;
use serde_json::{Value, json};

use crate::Tar;

/// A configuration of layers with these tars.
pub fn configuration(tars: &[&[u8]]) -> Value {
    let diff_ids: Vec<_> = tars.iter().map(|tar| Digest::of(tar).to_string()).collect();
    let history: Vec<_> = (0..tars.len()).map(|n| json!({"created_by": format!("step {n}")})).collect();
    json!({
        "architecture": "amd64", "os": "linux", "created": "2026-01-02T03:04:05Z",
        "config": {"Labels": {"a": "b"}},
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": history,
    })
}

/// An archive as `docker save` wrote it before it knew of OCI layouts.
pub fn docker_archive(layers: &[&[u8]]) -> Vec<u8> {
    docker_archive_of(&configuration(layers), layers)
}

/// The same, with a configuration that need not fit the layers.
pub fn docker_archive_of(configuration: &Value, layers: &[&[u8]]) -> Vec<u8> {
    let configuration = configuration.to_string();
    let name = format!("{}.json", Digest::of(configuration.as_bytes()).hex());
    let names: Vec<_> = (0..layers.len()).map(|n| format!("{n}/layer.tar")).collect();
    let manifest = json!([{"Config": name, "RepoTags": ["example.test/a:1"], "Layers": names}]).to_string();
    let mut tar = Tar::default();
    for (name, layer) in names.iter().zip(layers) {
        tar = tar.file(name, layer);
    }
    tar.file(&name, configuration.as_bytes()).file("manifest.json", manifest.as_bytes()).end()
}

/// An OCI image layout that is being made.
#[derive(Clone, Default)]
pub struct Layout(pub Vec<(String, Vec<u8>)>);

impl Layout {
    /// Adds a blob and returns its descriptor.
    pub fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        self.0.push((format!("blobs/sha256/{}", digest.hex()), bytes.to_vec()));
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    }

    /// Adds a manifest and the configuration that it names; returns its descriptor.
    pub fn manifest(&mut self, configuration: &Value, layers: &[Value]) -> Value {
        let config =
            self.blob("application/vnd.oci.image.config.v1+json", configuration.to_string().as_bytes());
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        self.blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes())
    }

    /// An image of layers, each a media type, stored bytes and the tar that they hold.
    pub fn image(&mut self, layers: &[(&str, &[u8], &[u8])]) -> Value {
        let tars: Vec<_> = layers.iter().map(|(.., tar)| *tar).collect();
        let layers: Vec<_> =
            layers.iter().map(|(media_type, stored, _)| self.blob(media_type, stored)).collect();
        self.manifest(&configuration(&tars), &layers)
    }

    /// Adds an index of manifests; returns its descriptor.
    pub fn index(&mut self, manifests: &[Value]) -> Value {
        let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
        self.blob("application/vnd.oci.image.index.v1+json", index.as_bytes())
    }

    /// All files of the layout with an index of these manifests.
    pub fn files(mut self, manifests: &[Value]) -> Vec<(String, Vec<u8>)> {
        let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
        self.0.push(("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
        self.0.push(("index.json".into(), index.into_bytes()));
        self.0
    }

    /// The same as a tar.
    pub fn tar(self, manifests: &[Value]) -> Vec<u8> {
        let files = self.files(manifests);
        files.iter().fold(Tar::default(), |tar, (name, bytes)| tar.file(name, bytes)).end()
    }
}
