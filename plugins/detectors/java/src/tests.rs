use std::io::Write as _;

use limpid_plugin_sdk::detector::{Problems, Scope, Unread};
use proptest::prelude::*;
use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::*;

/// A zip of these members, the last ones of which may be zips.
fn zip(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut output = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut output);
    for (name, content) in members {
        let (mut entry, config) = archive.new_file(*name).compression_method(method).start().unwrap();
        let descriptor = if method == CompressionMethod::DEFLATE {
            let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
            let mut writer = config.wrap(encoder);
            writer.write_all(content).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(content).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    output
}

fn stored(members: &[(&str, &[u8])]) -> Vec<u8> {
    zip(members, CompressionMethod::STORE)
}

fn properties(artifact: &str, version: &str) -> (String, Vec<u8>) {
    let text = format!("version={version}\ngroupId=org.example\nartifactId={artifact}\n");
    (format!("META-INF/maven/org.example/{artifact}/pom.properties"), text.into_bytes())
}

/// A jar of artifacts of `org.example`.
fn jar(artifacts: &[(&str, &str)], more: &[(&str, &[u8])]) -> Vec<u8> {
    let files: Vec<_> = artifacts.iter().map(|(artifact, version)| properties(artifact, version)).collect();
    let mut members: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_slice())).collect();
    members.extend_from_slice(more);
    zip(&members, CompressionMethod::DEFLATE)
}

fn report(path: &str, bytes: impl Into<Vec<u8>>) -> Report {
    Java::detect(&[File::in_memory(path, bytes)]).unwrap()
}

/// Each package, with its member, and whether it is inferred.
fn lines(report: &Report) -> Vec<String> {
    let line = |(finding, package): (&limpid_plugin_sdk::detector::Finding, &Package)| {
        let member = finding.member.as_deref().unwrap_or("-");
        let mark = if package.evidence == Evidence::Inferred { "?" } else { "" };
        format!("{member} {}:{}{mark}", package.name, package.version)
    };
    report.findings.iter().zip(report.packages()).map(line).collect()
}

fn check(path: &str, bytes: impl Into<Vec<u8>>, expected: &[&str]) {
    let report = report(path, bytes);
    assert_eq!(
        (lines(&report), &report.unread),
        (expected.iter().map(|&line| line.to_owned()).collect(), &Vec::new())
    );
}

fn reasons(report: &Report) -> Vec<String> {
    report.unread.iter().map(|Unread { error, .. }| error.to_string()).collect()
}

#[test]
fn an_artifact_gives_a_package() {
    let report = report("opt/a-1.0.jar", jar(&[("a", "1.0")], &[]));
    let packages: Vec<_> = report.packages().collect();
    let package = packages[0];
    assert_eq!((package.name.as_str(), package.version.as_str()), ("org.example:a", "1.0"));
    assert_eq!((package.scheme.as_str(), &package.scope), ("maven", &Scope::Namespace("maven".to_owned())));
    assert_eq!(package.purl, "pkg:maven/org.example/a@1.0");
    assert_eq!((package.evidence, &package.qualifiers), (Evidence::Installed, &Vec::new()));
}

#[test]
fn what_is_shaded_is_an_artifact_of_its_own_beside_the_archives() {
    let bytes = jar(&[("a", "1.0"), ("b", "2.0"), ("a-b", "3.0")], &[]);
    let (b, ab) =
        ("META-INF/maven/org.example/b/pom.properties", "META-INF/maven/org.example/a-b/pom.properties");
    let (b, ab) = (format!("{b} org.example:b:2.0"), format!("{ab} org.example:a-b:3.0"));
    check("opt/a-1.0.jar", bytes, &[&ab, "- org.example:a:1.0", &b]);
    // The name of a file that was renamed says nothing, and a single artifact is what it is.
    check("opt/app.jar", jar(&[("a", "1.0")], &[]), &["- org.example:a:1.0"]);
    check("opt/renamed-1.0.jar", jar(&[("a", "1.0")], &[]), &["- org.example:a:1.0"]);
    // One of another version that holds another artifact is something else.
    let member = "META-INF/maven/org.example/b/pom.properties org.example:b:2.0";
    check("opt/a-1.0.jar", jar(&[("b", "2.0")], &[]), &["- a:1.0?", member]);
    // As is one that says what it is called, whatever has the same version.
    let manifest: (&str, &[u8]) = ("META-INF/MANIFEST.MF", b"Implementation-Title: a\n");
    check("opt/a-2.0.jar", jar(&[("b", "2.0")], &[manifest]), &["- a:2.0?", member]);
}

