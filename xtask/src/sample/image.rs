use std::io::{self, Write};

use flate2::GzBuilder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::layer::{Layer, append};

/// When samples say that they were made; the same instant as their files'.
const CREATED: &str = "2024-02-12T00:00:00Z";

/// How an archive holds its layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As plain tars.
    None,
    /// As gzip members without name and time.
    Gzip,
}

/// An image of a few layers, and the archives that it can come in.
///
/// Its identity, the digest of its configuration, is the same in each of them.
#[derive(Clone, Debug)]
pub struct Image {
    name: String,
    layers: Vec<Layer>,
}

/// A layer as an archive holds it.
struct Blob {
    diff_id: String,
    bytes: Vec<u8>,
}

impl Image {
    /// An image without layers, named `repository:tag`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), layers: Vec::new() }
    }

    /// The same image under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Puts a layer on top.
    #[must_use]
    pub fn with(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// `repository:tag`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its layers, lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The digest of its configuration, `sha256:<hex>`.
    ///
    /// # Errors
    /// Where tar cannot hold an entry of a layer.
    pub fn id(&self) -> io::Result<String> {
        let config = self.config(&self.blobs(Compression::None)?);
        Ok(format!("sha256:{}", sha256(config.to_string().as_bytes())))
    }

    /// The image as `docker save` writes it: `manifest.json`, the configuration, and a folder with
    /// a `layer.tar` for each layer
    /// ([image tarball](https://github.com/moby/docker-image-spec/blob/main/v1.2.md#combined-image-json--filesystem-changeset-format)).
    ///
    /// # Errors
    /// Where tar cannot hold an entry of a layer.
    pub fn docker_archive(&self, compression: Compression) -> io::Result<Vec<u8>> {
        let blobs = self.blobs(compression)?;
        let config = self.config(&blobs).to_string();
        let config_name = format!("{}.json", sha256(config.as_bytes()));
        let mut tar = tar::Builder::new(Vec::new());
        let mut paths = Vec::new();
        let mut chain = String::new();
        for blob in &blobs {
            // Not by its content alone: two layers that hold the same are still two members.
            chain = sha256(format!("{chain} {}", blob.diff_id).as_bytes());
            let path = format!("{chain}/layer.tar");
            append(&mut tar, &path, &blob.bytes)?;
            paths.push(path);
        }
        append(&mut tar, &config_name, config.as_bytes())?;
        let manifest = json!([{ "Config": config_name, "RepoTags": [self.name], "Layers": paths }]);
        append(&mut tar, "manifest.json", manifest.to_string().as_bytes())?;
        tar.into_inner()
    }

    /// The image as a tar of an
    /// [OCI layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md).
    ///
    /// # Errors
    /// Where tar cannot hold an entry of a layer.
    pub fn oci_archive(&self, compression: Compression) -> io::Result<Vec<u8>> {
        let blobs = self.blobs(compression)?;
        let config = self.config(&blobs).to_string();
        let manifest = oci_manifest(&config, &blobs, compression).to_string();
        let index = json!({
            "schemaVersion": 2,
            "manifests": [{
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "digest": format!("sha256:{}", sha256(manifest.as_bytes())),
                "size": manifest.len(),
                "annotations": { "org.opencontainers.image.ref.name": self.name },
            }],
        });
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        append(&mut tar, "index.json", index.to_string().as_bytes())?;
        let documents = [manifest.as_bytes(), config.as_bytes()];
        for bytes in documents.into_iter().chain(blobs.iter().map(|blob| blob.bytes.as_slice())) {
            append(&mut tar, &format!("blobs/sha256/{}", sha256(bytes)), bytes)?;
        }
        tar.into_inner()
    }

    fn blobs(&self, compression: Compression) -> io::Result<Vec<Blob>> {
        let blob = |layer: &Layer| {
            let tar = layer.tar()?;
            let diff_id = format!("sha256:{}", sha256(&tar));
            Ok(Blob { diff_id, bytes: compression.apply(tar)? })
        };
        self.layers.iter().map(blob).collect()
    }

    /// The [image configuration](https://github.com/opencontainers/image-spec/blob/main/config.md),
    /// with one entry that made no layer in its history, as almost every image has one.
    fn config(&self, blobs: &[Blob]) -> Value {
        let diff_ids: Vec<&str> = blobs.iter().map(|blob| blob.diff_id.as_str()).collect();
        let mut history: Vec<Value> = self
            .layers
            .iter()
            .map(|layer| json!({ "created": CREATED, "created_by": layer.created_by() }))
            .collect();
        history.push(json!({
            "created": CREATED,
            "created_by": "CMD [\"/bin/sh\"]",
            "empty_layer": true,
        }));
        json!({
            "architecture": "amd64",
            "os": "linux",
            "created": CREATED,
            "config": { "Cmd": ["/bin/sh"] },
            "history": history,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        })
    }
}

