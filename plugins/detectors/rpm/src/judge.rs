//! Databases that rpm itself makes out of packages that it builds, read by this detector and by rpm.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use limpid_plugin_sdk::detector::{Detector as _, Fact, File, Report};

use crate::Rpm;

/// How many packages the largest database has, beside the others.
const MANY: usize = 2000;

/// What is asked of rpm: of each package a line, and of each of its files one that begins with a space.
const FORMAT: &str = "%{NAME}|%{EPOCHNUM}:%{VERSION}-%{RELEASE}|%{ARCH}|%{SOURCERPM}|%{LICENSE}|\
                      %|MODULARITYLABEL?{%{MODULARITYLABEL}}|\\n\
                      [ %{=NAME} %{FILEMODES:perms} %{FILEFLAGS} %{FILESTATES} %{FILENAMES}\\n]";

/// A package with an epoch, a tilde, a caret, a module, and files of all kinds; others beside it.
const ODD: &str = "
Name: odd
Epoch: 2
Version: 1.0~rc1
Release: 3^git1.el9
Summary: s
License: MIT AND GPL-2.0-only
Vendor: Limpid
ModularityLabel: nodejs:18:9020020230825081254:rhel9
%description
d
%package -n zero
Summary: s
Epoch: 0
Version: 7
Release: 2
BuildArch: noarch
Vendor: Other
%description -n zero
d
%package libs
Summary: s
%description libs
d
%package erased
Summary: s
%description erased
d
%install
mkdir -p %{buildroot}/usr/lib/limpid %{buildroot}/var/cache %{buildroot}/lib64 %{buildroot}/etc
echo a > %{buildroot}/usr/lib/limpid/a
echo a > %{buildroot}/usr/lib/limpid/\"b c\"
ln -s a %{buildroot}/usr/lib/limpid/link
echo a > %{buildroot}/lib64/liba.so
echo ID=odd > %{buildroot}/etc/os-release
touch %{buildroot}/var/cache/ghost
%files
%dir /usr/lib/limpid
\"/usr/lib/limpid/*\"
/usr/lib/limpid/link
/etc/os-release
%ghost /var/cache/ghost
%files -n zero
%files libs
/lib64/liba.so
%files erased
";

/// Many packages, of which every tenth has a file.
fn many() -> String {
    let mut spec =
        "Name: many\nVersion: 1\nRelease: 1\nSummary: s\nLicense: MIT\n%description\nd\n".to_owned();
    for number in 0..MANY {
        let suffix = ["", "~rc1", "^20240101"][number % 3];
        let epoch = if number % 4 == 0 { format!("Epoch: {}\n", number % 5) } else { String::new() };
        write!(
            spec,
            "%package -n package-{number}\nSummary: s\n{epoch}Version: 1.{number}{suffix}\nRelease: {}.fc40\n\
             %description -n package-{number}\nd\n",
            number % 7
        )
        .unwrap();
    }
    spec.push_str("%install\nmkdir -p %{buildroot}/opt\n");
    writeln!(spec, "cd %{{buildroot}}/opt && touch $(seq 0 10 {})", MANY - 1).unwrap();
    for number in 0..MANY {
        writeln!(spec, "%files -n package-{number}").unwrap();
        if number % 10 == 0 {
            writeln!(spec, "/opt/{number}").unwrap();
        }
    }
    spec
}

pub(crate) struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Place {
    pub(crate) fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("limpid-rpm-{name}-{}", std::process::id()));
        let _earlier = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Builds packages; the files of those that are for `arch` or for all.
    fn built(&self, name: &str, spec: &str, arch: &str) -> Vec<PathBuf> {
        let top = self.0.join(name).join(arch);
        fs::create_dir_all(&top).unwrap();
        fs::write(top.join("spec"), spec).unwrap();
        let mut build = Command::new("rpmbuild");
        build.args(["-bb", "--quiet", "--nodeps", "--target", arch]).arg(top.join("spec"));
        for define in [format!("_topdir {}", top.display()), "__os_install_post %{nil}".to_owned()] {
            build.arg("--define").arg(define);
        }
        run(build.stdout(Stdio::null()).stderr(Stdio::null()));
        let folders = fs::read_dir(top.join("RPMS")).unwrap().map(|folder| folder.unwrap().path());
        folders.flat_map(|folder| fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path()).collect()
    }

    /// An empty folder.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.0.join(name);
        let _earlier = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }
}

