use serde_json::{Value, json};

use crate::{Registry, digest, media_types};

/// An image that is pushed: layers as they are stored, and the tars that they hold.
#[derive(Clone, Debug)]
pub struct TestImage {
    /// Media type, what is stored, and its tar.
    pub layers: Vec<(String, Vec<u8>, Vec<u8>)>,
    /// For which platform it is.
    pub platform: Platform,
}

/// A platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Such as `amd64`.
    pub architecture: String,
    /// Such as `v8`.
    pub variant: Option<String>,
}

impl Platform {
    /// A platform of Linux, such as `amd64` or `arm64/v8`.
    pub fn linux(text: &str) -> Self {
        let (architecture, variant) =
            text.split_once('/').map_or((text, None), |(first, second)| (first, Some(second.to_owned())));
        Self { architecture: architecture.to_owned(), variant }
    }

    fn json(&self) -> Value {
        let mut value = json!({"os": "linux", "architecture": self.architecture});
        if let Some(variant) = &self.variant {
            value["variant"] = json!(variant);
        }
        value
    }
}

impl TestImage {
    /// An image for `linux/amd64` of layers that are stored plain.
    pub fn plain(tars: &[&[u8]]) -> Self {
        let media_type = "application/vnd.oci.image.layer.v1.tar";
        let layers = tars.iter().map(|tar| (media_type.to_owned(), tar.to_vec(), tar.to_vec())).collect();
        Self { layers, platform: Platform::linux("amd64") }
    }

    /// The same for another platform.
    #[must_use]
    pub fn on(self, platform: &str) -> Self {
        Self { platform: Platform::linux(platform), ..self }
    }

    /// Its configuration.
    pub fn configuration(&self) -> Value {
        let diff_ids: Vec<_> = self.layers.iter().map(|(_, _, tar)| digest(tar)).collect();
        let history: Vec<_> =
            (0..diff_ids.len()).map(|n| json!({"created_by": format!("step {n}")})).collect();
        let mut configuration = self.platform.json();
        configuration["created"] = json!("2026-01-02T03:04:05Z");
        configuration["rootfs"] = json!({"type": "layers", "diff_ids": diff_ids});
        configuration["history"] = json!(history);
        configuration
    }
}

impl Registry {
    /// Pushes an image without a tag, and returns the descriptor of its manifest.
    pub fn push(&self, repository: &str, image: &TestImage) -> Value {
        let configuration = image.configuration().to_string().into_bytes();
        let layers: Vec<_> =
            image.layers.iter().map(|(media_type, stored, _)| self.describe(media_type, stored)).collect();
        let config = self.describe("application/vnd.oci.image.config.v1+json", &configuration);
        let manifest = json!({"schemaVersion": 2, "mediaType": media_types::MANIFEST, "config": config, "layers": layers});
        let mut descriptor = self.push_document(repository, media_types::MANIFEST, &manifest);
        descriptor["platform"] = image.platform.json();
        descriptor
    }

    /// Pushes an image with a tag, and returns the digest of its manifest.
    pub fn push_tagged(&self, repository: &str, tag: &str, image: &TestImage) -> String {
        let descriptor = self.push(repository, image);
        let digest = descriptor["digest"].as_str().unwrap().to_owned();
        self.tag(repository, tag, &digest);
        digest
    }

    /// Pushes an index of these descriptors, and returns its own.
    pub fn push_index(&self, repository: &str, media_type: &str, manifests: &[Value]) -> Value {
        let index = json!({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests});
        self.push_document(repository, media_type, &index)
    }

    /// Pushes an artifact of one blob, with annotations of that blob, and returns its descriptor. `subject` is the
    /// descriptor of what it refers to; null where it refers to nothing.
    pub fn push_artifact(
        &self,
        repository: &str,
        artifact_type: &str,
        (media_type, bytes, annotations): (&str, &[u8], Value),
        subject: &Value,
    ) -> Value {
        let mut layer = self.describe(media_type, bytes);
        layer["annotations"] = annotations.clone();
        let config = self.describe("application/vnd.oci.empty.v1+json", b"{}");
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": media_types::MANIFEST, "artifactType": artifact_type,
            "config": config, "layers": [layer], "annotations": annotations,
        });
        if !subject.is_null() {
            manifest["subject"] = subject.clone();
        }
        self.push_document(repository, media_types::MANIFEST, &manifest)
    }

    /// Pushes a document, and returns its descriptor.
    pub fn push_document(&self, repository: &str, media_type: &str, document: &Value) -> Value {
        let bytes = document.to_string().into_bytes();
        let digest = self.push_manifest(repository, media_type, &bytes);
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    /// Pushes a blob, and returns its descriptor.
    pub fn describe(&self, media_type: &str, bytes: &[u8]) -> Value {
        json!({"mediaType": media_type, "digest": self.push_blob(bytes), "size": bytes.len()})
    }
}
