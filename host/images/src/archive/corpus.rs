//! Real archives and layers of the corpus, which is no part of this repository.

use std::fs;
use std::path::{Path, PathBuf};

use limpid_layers::Limits;
use limpid_test_archives::{configuration, docker_archive, docker_archive_of};

use super::Archive;
use super::test_support::{images, open, path, read_all, read_first, scratch};

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

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn every_odd_layer_gives_a_result() {
    let directory = corpus("adversarial-layers");
    for file in files(&directory) {
        let bytes = fs::read(&file).unwrap();
        let archive = open(&docker_archive(&[&bytes])).unwrap();
        let (contents, shown) = read_first(&archive, &[path("**")]).unwrap();
        assert!(contents.unread.is_empty(), "{}", file.display());
        assert!(shown.files().iter().all(|(path, _)| !path.contains("..")), "{}", file.display());
    }
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn every_odd_archive_gives_images_or_a_clear_error() {
    let directory = corpus("adversarial-layers");
    for file in files(&directory) {
        let archive = Archive::open(&file, &scratch(), &Limits::default()).unwrap();
        let result = read_all(&archive, &[path("**")]);
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
        let layers = read_all(&archive, &[path("lib/apk/db/installed")]).unwrap();
        let [(contents, shown)] = layers.as_slice() else { panic!("one layer in {}", file.display()) };
        assert!(shown.files()[0].1.contains("P:musl\n"), "{}", file.display());
        assert!(contents.entries.last.len() > 100);
        let image = images(&archive).unwrap().remove(0).image;
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
        let layers = read_all(&archive, &[path("bin/busybox")]).unwrap();
        assert_eq!((layers.len(), layers[0].1.files().len()), (1, 1));
        let image = images(&archive).unwrap().remove(0).image;
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
        let archive = docker_archive_of(&configuration(&[&tar]), &[&bytes]);
        let claims = [path("{usr/,}lib/apk/db/installed")];
        let (_, shown) = read_first(&open(&archive).unwrap(), &claims).unwrap();
        assert_eq!(shown.files().len(), 1, "{}", file.display());
        count += 1;
    }
    assert!(count > 0, "no `.tar.gz` in `{}`", directory.display());
}
