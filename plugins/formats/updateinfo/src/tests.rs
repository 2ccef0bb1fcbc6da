use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range, Rating, Source};
use limpid_plugin_sdk::testing::Collected;
use proptest::prelude::*;

use crate::{Collection, Metadata, Package, Publisher, Summary, Update, open, repository};

struct Pads;

impl Publisher for Pads {
    fn namespace(&self, _update: &Update, collection: &Collection) -> Result<Option<String>, Error> {
        match collection.short.as_str() {
            "other" => Ok(None),
            "since-1" => Ok(Some("pads:2".to_owned())),
            "broken" => Err(Error::malformed("the collection is broken")),
            _ => Ok(Some("pads:1".to_owned())),
        }
    }

    fn rater(&self) -> &str {
        "pads"
    }

    fn first(&self, collection: &Collection, _package: &Package) -> Option<String> {
        (collection.short == "since-1").then(|| "1".to_owned())
    }
}

fn parse(document: &str) -> (Result<Summary, Error>, Collected) {
    let mut sink = Collected::default();
    let read = match open(document.as_bytes()) {
        Ok(Metadata::Updates(updates)) => updates.read(&Pads, &mut sink),
        Ok(Metadata::Repository(_)) => Err(Error::other("a repomd.xml")),
        Err(error) => Err(error),
    };
    (read, sink)
}

/// An update of these attributes and this content.
fn update(attributes: &str, content: &str) -> String {
    format!("<update {attributes}><id>PSA-1</id>{content}</update>")
}

fn accepted(updates: &str) -> (Summary, Collected) {
    let (read, sink) = parse(&format!("<?xml version=\"1.0\"?>\n<updates>{updates}</updates>\n"));
    (read.unwrap(), sink)
}

const PACKAGE: &str = r#"<package name="pad" epoch="0" version="1.3" release="2.pd1" arch="x86_64"/>"#;

fn packages(collection: &str, packages: &str) -> String {
    format!("<pkglist><collection {collection}>{packages}</collection></pkglist>")
}

#[test]
fn all_of_an_update_is_taken_over() {
    let content = r#"<title>Important: pad security update</title><issued date="2022-11-08 09:19:42"/>
        <updated date="2023-02-02 12:53"/><release>Pads 1</release><severity>Important</severity>
        <summary>short</summary><description> long &amp; more </description>
        <references><reference href="https://pads.example.org/PSA-1" id="PSA-1" type="self" title=""/>
        <reference href="https://bugs.example.org/7" id="7" type="bugzilla" title="CVE-2022-0001 CVE-2022-0002 pad: x"/>
        <reference href="ftp://pads.example.org/" id="CVE-2022-0003" type="cve"/></references>"#;
    let packages = packages(
        r#"short="pads-1""#,
        r#"<name>Pads</name><package name="pad" epoch="1" version="1.3" release="2.pd1" arch="x86_64"><filename>pad.rpm</filename></package>
        <package name="pad" epoch="1" version="1.3" release="2.pd1" arch="aarch64"/>
        <package name="pad" epoch="1" version="1.3" release="2.pd1" arch="src"/>"#,
    );
    let (summary, sink) =
        accepted(&update("type=\"security\" status=\"final\"", &format!("{content}{packages}")));
    assert_eq!(summary, Summary { advisories: 1, ..Summary::default() });
    let expected = Advisory {
        aliases: ["CVE-2022-0001", "CVE-2022-0002", "CVE-2022-0003"].map(str::to_owned).to_vec(),
        title: "Important: pad security update".into(),
        details: "long & more".into(),
        ratings: vec![Rating::word("pads", "Important")],
        references: vec!["https://pads.example.org/PSA-1".into(), "https://bugs.example.org/7".into()],
        published: Some("2022-11-08T09:19:42Z".into()),
        modified: Some("2023-02-02T12:53:00Z".into()),
        affected: vec![Affected {
            namespace: "pads:1".into(),
            name: "pad".into(),
            scheme: "rpm".into(),
            ranges: vec![Range::before("1:1.3-2.pd1")],
            requires: vec![("arch".into(), vec!["aarch64".into(), "x86_64".into()])],
            ..Affected::default()
        }],
        ..Advisory::new("PSA-1")
    };
    assert_eq!(sink.advisories, [expected]);
    assert_eq!(sink.dated.as_deref(), Some("2023-02-02T12:53:00Z"));
}

