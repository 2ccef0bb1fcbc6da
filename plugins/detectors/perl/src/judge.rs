//! Distributions that Carton installs with cpanm, listed by Carton and by Perl, and by this detector.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, Evidence, File};

use crate::Perl;

/// How many distributions are installed.
const DISTRIBUTIONS: usize = 6;

/// Their versions, by turns.
const VERSIONS: [&str; 6] = ["1.02", "v1.2.3", "0.01_02", "20240101.001", "0.10", "1.2.30"];

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}: it is in one of Debian's packages `carton`, `perl`")
    });
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A distribution in a mirror of CPAN; the line of the mirror's index.
fn upload(folder: &Path, number: usize) -> String {
    let (module, version) = (format!("M{number}"), VERSIONS[number % VERSIONS.len()]);
    let name = format!("limpid-{number}x-M-{version}");
    let source = folder.join("sources").join(&name);
    fs::create_dir_all(source.join("lib/Limpid")).unwrap();
    let code = format!("package Limpid::{module};\nour $VERSION = '{version}';\n1;\n");
    fs::write(source.join(format!("lib/Limpid/{module}.pm")), code).unwrap();
    let make = format!(
        "use ExtUtils::MakeMaker;\nWriteMakefile(NAME => 'Limpid::{module}', DISTNAME => 'limpid-{number}x-M',\n\
         VERSION_FROM => 'lib/Limpid/{module}.pm', LICENSE => 'perl_5');\n"
    );
    fs::write(source.join("Makefile.PL"), make).unwrap();
    let place = format!("L/LI/LIMPID/{name}.tar.gz");
    let archive = folder.join("mirror/authors/id").join(&place);
    fs::create_dir_all(archive.parent().unwrap()).unwrap();
    run(Command::new("tar").arg("-C").arg(folder.join("sources")).arg("-czf").args([&archive]).arg(&name));
    format!("Limpid::{module} {version} {place}\n")
}

/// The files of these names below a folder, as of a layer.
fn files(root: &Path, folder: &Path, names: &[&str], all: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, names, all);
        } else if names.iter().any(|name| path.ends_with(name)) {
            let shown = path.strip_prefix(root).unwrap().to_str().unwrap();
            all.push(File::in_memory(shown, fs::read(&path).unwrap()));
        }
    }
}

#[test]
#[ignore = "starts Carton; `cargo xtask verify detectors` runs it"]
fn what_carton_lists_is_what_is_found() {
    let folder = Folder(std::env::temp_dir().join(format!("limpid-perl-{}", std::process::id())));
    let index: String = (0..DISTRIBUTIONS).map(|number| upload(&folder.0, number)).collect();
    let modules = folder.0.join("mirror/modules");
    fs::create_dir_all(&modules).unwrap();
    let head = "File: 02packages.details.txt\n\n";
    fs::write(modules.join("02packages.details.txt"), format!("{head}{index}")).unwrap();
    run(Command::new("gzip").arg(modules.join("02packages.details.txt")));
    let application = folder.0.join("app");
    fs::create_dir_all(&application).unwrap();
    let required: String =
        (0..DISTRIBUTIONS).map(|number| format!("requires 'Limpid::M{number}';\n")).collect();
    fs::write(application.join("cpanfile"), required).unwrap();
    let carton = |arguments: &[&str]| {
        let mirror = format!("file://{}", folder.0.join("mirror").display());
        let mut carton = Command::new("carton");
        carton.args(arguments).current_dir(&application).env("PERL_CARTON_MIRROR", mirror);
        run(carton.env("HOME", &folder.0).env_remove("PERL5LIB"))
    };
    carton(&["install"]);
    let mut listed: Vec<String> = carton(&["list"]).lines().map(str::to_owned).collect();
    listed.sort();
    assert_eq!(listed.len(), DISTRIBUTIONS);

    let found = |names: &[&str], evidence: Evidence| {
        let mut all = Vec::new();
        files(&application, &application, names, &mut all);
        let report = Perl::detect(&all).unwrap();
        assert_eq!(report.unread, []);
        assert!(report.packages().all(|it| it.evidence == evidence));
        let mut found: Vec<_> = report.packages().cloned().collect();
        found.sort_by(|left, right| left.name.cmp(&right.name));
        found
    };
    let words = |names: &[&str], evidence: Evidence| {
        let mut words: Vec<_> = found(names, evidence)
            .iter()
            .map(|it| {
                assert_eq!(it.purl, format!("pkg:cpan/LIMPID/{}@{}", it.name, it.version));
                format!("{}-{}", it.name, it.version)
            })
            .collect();
        words.sort();
        words
    };
    assert_eq!(words(&["cpanfile.snapshot"], Evidence::Declared), listed);
    let installed = ["install.json", "MYMETA.json", "perllocal.pod", ".packlist"];
    assert_eq!(words(&installed, Evidence::Installed), listed);
    assert!(found(&installed, Evidence::Installed).iter().all(|it| it.licenses == ["perl_5"]));

    // What `make install` noted is what Perl itself finds by `.packlist` and by the modules.
    let library = application.join("local/lib/perl5");
    let script = "my $all = ExtUtils::Installed->new(skip_cwd => 1, inc_override => [$ARGV[0], \
                  \"$ARGV[0]/$Config::Config{archname}\"]);\n\
                  for (grep { $_ ne 'Perl' } $all->modules) { (my $file = \"$ARGV[0]/$_.pm\") =~ s{::}{/}g;\n\
                  print \"$_ \", MM->parse_version($file), \"\\n\" }";
    let mut perl = Command::new("perl");
    perl.args(["-MConfig", "-MExtUtils::Installed", "-MExtUtils::MakeMaker", "-e", script]).arg(&library);
    let mut expected: Vec<_> = run(&mut perl).lines().map(|line| line.replace("::", "-")).collect();
    expected.sort();
    let noted = found(&["perllocal.pod", ".packlist"], Evidence::Inferred);
    let mut noted: Vec<_> = noted.iter().map(|it| format!("{} {}", it.name, it.version)).collect();
    noted.sort();
    assert_eq!(noted, expected);
    println!("{DISTRIBUTIONS} distributions are read as Carton, cpanm and Perl read them");
}
