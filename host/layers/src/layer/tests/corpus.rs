//! Real archives and layers of the corpus, which is no part of this repository.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::test_support::Shown;

/// A folder of images of the corpus.
fn corpus(part: &str) -> PathBuf {
    let root = std::env::var_os("LIMPID_CORPUS").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let images = root.unwrap_or_else(beside).join("images").join(part);
    assert!(images.is_dir(), "there is no `{}` (`LIMPID_CORPUS` names another place)", images.display());
    images
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Reads all layers of all images.
fn read_images(archive: &Archive, claims: &[Claim]) -> Result<Vec<(LayerContents, Vec<Shown>)>, Error> {
    let claims = ClaimSet::new([claims].into_iter())?;
    let mut all = Vec::new();
    for layer in archive.images()?.iter().flat_map(|source| &source.layers) {
        let mut recorder = Recorder::default();
        let contents = read_layer(archive, layer, &claims, &scratch(), &Limits::default(), &mut recorder)?;
        all.push((contents, recorder.alone));
    }
    Ok(all)
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn every_odd_layer_gives_a_result() {
    let directory = corpus("adversarial-layers");
    for file in files(&directory) {
        let bytes = fs::read(&file).unwrap();
        let (contents, shown) = read_all(&bytes, &[path("**")]);
        assert!(contents.unread.is_empty(), "{}", file.display());
        assert!(shown.alone.iter().all(|shown| !shown.path.contains("..")), "{}", file.display());
    }
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn every_odd_archive_gives_images_or_a_clear_error() {
    let directory = corpus("adversarial-layers");
    for file in files(&directory) {
        let archive = Archive::open(&file, &scratch(), &Limits::default()).unwrap();
        let result = read_images(&archive, &[path("**")]);
        let name = file.file_name().unwrap().to_string_lossy();
        if name.contains("empty") || name.contains("unpack-escape") {
            let error = result.unwrap_err().to_string();
            assert!(error.contains("neither `index.json` nor `manifest.json`"), "{name}: {error}");
        } else {
            assert!(!result.unwrap().is_empty(), "{name}");
        }
    }
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn real_archives_of_docker_save_are_read() {
    let directory = corpus("docker-save");
    for file in files(&directory) {
        let archive = Archive::open(&file, &scratch(), &Limits::default()).unwrap();
        let layers = read_images(&archive, &[path("lib/apk/db/installed")]).unwrap();
        let [(contents, shown)] = layers.as_slice() else { panic!("one layer in {}", file.display()) };
        assert!(shown[0].content.contains("P:musl\n"), "{}", file.display());
        assert!(contents.entries.last.len() > 100);
        let image = archive.images().unwrap().remove(0).image;
        assert!(image.names.iter().all(|name| name.starts_with("alpine:")), "{:?}", image.names);
    }
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn real_layout_directories_are_read() {
    let directory = corpus("busybox");
    for libc in ["glibc", "musl"] {
        let layout = directory.join("latest").join(libc).join("amd64");
        let archive = Archive::open(&layout, &scratch(), &Limits::default()).unwrap();
        let layers = read_images(&archive, &[path("bin/busybox")]).unwrap();
        assert_eq!((layers.len(), layers[0].1.len()), (1, 1));
        let image = archive.images().unwrap().remove(0).image;
        assert!(image.names[0].starts_with("busybox:"), "{:?}", image.names);
    }
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn alpine_root_file_systems_are_read_as_layers() {
    let directory = corpus("alpine");
    let mut count = 0;
    for file in files(&directory).into_iter().filter(|file| file.to_string_lossy().ends_with(".tar.gz")) {
        let bytes = fs::read(&file).unwrap();
        let mut tar = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(bytes.as_slice()), &mut tar)
            .unwrap();
        let archive = docker_archive_of(&crate::test_support::configuration(&[&tar]), &[&bytes]);
        let claims = [path("{usr/,}lib/apk/db/installed")];
        let (_, shown) = read_first(&open(&archive).unwrap(), &claims, &Limits::default()).unwrap();
        assert_eq!(shown.alone.len(), 1, "{}", file.display());
        count += 1;
    }
    assert!(count > 0, "no `.tar.gz` in `{}`", directory.display());
}
