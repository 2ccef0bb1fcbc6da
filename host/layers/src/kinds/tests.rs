use std::sync::Arc;

use super::*;
use crate::test_support::{Tar, path, scratch, undigested};
use crate::{ClaimSet, LayerContents, Limits, read_layer};

fn rule(paths: &[&str], starts: &[&str], holds: &[&str]) -> Rule {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Rule { paths: texts(paths), starts: texts(starts), holds: texts(holds), ..Rule::default() }
}

fn kind(code: &str, rules: Vec<Rule>) -> Kind {
    Kind { code: code.to_owned(), one: code.to_owned(), many: format!("{code}s"), rules }
}

fn read(tar: &[u8], kinds: Vec<Kind>, limits: &Limits) -> LayerContents {
    let claims = [path("claimed/*")];
    let claims = ClaimSet::new([claims.as_slice()].into_iter()).unwrap();
    let claims = claims.with_kinds(Arc::new(Kinds::new(kinds).unwrap()));
    let mut sink = crate::test_support::Recorder::default();
    read_layer(&undigested(tar, tar), &claims, &scratch(), limits, &mut sink).unwrap()
}

fn found(contents: &LayerContents) -> Vec<(&str, Vec<&str>, u64)> {
    fn paths(files: &FilesOfKind) -> Vec<&str> {
        files.paths.iter().map(String::as_str).collect()
    }
    contents.kinds.iter().map(|files| (files.code.as_str(), paths(files), files.more)).collect()
}

#[test]
fn files_are_told_by_path_beginning_and_what_they_hold() {
    // `needle` in hexadecimal.
    let needle = "6e 65 65 64 6c 65";
    let program = |before: usize, text: &[u8]| [b"\x7fELF", &*vec![b'.'; before], text, b"rest"].concat();
    let tar = Tar::default()
        .file("a/x.jar", b"PK\x03\x04")
        .file("a/y.jar", b"no archive")
        .file("test/z.jar", b"PK\x03\x04")
        .file("bin/far", &program(700_000, b"needle"))
        // On the seam of two buffers, wherever the content begins in the first of them.
        .file("bin/seam", &program(262_144 - 3, b"needleneedle"))
        .file("bin/other", &program(700_000, b"needl_"))
        .file("bin/text", b"needle")
        .file("claimed/far", &program(300_000, b"needle"))
        .end();
    let jars = Rule { except: vec!["test/**".to_owned()], ..rule(&["**/*.jar"], &["504b0304"], &[]) };
    let kinds =
        vec![kind("jar", vec![jars]), kind("program", vec![rule(&[], &["7f454c46"], &["00", needle])])];
    let contents = read(&tar, kinds, &Limits::default());
    let programs = vec!["bin/far", "bin/seam", "claimed/far"];
    assert_eq!(found(&contents), [("jar", vec!["a/x.jar"], 0), ("program", programs, 0)]);
}

#[test]
fn what_stands_around_a_hole_is_found_and_the_hole_is_not_read() {
    let sparse = |tar: Tar, path: &str, map: &str, content: &[u8]| {
        // An exbibyte.
        let size = b"1152921504606846976";
        tar.pax(&[("GNU.sparse.size", size), ("GNU.sparse.map", map.as_bytes())]).file(path, content)
    };
    let mut tar = Tar::default();
    for (path, map, content) in [
        ("bin/behind", "0,4,1152921504606846970,6", &b"\x7fELFneedle"[..]),
        ("bin/into", "0,7", b"\x7fELFend"),
        ("bin/out", "0,4,1152921504606846970,6", b"\x7fELFbegin "),
        ("bin/none", "0,4,1152921504606846970,6", b"\x7fELFneedl_"),
        ("bin/split", "0,7,1152921504606846970,6", b"\x7fELFneedle.  "),
    ] {
        tar = sparse(tar, path, map, content);
    }
    // `needle`, `end` before two zeros, `begin` behind them.
    let texts = ["6e 65 65 64 6c 65", "65 6e 64 00 00", "00 00 62 65 67 69 6e"];
    let kinds = vec![kind("program", vec![rule(&[], &["7f454c46"], &texts)])];
    let contents = read(&tar.end(), kinds, &Limits::default());
    assert_eq!(found(&contents), [("program", vec!["bin/behind", "bin/into", "bin/out"], 0)]);
}

#[test]
fn a_text_is_found_wherever_pieces_end() {
    let finders = [Finder::new(b"needle").into_owned()];
    let text = b"some text with a needle in it";
    for cut in 0..text.len() {
        for second in cut..text.len() {
            let mut search = Search::default();
            search.add(Sought::Kind(3), &finders, u64::MAX);
            for piece in [&text[..cut], &text[cut..second], &text[second..]] {
                search.feed(piece);
            }
            assert_eq!(search.found().collect::<Vec<_>>(), [Sought::Kind(3)], "{cut} {second}");
        }
    }
    for (within, expected) in [(22, 0), (23, 1)] {
        let mut search = Search::default();
        search.add(Sought::Kind(3), &finders, within);
        text.iter().for_each(|byte| search.feed(&[*byte]));
        assert_eq!(search.found().count(), expected, "{within}");
    }
}