#[test]
fn archives_in_an_archive_are_read_in_all_layouts() {
    let (a, b) = (jar(&[("a", "1.0")], &[]), jar(&[], &[("x.class", b"")]));
    let class: (&str, &[u8]) = ("BOOT-INF/classes/x.class", b"");
    for method in [CompressionMethod::STORE, CompressionMethod::DEFLATE] {
        let boot = zip(&[class, ("BOOT-INF/lib/a-1.0.jar", &a), ("BOOT-INF/lib/b-2.0.JAR", &b)], method);
        let expected = ["BOOT-INF/lib/a-1.0.jar org.example:a:1.0", "BOOT-INF/lib/b-2.0.JAR b:2.0?"];
        check("app.jar", boot, &expected);
        let war = zip(&[("WEB-INF/lib/a-1.0.jar", &a)], method);
        check("app.WAR", war.clone(), &["WEB-INF/lib/a-1.0.jar org.example:a:1.0"]);
        let ear = zip(&[("web.war", &war)], method);
        check("app.ear", ear, &["web.war!/WEB-INF/lib/a-1.0.jar org.example:a:1.0"]);
    }
}

#[test]
fn archives_lie_in_each_other_to_a_depth_and_what_is_deeper_is_unread() {
    let mut bytes = jar(&[("a", "1.0")], &[]);
    for level in 1..=20 {
        let report = report("x.jar", stored(&[("x.jar", &bytes)]));
        let is_read = level < MAX_DEPTH;
        assert_eq!(
            (report.packages().count(), report.unread.len()),
            (usize::from(is_read), usize::from(!is_read))
        );
        if !is_read {
            let member = ["x.jar"; MAX_DEPTH].join("!/");
            let why = format!("unsupported: `{member}`: archives lie in each other, deeper than {MAX_DEPTH}");
            assert_eq!(reasons(&report), [why]);
        }
        bytes = stored(&[("x.jar", &bytes)]);
    }
}

#[test]
fn a_broken_archive_is_named_and_costs_no_other() {
    let a = jar(&[("a", "1.0")], &[]);
    let report_of = report("app.war", stored(&[("lib/cut.jar", &a[..a.len() / 2]), ("lib/a-1.0.jar", &a)]));
    assert_eq!(lines(&report_of), ["lib/a-1.0.jar org.example:a:1.0"]);
    let why = "malformed: `lib/cut.jar`: the file is no zip that can be read: ";
    assert!(reasons(&report_of)[0].starts_with(why), "{:?}", report_of.unread);
    let whole = report("cut.jar", &a[..a.len() / 2]);
    assert!(reasons(&whole)[0].starts_with("malformed: the file is no zip that can be read: "));
    // Others call their files so, too; an empty file states nothing.
    check("archive.rar", "Rar!", &[]);
    check("empty.jar", "", &[]);
    check("any-name", "no zip", &[]);
    let damaged = report("any-name", "PK\x03\x04 and no zip");
    assert!(reasons(&damaged)[0].starts_with("malformed: the file is no zip that can be read: "));
}

