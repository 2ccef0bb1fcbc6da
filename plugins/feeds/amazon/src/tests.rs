mod corpus;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Feed, Source};
use limpid_plugin_sdk::testing::{Collected, InMemory};
use proptest::prelude::*;

use crate::Amazon;

fn parse(source: &str, document: impl Into<Vec<u8>>) -> Result<Collected, Error> {
    let mut sink = Collected::default();
    Amazon::parse(source, &mut InMemory::new([("document", document.into())]), &mut sink).map(|_| sink)
}

fn refused(source: &str, document: &str) -> String {
    match parse(source, document) {
        Err(Error::Malformed(why)) => why,
        other => panic!("not refused as malformed: {other:?}"),
    }
}

#[test]
fn a_run_starts_at_the_lists_of_mirrors_and_the_catalog() {
    let sources = Amazon::sources(None);
    assert_eq!(sources.len(), 9);
    let list = "https://cdn.amazonlinux.com/al2023/core/mirrors/latest/aarch64/mirror.list";
    assert!(sources.contains(&Source::whole("2023/core/aarch64/mirrors", list)));
    assert!(
        sources.contains(&Source::whole("2/extras", "https://cdn.amazonlinux.com/2/extras-catalog.json"))
    );
}

#[test]
fn a_list_leads_to_a_repository_and_that_to_its_updateinfo() {
    let list = "http://mirror.example.org/2/core\nhttps://cdn.amazonlinux.com/2/core/2.0/x86_64/0123/\n";
    let sink = parse("2/core/x86_64/mirrors", list).unwrap();
    let repomd = "https://cdn.amazonlinux.com/2/core/2.0/x86_64/0123/repodata/repomd.xml";
    let name = "2/core/x86_64@2/core/2.0/x86_64/0123/repomd";
    assert_eq!(sink.followed, [Source::whole(name, repomd)]);

    let repomd =
        "<repomd><data type=\"updateinfo\"><location href=\"repodata/updateinfo.xml.gz\"/></data></repomd>";
    let sink = parse(name, repomd).unwrap();
    let updateinfo = "https://cdn.amazonlinux.com/2/core/2.0/x86_64/0123/repodata/updateinfo.xml.gz";
    assert_eq!(sink.followed, [Source::whole("2/core/x86_64", updateinfo)]);
    assert_eq!(parse(name, "<repomd/>").unwrap().followed, []);
}

#[test]
fn each_topic_of_the_catalog_is_a_repository() {
    let sink =
        parse("2/extras", r#"{"status": "ok", "topics": [{"n": "docker"}, {"n": "../x", "inst": []}]}"#)
            .unwrap();
    let followed: Vec<_> =
        sink.followed.iter().map(|source| (source.name.as_str(), source.url.as_str())).collect();
    let address = |architecture: &str| {
        format!("https://cdn.amazonlinux.com/2/extras/docker/latest/{architecture}/mirror.list")
    };
    assert_eq!(
        followed,
        [
            ("2/extras/docker/x86_64/mirrors", address("x86_64").as_str()),
            ("2/extras/docker/aarch64/mirrors", address("aarch64").as_str())
        ]
    );
    assert_eq!(sink.rejected.len(), 1);
}

#[test]
fn a_page_in_place_of_a_document_is_refused() {
    let page = "<html><body>Please log in</body></html>";
    assert!(refused("2/extras", page).contains("no catalog of extras"));
    assert!(refused("2/extras", r#"{"topics": []}"#).contains("names 0 topics"));
    assert!(refused("2/core/x86_64/mirrors", page).contains("no line of the list"));
    assert!(
        refused("2/core/x86_64/mirrors", "https://cdn.amazonlinux.com/2/../x")
            .contains("no line of the list")
    );
    assert!(refused("2/core/x86_64@2/core/repomd", page).contains("no metadata of a repository"));
    assert!(refused("2/core/x86_64", page).contains("no metadata of a repository"));
    assert!(refused("2/core/x86_64", "<repomd/>").contains("not an updateinfo"));
}

proptest! {
    #[test]
    fn no_list_is_fatal(list in r#"(https://cdn\.amazonlinux\.com/|\.\./|[a-z0-9]{1,5}/|\PC|\n){0,12}"#) {
        let _ = parse("2/core/x86_64/mirrors", list);
    }
}
