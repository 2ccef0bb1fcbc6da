//! Programs that Go itself builds, read by this detector and by `go version -m`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use limpid_executable::executables;
use limpid_executable::testing::fat;
use limpid_plugin_sdk::detector::{Detector as _, File, Report};

use crate::Go;
use crate::functions::Functions;

/// The last version of Go whose build info has pointers, and the last that writes none.
const OLDER: [&str; 2] = ["go1.17.13", "go1.12.17"];

const MAIN: &str = r#"package main

import (
	"fmt"

	"example.com/folder"
	"github.com/pkg/errors"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
	"rsc.io/quote"
)

func main() {
	out, _ := yaml.Marshal(language.English)
	fmt.Println(errors.New(quote.Hello()), string(out), folder.Name)
}
"#;

/// `rsc.io/sampler` is replaced by another module, `example.com/folder` by a folder.
const MODULE: &str = "module example.com/judge

go 1.12

require (
	example.com/folder v0.1.0
	github.com/pkg/errors v0.9.1
	golang.org/x/text v0.3.7
	gopkg.in/yaml.v3 v3.0.1
	rsc.io/quote v1.5.2
)

replace example.com/folder => ./folder

replace rsc.io/sampler => rsc.io/sampler v1.3.1
";

/// What is built by which settings of the environment and flags.
type Build = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const BUILDS: [Build; 14] = [
    ("plain", &[], &[]),
    ("stripped", &[], &["-ldflags=-s -w", "-trimpath"]),
    ("linked", &[], &["-ldflags=-X main.version=1.2.3 -X 'main.date=a b'"]),
    ("pie", &[], &["-buildmode=pie"]),
    ("386", &[("GOARCH", "386")], &[]),
    ("arm64", &[("GOARCH", "arm64")], &["-ldflags=-s"]),
    ("s390x", &[("GOARCH", "s390x")], &[]),
    ("mips", &[("GOARCH", "mips")], &["-ldflags=-s -w"]),
    ("windows", &[("GOOS", "windows")], &[]),
    ("windows-386", &[("GOOS", "windows"), ("GOARCH", "386")], &["-ldflags=-s -w"]),
    ("darwin", &[("GOOS", "darwin")], &[]),
    ("darwin-arm64", &[("GOOS", "darwin"), ("GOARCH", "arm64")], &["-ldflags=-s -w"]),
    ("without-modules", &[("GO111MODULE", "off")], &["std.go"]),
    ("file", &[], &["main.go"]),
];

/// Those that an older Go builds as well.
const OLDER_BUILDS: [&str; 6] = ["plain", "stripped", "s390x", "mips", "windows-386", "darwin"];

/// Those that the oldest Go builds.
const OLDEST_BUILDS: [&str; 3] = ["plain", "windows", "darwin"];

pub(crate) struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Place {
    /// A folder with these files, whose modules are fetched.
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = env::temp_dir().join(format!("limpid-go-{name}-{}", std::process::id()));
        let _earlier = fs::remove_dir_all(&folder);
        for (path, text) in files {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let place = Self(folder);
        run(place.go("local").args(["mod", "tidy", "-compat=1.17"]));
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Go of a version, for amd64 and without what is C. `GOFLAGS` that are empty are those of `go env -w`.
    pub(crate) fn go(&self, version: &str) -> Command {
        let mut go = Command::new("go");
        go.current_dir(&self.0).env("GOTOOLCHAIN", version).env("GOFLAGS", "-p=2").env("GOWORK", "off");
        go.env("GOOS", "linux").env("GOARCH", "amd64").env("CGO_ENABLED", "0").env("GO111MODULE", "on");
        go
    }

    fn built(&self, version: &str, name: &str) -> PathBuf {
        let (_, settings, flags) = BUILDS.iter().find(|build| build.0 == name).unwrap();
        let path = self.0.join(format!("{version}-{name}"));
        run(self.go(version).args(["build", "-o"]).arg(&path).args(*flags).envs(settings.iter().copied()));
        path
    }

    /// The same program in a repository: its main module has a version.
    fn tagged(&self, tags: &[&str]) -> PathBuf {
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.current_dir(&self.0).args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
            run(git.args(arguments).stdout(Stdio::null()));
        };
        git(&["init", "--quiet"]);
        git(&["add", "go.mod", "go.sum", "main.go", "folder"]);
        git(&["commit", "--quiet", "--allow-empty", "--message", "a"]);
        tags.iter().for_each(|tag| git(&["tag", tag]));
        let path = self.0.join(format!("tagged-{}", tags.len()));
        run(self.go("local").args(["build", "-buildvcs=true", "-o"]).arg(&path));
        path
    }
}

