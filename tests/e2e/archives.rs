//! Image archives of every form, and ways to break them.

use std::io::{Cursor, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use xtask::sample::{Image, Layer};

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// How layers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

/// An image before it is packed: every part is open to change.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    pub(crate) name: String,
    pub(crate) config: Value,
    pub(crate) layers: Vec<Blob>,
}

/// A layer as it is stored, and what manifests say of it.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    /// None where manifests name it and the archive does not have it.
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) digest: String,
    pub(crate) size: usize,
    pub(crate) media_type: String,
}

/// The one image that `layers` make.
pub(crate) fn image(name: &str, layers: impl IntoIterator<Item = Layer>) -> Image {
    layers.into_iter().fold(Image::new(name), Image::with)
}

/// An archive of an image of this name, which no other has.
pub(crate) fn archive_of(name: &str) -> Vec<u8> {
    let layer = Layer::new("COPY").file("app/name", name);
    Parts::of(&image(name, [layer]), Compression::Gzip).docker_archive()
}

impl Parts {
    pub(crate) fn of(image: &Image, compression: Compression) -> Self {
        let tars: Vec<Vec<u8>> = image.layers().iter().map(|layer| layer.tar().unwrap()).collect();
        let commands: Vec<&str> = image.layers().iter().map(Layer::created_by).collect();
        Self::of_tars(image.name(), &tars, &commands, compression)
    }

    /// An image of one layer that may be anything.
    pub(crate) fn of_layer(name: &str, tar: Vec<u8>) -> Self {
        Self::of_tars(name, &[tar], &["COPY"], Compression::None)
    }

    fn of_tars(name: &str, tars: &[Vec<u8>], commands: &[&str], compression: Compression) -> Self {
        let diff_ids: Vec<String> = tars.iter().map(|tar| sha256(tar)).collect();
        let history: Vec<Value> = commands.iter().map(|command| json!({ "created_by": command })).collect();
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "created": "2024-02-12T00:00:00Z",
            "history": history,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let media_type = match compression {
            Compression::None => LAYER.to_owned(),
            Compression::Gzip => format!("{LAYER}+gzip"),
            Compression::Zstd => format!("{LAYER}+zstd"),
        };
        let blob = |tar: &Vec<u8>| Blob::new(compress(tar, compression), &media_type);
        Self { name: name.to_owned(), config, layers: tars.iter().map(blob).collect() }
    }

    /// The image's identity.
    pub(crate) fn digest(&self) -> String {
        sha256(self.config.to_string().as_bytes())
    }

    pub(crate) fn diff_id(&self, index: usize) -> &str {
        self.config["rootfs"]["diff_ids"][index].as_str().unwrap()
    }

    /// Says another diff id of a layer than it has.
    pub(crate) fn set_diff_id(&mut self, index: usize, digest: &str) {
        self.config["rootfs"]["diff_ids"][index] = digest.into();
    }

    /// Says what it runs on.
    pub(crate) fn set_architecture(&mut self, architecture: &str) {
        self.config["architecture"] = architecture.into();
    }

    /// What it runs on, as an index says it.
    pub(crate) fn platform(&self) -> Value {
        json!({ "os": self.config["os"], "architecture": self.config["architecture"] })
    }

    /// Its manifest, and digests and bytes of all that this names.
    pub(crate) fn manifest(&self) -> (String, Vec<(String, Vec<u8>)>) {
        let (manifest, config) = self.described();
        let blobs = [&config].into_iter().chain(&self.layers);
        let blobs = blobs.filter_map(|blob| Some((blob.digest.clone(), blob.bytes.clone()?)));
        (String::from_utf8(manifest.bytes.unwrap()).unwrap(), blobs.collect())
    }

