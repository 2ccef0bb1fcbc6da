//! Images that real tools have written, in every form that these write: names, platforms, layers and packages
//! are the same whichever tool wrote which form.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use xtask::sample::debian;

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::until;

const NAME: &str = "limpid.example/shop/web:1";

/// Runs a tool to its end; one that is missing is a failure.
fn tool(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("`{program}` cannot be run: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {err}");
    out.into_owned()
}

/// An image that was written to a file, as every tool is given it.
struct Written {
    files: TempDir,
    setup: Setup,
}

/// What all forms of an image have in common.
#[derive(Debug, PartialEq)]
struct Facts {
    platform: Value,
    diff_ids: Vec<Value>,
    packages: Vec<(Value, Value, Value)>,
}

impl Written {
    fn new() -> Self {
        let (files, setup) = (tempfile::tempdir().unwrap(), Setup::new());
        let mut parts = Parts::of(&debian(), Compression::None);
        NAME.clone_into(&mut parts.name);
        std::fs::write(files.path().join("image.tar"), parts.docker_archive()).unwrap();
        Self { files, setup }
    }

    fn at(&self, name: &str) -> String {
        self.files.path().join(name).to_str().unwrap().to_owned()
    }

    fn listed(&self, source: &str) -> Value {
        let mut inventories = self.setup.run(["packages", source, "--format", "json"]).json();
        assert_eq!(inventories.as_array().unwrap().len(), 1, "{source}");
        inventories[0].take()
    }

    fn facts(&self, source: &str) -> Facts {
        facts(&self.listed(source))
    }

    fn names(&self, source: &str) -> Vec<String> {
        let listed = self.listed(source);
        let names = listed["image"]["names"].as_array().unwrap().iter();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    }
}

fn facts(inventory: &Value) -> Facts {
    let image = &inventory["image"];
    let layers = image["layers"].as_array().unwrap().iter();
    let packages = inventory["packages"].as_array().unwrap().iter();
    Facts {
        platform: image["platform"].clone(),
        diff_ids: layers.map(|layer| layer["diff_id"].clone()).collect(),
        packages: packages
            .map(|it| (it["name"].clone(), it["version"].clone(), it["layer"]["diff_id"].clone()))
            .collect(),
    }
}

#[test]
#[ignore = "needs skopeo, umoci, buildah and podman: `cargo xtask test-with image-tools`"]
fn skopeo_writes_one_image_in_every_form() {
    let written = Written::new();
    let expected = written.facts(&written.at("image.tar"));
    assert_eq!(expected.packages.len(), 11);
    let from = format!("docker-archive:{}", written.at("image.tar"));
    for form in ["docker-archive", "oci-archive", "oci"] {
        let path = written.at(form);
        let to = format!("{form}:{path}:{NAME}");
        tool("skopeo", &["--insecure-policy", "copy", "-q", &from, &to]);
        for source in [path.clone(), format!("{form}:{path}"), to.clone(), format!("{form}:{path}:1")] {
            assert_eq!(written.facts(&source), expected, "{source}");
        }
        assert_eq!(written.names(&to), [NAME], "{form}");
        let error = written.setup.run(["packages", &format!("{form}:{path}:2")]).failed();
        assert!(error.contains("image `2` is missing") && error.contains(NAME), "{error}");
    }
    // Two images of one layout.
    let to = format!("oci:{}:other", written.at("oci"));
    tool("skopeo", &["--insecure-policy", "copy", "-q", &from, &to]);
    assert_eq!(written.facts(&to), expected);
    assert_eq!(written.names(&written.at("oci")).len(), 2, "one image by two names");
}

#[test]
#[ignore = "needs skopeo, umoci, buildah and podman: `cargo xtask test-with image-tools`"]
fn umoci_unpacks_what_is_found_in_the_directory_and_writes_what_is_found_in_the_layout() {
    let written = Written::new();
    let expected = written.facts(&written.at("image.tar"));
    let layout = written.at("layout");
    let from = format!("docker-archive:{}", written.at("image.tar"));
    tool("skopeo", &["--insecure-policy", "copy", "-q", &from, &format!("oci:{layout}:1")]);
    let bundle = written.at("bundle");
    tool("umoci", &["unpack", "--image", &format!("{layout}:1"), &bundle]);
    let without_layers = |facts: &Facts| {
        let mut packages: Vec<_> =
            facts.packages.iter().map(|(name, version, _)| format!("{name} {version}")).collect();
        packages.sort();
        packages
    };
    let of_root = written.facts(&format!("dir:{bundle}/rootfs"));
    assert_eq!(without_layers(&of_root), without_layers(&expected));
    // A layer on top that changes nothing that is installed.
    std::fs::write(format!("{bundle}/rootfs/note"), "by umoci").unwrap();
    tool("umoci", &["repack", "--image", &format!("{layout}:2"), &bundle]);
    let repacked = written.facts(&format!("oci:{layout}:2"));
    assert_eq!(repacked.packages, expected.packages);
    assert_eq!(repacked.diff_ids[..expected.diff_ids.len()], expected.diff_ids);
    assert_eq!(repacked.diff_ids.len(), expected.diff_ids.len() + 1);
    assert_eq!(written.facts(&format!("oci:{layout}:1")), expected);
}

/// Podman's service over a storage of its own.
struct Podman {
    options: Vec<String>,
    socket: String,
    service: Child,
}

impl Podman {
    fn start(folder: &Path) -> Self {
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let options = vec![
            format!("--root={}", path("storage")),
            format!("--runroot={}", path("run")),
            "--storage-driver=vfs".to_owned(),
        ];
        let socket = path("podman.sock");
        let mut command = Command::new("podman");
        command.args(&options).args(["system", "service", "--time=0", &format!("unix://{socket}")]);
        let service = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let service = service.unwrap_or_else(|error| panic!("`podman` cannot be run: {error}"));
        until("podman listens", || {
            std::thread::sleep(Duration::from_millis(20));
            std::os::unix::net::UnixStream::connect(&socket).ok()
        });
        Self { options, socket, service }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let options = self.options.iter().map(String::as_str);
        tool(program, &options.chain(arguments.iter().copied()).collect::<Vec<_>>())
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

#[test]
#[ignore = "needs skopeo, umoci, buildah and podman: `cargo xtask test-with image-tools`"]
fn podman_and_buildah_give_the_same_image_by_socket_and_in_every_form() {
    let written = Written::new();
    let expected = written.facts(&written.at("image.tar"));
    let podman = Podman::start(written.files.path());
    podman.run("podman", &["load", "--quiet", "--input", &written.at("image.tar")]);
    let setup = written.setup.clone().with("LIMPID_DAEMONS__PODMAN", &podman.socket);
    let written = Written { setup, ..written };
    for source in [format!("podman://{NAME}"), NAME.to_owned()] {
        assert_eq!(written.facts(&source), expected, "{source}");
        assert_eq!(written.names(&source), [NAME], "{source}");
    }
    let error = written.setup.run(["packages", "podman://limpid.example/none:1"]).failed();
    assert!(error.contains("image `limpid.example/none:1` of Podman is missing: Podman says"), "{error}");
    for form in ["docker-archive", "oci-archive"] {
        let path = written.at(&format!("podman-{form}"));
        podman.run("podman", &["save", "--quiet", "--format", form, "--output", &path, NAME]);
        assert_eq!(written.facts(&format!("{form}:{path}:{NAME}")), expected, "{form}");
    }
    let path = written.at("buildah");
    podman.run("buildah", &["push", "--quiet", NAME, &format!("oci:{path}:1")]);
    assert_eq!(written.facts(&format!("oci:{path}:1")), expected);
}
