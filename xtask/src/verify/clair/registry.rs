//! Debian's `docker-registry`, from which both fetch layers.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use xtask::DOCKER_REGISTRY;

use super::others::Server;
use crate::api::Api;
use crate::command::{command, run};
use crate::service::free_address;
use crate::verify::debian::array;

/// A registry of images.
pub(super) struct Registry {
    server: Server,
}

impl Registry {
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let (address, root) = (free_address()?, folder.join("registry"));
        let settings = json!({
            "version": "0.1",
            "log": { "accesslog": { "disabled": true }, "level": "warn" },
            "storage": { "filesystem": { "rootdirectory": root } },
            "http": { "addr": address.to_string() },
        });
        // JSON is YAML, too.
        let file = folder.join("registry.yml");
        fs::write(&file, settings.to_string())?;
        let mut registry = command(DOCKER_REGISTRY);
        registry.arg("serve").arg(&file);
        Ok(Self { server: Server::start("registry", &mut registry, address, "TERM", folder)? })
    }

    /// Where it is, as references begin.
    pub(super) fn host(&self) -> String {
        self.server.address.to_string()
    }

    /// Pushes the image of an archive, and returns what both are to index: the digest of its manifest, and where its
    /// layers are.
    pub(super) fn push(&self, archive: &str, repository: &str) -> anyhow::Result<Value> {
        let host = self.host();
        let mut skopeo = command("skopeo");
        skopeo.args(["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", "--format", "oci"]);
        run(skopeo.arg(archive).arg(format!("docker://{host}/{repository}:1")))?;
        let api = Api::new(self.server.address);
        let path = format!("/v2/{repository}/manifests/1");
        let manifest = api.get_as(&path, "application/vnd.oci.image.manifest.v1+json")?;
        let layers: Value = serde_json::from_slice(&manifest).with_context(|| format!("GET {path}"))?;
        let layer = |layer: &Value| {
            let digest = layer.get("digest").and_then(Value::as_str).unwrap_or_default();
            json!({
                "hash": digest,
                "uri": format!("http://{host}/v2/{repository}/blobs/{digest}"),
                "headers": {},
            })
        };
        let layers: Vec<Value> = array(&layers, "/layers").iter().map(layer).collect();
        if layers.is_empty() {
            bail!("`{repository}` has no layers");
        }
        Ok(json!({ "hash": format!("sha256:{}", crate::wrap::sha256(&manifest)), "layers": layers }))
    }
}