    fn described(&self) -> (Blob, Blob) {
        let config = Blob::new(self.config.to_string(), "application/vnd.oci.image.config.v1+json");
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config.descriptor(),
            "layers": self.layers.iter().map(Blob::descriptor).collect::<Vec<_>>(),
        });
        (Blob::new(manifest.to_string(), "application/vnd.oci.image.manifest.v1+json"), config)
    }

    /// A tar as `docker save` wrote it before it knew of OCI layouts.
    pub(crate) fn docker_archive(&self) -> Vec<u8> {
        let config = self.config.to_string();
        let config_name = format!("{}.json", hex_of(&sha256(config.as_bytes())));
        let paths: Vec<String> = (0..self.layers.len()).map(|index| format!("{index}/layer.tar")).collect();
        let manifest = json!([{ "Config": config_name, "RepoTags": [self.name], "Layers": paths }]);
        let mut members = Vec::new();
        for (path, layer) in paths.into_iter().zip(&self.layers) {
            members.extend(layer.bytes.clone().map(|bytes| (path, bytes)));
        }
        members.push((config_name, config.into_bytes()));
        members.push(("manifest.json".to_owned(), manifest.to_string().into_bytes()));
        tar(&members)
    }

    /// A tar of an OCI layout.
    pub(crate) fn oci_archive(&self) -> Vec<u8> {
        tar(&self.layout())
    }

    /// An OCI layout in a directory.
    pub(crate) fn oci_directory(&self, directory: &Path) {
        for (path, bytes) in self.layout() {
            let path = directory.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }

    fn layout(&self) -> Vec<(String, Vec<u8>)> {
        let (manifest, config) = self.described();
        let mut entry = manifest.descriptor();
        entry["annotations"] = json!({ "org.opencontainers.image.ref.name": self.name });
        let index = json!({ "schemaVersion": 2, "manifests": [entry] });
        let mut members = vec![
            ("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()),
            ("index.json".to_owned(), index.to_string().into_bytes()),
        ];
        for blob in [&manifest, &config].into_iter().chain(&self.layers) {
            let path = format!("blobs/sha256/{}", hex_of(&blob.digest));
            members.extend(blob.bytes.clone().map(|bytes| (path, bytes)));
        }
        members
    }
}

impl Blob {
    fn new(bytes: impl Into<Vec<u8>>, media_type: &str) -> Self {
        let bytes = bytes.into();
        let (digest, size) = (sha256(&bytes), bytes.len());
        Self { bytes: Some(bytes), digest, size, media_type: media_type.to_owned() }
    }

    /// Cuts off its end; what manifests say of it is true of what is left.
    pub(crate) fn cut(&mut self, left: usize) {
        let bytes = self.bytes.as_ref().unwrap()[..left].to_vec();
        *self = Self::new(bytes, &self.media_type);
    }

    fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.size })
    }
}

/// A tar as `docker save` writes it of several images.
pub(crate) fn docker_archive_of_all(images: &[&Parts]) -> Vec<u8> {
    let (mut members, mut manifest) = (Vec::new(), Vec::new());
    for (place, parts) in images.iter().enumerate() {
        let config = parts.config.to_string();
        let name = format!("{}.json", hex_of(&sha256(config.as_bytes())));
        let mut layers = Vec::new();
        for (index, layer) in parts.layers.iter().enumerate() {
            let path = format!("{place}-{index}/layer.tar");
            members.extend(layer.bytes.clone().map(|bytes| (path.clone(), bytes)));
            layers.push(path);
        }
        manifest.push(json!({ "Config": name, "RepoTags": [parts.name], "Layers": layers }));
        members.push((name, config.into_bytes()));
    }
    members.push(("manifest.json".to_owned(), Value::from(manifest).to_string().into_bytes()));
    tar(&members)
}

/// As publishers and registries compress.
pub(crate) fn compress(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::None => bytes.to_vec(),
        Compression::Gzip => {
            let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
            gzip.write_all(bytes).unwrap();
            gzip.finish().unwrap()
        }
        Compression::Zstd => zstd::encode_all(bytes, 3).unwrap(),
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

fn hex_of(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap()
}

fn tar(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path, Cursor::new(bytes)).unwrap();
    }
    tar.into_inner().unwrap()
}
