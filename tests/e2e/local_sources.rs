//! Images that lie on this machine: archives with several images, archives that are compressed in every way,
//! root file systems, and what daemons have; and what is said where a text leads to none.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use limpid_test_archives::{bzip2, xz};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::sample::{Layer, debian};

use crate::archives::{Compression, Parts, compress, image, sha256};
use crate::program::Setup;
use crate::service::Service;

fn file(directory: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = directory.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// What a command says, as JSON.
fn json_of(setup: &Setup, command: &str, source: &str) -> Value {
    setup.run([command, source, "--format", "json"]).json()
}

/// The names and versions of packages.
fn packages(inventory: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let packages = inventory["packages"].as_array().unwrap().iter();
    let mut all: Vec<_> = packages.map(|it| (text(&it["name"]), text(&it["version"]))).collect();
    all.sort();
    all
}

/// A root file system: what is left of an image's layers.
fn unpacked(parts: &Parts) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for layer in &parts.layers {
        let mut tar = tar::Archive::new(layer.bytes.as_deref().unwrap());
        for entry in tar.entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().into_owned();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            match name.strip_prefix(".wh.") {
                Some(gone) => {
                    let gone = root.path().join(path.with_file_name(gone));
                    let _ = std::fs::remove_file(&gone).or_else(|_| std::fs::remove_dir_all(&gone));
                }
                None => _ = entry.unpack_in(root.path()).unwrap(),
            }
        }
    }
    root
}

/// A daemon that has one image, and notes what it is asked.
struct Daemon {
    directory: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    fn start(name: &'static str, parts: &Parts) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("d.sock")).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, id, archive) = (Arc::clone(&asked), parts.digest(), parts.docker_archive());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let mut lines = BufReader::new(&stream).lines();
                let Some(Ok(first)) = lines.next() else { continue };
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                let path = first.split(' ').nth(1).unwrap().to_owned();
                let (status, body) = match path.strip_prefix("/images/") {
                    Some(it) if it == format!("{name}/json") => {
                        ("200 OK", json!({"Id": id}).to_string().into())
                    }
                    Some(it) if it == format!("{name}/get") => ("200 OK", archive.clone()),
                    _ => ("404 Not Found", json!({"message": "no such image here"}).to_string().into_bytes()),
                };
                seen.lock().unwrap().push(path);
                respond(&stream, status, &body);
            }
        });
        Self { directory, asked }
    }

    fn socket(&self) -> String {
        self.directory.path().join("d.sock").to_str().unwrap().to_owned()
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn respond(mut stream: &UnixStream, status: &str, body: &[u8]) {
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    stream.write_all(body).unwrap();
}

fn small(name: &str) -> Parts {
    Parts::of(&image(name, [Layer::new("COPY").file("name", name)]), Compression::None)
}

#[test]
fn an_archive_is_read_in_every_compression_also_from_standard_input() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let parts = Parts::of(&debian(), Compression::Gzip);
    let archive = parts.docker_archive();
    let forms = [
        ("tar", archive.clone()),
        ("tar.gz", compress(&archive, Compression::Gzip)),
        ("tar.zst", compress(&archive, Compression::Zstd)),
        ("tar.xz", xz(&archive)),
        ("tar.bz2", bzip2(&archive)),
    ];
    for (end, bytes) in forms {
        let path = file(&files, &format!("image.{end}"), bytes);
        let by_path = json_of(&setup, "packages", &path);
        assert_eq!(by_path[0]["image"]["digest"], parts.digest(), "{end}");
        let piped = setup.run_reading(["packages", "-", "--format", "json"], Path::new(&path)).json();
        assert_eq!(piped, by_path, "{end}");
    }
}

