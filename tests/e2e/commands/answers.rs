//! The three answers of `limpid explain`.

use xtask::sample::{advisories, debian};

use super::{file, text};
use crate::archives::{Compression, Parts};
use crate::program::{Outcome, Setup};

#[test]
fn explain_answers_by_headline_document_and_exit_code() {
    let (setup, files) = (Setup::new(), tempfile::tempdir().unwrap());
    let parts = Parts::of(&debian(), Compression::Gzip);
    let archive = file(&files, "image.tar", parts.docker_archive());
    let check = |image: &str, id: &str, code: i32, answer: &str| {
        let outcome = setup.run(["explain", image, id]);
        assert_eq!(outcome.code, Some(code), "{outcome:#?}");
        let headline = format!("{id}: {}\nbecause ", answer.replace("not-", "not ").replace('-', " "));
        assert!(outcome.stdout.starts_with(&headline), "{}", outcome.stdout);
        let outcome = setup.run(["explain", image, id, "--format", "json"]);
        let document: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!((outcome.code, &document[0]["answer"]), (Some(code), &answer.into()), "{document:#}");
    };
    check(text(&archive), "CVE-2023-46218", 3, "cannot-say");
    let tracker = file(&files, "tracker.json", advisories::debian_tracker());
    setup.run(["feed", "add", "debian", text(&tracker)]).ok();
    check(text(&archive), "CVE-2023-46218", 1, "affected");
    check(&parts.digest(), "CVE-2023-46218", 1, "affected");
    check(&parts.digest(), "CVE-2099-0001", 3, "cannot-say");

    // No registry is reached.
    let mut command = setup.command();
    command.env("HTTPS_PROXY", "http://127.0.0.1:9").args(["explain", "nobody/knows:1", "CVE-2023-46218"]);
    let outcome = Outcome::from(command.output().unwrap());
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""), "{outcome:?}");
    assert!(outcome.stderr.contains("nobody/knows:1"), "{outcome:?}");
}