#[test]
fn what_is_about_no_vulnerability_or_was_taken_back_is_passed_over() {
    let check = |attributes: &str, content: &str, expected: u64| {
        let packages = packages("", PACKAGE);
        let (summary, _) = accepted(&update(attributes, &format!("{content}{packages}")));
        assert_eq!(
            (summary.advisories, summary.passed_over),
            (expected, 1 - expected),
            "{attributes} {content}"
        );
    };
    check("type=\"security\"", "", 1);
    check("type=\"Security\" status=\"stable\"", "", 1);
    check("type=\"security\" status=\"retracted\"", "", 0);
    check("type=\"bugfix\"", "", 0);
    check("", "<description>CVE-2022-0001</description>", 0);
    check("type=\"bugfix\"", "<references><reference id=\"CVE-2022-0001\"/></references>", 1);
}

#[test]
fn a_text_names_cves_where_no_reference_does() {
    let check = |content: &str, expected: &[&str]| {
        let (_, sink) = accepted(&update("type=\"security\"", content));
        assert_eq!(sink.advisories[0].aliases, expected, "{content}");
    };
    check("<title>pad CVE-2022-0001</title><description>CVE-2022-0002</description>", &["CVE-2022-0001"]);
    check("<description>CVE-2022-0002</description>", &["CVE-2022-0002"]);
    check(
        "<title>CVE-2022-0001</title><references><reference title=\"CVE-2022-0002\"/></references>",
        &["CVE-2022-0002"],
    );
}

