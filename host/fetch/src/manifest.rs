use limpid_model::Digest;
use serde::Deserialize;

use crate::error::quoted;

/// The media type of an image manifest.
#[cfg(test)]
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Configurations of a WebAssembly artifact: that of the
/// [Wasm OCI artifact layout](https://tag-runtime.cncf.io/wgs/wasm/deliverables/wasm-oci-artifact/),
/// the one before it, and the empty one that general tools write.
const CONFIGS: [&str; 3] = [
    "application/vnd.wasm.config.v0+json",
    "application/vnd.wasm.config.v1+json",
    "application/vnd.oci.empty.v1+json",
];

/// Layers that are a component as it is: that of the layout, and the one before it.
const LAYERS: [&str; 2] = ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];

/// What is read of an
/// [image manifest](https://github.com/opencontainers/image-spec/blob/main/manifest.md).
#[derive(Deserialize)]
struct Manifest {
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    /// An index has these.
    manifests: Option<Vec<serde::de::IgnoredAny>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
}

/// The one layer of an artifact.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

/// The layer that is the component.
///
/// # Errors
/// What the manifest is of instead.
pub(crate) fn component(manifest: &[u8]) -> Result<Layer, String> {
    let manifest: Manifest =
        serde_json::from_slice(manifest).map_err(|error| format!("its manifest cannot be read: {error}"))?;
    if manifest.manifests.is_some() {
        return Err("it is an index of several artifacts; name one of them by its digest".to_owned());
    }
    let config = manifest.config.ok_or("its manifest has no configuration")?.media_type;
    if !CONFIGS.contains(&config.as_str()) {
        return Err(format!("its configuration is `{}`, not `{}`", quoted(&config), CONFIGS[0]));
    }
    let layers = manifest.layers.unwrap_or_default();
    let [layer] = layers.as_slice() else {
        return Err(format!("it has {} layers, not 1", layers.len()));
    };
    if !LAYERS.contains(&layer.media_type.as_str()) {
        return Err(format!("its layer is `{}`, not `{}`", quoted(&layer.media_type), LAYERS[0]));
    }
    let digest = layer.digest.parse().map_err(|error| format!("its layer has no usable digest: {error}"))?;
    Ok(Layer { digest, size: layer.size })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(config: &str, layers: &[&str]) -> Vec<u8> {
        let digest = Digest::of(b"x");
        let describe =
            |media_type: &str| format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":1}}"#);
        let layers: Vec<String> = layers.iter().map(|layer| describe(layer)).collect();
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{},"layers":[{}],"annotations":{{}}}}"#,
            describe(config),
            layers.join(","),
        )
        .into_bytes()
    }

    #[test]
    fn every_layout_of_a_wasm_artifact_is_read() {
        for config in CONFIGS {
            for layer in LAYERS {
                let found = component(&manifest(config, &[layer]));
                assert_eq!(found, Ok(Layer { digest: Digest::of(b"x"), size: 1 }));
            }
        }
    }

    #[test]
    fn what_is_no_wasm_artifact_is_told_by_what_it_is() {
        let check = |manifest: &[u8], expected: &str| {
            let why = component(manifest).unwrap_err();
            assert!(why.contains(expected), "{why}");
        };
        let image = "application/vnd.oci.image.config.v1+json";
        check(
            &manifest(image, &[LAYERS[0]]),
            "its configuration is `application/vnd.oci.image.config.v1+json`",
        );
        check(&manifest(CONFIGS[0], &[]), "it has 0 layers");
        check(&manifest(CONFIGS[0], &[LAYERS[0], LAYERS[0]]), "it has 2 layers");
        check(
            &manifest(CONFIGS[0], &["application/vnd.oci.image.layer.v1.tar+gzip"]),
            "its layer is `application/vnd.oci.image.layer.v1.tar+gzip`",
        );
        check(b"", "its manifest cannot be read");
        check(b"<html>", "its manifest cannot be read");
        check(b"{}", "has no configuration");
        check(br#"{"manifests": [{}, {}]}"#, "it is an index");
        let odd = String::from_utf8(manifest(CONFIGS[0], &[LAYERS[0]])).unwrap();
        let odd = odd.replace("sha256:", "sha512:");
        check(odd.as_bytes(), "digest algorithm `sha512`");
    }
}