pub(crate) fn run(command: &mut Command) {
    let status = command.stdin(Stdio::null()).status();
    assert!(
        status.as_ref().is_ok_and(|status| status.success()),
        "{command:?}: {status:?}; Debian's packages `rpm` and `zstd` have what is run"
    );
}

/// rpm over a database; it does not touch the machine's own.
pub(crate) fn rpm(database: &Path) -> Command {
    let mut rpm = Command::new("rpm");
    rpm.arg("--dbpath").arg(database).stderr(Stdio::null());
    rpm
}

fn install(database: &Path, packages: &[PathBuf]) {
    run(rpm(database).args(["-i", "--justdb", "--nodeps", "--ignorearch", "--force"]).args(packages));
}

/// The lines of [`FORMAT`], of files those that their package put there.
fn by_rpm(mut rpm: Command) -> Vec<String> {
    let output = rpm.args(["-qa", "--qf", FORMAT]).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("gpg-pubkey|")).filter_map(row);
    let mut rows: Vec<_> = lines.flat_map(|row| [with_usr(&row), Some(row)]).flatten().collect();
    rows.sort();
    rows.dedup();
    rows
}

/// Where a file lies, too, if its directory is a link into `usr`.
fn with_usr(row: &str) -> Option<String> {
    let (name, path) = row.strip_prefix(' ')?.split_once(' ')?;
    let is_merged = ["bin/", "sbin/", "lib/", "lib64/"].iter().any(|directory| path.starts_with(directory));
    is_merged.then(|| format!(" {name} usr/{path}"))
}

fn row(line: &str) -> Option<String> {
    let Some(file) = line.strip_prefix(' ') else { return Some(line.to_owned()) };
    let [name, mode, flags, state, path] = file.splitn(5, ' ').collect::<Vec<_>>()[..] else { return None };
    let is_there = !mode.starts_with('d') && flags.parse::<u32>().ok()? & 64 == 0 && state == "0";
    is_there.then(|| format!(" {name} {}", path.trim_start_matches('/')))
}

/// The same by this detector.
fn by_detector(database: &Path) -> (Vec<String>, Report) {
    let mut files: Vec<_> = fs::read_dir(database)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (format!("var/lib/rpm/{}", path.file_name().unwrap().to_str().unwrap()), path))
        .filter(|(path, _)| {
            ["rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages", "Packages.db"]
                .iter()
                .any(|name| path.ends_with(&format!("/{name}")))
        })
        .map(|(path, file)| File::in_memory(path, fs::read(file).unwrap()))
        .collect();
    files.sort_by(|left, right| left.path().cmp(right.path()));
    let report = Rpm::detect(&files).unwrap();
    let mut rows = Vec::new();
    for finding in &report.findings {
        match &finding.fact {
            Fact::Package(package) => {
                let version = if package.version.contains(':') { String::new() } else { "0:".to_owned() };
                let module = package.qualifiers.iter().find(|(key, _)| key == "module");
                let source = package.source.as_ref().map_or("(none)".to_owned(), |source| {
                    let version = source.version.split_once(':').map_or(source.version.as_str(), |it| it.1);
                    format!("{}-{version}.src.rpm", source.name)
                });
                rows.push(format!(
                    "{}|{version}{}|{}|{source}|{}|{}",
                    package.name,
                    package.version,
                    package.arch.as_deref().unwrap_or("(none)"),
                    package.licenses.concat(),
                    module.map_or("", |(_, module)| module)
                ));
            }
            Fact::Ownership(owned) => {
                rows.extend(owned.paths.iter().map(|path| format!(" {} {path}", owned.package)));
            }
            fact => panic!("{fact:?}"),
        }
    }
    rows.sort();
    rows.dedup();
    (rows, report)
}

/// A label with what the detector leaves out of it.
fn with_stream(row: &str) -> String {
    row.replace("|nodejs:18:9020020230825081254:rhel9", "|nodejs:18")
}

/// What both read; how many packages those are.
fn check(database: &Path) -> usize {
    check_as(database, rpm(database))
}

/// The same by an rpm that was told where and how to read.
pub(crate) fn check_as(database: &Path, by: Command) -> usize {
    let expected: Vec<_> = by_rpm(by).iter().map(|row| with_stream(row)).collect();
    let (found, report) = by_detector(database);
    assert_eq!(report.unread, []);
    let missing: Vec<_> = expected.iter().filter(|row| found.binary_search(row).is_err()).take(5).collect();
    let more: Vec<_> = found.iter().filter(|row| expected.binary_search(row).is_err()).take(5).collect();
    assert!(missing.is_empty() && more.is_empty(), "rpm has {missing:#?}, the detector has {more:#?}");
    assert_eq!(found.len(), expected.len());
    report.packages().count()
}