#[test]
fn what_the_layer_replaces_itself_is_not_counted_and_links_are() {
    let tar = Tar::default()
        .file("a.jar", b"1")
        .file("b.jar", b"2")
        .file("a.jar", b"3")
        .hard_link("name", "b.jar")
        .symlink("c.jar", "a.jar")
        .end();
    let contents = read(&tar, vec![kind("jar", vec![rule(&["*.jar"], &[], &[])])], &Limits::default());
    assert_eq!(found(&contents), [("jar", vec!["a.jar", "b.jar", "name"], 0)]);
}

#[test]
fn paths_over_the_limit_are_counted() {
    let tar = (0..5).fold(Tar::default(), |tar, number| tar.file(&format!("{number}.jar"), b"1")).end();
    let limits = Limits { files_of_kind: 2, ..Limits::default() };
    let contents = read(&tar, vec![kind("jar", vec![rule(&["*.jar"], &[], &[])])], &limits);
    assert_eq!(found(&contents), [("jar", vec!["0.jar", "1.jar"], 3)]);
}

#[test]
fn a_rule_that_cannot_be_used_names_its_kind() {
    let check = |rule: Rule, expected: &str| {
        let error = Kinds::new(vec![kind("bad", vec![rule])]).unwrap_err().to_string();
        assert!(error.contains("`bad`") && error.contains(expected), "{error}");
    };
    check(rule(&["a/["], &[], &[]), "`a/[`");
    check(rule(&[], &["7f4"], &[]), "`7f4` is not 1 to 64 bytes in hexadecimal");
    check(rule(&["a"], &[], &["zz"]), "`zz`");
    check(rule(&["a"], &[""], &[]), "``");
    check(rule(&[], &[], &["00"]), "neither `paths` nor `starts`");
    let twice = Kinds::new(vec![kind("a", vec![]), kind("a", vec![])]).unwrap_err().to_string();
    assert!(twice.contains("two of this code"), "{twice}");
}

#[test]
fn who_sees_all_executables_does_not_read_those_of_one_language() {
    let kinds = Kinds::new(vec![
        kind("database", vec![rule(&["db"], &["00061561"], &[])]),
        kind("program", vec![rule(&[], &["7f454c46"], &["00"])]),
    ])
    .unwrap();
    assert!(kinds.is_told_by("database", &[0, 6]));
    assert!(kinds.is_told_by("database", &[0, 6, 0x15, 0x61, 1]));
    assert!(!kinds.is_told_by("database", b"\x7fELF"));
    assert!(!kinds.is_told_by("program", b"\x7fELF"));
    assert!(!kinds.is_told_by("absent", b""));
}

#[test]
fn paths_over_the_limit_of_their_length_are_counted() {
    let tar = Tar::default().file("a/long", b"1").file("b", b"1").end();
    let limits = Limits { path_length: 4, ..Limits::default() };
    let (contents, _) = crate::test_support::read(&tar, &[], &limits).unwrap();
    assert_eq!((contents.long_paths, contents.ignored.len()), (1, 1));
}

/// The kinds that the program has, as it reads them.
fn own() -> Vec<Kind> {
    #[derive(serde::Deserialize)]
    struct File {
        kinds: Vec<Kind>,
    }
    toml::from_str::<File>(include_str!("../../../../plugins/kinds.toml")).unwrap().kinds
}

#[test]
fn what_declares_packages_is_counted_where_an_application_is() {
    let names = [
        ".terraform.lock.hcl",
        "Cargo.lock",
        "Cartfile.resolved",
        "Podfile.lock",
        "cabal.project.freeze",
        "conda-lock.yml",
        "deno.lock",
        "gradle.lockfile",
        "mix.lock",
        "packages.lock.json",
        "paket.lock",
        "pdm.lock",
        "pixi.lock",
        "rebar.lock",
        "renv.lock",
        "shard.lock",
        "stack.yaml.lock",
    ];
    let manifests = ["go.mod", "packages.config", "pom.xml"];
    let tar = [names.as_slice(), &manifests].concat().iter().fold(Tar::default(), |tar, name| {
        let others =
            ["app/node_modules/a", "app/vendor/a", "root/go/pkg/mod/a", "app/tests", "usr/share/doc/a"];
        others.iter().fold(tar.file(&format!("app/{name}"), b"x"), |tar, other| {
            tar.file(&format!("{other}/{name}"), b"x")
        })
    });
    let tar = tar
        .file("app/META-INF/maven/g/a/pom.xml", b"x")
        .file("app/environment.yml", b"name: a\ndependencies:\n  - python=3.12\n")
        .file("etc/a/environment.yml", b"name: a\n")
        .file("opt/vcpkg/installed/vcpkg/status", b"x")
        .end();
    let contents = read(&tar, own(), &Limits::default());
    let of_app = |names: &[&str]| names.iter().map(|name| format!("app/{name}")).collect::<Vec<_>>();
    let paths = |code: &str| {
        contents
            .kinds
            .iter()
            .find(|files| files.code == code)
            .map(|files| files.paths.clone())
            .unwrap_or_default()
    };
    assert_eq!(paths("lock-file"), of_app(&names));
    assert_eq!(
        paths("dependency-manifest"),
        of_app(&["environment.yml", "go.mod", "packages.config", "pom.xml"])
    );
    assert_eq!(paths("cpp-packages"), ["opt/vcpkg/installed/vcpkg/status"]);
}