impl Compression {
    fn apply(self, tar: Vec<u8>) -> io::Result<Vec<u8>> {
        match self {
            Self::None => Ok(tar),
            Self::Gzip => {
                let mut gzip = GzBuilder::new().write(Vec::new(), flate2::Compression::new(6));
                gzip.write_all(&tar)?;
                gzip.finish()
            }
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::None => "application/vnd.oci.image.layer.v1.tar",
            Self::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
        }
    }
}

fn oci_manifest(config: &str, blobs: &[Blob], compression: Compression) -> Value {
    let layers: Vec<Value> =
        blobs.iter().map(|blob| descriptor(compression.media_type(), &blob.bytes)).collect();
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", config.as_bytes()),
        "layers": layers,
    })
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({
        "mediaType": media_type,
        "digest": format!("sha256:{}", sha256(bytes)),
        "size": bytes.len(),
    })
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn sample() -> Image {
        Image::new("example/two:1")
            .with(Layer::new("ADD rootfs").file("etc/motd", "hello\n"))
            .with(Layer::new("RUN rm /etc/motd").whiteout("etc/motd"))
    }

    fn members(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut members = BTreeMap::new();
        for entry in tar::Archive::new(archive).entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            members.insert(path, bytes);
        }
        members
    }

    fn parse(bytes: &[u8]) -> Value {
        serde_json::from_slice(bytes).unwrap()
    }

    fn hex_of(digest: &Value) -> &str {
        digest.as_str().unwrap().strip_prefix("sha256:").unwrap()
    }

    #[test]
    fn a_docker_archive_names_configuration_and_layers_by_what_they_are() {
        for compression in [Compression::None, Compression::Gzip] {
            let image = sample();
            let members = members(&image.docker_archive(compression).unwrap());
            let manifest = parse(&members["manifest.json"]);
            let config = &members[manifest[0]["Config"].as_str().unwrap()];
            assert_eq!(format!("sha256:{}", sha256(config)), image.id().unwrap());
            for (at, path) in manifest[0]["Layers"].as_array().unwrap().iter().enumerate() {
                let bytes = &members[path.as_str().unwrap()];
                let diff_id = &parse(config)["rootfs"]["diff_ids"][at];
                assert_eq!(sha256(&inflate(bytes, compression)), hex_of(diff_id));
            }
            assert_eq!(manifest[0]["RepoTags"], json!(["example/two:1"]));
        }
    }

    #[test]
    fn every_descriptor_of_an_oci_archive_holds() {
        let image = sample();
        let members = members(&image.oci_archive(Compression::Gzip).unwrap());
        let blob = |descriptor: &Value| {
            let bytes = &members[&format!("blobs/sha256/{}", hex_of(&descriptor["digest"]))];
            assert_eq!(sha256(bytes), hex_of(&descriptor["digest"]));
            assert_eq!(descriptor["size"], json!(bytes.len()));
            bytes.clone()
        };
        let manifest = parse(&blob(&parse(&members["index.json"])["manifests"][0]));
        let config = parse(&blob(&manifest["config"]));
        for (at, layer) in manifest["layers"].as_array().unwrap().iter().enumerate() {
            let tar = inflate(&blob(layer), Compression::Gzip);
            assert_eq!(sha256(&tar), hex_of(&config["rootfs"]["diff_ids"][at]));
        }
        assert_eq!(manifest["config"]["digest"], json!(image.id().unwrap()));
    }

    #[test]
    fn the_history_has_one_command_for_each_layer() {
        let image = sample();
        let config = image.config(&image.blobs(Compression::None).unwrap());
        let commands: Vec<&str> = config["history"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry.get("empty_layer").is_none())
            .map(|entry| entry["created_by"].as_str().unwrap())
            .collect();
        assert_eq!(commands, ["ADD rootfs", "RUN rm /etc/motd"]);
    }

    #[test]
    fn the_same_image_is_the_same_bytes() {
        assert_eq!(
            sample().oci_archive(Compression::Gzip).unwrap(),
            sample().oci_archive(Compression::Gzip).unwrap()
        );
    }

    fn inflate(bytes: &[u8], compression: Compression) -> Vec<u8> {
        match compression {
            Compression::None => bytes.to_vec(),
            Compression::Gzip => {
                let mut plain = Vec::new();
                GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
                plain
            }
        }
    }
}