#[test]
fn modules_and_architectures_are_required() {
    let check = |title: &str, collection: &str, release: &str, arch: &str, expected: &[(&str, &str)]| {
        let package = format!(r#"<package name="pad" version="1" release="{release}" arch="{arch}"/>"#);
        let content = format!("<title>{title}</title>{}", packages("", &format!("{collection}{package}")));
        let (_, sink) = accepted(&update("type=\"security\"", &content));
        let requires: Vec<_> = sink.advisories[0].affected[0]
            .requires
            .iter()
            .map(|(key, values)| (key.as_str(), values.join(" ")))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        assert_eq!(requires, expected, "{title} {collection} {release} {arch}");
    };
    let module =
        r#"<module name="nodejs" stream="18" version="9020020230825081254" context="rhel9" arch="x86_64"/>"#;
    let title = "Moderate: nodejs:20 security update";
    check("", "", "1", "", &[]);
    check("", "", "1", "noarch", &[("arch", "noarch")]);
    check(title, module, "1.module+el9", "x86_64", &[("arch", "x86_64"), ("module", "nodejs:18")]);
    check(title, "", "1.module+el9", "x86_64", &[("arch", "x86_64"), ("module", "nodejs:20")]);
    check(title, "", "1.el9", "x86_64", &[("arch", "x86_64")]);
    check("", "", "1.module_el8.5.0+2581", "", &[]);
    let two = format!("{module}<module name=\"nodejs\" stream=\"20\"/>");
    check("", &two, "1", "", &[("module", "nodejs:18 nodejs:20")]);
}

#[test]
fn several_fixes_are_several_statements() {
    let packages = packages(
        "",
        r#"<package name="b" version="1" release="1" arch="x86_64"/><package name="a" version="1" release="2" arch="x86_64"/>
        <package name="a" epoch="0" version="1" release="3" arch="i686"/>"#,
    );
    let (_, sink) = accepted(&update("type=\"security\"", &packages));
    let stated: Vec<_> =
        sink.advisories[0].affected.iter().map(|it| (it.name.as_str(), it.ranges.clone())).collect();
    assert_eq!(
        stated,
        [
            ("a", vec![Range::before("1-2")]),
            ("a", vec![Range::before("1-3")]),
            ("b", vec![Range::before("1-1")])
        ]
    );
}

#[test]
fn what_cannot_be_used_costs_itself() {
    let good = update("type=\"security\"", &packages("", PACKAGE));
    let check = |bad: &str, path: &str, expected: &str| {
        let (_, sink) = accepted(&format!("{bad}{good}"));
        let [(at, Error::Malformed(why))] = sink.rejected.as_slice() else { panic!("{bad}: {sink:?}") };
        assert_eq!(at, path);
        assert!(why.contains(expected), "{bad}: {why}");
        assert!(!sink.advisories.is_empty(), "{bad}");
    };
    check("<update type=\"security\"/>", "", "no identifier");
    check("<update type=\"security\"><id>a b</id></update>", "a b", "no identifier");
    check(&update("type=\"security\"", &packages("short=\"broken\"", PACKAGE)), "PSA-1", "is broken");
    let package = |package: &str| update("type=\"security\"", &packages("", package));
    check(&package("<package/>"), "PSA-1/", "no name or no version");
    check(&package("<package name=\"a\"/>"), "PSA-1/a", "no name or no version");
    check(&package("<package name=\"a\" version=\"1\" epoch=\"x\"/>"), "PSA-1/a", "`x` is no epoch");
    check(&package("<package name=\"a\" version=\"1\" release=\"1 2\"/>"), "PSA-1/a", "`1 2` is no release");
}

#[test]
fn a_publisher_may_know_the_first_version_that_is_spoken_of() {
    let (_, sink) = accepted(&update("type=\"security\"", &packages("short=\"since-1\"", PACKAGE)));
    assert_eq!(sink.advisories[0].affected[0].ranges, [Range::before("1.3-2.pd1").from("1")]);
}

#[test]
fn packages_of_others_are_not_judged() {
    let (_, sink) = accepted(&update("type=\"security\"", &packages("short=\"other\"", PACKAGE)));
    assert_eq!(sink.advisories[0].affected, []);
}

#[test]
fn a_document_that_is_no_updateinfo_is_refused() {
    let check = |document: &str, expected: &str| match parse(document).0 {
        Err(Error::Malformed(why)) => assert!(why.contains(expected), "{document}: {why}"),
        other => panic!("{document}: {other:?}"),
    };
    check("", "is empty");
    check("<html><body>no</body></html>", "outermost element is `html`");
    check("<updates><update><id>1</id>", "ends before its outermost element");
    check(
        "<updates><update type=\"security\"/></updates>",
        "none of 1 updates could be used, the first: malformed: it has no identifier",
    );
    assert_eq!(parse("<updates/>").0, Ok(Summary::default()));
}

fn location(document: &str) -> Result<Option<String>, Error> {
    match open(document.as_bytes())? {
        Metadata::Repository(repository) => repository.updateinfo(),
        Metadata::Updates(_) => Err(Error::other("an updateinfo")),
    }
}

#[test]
fn a_repository_says_where_its_updateinfo_is() {
    let data = |kind: &str, href: &str| {
        format!(
            "<data type=\"{kind}\"><checksum type=\"sha256\">1</checksum><location href=\"{href}\"/></data>"
        )
    };
    let check = |content: &str, expected: Result<Option<&str>, &str>| {
        let found =
            location(&format!("<repomd xmlns=\"http://linux.duke.edu/metadata/repo\">{content}</repomd>"));
        let found = found.as_ref().map(Option::as_deref).map_err(ToString::to_string);
        assert_eq!(found, expected.map_err(str::to_owned), "{content}");
    };
    check("<revision>1</revision>", Ok(None));
    check(&data("primary", "repodata/primary.xml.gz"), Ok(None));
    let both = data("primary", "a.xml") + &data("updateinfo", "repodata/1-updateinfo.xml.xz");
    check(&both, Ok(Some("repodata/1-updateinfo.xml.xz")));
    check(&(data("updateinfo", "a.zck") + &data("updateinfo", "a.gz")), Ok(Some("a.gz")));
    check(&data("updateinfo", "a.xml.zck"), Err("unsupported: `a.xml.zck` is compressed as zchunk"));
    for bad in ["../a", "/a", "https://example.org/a", "a b", "", "a//b"] {
        check(&data("updateinfo", bad), Err(&format!("malformed: `{bad}` is no path in a repository")));
    }
}

#[test]
fn a_repository_leads_to_its_updateinfo() {
    let locate = |name: &str| {
        let address = "https://pads.example.org/1/os/".to_owned();
        (name == "1/os@here").then(|| repository::Located { name: "1/os".to_owned(), address })
    };
    let read = |source: &str, document: &str| {
        let mut sink = Collected::default();
        repository::read(source, document.as_bytes(), locate, &Pads, &mut sink).map(|_| sink)
    };
    let repomd = "<repomd><data type=\"updateinfo\"><location href=\"repodata/u.xml\"/></data></repomd>";
    let sink = read("1/os@here/repomd", repomd).unwrap();
    assert_eq!(sink.followed, [Source::whole("1/os", "https://pads.example.org/1/os/repodata/u.xml")]);
    assert_eq!(sink.identified.as_deref(), Some("1/os@here/repomd"));
    assert_eq!(read("1/os@here/repomd", "<repomd/>").unwrap().followed, []);
    let refused = |source: &str, document: &str| read(source, document).unwrap_err().to_string();
    assert!(refused("2/os/repomd", repomd).contains("it is not known where repository `2/os` is"));
    assert!(refused("1/os", repomd).contains("not an updateinfo"));
    assert!(refused("1/os@here/repomd", "<updates/>").contains("not a repomd.xml"));
    let expected = Source::whole("1/os/repomd", "https://pads.example.org/1/os/repodata/repomd.xml");
    assert_eq!(repository::source("1/os", "https://pads.example.org/1/os/"), expected);
}

proptest! {
    #[test]
    fn every_package_of_every_update_comes_out_once(
        updates in prop::collection::vec(
            prop::collection::btree_set(("[a-z]{1,4}", 0_u8..3, "[0-9]{1,2}", "x86_64|aarch64|noarch"), 1..8),
            1..5,
        ),
    ) {
        let documents: String = updates.iter().enumerate().map(|(index, packages)| {
            let packages: String = packages.iter().map(|(name, epoch, version, arch)| {
                format!(r#"<package name="{name}" epoch="{epoch}" version="{version}" release="1" arch="{arch}"/>"#)
            }).collect();
            format!("<update type=\"security\"><id>PSA-{index}</id><pkglist><collection>{packages}</collection></pkglist></update>")
        }).collect();
        let (summary, sink) = accepted(&documents);
        prop_assert_eq!(summary.advisories, u64::try_from(updates.len()).unwrap());
        for (advisory, packages) in sink.advisories.iter().zip(&updates) {
            let stated: usize = advisory.affected.iter().map(|it| it.requires[0].1.len()).sum();
            prop_assert_eq!(stated, packages.len());
            for (name, epoch, version, arch) in packages {
                let fix = if *epoch == 0 { format!("{version}-1") } else { format!("{epoch}:{version}-1") };
                let is_stated = advisory.affected.iter().any(|it| {
                    it.name == *name && it.ranges == [Range::before(&*fix)] && it.requires[0].1.contains(arch)
                });
                prop_assert!(is_stated, "{} {} {}", name, fix, arch);
            }
        }
    }

    #[test]
    fn no_document_is_fatal(text in r#"<updates>(<update type="security">|</update>|<id>|</id>|<pkglist>|<collection>|<package [a-z="]*/>|\PC|<reference href="x"/>){0,20}"#) {
        let _ = parse(&text);
        let _ = location(&text.replace("updates", "repomd"));
    }
}
