//! What others make of the document: a fuzzer that asks all that it describes, and a client in Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::Service;

/// A program of the environment that `cargo xtask test-with api-tools` makes.
fn tool(name: &str) -> Command {
    let path = Setup::new().plugins().join("../tools/api/bin").join(name);
    assert!(path.is_file(), "`{}` is not there: `cargo xtask test-with api-tools`", path.display());
    Command::new(path)
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/openapi").join(name)
}

/// Runs a program to its end, and shows what it wrote where it failed.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

/// A service with plugins that may be removed, of which it has few: there are requests that do that.
struct Fuzzed {
    service: Service,
    secret: String,
    _plugins: tempfile::TempDir,
}

impl Fuzzed {
    fn start() -> Self {
        let plugins = tempfile::tempdir().unwrap();
        let all = Setup::new();
        for name in ["debian", "dpkg", "dpkg-versions", "semver-versions"] {
            let name = format!("{name}.wasm");
            fs::copy(all.plugins().join(&name), plugins.path().join(&name)).unwrap();
        }
        let setup = Setup::new().with_plugins(plugins.path());
        let service =
            Service::with(setup.with("LIMPID_ACCESS__REQUIRED", true).with("LIMPID_ACCESS__RATE", 0));
        let secret = service.token(&["fuzz", "--role", "admin"]);
        Self { service, secret, _plugins: plugins }
    }
}

#[test]
#[ignore = "needs a program: `cargo xtask test-with api-tools`"]
fn schemathesis_gets_no_error_of_the_service_and_no_answer_that_is_not_described() {
    let Fuzzed { service, secret, _plugins } = Fuzzed::start();
    let folder = tempfile::tempdir().unwrap();
    for name in ["schemathesis.toml", "media.py"] {
        fs::copy(file(name), folder.path().join(name)).unwrap();
    }
    let mut schemathesis = tool("st");
    schemathesis.current_dir(folder.path()).args(["run", "--no-color", "--seed", "1"]);
    schemathesis.args(["--max-examples", "5", "--max-time", "60", "--request-timeout", "30"]);
    schemathesis.args(["--header", &format!("Authorization: Bearer {secret}")]);
    let said = run(schemathesis.arg(format!("{}/v1/openapi.json", service.api.address())));
    // Nothing was asked where it lost its way at the beginning.
    let asked = said.lines().find_map(|line| line.split_once(" generated")?.0.trim().parse::<u64>().ok());
    assert!(asked.is_some_and(|asked| asked > 1_000), "{said}");
}

#[test]
#[ignore = "needs a program: `cargo xtask test-with api-tools`"]
fn a_client_that_is_generated_in_python_reads_what_the_service_has() {
    let service = Service::start();
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let report = service.api.report(&image);
    let folder = tempfile::tempdir().unwrap();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let mut generate = tool("openapi-python-client");
    generate.current_dir(folder.path()).args([
        "generate",
        "--meta",
        "none",
        "--output-path",
        "limpid_client",
    ]);
    generate
        .arg("--path")
        .arg(docs.join("openapi.json"))
        .arg("--config")
        .arg(docs.join("python-client.yaml"));
    run(generate.arg("--fail-on-warning"));
    let mut python = tool("python3");
    python.current_dir(folder.path()).env("PYTHONPATH", folder.path()).arg(file("client.py"));
    python.arg(service.api.address()).arg(&image);
    let said = run(&mut python);
    let findings = report["findings"].as_array().unwrap();
    let worst = findings[0]["vulnerability"].as_str().unwrap();
    assert_eq!(said, format!("1 image, {} findings, first {worst}; no-such-image\n", findings.len()));
}
