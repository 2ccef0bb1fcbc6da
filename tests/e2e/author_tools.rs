//! What authors of plugins have: a crate to start from, its build, golden cases.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use xtask::sample::Layer;

use crate::archives::{self, Compression, Parts};
use crate::golden;
use crate::program::{Outcome, Setup};
use crate::service::{Service, until};

/// Our plugins, and where their crates are.
const OURS: [(&str, &str); 98] = [
    ("almalinux", "feeds/almalinux"),
    ("alpine", "feeds/alpine"),
    ("alpm-versions", "schemes/alpm"),
    ("altlinux", "feeds/altlinux"),
    ("amazon", "feeds/amazon"),
    ("apk", "detectors/apk"),
    ("apk-versions", "schemes/apk"),
    ("arch", "feeds/arch"),
    ("azure-linux", "feeds/azure-linux"),
    ("bellsoft", "feeds/bellsoft"),
    ("bitnami-versions", "schemes/bitnami"),
    ("bottlerocket", "feeds/bottlerocket"),
    ("chainguard", "feeds/chainguard"),
    ("chisel", "detectors/chisel"),
    ("cleanstart", "feeds/cleanstart"),
    ("composer-versions", "schemes/composer"),
    ("conan", "detectors/conan"),
    ("conda-packages", "detectors/conda"),
    ("conda-versions", "schemes/conda"),
    ("cpan-versions", "schemes/cpan"),
    ("cran-versions", "schemes/cran"),
    ("crates-versions", "schemes/crates"),
    ("dart", "detectors/dart"),
    ("debian", "feeds/debian"),
    ("debian-advisories", "feeds/debian-advisories"),
    ("debian-elts", "feeds/debian-elts"),
    ("dhi", "feeds/dhi"),
    ("dotnet", "detectors/dotnet"),
    ("dpkg", "detectors/dpkg"),
    ("dpkg-versions", "schemes/dpkg"),
    ("echo", "feeds/echo"),
    ("epss", "feeds/epss"),
    ("fedora", "feeds/fedora"),
    ("friendsofphp", "feeds/friendsofphp"),
    ("gem-versions", "schemes/gem"),
    ("generic-versions", "schemes/generic"),
    ("gentoo", "feeds/gentoo"),
    ("ghsa", "feeds/ghsa"),
    ("go", "detectors/go"),
    ("go-versions", "schemes/go"),
    ("graalvm", "detectors/graalvm"),
    ("haskell", "detectors/haskell"),
    ("haskell-versions", "schemes/haskell"),
    ("hex", "detectors/hex"),
    ("hex-versions", "schemes/hex"),
    ("homebrew", "detectors/homebrew"),
    ("java", "detectors/java"),
    ("julia", "detectors/julia"),
    ("julia-versions", "schemes/julia"),
    ("kev", "feeds/kev"),
    ("luarocks", "detectors/luarocks"),
    ("maven-versions", "schemes/maven"),
    ("minimos", "feeds/minimos"),
    ("models", "detectors/models"),
    ("nix", "detectors/nix"),
    ("node", "detectors/node"),
    ("npm-versions", "schemes/npm"),
    ("nuget-versions", "schemes/nuget"),
    ("nvd", "feeds/nvd"),
    ("opam", "detectors/opam"),
    ("opam-versions", "schemes/opam"),
    ("openeuler", "feeds/openeuler"),
    ("opkg", "detectors/opkg"),
    ("oracle", "feeds/oracle"),
    ("os-release", "detectors/os-release"),
    ("osv", "feeds/osv"),
    ("pacman", "detectors/pacman"),
    ("pep440-versions", "schemes/pep440"),
    ("perl", "detectors/perl"),
    ("photon", "feeds/photon"),
    ("php", "detectors/php"),
    ("portage", "detectors/portage"),
    ("portage-versions", "schemes/portage"),
    ("programs", "detectors/programs"),
    ("pub-versions", "schemes/pub"),
    ("pypa", "feeds/pypa"),
    ("python", "detectors/python"),
    ("r", "detectors/r"),
    ("redhat", "feeds/redhat"),
    ("redhat-buildinfo", "detectors/redhat-buildinfo"),
    ("rocky", "feeds/rocky"),
    ("rootio", "feeds/rootio"),
    ("rpm", "detectors/rpm"),
    ("rpm-versions", "schemes/rpm"),
    ("ruby", "detectors/ruby"),
    ("ruby-advisory-db", "feeds/ruby-advisory-db"),
    ("rust", "detectors/rust"),
    ("rustsec", "feeds/rustsec"),
    ("sbom", "detectors/sbom"),
    ("semver-versions", "schemes/semver"),
    ("suse", "feeds/suse"),
    ("swift", "detectors/swift"),
    ("swift-versions", "schemes/swift"),
    ("ubuntu", "feeds/ubuntu"),
    ("wolfi", "feeds/wolfi"),
    ("wordpress", "detectors/wordpress"),
    ("xbps", "detectors/xbps"),
    ("xbps-versions", "schemes/xbps"),
];

fn cases(plugin: &str) -> PathBuf {
    let folder = OURS.iter().find(|(name, _)| *name == plugin).unwrap().1;
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins").join(folder).join("tests")
}

fn test(component: &Path, cases: &Path, flags: &[&str]) -> Outcome {
    let mut command = Setup::new().command();
    Outcome::from(command.args(["plugin", "test"]).args([component, cases]).args(flags).output().unwrap())
}

fn ours(plugin: &str) -> PathBuf {
    Setup::new().plugins().join(format!("{plugin}.wasm"))
}