#[test]
fn one_image_of_several_is_chosen_by_name_tag_or_platform() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let (one, mut two) = (small("shop/web:1"), small("shop/web:2"));
    two.set_architecture("arm64");
    let archive = file(&files, "all:of:them.tar", crate::archives::docker_archive_of_all(&[&one, &two]));
    let digests = |source: &str, more: &[&str]| {
        let arguments = [&["packages", source, "--format", "json"], more].concat();
        let inventories = setup.run(arguments).json();
        let images = inventories.as_array().unwrap().iter();
        images.map(|it| it["image"]["digest"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let named = |name: &str| format!("docker-archive:{archive}:{name}");
    assert_eq!(digests(&archive, &[]), [one.digest(), two.digest()]);
    assert_eq!(digests(&named("shop/web:2"), &[]), [two.digest()]);
    assert_eq!(digests(&named("1"), &[]), [one.digest()]);
    assert_eq!(digests(&named(&two.digest()), &[]), [two.digest()]);
    assert_eq!(digests(&archive, &["--platform", "linux/arm64"]), [two.digest()]);
    let error = setup.run(["scan", &named("3")]).failed();
    assert!(error.contains("image `3` is missing: there are `shop/web:1`, `shop/web:2`"), "{error}");
    let error = setup.run(["scan", &archive, "--platform", "linux/s390x"]).failed();
    assert!(error.contains("there are images for `linux/amd64`, `linux/arm64`"), "{error}");

    // A service is sent the archive, and the command speaks of the image that is meant.
    let service = Service::with(setup);
    let reports = json_of(&service.setup, "scan", &named("2"));
    assert_eq!(reports.as_array().unwrap().len(), 1);
    assert_eq!(reports[0]["image"]["digest"], two.digest());
}

#[test]
fn a_root_file_system_has_the_packages_of_its_image() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let parts = Parts::of(&debian(), Compression::None);
    let archive = file(&files, "image.tar", parts.docker_archive());
    let root = unpacked(&parts);
    let source = format!("dir:{}", root.path().display());
    let (image, of_root) = (json_of(&setup, "packages", &archive), json_of(&setup, "packages", &source));
    assert_eq!(packages(&of_root[0]), packages(&image[0]));
    assert_eq!(of_root[0]["distribution"], image[0]["distribution"]);
    let canonical = root.path().canonicalize().unwrap();
    assert_eq!(of_root[0]["image"]["names"], json!([format!("dir:{}", canonical.display())]));
    assert!(!setup.data().join("store").exists(), "it leaves nothing behind");

    let scanned = json_of(&setup, "scan", &source);
    assert_eq!(scanned[0]["image"]["digest"], of_root[0]["image"]["digest"]);
    let service = Service::with(setup);
    assert_eq!(json_of(&service.setup, "scan", &source)[0]["image"], scanned[0]["image"]);
    let error = service.setup.run(["scan", root.path().to_str().unwrap()]).failed();
    assert!(error.contains("no OCI image layout") && error.contains("is `dir:"), "{error}");
}

#[test]
fn a_bare_name_is_looked_up_with_the_daemons_and_not_exported_where_it_is_known() {
    let parts = small("shop/web:1");
    let (docker, podman) = (Daemon::start("other:1", &parts), Daemon::start("shop/web:1", &parts));
    let setup = Setup::new()
        .with("LIMPID_DAEMONS__DOCKER", docker.socket())
        .with("LIMPID_DAEMONS__PODMAN", podman.socket());
    let listed = json_of(&setup, "packages", "shop/web:1");
    assert_eq!(listed[0]["image"]["digest"], parts.digest());
    assert!(!setup.data().join("store/CURRENT").exists() || podman.asked().len() == 2);
    docker.asked();
    podman.asked();

    let scanned = json_of(&setup, "scan", "shop/web:1");
    assert_eq!(scanned[0]["image"]["digest"], parts.digest());
    assert_eq!(docker.asked(), ["/images/shop/web:1/json"]);
    assert_eq!(podman.asked(), ["/images/shop/web:1/json", "/images/shop/web:1/get"]);
    json_of(&setup, "scan", "shop/web:1");
    assert_eq!((docker.asked().len(), podman.asked().len()), (0, 0), "it is known by its name");
    json_of(&setup, "scan", "podman://shop/web:1");
    assert_eq!(podman.asked(), ["/images/shop/web:1/json"], "it is known by its digest");

    let service = Service::with(Setup::new().with("LIMPID_DAEMONS__DOCKER", docker.socket()));
    let sent = json_of(&service.setup, "scan", "docker://other:1");
    assert_eq!(sent[0]["image"], service.api.report(&parts.digest())["image"]);
}

#[test]
fn a_name_that_nobody_has_is_answered_with_all_that_was_asked() {
    let docker = Daemon::start("other:1", &small("other:1"));
    let setup = Setup::new().with("LIMPID_DAEMONS__DOCKER", docker.socket());
    let mut command = setup.command();
    // No registry is reached.
    command.env("HTTPS_PROXY", "http://127.0.0.1:9").args(["scan", "registry.example/shop/web:1"]);
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    for expected in [
        "as a path, nothing is there",
        "as an image that was scanned before, none of that name was",
        "as an image of Docker, ",
        "no such image here",
        "as an image of Podman, the socket of Podman is missing",
        "as an image of a registry, ",
    ] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
    let error = setup.run(["scan", "docker://shop/web:1"]).failed();
    assert!(error.contains("image `shop/web:1` of Docker is missing"), "{error}");
    let error = setup.run(["scan", "podman://shop/web:1"]).failed();
    assert!(error.contains("setting `daemons.podman` says that it is not asked"), "{error}");
    let error = setup.run(["scan", "c:\\images\\web"]).failed();
    assert!(error.contains("as a path") && error.contains("as the name of an image, it holds"), "{error}");
}

#[test]
fn an_image_of_a_registry_is_scanned_by_its_name() {
    let registry = limpid_test_registry::Registry::start();
    let tar = xtask_layer();
    registry.push_tagged("shop/web", "1", &limpid_test_registry::TestImage::plain(&[&tar]));
    let setup = Setup::new();
    let name = format!("{}/shop/web:1", registry.host());
    let scanned = json_of(&setup, "scan", &name);
    assert_eq!(scanned[0]["image"]["names"], json!([name]));
    assert_eq!(scanned[0]["image"]["layers"][0]["diff_id"], sha256(&tar));
    registry.take_asked();
    json_of(&setup, "scan", &name);
    assert!(registry.take_asked().is_empty(), "it is known by its name");
    let by_form = json_of(&setup, "scan", &format!("registry://{name}"));
    assert_eq!(by_form[0]["image"]["digest"], scanned[0]["image"]["digest"]);
    assert!(!registry.take_asked().is_empty());
    let error = setup.run(["scan", &format!("registry://{name}"), "--platform", "linux/s390x"]).failed();
    assert!(error.contains("linux/s390x"), "{error}");
}

fn xtask_layer() -> Vec<u8> {
    Layer::new("COPY").file("a", "1").tar().unwrap()
}