/// Keeps a database open, so that its journal is not merged into it.
struct Reader(Child);

impl Reader {
    fn of(database: &Path) -> Self {
        let script = "import sqlite3, sys\n\
                      c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN')\n\
                      print(c.execute('SELECT count(*) FROM Packages').fetchone(), flush=True); sys.stdin.read()";
        let mut python = Command::new("python3");
        python.args(["-c", script]).arg(database).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = python.spawn().expect("python3 cannot be run");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with('('), "{line}");
        Self(child)
    }

    fn end(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}

#[test]
#[ignore = "builds some thousand packages with rpmbuild; `cargo xtask verify detectors` runs it"]
fn what_rpm_lists_is_what_is_found() {
    let place = Place::new("built");
    let odd = [place.built("odd", ODD, "x86_64"), place.built("odd", ODD, "i686")].concat();
    let many = place.built("many", &many(), "noarch");
    let (mut databases, mut packages) = (0, 0);
    let mut checked = |folder: &Path| {
        databases += 1;
        packages += check(folder);
    };

    let folder = place.folder("database");
    install(&folder, &odd);
    checked(&folder);
    run(rpm(&folder).args(["-e", "--justdb", "--nodeps", "--allmatches", "odd-erased"]));
    checked(&folder);
    let (_, report) = by_detector(&folder);
    let vendor = |name: &str| {
        let package = report.packages().find(|package| package.name == name).unwrap();
        package.vendor.clone()
    };
    assert_eq!((vendor("odd"), vendor("zero")), (None, Some("Other".to_owned())));

    // A journal that is not merged: what it holds counts, and so does what it holds up to where it is cut off.
    let reader = Reader::of(&folder.join("rpmdb.sqlite"));
    install(&folder, &many);
    let open = place.folder("open");
    for name in ["rpmdb.sqlite", "rpmdb.sqlite-wal"] {
        fs::copy(folder.join(name), open.join(name)).unwrap();
    }
    reader.end();
    let journal = fs::read(open.join("rpmdb.sqlite-wal")).unwrap();
    assert!(journal.len() > 1 << 20, "the journal has {} bytes", journal.len());
    let (found, report) = by_detector(&open);
    assert_eq!((report.packages().count() > MANY, report.unread.as_slice()), (true, &[][..]));
    for share in [4, 2] {
        let cut = place.folder("cut");
        fs::copy(open.join("rpmdb.sqlite"), cut.join("rpmdb.sqlite")).unwrap();
        fs::File::create(cut.join("rpmdb.sqlite-wal"))
            .unwrap()
            .write_all(&journal[..journal.len() / share * (share - 1)])
            .unwrap();
        let (part, report) = by_detector(&cut);
        assert_eq!(report.unread.len(), 1, "{:?}", report.unread);
        assert!(part.len() < found.len());
        let expected: Vec<_> = by_rpm(rpm(&cut)).iter().map(|row| with_stream(row)).collect();
        assert_eq!(part, expected);
        databases += 1;
        packages += report.packages().count();
    }
    let expected: Vec<_> = by_rpm(rpm(&open)).iter().map(|row| with_stream(row)).collect();
    assert_eq!(found, expected);

    let mut checked_whole = |folder: &Path| {
        databases += 1;
        packages += check(folder);
    };
    checked_whole(&folder);

    // A database that is cut off: what is found is what was there, and it is told that there was more.
    let whole = fs::read(folder.join("rpmdb.sqlite")).unwrap();
    let (all, _) = by_detector(&folder);
    for share in 1..8 {
        let cut = place.folder("cut");
        fs::write(cut.join("rpmdb.sqlite"), &whole[..whole.len() / 8 * share]).unwrap();
        let (part, report) = by_detector(&cut);
        assert!(!report.unread.is_empty() && part.len() < all.len(), "{share}");
        assert!(part.iter().all(|row| all.binary_search(row).is_ok()), "{share}");
        assert!(share < 4 || !part.is_empty(), "{share}");
    }
    println!("{databases} databases with {packages} packages are read as rpm reads them");
}
