//! Plugins: which are loaded, which are refused and why, and what becomes of images while one is quarantined.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::sample::Layer;

use crate::archives::{Compression, Parts, image};
use crate::component;
use crate::contracts::{current, read};
use crate::program::Setup;
use crate::service::{Service, until};

pub(crate) const ALL: [&str; 98] = [
    "almalinux",
    "alpine",
    "alpm-versions",
    "altlinux",
    "amazon",
    "apk",
    "apk-versions",
    "arch",
    "azure-linux",
    "bellsoft",
    "bitnami-versions",
    "bottlerocket",
    "chainguard",
    "chisel",
    "cleanstart",
    "composer-versions",
    "conan",
    "conda-packages",
    "conda-versions",
    "cpan-versions",
    "cran-versions",
    "crates-versions",
    "dart",
    "debian",
    "debian-advisories",
    "debian-elts",
    "dhi",
    "dotnet",
    "dpkg",
    "dpkg-versions",
    "echo",
    "epss",
    "fedora",
    "friendsofphp",
    "gem-versions",
    "generic-versions",
    "gentoo",
    "ghsa",
    "go",
    "go-versions",
    "graalvm",
    "haskell",
    "haskell-versions",
    "hex",
    "hex-versions",
    "homebrew",
    "java",
    "julia",
    "julia-versions",
    "kev",
    "luarocks",
    "maven-versions",
    "minimos",
    "models",
    "nix",
    "node",
    "npm-versions",
    "nuget-versions",
    "nvd",
    "opam",
    "opam-versions",
    "openeuler",
    "opkg",
    "oracle",
    "os-release",
    "osv",
    "pacman",
    "pep440-versions",
    "perl",
    "photon",
    "php",
    "portage",
    "portage-versions",
    "programs",
    "pub-versions",
    "pypa",
    "python",
    "r",
    "redhat",
    "redhat-buildinfo",
    "rocky",
    "rootio",
    "rpm",
    "rpm-versions",
    "ruby",
    "ruby-advisory-db",
    "rust",
    "rustsec",
    "sbom",
    "semver-versions",
    "suse",
    "swift",
    "swift-versions",
    "ubuntu",
    "wolfi",
    "wordpress",
    "xbps",
    "xbps-versions",
];

