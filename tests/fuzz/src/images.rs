//! Opens archives of images under limits that small inputs reach.

use std::env;
use std::fs::File;
use std::io::Write as _;

use limpid_images::{Archive, Error};
use limpid_layers::Limits;
use limpid_model::Digest;
use serde_json::json;
use tar::{Builder, Header};

const KIB: u64 = 1 << 10;

/// Limits that an input of a few KiB can be over, each of them.
pub fn limits() -> Limits {
    Limits {
        archive_members: 64,
        archive_inflated_bytes: 512 * KIB,
        archive_window_bytes: 1_024 * KIB,
        json_document_bytes: 8 * KIB,
        sbom_bytes: 8 * KIB,
        images_per_archive: 4,
        manifests_per_archive: 8,
        layers_per_image: 8,
        names_per_image: 4,
        index_depth: 3,
        layer_inflated_bytes: 256 * KIB,
        inflation_ratio: 50,
        inflation_ratio_from: 64 * KIB,
        zstd_window_log: 20,
        layer_entries: 64,
        layer_path_bytes: 4 * KIB,
        path_length: 256,
        tar_extension_bytes: 2 * KIB,
        sparse_extents: 16,
        claimed_file_bytes: 16 * KIB,
        claimed_files: 24,
        claimed_bytes: 48 * KIB,
        layer_packages: 100,
        files_of_kind: 8,
        alone_files: 3,
        alone_memory: KIB,
        together_memory: KIB,
        link_memory: KIB,
        links_followed: 40,
        linked_files: 16,
        linked_steps: 256,
        image_entries: 512,
    }
}

/// The same limits, but with as good as no memory for content: it goes into temporary files, and
/// hard links make a layer be read a second time.
pub fn limits_without_memory() -> Limits {
    Limits { alone_files: 1, alone_memory: 0, together_memory: 0, link_memory: 0, ..limits() }
}

/// A file without a name that holds these bytes.
///
/// # Panics
/// Where there is no place for temporary files.
pub fn unnamed(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("cannot make a temporary file");
    file.write_all(bytes).expect("cannot write a temporary file");
    file
}

/// Opens an archive that is a file of these bytes.
///
/// # Errors
/// Those of [`Archive::open_file`].
pub fn open(bytes: &[u8], limits: &Limits) -> Result<Archive, Error> {
    Archive::open_file(unnamed(bytes), &env::temp_dir(), limits)
}

/// An archive of `docker save` with an image of this one layer.
pub fn archive_of(layer: &[u8]) -> Vec<u8> {
    let configuration = json!({"rootfs": {"type": "layers", "diff_ids": [Digest::of(layer).to_string()]}});
    let manifest = json!([{"Config": "image.json", "RepoTags": null, "Layers": ["layer.tar"]}]);
    let mut tar = Builder::new(Vec::new());
    append(&mut tar, "layer.tar", layer);
    append(&mut tar, "image.json", configuration.to_string().as_bytes());
    append(&mut tar, "manifest.json", manifest.to_string().as_bytes());
    tar.into_inner().expect("writing to memory does not fail")
}

fn append(tar: &mut Builder<Vec<u8>>, name: &str, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    tar.append_data(&mut header, name, content).expect("writing to memory does not fail");
}