#[test]
fn properties_without_a_version_are_replaced_by_the_pom_or_named() {
    let (path, text) = properties("a", "${project.version}");
    let pom = b"<project><parent><groupId>org.example</groupId><version>7</version></parent></project>";
    let beside = path.replace(".properties", ".xml");
    let members: [(&str, &[u8]); 2] = [(&path, &text), (&beside, pom)];
    check("a.jar", stored(&members), &["- org.example:a:7"]);
    check("a.jar", stored(&members[1..]), &["- org.example:a:7"]);
    let without = b"<project><groupId>org.example</groupId></project>";
    check("a-8.jar", stored(&[(&path, &text), (&beside, without)]), &["- org.example:a:8"]);
    let report = report("a.jar", stored(&members[..1]));
    assert_eq!(reasons(&report), ["malformed: `pom.properties` of `org.example:a` states no version"]);
}

#[test]
fn an_artifact_without_a_group_has_the_digest_of_its_archive() {
    let bytes = stored(&[("x.class", b"1")]);
    for (path, bytes) in [
        ("unknown-1.0.jar", bytes.clone()),
        ("app.war", stored(&[("WEB-INF/lib/unknown-1.0.jar", &bytes)])),
        ("app.war", zip(&[("WEB-INF/lib/unknown-1.0.jar", &bytes)], CompressionMethod::DEFLATE)),
    ] {
        let report = report(path, bytes);
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.purl.as_str()), ("unknown", "pkg:maven/unknown@1.0"));
        let digest = "a271c376ed908fa77aa3afcfbd7780e31ef3c9e5".to_owned();
        assert_eq!(package.qualifiers, [("sha1".to_owned(), digest)]);
    }
    let known = report("spring-core-5.3.27.jar", stored(&[("x.class", b"1")]));
    assert_eq!(lines(&known), ["- org.springframework:spring-core:5.3.27?"]);
    assert_eq!(known.packages().next().unwrap().qualifiers, []);
}

#[test]
fn an_archive_of_which_nothing_says_what_it_is_is_unread_but_for_parts_applications_and_the_runtime() {
    let classes = stored(&[("x.class", b"")]);
    let why = "neither what the archive holds nor its name says which version of which artifact it is";
    assert_eq!(reasons(&report("app/x.jar", classes.clone())), [format!("unsupported: {why}")]);
    let inner = report("app.war", stored(&[("WEB-INF/lib/x.jar", &classes)]));
    assert_eq!(reasons(&inner), [format!("unsupported: `WEB-INF/lib/x.jar`: {why}")]);
    let named = report("app.war", jar(&[("app", "1.0")], &[("WEB-INF/lib/x.jar", &classes)]));
    assert_eq!(reasons(&named), [format!("unsupported: `WEB-INF/lib/x.jar`: {why}")]);
    let part = jar(&[("a", "1.0")], &[("org/a/agent.jar", &classes)]);
    check("a-1.0.jar", part, &["- org.example:a:1.0"]);
    check("app.war", stored(&[("WEB-INF/classes/x.class", b"")]), &[]);
    check("sources.jar", stored(&[("x.java", b"")]), &[]);
    check("a-1.0-sources.jar", stored(&[("x.java", b"")]), &[]);
    check("a-1.0-javadoc.jar", stored(&[("index.html", b"")]), &[]);
    let manifest = b"Implementation-Title: Java Runtime Environment\nImplementation-Version: 17.0.1\n";
    check("jrt-fs.jar", stored(&[("META-INF/MANIFEST.MF", manifest), ("x.class", b"")]), &[]);
    check("usr/share/java/x.jar", classes.clone(), &[]);
    check("opt/jdk/jmods/java.base.jmod", "JM\x01\x00", &[]);
    check("usr/bin/program", classes, &[]);
}

#[test]
fn files_of_maven_are_read_where_they_were_unpacked() {
    let (path, text) = properties("a", "1.0");
    check(&format!("app/WEB-INF/classes/{path}"), text, &["- org.example:a:1.0"]);
    let report = report(&format!("app/{path}"), "groupId=g\n");
    assert_eq!(reasons(&report), ["malformed: `pom.properties` of `g:a` states no version"]);
}