fn names(plugins: &Value) -> Vec<&str> {
    let mut names: Vec<_> =
        plugins["plugins"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

/// All plugins, and files that are none.
fn with_bad_ones() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: Vec<u8>| fs::write(directory.path().join(name), bytes).unwrap();
    for entry in fs::read_dir(Setup::new().plugins()).unwrap() {
        let path = entry.unwrap().path();
        put(path.file_name().unwrap().to_str().unwrap(), fs::read(&path).unwrap());
    }
    put("text.wasm", b"this is no component".to_vec());
    put("empty.wasm", Vec::new());
    put("module.wasm", wat::parse_str("(module)").unwrap());
    put("cut.wasm", fs::read(directory.path().join("dpkg.wasm")).unwrap()[..5_000].to_vec());
    put("other-version.wasm", component("", r#"(export "limpid:plugin/scheme@0.7.0" (instance $empty))"#));
    put("no-role.wasm", component("", r#"(export "limpid:other/thing@0.1.0" (instance $empty))"#));
    put("imports.wasm", component(r#"(import "wasi:cli/environment@0.2.0" (instance))"#, ""));
    put("misfit.wasm", component("", r#"(export "limpid:plugin/scheme@0.1.0" (instance $empty))"#));
    put("twice.wasm", fs::read(directory.path().join("dpkg.wasm")).unwrap());
    put("README.txt", b"not looked at".to_vec());
    directory
}

/// A component that says who it is.
fn component(imports: &str, exports: &str) -> Vec<u8> {
    let text =
        format!(r#"(component $handmade (@custom "version" "1.0.0") {imports} (instance $empty) {exports})"#);
    wat::parse_str(text).unwrap()
}

const REFUSED: [(&str, &str); 9] = [
    ("cut.wasm", "does not compile"),
    ("empty.wasm", "is not WebAssembly"),
    ("imports.wasm", "imports `wasi:cli/environment@0.2.0`"),
    ("misfit.wasm", "does not fit the contract"),
    ("module.wasm", "is a core module, not a component"),
    ("no-role.wasm", "exports none of"),
    ("other-version.wasm", "uses `limpid:plugin/scheme@0.7.0`; this host serves versions 0.2.0 and 0.1.0"),
    ("text.wasm", "is not WebAssembly"),
    ("twice.wasm", "is named `dpkg`, and so is"),
];

#[track_caller]
fn check(plugins: &Value) {
    assert_eq!(names(plugins), ALL);
    let refused = plugins["refused"].as_array().unwrap();
    let files: Vec<_> = refused.iter().map(|refused| refused["file"].as_str().unwrap()).collect();
    assert_eq!(files, REFUSED.map(|(file, _)| file));
    for ((file, why), refused) in REFUSED.iter().zip(refused) {
        assert!(refused["reason"].as_str().unwrap().contains(why), "{file}: {refused:#}");
    }
}

#[test]
fn all_plugins_are_loaded_and_say_who_they_are() {
    let service = Service::shared();
    let plugins = service.api.get("/v1/plugins").ok();
    assert_eq!(names(&plugins), ALL);
    assert_eq!(plugins["refused"].as_array().unwrap().len(), 0);
    for plugin in plugins["plugins"].as_array().unwrap() {
        for field in ["version", "digest", "description", "license", "authors", "source"] {
            assert!(plugin[field].is_string(), "{field}: {plugin:#}");
        }
        assert_eq!(plugin["roles"].as_array().unwrap().len(), 1);
        assert_eq!(plugin["scheme"].is_string(), plugin["roles"][0] == "scheme", "{plugin:#}");
    }
}

#[test]
fn a_file_that_is_no_plugin_is_refused_and_the_others_work() {
    let directory = with_bad_ones();
    let service = Service::with(Setup::new().with_plugins(directory.path()));
    check(&service.api.get("/v1/plugins").ok());
    for (file, why) in REFUSED {
        let log = service.log();
        let line = log.lines().find(|line| line.contains(file) && line.contains("is refused"));
        assert!(line.is_some_and(|line| line.contains(why)), "{file}: {log}");
    }
    service.api.get("/readyz").ok();
    let parts = Parts::of(&xtask::sample::debian(), Compression::Gzip);
    let report = service.api.report(&service.api.index(&parts.docker_archive()));
    assert_eq!(report["coverage"]["plugin_failures"].as_array().unwrap().len(), 0);
    assert_eq!(report["summary"]["packages"], 11);
}

#[test]
fn the_command_line_shows_what_is_loaded_and_what_is_refused() {
    let directory = with_bad_ones();
    let setup = Setup::new().with_plugins(directory.path());
    check(&setup.run(["plugin", "list", "--format", "json"]).json());
    let table = setup.run(["plugin", "list"]).ok();
    for (file, why) in REFUSED {
        assert!(table.lines().any(|line| line.contains(file) && line.contains(why)), "{file}: {table}");
    }
}

#[test]
fn a_service_without_plugins_is_alive_and_not_ready() {
    let directory = tempfile::tempdir().unwrap();
    let service = Service::with(Setup::new().with_plugins(directory.path()));
    service.api.get("/healthz").ok();
    let message = service.api.get("/readyz").refused(503, "not-ready");
    assert!(message.contains("no plugin is loaded"), "{message}");
}

#[test]
fn a_plugins_directory_that_is_not_there_is_an_error_that_says_what_to_do() {
    let setup = Setup::new().with_plugins(Path::new("/nowhere/plugins"));
    let error = setup.run(["serve", "--listen", "127.0.0.1:0"]).failed();
    assert!(error.contains("`/nowhere/plugins`") && error.contains("`--plugins-dir`"), "{error}");
}

#[test]
fn images_that_were_indexed_while_a_detector_was_quarantined_are_healed_when_that_ends() {
    // Claims by path alone: of what is claimed for its content, it is not known whether all of it was kept.
    let both = "(call $put (i32.const 16) (i32.const 2048) (i32.const 2))";
    let wat = read(&current().with_file_name("0.1.0").join("detector.wat"));
    assert!(wat.contains(both));
    let fields = wat.replace(both, "(call $put (i32.const 16) (i32.const 2048) (i32.const 1))");
    let plugins = tempfile::tempdir().unwrap();
    let detector = component::with_name(&component::of_fields(&fields), "sample-detector");
    fs::write(plugins.path().join("detector.wasm"), detector).unwrap();
    let service = Service::with(Setup::new().with_plugins(plugins.path()));
    let indexed = |name: &str, layer: Layer| {
        service
            .api
            .index(&Parts::of(&image(&format!("test/{name}:1"), [layer]), Compression::Gzip).docker_archive())
    };
    let quarantined = || service.api.get("/v1/plugins/sample-detector").ok()["quarantined"].clone();
    // The sample stops itself where the file is executable, for one image after another.
    for number in 0..5 {
        assert_eq!(quarantined(), json!(null), "before image {number}");
        indexed(
            &format!("bad-{number}"),
            Layer::new("COPY").executable("etc/sample", format!("bad-{number}")),
        );
    }
    assert_ne!(quarantined(), json!(null));

    let good = indexed("good", Layer::new("COPY").file("etc/sample", "hello"));
    let report = service.api.report(&good);
    assert_eq!(report["summary"]["packages"], 0, "{report:#}");
    let gaps = report["coverage"]["gaps"].as_array().unwrap();
    assert!(gaps.iter().any(|gap| gap["code"] == "plugin-failures"), "{gaps:#?}");

    service.api.send("POST", "/v1/plugins/sample-detector/release", &[], b"").ok();
    let packages = until("the image is healed", || {
        let packages = service.api.get(&format!("/v1/images/{good}/packages")).ok()["packages"].clone();
        packages.as_array().is_some_and(|packages| !packages.is_empty()).then_some(packages)
    });
    assert_eq!(packages[0]["name"], "hello");
    let report = service.api.report(&good);
    let gaps = report["coverage"]["gaps"].as_array().unwrap();
    assert!(gaps.iter().all(|gap| gap["code"] != "plugin-failures"), "{gaps:#?}");
}
