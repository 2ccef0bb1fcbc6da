//! The feed of [Docker Hardened Images](https://github.com/docker-hardened-images/advisories): advisories in the OSV
//! schema, a folder of them in a repository.
//!
//! This crate owns where they are and which of them are stated; what a record says is read by [`limpid_osv`]. Images
//! that say of themselves that they are `ID=dhi` are built of packages of Alpine or Debian that Docker builds anew. A
//! record says of which release they are: `Docker Hardened Images:Alpine:3.24` is the namespace `dhi:alpine:3.24`, in
//! which versions are ordered as Alpine orders them. Names are those of installed packages.
//!
//! What is not stated: records of images as such (`pkg:docker/dhi/...`), which list tags and no packages, and the
//! older ones in `osv/`, of `pkg:dhi/...`, which images that say `ID=alpine` or `ID=debian` name in a document of their
//! own. The documents in `vex/` say why something is not affected: of packages that are in the namespaces above, the
//! records have that already.
//!
//! ```
//! use limpid_feed_dhi::HardenedImages;
//! use limpid_plugin_sdk::feed::{Feed, Range};
//! use limpid_plugin_sdk::testing::{Collected, InMemory};
//!
//! let record = r#"{"id": "DHI-aaaa-bbbb-cccc-dddd", "modified": "2026-09-21T12:07:08Z", "affected": [{
//!     "package": {"ecosystem": "Docker Hardened Images:Alpine:3.24", "name": "coreutils",
//!         "purl": "pkg:apk/dhi/coreutils?os_distro=alpine&os_name=dhi&os_version=3.24"},
//!     "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9.11-r1"}]}]}]}"#;
//! let mut sink = Collected::default();
//! HardenedImages::parse("records", &mut InMemory::new([("DHI-aaaa-bbbb-cccc-dddd.json", record)]), &mut sink)?;
//! let [coreutils] = &sink.advisories[0].affected[..] else { unreachable!() };
//! assert_eq!((coreutils.namespace.as_str(), coreutils.scheme.as_str()), ("dhi:alpine:3.24", "apk"));
//! assert_eq!(coreutils.ranges, [Range::before("9.11-r1")]);
//! # Ok::<(), limpid_plugin_sdk::Error>(())
//! ```

use limpid_osv::{Ecosystem, Kind, Publisher, Sources, Stated};
use limpid_plugin_sdk::feed::{Documents, Feed, Sink, Source};
use limpid_plugin_sdk::{Error, export_feed};

/// What the one source is called.
const SOURCE: &str = "records";

/// Where records are in the repository, which has documents of other forms as well.
const FOLDERS: [&str; 1] = ["dhi/osv"];

/// The feed.
#[derive(Debug)]
pub struct HardenedImages;

impl Feed for HardenedImages {
    fn sources(_cursor: Option<String>) -> Vec<Source> {
        vec![Source::whole(
            SOURCE,
            "https://github.com/docker-hardened-images/advisories/archive/refs/heads/main.tar.gz",
        )]
    }

    fn parse(
        source: &str,
        documents: &mut dyn Documents,
        sink: &mut dyn Sink,
    ) -> Result<Option<String>, Error> {
        let sources = Sources { whole: SOURCE, named: source };
        limpid_osv::read_folders(&Docker, &FOLDERS, sources, documents, sink)?;
        Ok(None)
    }
}

export_feed!(HardenedImages);

/// Docker.
struct Docker;

impl Publisher for Docker {
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        Ecosystem::defined(stated.ecosystem, stated.versions)
    }

    fn states(&self, stated: &Stated<'_>) -> bool {
        let ecosystem = self.ecosystem(stated);
        matches!(ecosystem.kind, Kind::Distribution(_)) && ecosystem.namespace.starts_with("dhi:")
    }

    fn rater(&self, _id: &str) -> String {
        "docker".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::testing::{Collected, InMemory};

    use super::*;

    #[test]
    fn a_run_fetches_one_archive() {
        let expected = "https://github.com/docker-hardened-images/advisories/archive/refs/heads/main.tar.gz";
        assert_eq!(HardenedImages::sources(None), [Source::whole("records", expected)]);
    }

    fn parse(documents: Vec<(&str, String)>) -> Result<Collected, Error> {
        let mut sink = Collected::default();
        HardenedImages::parse(SOURCE, &mut InMemory::new(documents), &mut sink).map(|_| sink)
    }

    fn record(ecosystem: &str, name: &str, purl: &str) -> String {
        format!(
            r#"{{"id": "DHI-aaaa-bbbb-cccc-dddd", "modified": "2026-09-21T12:07:08Z", "affected": [{{"package":
            {{"ecosystem": "{ecosystem}", "name": "{name}", "purl": "{purl}"}}, "versions": ["3.12.13-r7"]}}]}}"#
        )
    }

    #[test]
    fn installed_packages_are_meant_of_their_release_and_architecture() {
        let purl = "pkg:apk/dhi/python-3.12?arch=x86_64&os_distro=alpine&os_name=dhi&os_version=3.23";
        let sink = parse(vec![(
            "tree-main/dhi/osv/DHI-aaaa-bbbb-cccc-dddd.json",
            record("Docker Hardened Images:Alpine:3.23", "python-3.12", purl),
        )])
        .unwrap();
        let [python] = &sink.advisories[0].affected[..] else { panic!("{:?}", sink.advisories) };
        assert_eq!((python.namespace.as_str(), python.source), ("dhi:alpine:3.23", false));
        assert_eq!(python.versions, ["3.12.13-r7"]);
        assert_eq!(python.requires, [("arch".to_owned(), vec!["x86_64".to_owned()])]);
    }

    #[test]
    fn images_as_such_are_left_out_and_so_are_documents_of_other_folders() {
        let image = record("Docker Hardened Images", "tomcat", "pkg:docker/dhi/tomcat?os_name=debian");
        let legacy = record("DHI", "python", "pkg:dhi/python");
        let sink = parse(vec![
            ("tree-main/osv/python/CVE-2024-1.json", legacy.clone()),
            ("tree-main/dhi/osv/DHI-aaaa-bbbb-cccc-dddd.json", image),
            ("tree-main/dhi/osv/CVE-2024-1.json", legacy.clone()),
        ])
        .unwrap();
        assert_eq!((sink.advisories.as_slice(), sink.rejected.as_slice()), (&[][..], &[][..]));
        assert!(parse(vec![("tree-main/osv/python/CVE-2024-1.json", legacy)]).is_err());
    }
}
