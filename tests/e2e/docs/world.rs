//! What commands of the documentation find where they are typed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use limpid_test_registry::{Access, Registry, TestImage};
use tempfile::TempDir;
use xtask::sample::{self, Compression, Image, shop};

use crate::program::Setup;

/// What is prepared once, and copied for each page: a data directory that knows advisories and two images, and files.
pub(super) struct World {
    setup: Setup,
    files: TempDir,
    programs: TempDir,
    /// A registry of this machine, which the pages call `localhost:5000`.
    registry: Registry,
}

/// Who may read the registry.
const ROBOT: (&str, &str) = ("robot", "secret");

/// Of an image the archive lies in the directory in which commands are typed.
fn images() -> [(&'static str, Image); 4] {
    [
        ("base.tar", shop::base()),
        ("web-1.4.1.tar", shop::before()),
        ("image.tar", shop::web()),
        ("alpine.tar", sample::alpine()),
    ]
}

/// Stands in for the program of Docker, which gives an image as an archive.
const DOCKER: &str = r#"#!/bin/sh
[ "$1" = save ] && exec cat "$WORLD/image.tar"
echo "docker: this one only saves" >&2; exit 1
"#;

impl World {
    /// The one of all tests that run at the same time. It ends with the last of its users.
    pub(super) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<World>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let world = Arc::new(Self::prepare());
            *shared = Arc::downgrade(&world);
            world
        })
    }

    fn prepare() -> Self {
        let world = Self {
            setup: Setup::new(),
            files: tempfile::tempdir().unwrap(),
            programs: tempfile::tempdir().unwrap(),
            registry: registry(),
        };
        let put = |name: &str, bytes: &[u8]| {
            let path = world.files.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            path
        };
        let ingest = |feed: &str, path: &Path| {
            world.setup.run(["feed", "add", feed, path.to_str().unwrap()]).ok();
        };
        for (name, image) in images() {
            put(name, &image.docker_archive(Compression::None).unwrap());
        }
        let debian = sample::advisories::debian_tracker();
        ingest("debian", &put("advisories/tracker.json", debian.as_bytes()));
        let alpine = sample::advisories::alpine_secdb();
        ingest("alpine", &put("advisories/main.json", alpine.as_bytes()));
        ingest("nvd", &put("advisories/page.json", shop::nvd_page().as_bytes()));
        ingest("kev", &put("advisories/catalog.json", shop::known_exploited().as_bytes()));
        for (name, record) in shop::npm_records() {
            ingest("osv", &put(&format!("advisories/{name}"), record.as_bytes()));
        }
        for name in ["base.tar", "web-1.4.1.tar"] {
            let path = world.files.path().join(name);
            world.setup.run(["scan", path.to_str().unwrap(), "--format", "csv"]).ok();
        }
        let docker = world.programs.path().join("docker");
        fs::write(&docker, DOCKER).unwrap();
        fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
        symlink(world.setup.program(), world.programs.path().join("limpid")).unwrap();
        world
    }

    /// The port of the registry.
    pub(super) fn registry_port(&self) -> String {
        self.registry.host().rsplit(':').next().unwrap().to_owned()
    }

    /// A home of its own, with all that is prepared.
    pub(super) fn home(&self) -> TempDir {
        let home = tempfile::tempdir().unwrap();
        copy(self.files.path(), home.path());
        copy(self.setup.data(), &home.path().join(".local/share/limpid"));
        // As `cargo xtask dist` leaves it.
        let dist = home.path().join("target/dist");
        fs::create_dir_all(&dist).unwrap();
        symlink(self.setup.program(), dist.join("limpid")).unwrap();
        symlink(self.setup.plugins(), dist.join("plugins")).unwrap();
        home
    }

    /// What the shell finds in its environment, and nothing else.
    pub(super) fn equip(&self, shell: &mut Command, home: &Path) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let programs = [self.programs.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
        let like = self.setup.command();
        shell.env_clear();
        // Compilers are those of this machine, and fetch nothing; what they build is kept for the next run.
        let of_home = |folder: &str| Some(std::env::home_dir()?.join(folder).into_os_string());
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            shell.envs(std::env::var_os(name).or_else(|| of_home(folder)).map(|value| (name, value)));
        }
        shell.env("CARGO_NET_OFFLINE", "true");
        shell.env("CARGO_TARGET_DIR", self.setup.plugins().with_file_name("author-tools"));
        shell.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env("PATH", std::env::join_paths(programs).unwrap());
        shell.env("HOME", home).env("WORLD", self.files.path()).env("TERM", "xterm").env("LANG", "C.UTF-8");
        shell.env("NO_COLOR", "1").env("LIMPID_PLUGINS_DIR", self.setup.plugins());
        shell.env("LIMPID_LISTEN", "127.0.0.1:0").current_dir(home);
    }
}

fn registry() -> Registry {
    let registry = Registry::start();
    for (tag, image) in [("1.4.1", shop::before()), ("1.4.2", shop::web())] {
        let tars: Vec<Vec<u8>> = image.layers().iter().map(|layer| layer.tar().unwrap()).collect();
        let tars: Vec<&[u8]> = tars.iter().map(Vec::as_slice).collect();
        registry.push_tagged("shop/web", tag, &TestImage::plain(&tars));
    }
    let (username, password) = (ROBOT.0.to_owned(), ROBOT.1.to_owned());
    registry.admit(Access::Basic { username, password });
    registry
}

/// Copies a directory with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
