use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Feed, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use crate::Fedora;

fn parse(source: &str, document: impl Into<Vec<u8>>) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    Fedora::parse(source, &mut InMemory::new([("document", document.into())]), &mut sink).map(|_| sink)
}

fn list(paths: &[&str]) -> String {
    let files: String = paths.iter().map(|path| format!("1\tf\t627\t{path}/repodata/repomd.xml\n")).collect();
    format!("[Version]\n\n[Files]\n{files}\n[Checksums SHA1]\n\n[End]\n")
}

#[test]
fn a_run_leads_from_the_lists_of_files_to_updates() {
    let epel = Source::whole("epel/files", "https://dl.fedoraproject.org/pub/epel/fullfiletimelist-epel");
    let lists = Fedora::sources(None);
    assert_eq!((lists.len(), lists.contains(&epel)), (4, true));
    let sink = parse(
        "fedora/files",
        list(&["linux/updates/40/Everything/x86_64", "linux/releases/40/Server/x86_64/os"]),
    );
    let name = "fedora/linux/updates/40/Everything/x86_64";
    let address = "https://dl.fedoraproject.org/pub/fedora/linux/updates/40/Everything/x86_64/repodata/";
    let expected = Source::whole(format!("{name}/repomd"), format!("{address}repomd.xml"));
    assert_eq!(sink.unwrap().followed, [expected]);
    let repomd = "<repomd><data type=\"updateinfo_zck\"><location href=\"repodata/1.xml.zck\"/></data>\
                  <data type=\"updateinfo\"><location href=\"repodata/1-updateinfo.xml.zst\"/></data></repomd>";
    let sink = parse(&format!("{name}/repomd"), repomd).unwrap();
    assert_eq!(sink.followed, [Source::whole(name, format!("{address}1-updateinfo.xml.zst"))]);
}

#[test]
fn a_page_in_place_of_a_document_is_refused() {
    let check = |source: &str, document: &str, expected: &str| {
        let why = parse(source, document).unwrap_err().to_string();
        assert!(why.contains(expected), "{source}: {why}");
    };
    check("fedora/files", "<html>", "no list of files");
    check("epel/files", &list(&["next/9/Everything/x86_64"]), "names 0 repositories");
    check("fedora/linux/updates/40/Everything/x86_64", "<html></html>", "no metadata of a repository");
    check("other/files/repomd", "<repomd/>", "not known where repository `other/files` is");
    assert_eq!(parse("fedora-secondary/files", list(&[])).unwrap().followed, []);
}

#[test]
fn bugs_name_what_is_fixed() {
    let updateinfo = r#"<updates><update type="security" status="stable"><id>FEDORA-EPEL-2024-0123456789</id>
        <title>left-pad-1.3.1-1.el9</title><release>Fedora EPEL 9</release><severity>Important</severity>
        <description>Update to 1.3.1</description><references>
        <reference href="https://bugzilla.redhat.com/show_bug.cgi?id=1" id="1" type="bugzilla"
        title="CVE-2024-0001 left-pad: pads too far [epel-all]"/></references><pkglist>
        <collection short="EPEL-9"><name>Fedora EPEL 9</name><package name="left-pad" version="1.3.1" release="1.el9"
        epoch="0" arch="noarch"/></collection></pkglist></update></updates>"#;
    let sink = parse("handed-in.xml", updateinfo).unwrap();
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!(advisory.aliases, ["CVE-2024-0001"]);
    assert_eq!(advisory.references[0], "https://bodhi.fedoraproject.org/updates/FEDORA-EPEL-2024-0123456789");
    assert_eq!(advisory.affected[0].namespace, "epel:9");
    assert_eq!(sink.identified, None);
}

proptest! {
    #[test]
    fn no_list_is_fatal(text in r"(\[Files\]\n|\[End\]|1\tf\t1\t|/repodata/repomd\.xml\n|linux/|updates/|40/|\.\./|\PC){0,20}") {
        let _ = parse("fedora/files", format!("[Version]\n{text}"));
    }
}