pub(crate) fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status();
    assert!(
        status.as_ref().is_ok_and(|status| status.success()),
        "{command:?}: {status:?}; Go 1.24 or newer and git are run, and Go fetches modules and its older versions"
    );
}

/// What `go version -m` says: the library, then each module or what was taken in its place.
fn by_go(path: &Path) -> Vec<String> {
    let output = Command::new("go").args(["version", "-m"]).arg(path).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let (first, lines) = text.split_once('\n').unwrap_or_default();
    let version = first.rsplit_once(": go").map_or(first, |(_, version)| version);
    let mut rows = vec![format!("stdlib {version}")];
    for line in lines.lines() {
        let columns: Vec<_> = line.split('\t').collect();
        match columns[..] {
            ["", "mod" | "dep", name, version, ..] => rows.push(format!("{name} {version}")),
            ["", "=>", name, "(devel)" | "", ..] if name.starts_with('.') => {
                let last = rows.pop().unwrap();
                rows.push(format!("{} (devel)", last.split_once(' ').unwrap().0));
            }
            ["", "=>", name, version, ..] => *rows.last_mut().unwrap() = format!("{name} {version}"),
            ["", "path", path] if path.starts_with("cmd/") => rows.push(format!("toolchain {version}")),
            _ => {}
        }
    }
    rows
}

/// The same by this detector.
fn by_detector(bytes: Vec<u8>) -> (Vec<String>, Report) {
    let report = Go::detect(&[File::in_memory("a", bytes)]).unwrap();
    let rows = report.packages().map(|package| format!("{} {}", package.name, package.version)).collect();
    (rows, report)
}

/// The functions that `go tool nm` lists, without their type arguments.
fn by_nm(path: &Path) -> BTreeSet<String> {
    let output = Command::new("go").args(["tool", "nm"]).arg(path).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let functions = text.lines().filter_map(|line| {
        let mut columns = line.trim_start().splitn(3, ' ');
        let (_, kind, name) = (columns.next()?, columns.next()?, columns.next()?);
        kind.eq_ignore_ascii_case("T").then(|| plain(name))
    });
    functions.collect()
}

/// The same by this detector, with those that were inlined.
fn functions(path: &Path) -> BTreeSet<String> {
    let file = File::in_memory("a", fs::read(path).unwrap());
    let executable = executables(&file).unwrap().remove(0).unwrap();
    let functions = Functions::read(&executable).unwrap();
    functions.iter().map(plain).collect()
}

/// A name without its type arguments, and without what Go 1.17 writes otherwise for `go tool nm`.
fn plain(name: &str) -> String {
    let name = &name.strip_suffix(".abi0").unwrap_or(name).replace('·', ".");
    let name = if name.contains('.') { name } else { name.trim_start_matches('_') };
    match (name.find('['), name.rfind(']')) {
        (Some(start), Some(end)) => format!("{}{}", &name[..start], &name[end + 1..]),
        _ => name.to_owned(),
    }
}

/// How many functions `go tool nm` lists, all of which were found.
fn check_functions(path: &Path) -> usize {
    let (expected, found) = (by_nm(path), functions(path));
    let missing: Vec<_> = expected.difference(&found).filter(|name| !is_mark(name)).collect();
    assert!(missing.is_empty(), "{}: {missing:?}", path.display());
    assert!(expected.len() > 1000 && found.len() < 2 * expected.len());
    expected.len()
}

/// Whether a symbol of the text is no function, but what the linker calls a place.
fn is_mark(name: &str) -> bool {
    ["runtime.text", "runtime.etext"].contains(&name)
}

/// What both read; how many packages those are.
fn check(path: &Path, unread: usize) -> usize {
    let (mut found, report) = by_detector(fs::read(path).unwrap());
    if path.ends_with("local-linked") {
        // This much Go does not say.
        let main = found.iter_mut().find(|row| *row == "example.com/judge v1.2.3").unwrap();
        *main = "example.com/judge (devel)".to_owned();
    }
    assert_eq!(found, by_go(path), "{}", path.display());
    assert_eq!(report.unread.len(), unread, "{}: {:?}", path.display(), report.unread);
    found.len()
}

