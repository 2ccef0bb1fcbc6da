//! Builders of archives and layers, and a sink that remembers, for this crate's tests.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use limpid_model::{Claim, Digest, Grouping, Pattern};
use serde_json::{Value, json};
use tar::{EntryType, Header};

use crate::{Archive, ClaimSet, ClaimedFile, Error, LayerContents, Limits, Sink, read_layer};

/// A tar that is being made.
#[derive(Clone, Default)]
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    pub(crate) fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry(EntryType::Regular, path, "", content)
    }

    pub(crate) fn directory(self, path: &str) -> Self {
        self.entry(EntryType::Directory, path, "", b"")
    }

    pub(crate) fn symlink(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, path, target, b"")
    }

    pub(crate) fn hard_link(self, path: &str, target: &str) -> Self {
        self.entry(EntryType::Link, path, target, b"")
    }

    /// Any entry of GNU's form, whose name is at most 100 bytes and taken as it is.
    pub(crate) fn entry(self, kind: EntryType, path: &str, link: &str, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        self.header(header, content)
    }

    /// A header, of which only the checksum is set, and its content.
    pub(crate) fn header(mut self, mut header: Header, content: &[u8]) -> Self {
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// A PAX extended header of these records.
    pub(crate) fn pax(self, records: &[(&str, &[u8])]) -> Self {
        let records: Vec<u8> = records.iter().flat_map(|(key, value)| pax_record(key, value)).collect();
        self.entry(EntryType::XHeader, "pax", "", &records)
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        self.0
    }
}

fn pax_record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length = rest + length.to_string().len();
    }
    [format!("{length} {key}=").as_bytes(), value, b"\n"].concat()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// A file without a name that holds these bytes.
pub(crate) fn file(bytes: &[u8]) -> File {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(bytes, 0).unwrap();
    file
}

pub(crate) fn scratch() -> PathBuf {
    std::env::temp_dir()
}

pub(crate) fn open(bytes: &[u8]) -> Result<Archive, Error> {
    Archive::open_file(file(bytes), &scratch(), &Limits::default())
}

/// A configuration of layers with these tars.
pub(crate) fn configuration(tars: &[&[u8]]) -> Value {
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
pub(crate) fn docker_archive(layers: &[&[u8]]) -> Vec<u8> {
    docker_archive_of(&configuration(layers), layers)
}

pub(crate) fn docker_archive_of(configuration: &Value, layers: &[&[u8]]) -> Vec<u8> {
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
pub(crate) struct Layout(pub(crate) Vec<(String, Vec<u8>)>);

impl Layout {
    /// Adds a blob and returns its descriptor.
    pub(crate) fn blob(&mut self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = Digest::of(bytes);
        self.0.push((format!("blobs/sha256/{}", digest.hex()), bytes.to_vec()));
        json!({"mediaType": media_type, "digest": digest.to_string(), "size": bytes.len()})
    }

    pub(crate) fn manifest(&mut self, configuration: &Value, layers: &[Value]) -> Value {
        let config =
            self.blob("application/vnd.oci.image.config.v1+json", configuration.to_string().as_bytes());
        let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
        self.blob("application/vnd.oci.image.manifest.v1+json", manifest.to_string().as_bytes())
    }

    /// An image of layers, each a media type, stored bytes and the tar that they hold.
    pub(crate) fn image(&mut self, layers: &[(&str, &[u8], &[u8])]) -> Value {
        let tars: Vec<_> = layers.iter().map(|(.., tar)| *tar).collect();
        let layers: Vec<_> =
            layers.iter().map(|(media_type, stored, _)| self.blob(media_type, stored)).collect();
        self.manifest(&configuration(&tars), &layers)
    }

    pub(crate) fn index(&mut self, manifests: &[Value]) -> Value {
        let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
        self.blob("application/vnd.oci.image.index.v1+json", index.as_bytes())
    }

    /// All files of the layout with an index of these manifests.
    pub(crate) fn files(mut self, manifests: &[Value]) -> Vec<(String, Vec<u8>)> {
        let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
        self.0.push(("oci-layout".into(), br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
        self.0.push(("index.json".into(), index.into_bytes()));
        self.0
    }

    pub(crate) fn tar(self, manifests: &[Value]) -> Vec<u8> {
        let files = self.files(manifests);
        files.iter().fold(Tar::default(), |tar, (name, bytes)| tar.file(name, bytes)).end()
    }
}

/// A file that was shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shown {
    pub(crate) claimant: usize,
    pub(crate) path: String,
    pub(crate) content: String,
    pub(crate) ordinal: u64,
}

/// Remembers what it is shown.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) alone: Vec<Shown>,
    pub(crate) together: Vec<Shown>,
    pub(crate) batches: Vec<Vec<String>>,
}

fn shown(claimant: usize, files: &[ClaimedFile]) -> impl Iterator<Item = Shown> {
    files.iter().map(move |file| {
        let content = file.read(0, usize::try_from(file.size()).unwrap()).unwrap();
        Shown {
            claimant,
            path: file.path().to_owned(),
            content: String::from_utf8_lossy(&content).into_owned(),
            ordinal: file.ordinal(),
        }
    })
}

impl Sink for Recorder {
    fn alone(&mut self, claimant: usize, batch: Vec<ClaimedFile>) {
        self.alone.extend(shown(claimant, &batch));
        self.batches.push(batch.iter().map(|file| file.path().to_owned()).collect());
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        self.together.extend(shown(claimant, &files));
    }
}

impl Recorder {
    /// Path and content of all that was shown alone.
    pub(crate) fn files(&self) -> Vec<(&str, &str)> {
        self.alone.iter().map(|shown| (shown.path.as_str(), shown.content.as_str())).collect()
    }
}

pub(crate) fn path(glob: &str) -> Claim {
    Claim { pattern: Pattern::Path(glob.into()), grouping: Grouping::Alone }
}

pub(crate) fn magic(bytes: &[u8]) -> Claim {
    Claim { pattern: Pattern::Magic(bytes.to_vec()), grouping: Grouping::Alone }
}

pub(crate) fn together(claim: Claim) -> Claim {
    Claim { grouping: Grouping::Together, ..claim }
}

/// Reads the first layer of the first image of an archive.
pub(crate) fn read_first(
    archive: &Archive,
    claims: &[Claim],
    limits: &Limits,
) -> Result<(LayerContents, Recorder), Error> {
    let claims = ClaimSet::new([claims].into_iter())?;
    let images = archive.images()?;
    let mut recorder = Recorder::default();
    let layer = &images[0].layers[0];
    let contents = read_layer(archive, layer, &claims, &scratch(), limits, &mut recorder)?;
    Ok((contents, recorder))
}

/// Reads a layer that is stored as it is.
pub(crate) fn read(
    layer: &[u8],
    claims: &[Claim],
    limits: &Limits,
) -> Result<(LayerContents, Recorder), Error> {
    read_first(&open(&docker_archive(&[layer]))?, claims, limits)
}
