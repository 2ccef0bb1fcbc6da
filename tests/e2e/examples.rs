//! Plugins in other languages than Rust: the same host runs them, as all others. Compiling their
//! engines takes seconds, so that what can be asked of one loaded plugin is asked at once.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use xtask::sample::Layer;

use crate::archives::{self, Compression, Parts};
use crate::golden;
use crate::program::{Outcome, Setup};

fn sources(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/examples").join(language)
}

/// The component of an example.
fn component(name: &str) -> PathBuf {
    let path = Setup::new().plugins().join(format!("../plugins-examples/{name}.wasm"));
    assert!(path.is_file(), "`{}` has not been built: `cargo xtask build-examples`", path.display());
    path
}

/// Runs the cases of an example.
fn check_cases(name: &str, language: &str) {
    let cases = sources(language).join("tests");
    let mut command = Setup::new().command();
    command.args(["plugin", "test"]).args([&component(name), &cases]);
    if golden::updates() {
        command.arg("--update");
    }
    let message = Outcome::from(command.output().unwrap()).ok();
    assert!(message.ends_with(" passed, 0 failed\n"), "{name}: {message}");
}

#[test]
#[ignore = "needs a program: `cargo xtask test-with javascript`"]
fn javascript_says_what_its_cases_expect() {
    check_cases("composer", "javascript");
}

#[test]
#[ignore = "needs a program: `cargo xtask test-with python`"]
fn python_says_what_its_cases_expect() {
    check_cases("conda", "python");
}

/// A layer with the files of a golden case.
fn layer(language: &str, case: &str) -> Layer {
    let root = sources(language).join("tests").join(case).join("input");
    let mut layer = Layer::new(format!("COPY {case} /"));
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                layer = layer.file(name, fs::read(&path).unwrap());
            }
        }
    }
    layer
}

fn list<'a>(document: &'a Value, field: &str) -> &'a [Value] {
    document[field].as_array().unwrap()
}

/// What a service with this example alone finds in an image that has the files of a case.
fn check_inventory(name: &str, language: &str, case: &str, expected: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    fs::copy(component(name), directory.path().join(format!("{name}.wasm"))).unwrap();
    let setup = Setup::new().with_plugins(directory.path());

    let plugins = setup.run(["plugin", "list", "--format", "json"]).json();
    assert_eq!(list(&plugins, "refused"), [] as [Value; 0]);
    let named: Vec<_> = list(&plugins, "plugins").iter().map(|plugin| &plugin["name"]).collect();
    assert_eq!(named, [name]);

    let layers = [Layer::new("RUN").file("etc/hostname", "x\n"), layer(language, case)];
    let image = archives::image("example/languages:1", layers);
    let archive = directory.path().join("image.tar");
    fs::write(&archive, Parts::of(&image, Compression::Gzip).docker_archive()).unwrap();
    let inventories = setup.run(["packages", archive.to_str().unwrap(), "--format", "json"]).json();
    let mut found: Vec<_> = list(&inventories[0], "packages")
        .iter()
        .map(|package| format!("{} {}", package["layer"]["index"], package["purl"].as_str().unwrap()))
        .collect();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
#[ignore = "needs a program: `cargo xtask test-with javascript`"]
fn javascript_finds_packages_that_are_in_the_inventory() {
    check_inventory(
        "composer",
        "javascript",
        "composer-2",
        &[
            "1 pkg:composer/guzzlehttp/promises@2.0.2",
            "1 pkg:composer/symfony/polyfill-mbstring@v1.29.0",
            "1 pkg:composer/tecnickcom/tcpdf@dev-main",
        ],
    );
}

#[test]
#[ignore = "needs a program: `cargo xtask test-with python`"]
fn python_finds_packages_that_are_in_the_inventory() {
    check_inventory(
        "conda",
        "python",
        "environment",
        &[
            "1 pkg:conda/absl-py@0.4.1?build=py36h06a4308_0&channel=main&subdir=linux-64&type=tar.bz2",
            "1 pkg:conda/numpy@1.26.4?build=py311h64a7726_0&channel=conda-forge&subdir=linux-64&type=conda",
        ],
    );
}