#[test]
fn licences_are_those_of_the_bundle() {
    let manifest: (&str, &[u8]) = ("META-INF/MANIFEST.MF", b"Bundle-License: Apache-2.0;link=x\n");
    let report = report("a-1.0.jar", jar(&[("a", "1.0"), ("b", "2.0")], &[manifest]));
    let licenses: Vec<_> = report.packages().map(|package| package.licenses.clone()).collect();
    assert_eq!(licenses, [vec!["Apache-2.0".to_owned()], vec![]]);
}

#[test]
fn a_bomb_is_read_as_far_as_the_limits_allow() {
    let zeros = vec![0; 16 << 20];
    let bomb = zip(&[("zeros.jar", &zeros), ("zeros2.jar", &zeros)], CompressionMethod::DEFLATE);
    let bombs: Vec<_> = (0..6).map(|number| (format!("{number}.jar"), bomb.clone())).collect();
    let members: Vec<_> = bombs.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let report = report("bomb.jar", stored(&members));
    assert_eq!(report.packages().count(), 0);
    let over = |why: &String| why.contains("contents of members take more bytes than this plugin's limit of");
    assert!(reasons(&report).iter().any(over), "{:?}", report.unread);
}

#[test]
fn no_more_is_stated_than_the_limit_allows() {
    let artifacts: Vec<_> = (0..3000).map(|number| (format!("a{number}"), "1.0")).collect();
    let artifacts: Vec<_> =
        artifacts.iter().map(|(artifact, version)| (artifact.as_str(), *version)).collect();
    let inner = jar(&artifacts, &[]);
    let long = format!("{}.jar", "x".repeat(4000));
    let nested = stored(&[(&long, &stored(&[(&long, &inner)]))]);
    let report = report("a.jar", nested);
    assert!((1900..2100).contains(&report.findings.len()), "{}", report.findings.len());
    let why = format!("unsupported: paths of members take more than the limit of {MAX_STATED} bytes");
    assert_eq!((reasons(&report)[0].as_str(), report.unread.len()), (why.as_str(), Problems::LIMIT + 1));
}

#[test]
fn claims_are_of_either_case_and_for_files_that_stand_alone() {
    let claims = Java::claims();
    assert_eq!(claims.len(), 4);
    let extensions = "{[jJ][aA][rR],[wW][aA][rR],";
    assert!(format!("{:?}", claims[0]).contains(extensions), "{:?}", claims[0]);
    assert!(claims.iter().all(|claim| format!("{claim:?}").contains("Alone")));
}

proptest! {
    #[test]
    fn no_damage_is_too_odd_to_be_read(
        changes in prop::collection::vec((0_usize..1000, any::<u8>()), 1..5),
        cut in 0_usize..60,
    ) {
        let inner = jar(&[("a", "1.0")], &[("META-INF/MANIFEST.MF", b"Bundle-SymbolicName: x\n")]);
        let mut bytes = stored(&[("META-INF/MANIFEST.MF", b"A: b\n c\n"), ("lib/a-1.0.jar", &inner)]);
        for (at, byte) in changes {
            if let Some(changed) = bytes.get_mut(at) {
                *changed = byte;
            }
        }
        bytes.truncate(bytes.len() - cut);
        let report = report("b-1.0.jar", bytes);
        for package in report.packages() {
            prop_assert!(!package.name.is_empty() && !package.version.is_empty());
        }
    }

    #[test]
    fn any_manifest_and_any_properties_are_read(
        manifest in prop::collection::vec(any::<u8>(), 0..200),
        text in "((groupId|artifactId|version|Name)[=: ].{0,20}\n){0,6}",
        title in "(Implementation-Title|Bundle-SymbolicName|Implementation-Vendor-Id): [a-z.#;-]{0,20}\n",
    ) {
        let manifest = [title.as_bytes(), &manifest].concat();
        let members: [(&str, &[u8]); 2] =
            [("META-INF/MANIFEST.MF", &manifest), ("META-INF/maven/g/a/pom.properties", text.as_bytes())];
        for package in report("a-b.c-1.0.jar", stored(&members)).packages() {
            prop_assert!(!package.name.is_empty() && is_version(&package.version));
        }
    }
}
