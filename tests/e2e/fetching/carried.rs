//! A bundle carries where the next run goes on.

use crate::program::Setup;
use crate::service::Service;

use super::changing::{ecosystems, osv, record, sources};
use super::update;

#[test]
fn a_service_that_was_filled_from_a_bundle_asks_only_for_what_changed_since() {
    let publisher = ecosystems();
    let there = osv(&publisher);
    update(&there, "osv");
    publisher.document(
        "/modified_id.csv",
        "2026-11-21T00:00:01Z,npm/GHSA-2\n2026-11-20T00:00:00Z,npm/GHSA-1\n2026-11-19T00:00:00Z,PyPI/GHSA-3\n",
    );
    publisher.document("/npm/GHSA-2.json", record("GHSA-2", "npm", "right-pad", "1.2.0").1);
    update(&there, "osv");
    publisher.asked();

    let (folder, here) = (tempfile::tempdir().unwrap(), osv(&publisher));
    let bundle = folder.path().join("bundle");
    let carry = |direction: &str, service: &Service| {
        let address = service.api.address().to_owned();
        Setup::new().run(["feed", direction, bundle.to_str().unwrap(), "--service", &address]).ok()
    };
    carry("export", &there);
    carry("import", &here);
    assert!(publisher.asked().is_empty());
    for (id, source) in [("GHSA-1", "npm"), ("GHSA-2", "npm"), ("GHSA-3", "PyPI")] {
        assert_eq!(sources(&here, id), [source], "{id}");
    }
    let known = |service: &Service, id: &str| service.api.get(&format!("/v1/vulnerabilities/{id}")).ok();
    assert_eq!(known(&here, "GHSA-2")["advisories"], known(&there, "GHSA-2")["advisories"]);

    publisher.document(
        "/modified_id.csv",
        "2026-11-22T00:00:00Z,PyPI/GHSA-4\n2026-11-21T00:00:01Z,npm/GHSA-2\n2026-11-20T00:00:00Z,npm/GHSA-1\n",
    );
    publisher.document("/PyPI/GHSA-4.json", record("GHSA-4", "PyPI", "pad", "1.2").1);
    update(&here, "osv");
    assert_eq!(publisher.asked(), ["/PyPI/GHSA-4.json 200", "/modified_id.csv 200"]);
    for (id, source) in [("GHSA-2", "npm"), ("GHSA-4", "PyPI")] {
        assert_eq!(sources(&here, id), [source], "{id}");
    }
}
