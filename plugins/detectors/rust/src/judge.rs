//! Programs that `cargo auditable` builds, read by this detector and by `rust-audit-info`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use limpid_executable::executables;
use limpid_executable::testing::{Access, Form, Part};
use limpid_plugin_sdk::detector::{Detector as _, File};

use crate::Rust;

const MANIFEST: &str = r#"
[package]
name = "judge"
version = "0.1.0-pre.1+build"
edition = "2021"

[dependencies]
beside = { path = "beside" }
itoa = "=1.0.9"
renamed = { package = "memchr", version = "=2.7.1" }
paste = "=1.0.14"

[build-dependencies]
cc = "=1.0.83"
renamed = { package = "memchr", version = "=2.7.1" }

[dev-dependencies]
fastrand = "=2.0.1"

[target.'cfg(windows)'.dependencies]
winapi-util = "=0.1.6"

[workspace]
"#;

const MAIN: &str = r#"
fn main() {
    println!("{} {:?}", itoa::Buffer::new().format(beside::NUMBER + paste::paste!(1)), renamed::memchr(b'a', b"a"));
}
"#;

/// What is built, by flags and settings of the environment.
type Build = (&'static [&'static str], &'static [(&'static str, &'static str)]);

const BUILDS: [Build; 2] =
    [(&["--release"], &[]), (&["--profile", "dev"], &[("CARGO_PROFILE_DEV_STRIP", "symbols")])];

/// The forms that `rust-audit-info` reads.
const FORMS: [Form; 7] =
    [Form::Elf32, Form::Elf32Big, Form::Elf64, Form::Elf64Big, Form::Pe32, Form::Pe64, Form::MachO64];

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Place {
    fn new() -> Self {
        let folder = env::temp_dir().join(format!("limpid-rust-{}", std::process::id()));
        let _earlier = fs::remove_dir_all(&folder);
        let put = |path: &str, text: &str| {
            fs::create_dir_all(folder.join(path).parent().unwrap()).unwrap();
            fs::write(folder.join(path), text).unwrap();
        };
        put("Cargo.toml", MANIFEST);
        put("build.rs", "fn main() {\n    let _ = (cc::Build::new(), renamed::memchr(0, b\"\"));\n}\n");
        put("src/main.rs", MAIN);
        put("beside/Cargo.toml", "[package]\nname = \"beside\"\nversion = \"0.2.0\"\nedition = \"2021\"\n");
        put("beside/src/lib.rs", "pub const NUMBER: u8 = 1;\n");
        Self(folder)
    }

    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.current_dir(&self.0).env("CARGO_TARGET_DIR", self.0.join("target")).args(arguments);
        cargo
    }

    fn built(&self, flags: &[&str], settings: &[(&str, &str)]) -> PathBuf {
        run(self.cargo(&["auditable", "build", "--quiet"]).args(flags).envs(settings.iter().copied()));
        let profile = if flags.contains(&"--release") { "release" } else { "debug" };
        self.0.join("target").join(profile).join("judge")
    }
}

fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status();
    assert!(
        status.as_ref().is_ok_and(|status| status.success()),
        "{command:?}: {status:?}; `cargo install cargo-auditable rust-audit-info` has what is run"
    );
}

/// The crates that its own reader finds in an executable.
fn by_reader(path: &Path) -> Vec<String> {
    let output = Command::new("rust-audit-info").arg(path).output();
    let output = output.expect("`cargo install rust-audit-info` has what is run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut rows: Vec<_> = list["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| package["kind"] != "build")
        .map(|package| {
            let text = |key: &str| package[key].as_str().unwrap().to_owned();
            format!("{} {} {}", text("name"), text("version"), text("source"))
        })
        .collect();
    rows.sort();
    rows
}

/// The same by this detector.
fn by_detector(path: &str, bytes: Vec<u8>) -> Vec<String> {
    let report = Rust::detect(&[File::in_memory(path, bytes)]).unwrap();
    assert_eq!(report.unread, []);
    let mut rows: Vec<_> = report
        .packages()
        .map(|package| {
            let source = package.qualifiers.first().map_or("crates.io", |(_, source)| source);
            format!("{} {} {source}", package.name, package.version)
        })
        .collect();
    rows.sort();
    rows
}

/// The packages of a lock file, as cargo itself lists them, without what is built.
fn by_cargo(place: &Place) -> Vec<String> {
    let output = place.cargo(&["metadata", "--format-version", "1", "--locked"]).output().unwrap();
    assert!(output.status.success());
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut rows: Vec<_> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| package["name"] != "judge")
        .map(|package| {
            let source = if package["source"].is_null() { "local" } else { "crates.io" };
            format!("{} {} {source}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap())
        })
        .collect();
    rows.sort();
    rows
}

#[test]
#[ignore = "builds programs with `cargo auditable`; `cargo xtask verify detectors` runs it"]
fn what_was_written_is_what_is_found() {
    let place = Place::new();
    let (mut files, mut crates) = (0, 0);
    let mut check = |found: Vec<String>, expected: Vec<String>| {
        assert_eq!(found, expected);
        files += 1;
        crates += found.len();
    };
    let mut section = None;
    for (flags, settings) in BUILDS {
        let path = place.built(flags, settings);
        let bytes = fs::read(&path).unwrap();
        let expected = by_reader(&path);
        assert!(expected.len() > 4 && !expected.iter().any(|row| row.starts_with("cc ")), "{expected:?}");
        check(by_detector("usr/bin/judge", bytes.clone()), expected);
        let file = File::in_memory("usr/bin/judge", bytes);
        let executable = executables(&file).unwrap().remove(0).unwrap();
        section = executable.section(".dep-v0").map(|section| executable.content(section, 1 << 20));
    }
    // What a linker for another system would have made of the same section, where that reader knows of it.
    for form in FORMS {
        let bytes = form.executable(&[Part::new(".dep-v0", 0x1000, Access::Read, section.clone().unwrap())]);
        let path = place.0.join(format!("{form:?}"));
        fs::write(&path, &bytes).unwrap();
        check(by_detector("usr/bin/judge", bytes), by_reader(&path));
    }
    let lock = fs::read(place.0.join("Cargo.lock")).unwrap();
    check(by_detector("app/Cargo.lock", lock), by_cargo(&place));
    println!("{files} files with {crates} crates are read as `rust-audit-info` and cargo read them");
}