#[test]
fn our_plugins_say_what_their_cases_expect() {
    let update = if golden::updates() { &["--update"][..] } else { &[] };
    for (plugin, _) in OURS {
        let message = test(&ours(plugin), &cases(plugin), update).ok();
        assert!(message.ends_with(" passed, 0 failed\n"), "{plugin}: {message}");
    }
}

#[test]
fn a_case_that_fails_shows_the_difference_and_the_others_run() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (folder.path().join("good"), folder.path().join("bad"));
    for case in [&good, &bad] {
        fs::create_dir_all(case.join("input/etc")).unwrap();
        fs::write(case.join("input/etc/alpine-release"), "3.20.3\n").unwrap();
    }
    let plugin = ours("os-release");
    let message = test(&plugin, folder.path(), &["--update"]).ok();
    assert_eq!(message, "updated bad\nupdated good\n2 passed, 0 failed\n");
    fs::write(bad.join("input/etc/alpine-release"), "3.19.1\n").unwrap();
    let outcome = test(&plugin, folder.path(), &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let lines: Vec<_> = outcome.stdout.lines().map(str::trim).collect();
    assert!(lines.contains(&"FAILED  bad") && lines.contains(&"ok      good"), "{lines:#?}");
    assert!(lines.contains(&"-        \"version_id\": \"3.20.3\","), "{lines:#?}");
    assert!(lines.contains(&"+        \"version_id\": \"3.19.1\","), "{lines:#?}");
    assert_eq!(lines.last(), Some(&"1 passed, 1 failed"));
}

#[test]
fn versions_that_do_not_order_as_listed_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("order");
    fs::create_dir(&case).unwrap();
    fs::write(case.join("versions.txt"), "1.0\n1.0~rc1\n1 = 2\n! 1\n").unwrap();
    let outcome = test(&ours("dpkg-versions"), folder.path(), &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let wrong = ["`1.0` does not come before `1.0~rc1`", "`1` is not equal to `2`", "`1` has a key"];
    assert!(wrong.iter().all(|wrong| outcome.stdout.contains(wrong)), "{outcome:?}");
}

#[test]
fn a_case_for_another_role_fails_with_what_the_plugin_is_not() {
    let outcome = test(&ours("dpkg-versions"), &cases("dpkg"), &[]);
    assert!(outcome.stdout.contains("the plugin is no detector and no feed"), "{outcome:?}");
    let outcome = test(&ours("dpkg"), &cases("dpkg-versions"), &[]);
    assert!(outcome.stdout.contains("the plugin is no scheme"), "{outcome:?}");
}

/// A plugin as `plugin new` makes it, built, and its cases run.
fn new(folder: &TempDir, kind: &str, name: &str, flags: &[&str]) -> PathBuf {
    let crate_folder = folder.path().join(name);
    let limpid = |arguments: &[&str]| {
        let mut command = Setup::new().command();
        // Dependencies are those of our own plugins, so that they are here and built only once.
        command.current_dir(folder.path()).args(["plugin"]).args(arguments).env("CARGO_NET_OFFLINE", "true");
        command.env("CARGO_TARGET_DIR", Setup::new().plugins().with_file_name("author-tools"));
        Outcome::from(command.output().unwrap())
    };
    limpid(&[&["new", kind, name], flags].concat()).ok();
    let built = limpid(&["build", name]);
    assert_eq!(built.ok(), format!("{name}/{name}.wasm\n"));
    let component = crate_folder.join(format!("{name}.wasm"));
    let message = test(&component, &crate_folder.join("tests"), &[]).ok();
    assert!(message.ends_with("1 passed, 0 failed\n"), "{message}");
    component
}

#[test]
fn a_new_plugin_of_each_kind_builds_and_says_what_its_case_expects() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["feed", "scheme"] {
        new(&folder, kind, &format!("new-{kind}"), &[]);
    }
}

#[test]
fn a_new_detector_and_a_new_feed_that_are_dropped_in_meet_in_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = tempfile::tempdir().unwrap();
    for (name, _) in OURS {
        fs::copy(ours(name), plugins.path().join(format!("{name}.wasm"))).unwrap();
    }
    let service = Service::with(Setup::new().with_plugins(plugins.path()));
    // As the guide, docs/plugins.md, has them called.
    let feed = "pins-advisories";
    for (kind, name, flags) in [("detector", "pins", &[][..]), ("feed", feed, &["--namespace", "pins"])] {
        let component = new(&folder, kind, name, flags);
        fs::copy(component, plugins.path().join(format!("{name}.wasm"))).unwrap();
        until("the plugin is loaded", || {
            let loaded = service.api.get("/v1/plugins").ok();
            loaded["plugins"].as_array().unwrap().iter().any(|plugin| plugin["name"] == name).then_some(())
        });
    }

    let layer = Layer::new("COPY packages.txt").file("var/lib/pins/packages.txt", "left-pad 1.3.0\n");
    let image = Parts::of(&archives::image("example/pins:1", [layer]), Compression::Gzip);
    let digest = service.api.index(&image.docker_archive());
    let kept = service.api.get(&format!("/v1/images/{digest}/packages")).ok();
    let packages = kept["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 1, "{kept:#}");
    assert_eq!([&packages[0]["name"], &packages[0]["version"]], ["left-pad", "1.3.0"]);
    service.api.hand_in(feed, "EX-2024-1 left-pad 1.3.1\n").ok();
    let report = service.api.report(&digest);
    let found = report["findings"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0]["advisory"], "EX-2024-1", "{report:#}");
}