#[test]
#[ignore = "builds programs with Go, some of them with older versions that it fetches; `cargo xtask verify detectors` runs it"]
fn what_go_lists_is_what_is_found() {
    let place = Place::new(
        "judge",
        &[
            ("go.mod", MODULE),
            ("main.go", MAIN),
            ("std.go", "//go:build ignore\n// +build ignore\n\npackage main\n\nfunc main() {}\n"),
            ("folder/go.mod", "module example.com/folder\n\ngo 1.12\n"),
            ("folder/folder.go", "package folder\n\nconst Name = \"folder\"\n"),
        ],
    );
    let (mut executables, mut packages) = (0, 0);
    let mut checked = |path: &Path, unread: usize| {
        executables += 1;
        packages += check(path, unread);
    };
    for (name, ..) in BUILDS {
        checked(&place.built("local", name), usize::from(name == "without-modules"));
    }
    for name in OLDER_BUILDS {
        checked(&place.built(OLDER[0], name), 0);
    }
    for tags in [&[][..], &["v1.2.3"]] {
        let path = place.tagged(tags);
        checked(&path, 0);
        let (found, _) = by_detector(fs::read(path).unwrap());
        let expected = if tags.is_empty() { "example.com/judge v0.0.0-" } else { "example.com/judge v1.2.3" };
        assert!(found[1].starts_with(expected), "{}", found[1]);
    }
    // Stripped, an executable has no symbols for `go tool nm`, but the same functions.
    let path = |name: &str| place.path(name);
    let unstripped = path("local-plain");
    assert_eq!(functions(&unstripped), functions(&path("local-stripped")));
    let linked: usize = ["plain", "pie", "386", "s390x", "windows", "darwin"]
        .iter()
        .map(|name| check_functions(&path(&format!("local-{name}"))))
        .chain(
            ["plain", "s390x", "darwin"].map(|name| check_functions(&path(&format!("{}-{name}", OLDER[0])))),
        )
        .sum();
    for name in
        ["local-mips", "local-windows-386", "local-darwin-arm64", "go1.17.13-mips", "go1.17.13-windows-386"]
    {
        assert!(functions(&path(name)).len() > 1000, "{name}");
    }

    let root = place.go("local").args(["env", "GOROOT"]).output().unwrap();
    let root = PathBuf::from(String::from_utf8(root.stdout).unwrap().trim());
    for folder in ["bin", "pkg/tool/linux_amd64"] {
        let Ok(tools) = fs::read_dir(root.join(folder)) else { continue };
        tools.for_each(|tool| checked(&tool.unwrap().path(), 0));
    }

    // Of programs of WebAssembly Go lists nothing: they are made of what others are. The main module has a version by
    // now.
    let is_dependency =
        |row: &String| !["stdlib", "toolchain", "example.com"].iter().any(|start| row.starts_with(start));
    let modules = |rows: Vec<String>| rows.into_iter().filter(is_dependency).collect::<Vec<_>>();
    let plain = modules(by_go(&unstripped));
    for system in ["js", "wasip1"] {
        let path = place.path(&format!("{system}.wasm"));
        let mut go = place.go("local");
        run(go.args(["build", "-ldflags=-s -w", "-o"]).arg(&path).env("GOOS", system).env("GOARCH", "wasm"));
        let (found, report) = by_detector(fs::read(&path).unwrap());
        assert_eq!((modules(found), report.unread.len()), (plain.clone(), 0), "{system}");
        let known = report.packages().filter(|package| package.symbols.is_some()).count();
        assert!(known > 2, "{system}: {known}");
    }

    // A fat file holds what its executables hold.
    let images =
        ["darwin", "darwin-arm64"].map(|name| fs::read(place.0.join(format!("local-{name}"))).unwrap());
    let (found, report) = by_detector(fat(&images));
    assert_eq!((found, report.unread.len()), (by_go(&place.0.join("local-darwin")), 0));

    for name in OLDEST_BUILDS {
        let (found, report) = by_detector(fs::read(place.built(OLDER[1], name)).unwrap());
        assert_eq!((found.len(), report.unread.len()), (0, 1), "{name}");
    }

    // Cut off anywhere, an executable states what it did, or says that something is missing.
    let whole = fs::read(place.0.join("local-plain")).unwrap();
    let (all, _) = by_detector(whole.clone());
    for share in 1..16 {
        let (part, report) = by_detector(whole[..whole.len() / 16 * share].to_vec());
        assert!(part == all || (part.is_empty() && report.unread.len() == 1), "{share}: {part:?}");
    }
    println!(
        "{executables} executables with {packages} packages are read as `go version -m` reads them, and {linked} \
         functions as `go tool nm` lists them"
    );
}
