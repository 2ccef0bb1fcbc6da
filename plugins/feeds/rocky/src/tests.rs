mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Feed, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::Rocky;

fn parse(source: &str, document: impl Into<Vec<u8>>) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    Rocky::parse(source, &mut InMemory::new([("document", document.into())]), &mut sink).map(|_| sink)
}

#[test]
fn a_run_leads_from_the_list_of_files_to_updates() {
    let list = Source::whole("files", "https://dl.rockylinux.org/pub/rocky/fullfiletimelist");
    assert_eq!(Rocky::sources(None), [list]);
    let files = "[Version]\n2\n[Files]\n1\tf\t627\t9.6/BaseOS/x86_64/os/repodata/repomd.xml\n\
                 1\tf\t627\t9.6/BaseOS/source/tree/repodata/repomd.xml\n[End]\n";
    let sink = parse("files", files).unwrap();
    let repomd = "https://dl.rockylinux.org/pub/rocky/9.6/BaseOS/x86_64/os/repodata/repomd.xml";
    assert_eq!(sink.followed, [Source::whole("9.6/BaseOS/x86_64/os/repomd", repomd)]);
    let repomd =
        "<repomd><data type=\"updateinfo\"><location href=\"repodata/1-updateinfo.xml.gz\"/></data></repomd>";
    let sink = parse("9.6/BaseOS/x86_64/os/repomd", repomd).unwrap();
    let updateinfo = "https://dl.rockylinux.org/pub/rocky/9.6/BaseOS/x86_64/os/repodata/1-updateinfo.xml.gz";
    assert_eq!(sink.followed, [Source::whole("9.6/BaseOS/x86_64/os", updateinfo)]);
}

#[test]
fn a_page_in_place_of_a_document_is_refused() {
    let check = |source: &str, document: &str, expected: &str| {
        let why = parse(source, document).unwrap_err().to_string();
        assert!(why.contains(expected), "{source}: {why}");
    };
    check("files", "<html>", "no list of files");
    check("files", "[Version]\n2\n[Files]\n[End]", "names 0 repositories");
    check("9.6/BaseOS/x86_64/os/repomd", "<html></html>", "no metadata of a repository");
    check("9.6/BaseOS/x86_64/os", "<html></html>", "no metadata of a repository");
    check("x/repomd", "<repomd/>", "not known where repository `x` is");
}
