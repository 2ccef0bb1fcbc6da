//! Long answers: a client that has one already is told so, and one that reads them compressed gets them so.

use std::io::{Read, Write};

use limpid_formats::exchange::Form;
use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::program::Setup;
use crate::service::{Service, until};

struct Raw {
    head: String,
    body: Vec<u8>,
}

impl Raw {
    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }
}

/// The bytes of an answer, as they came.
fn get(service: &Service, path: &str, headers: &[(&str, &str)]) -> Raw {
    let mut connection = service.api.connect();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    Raw { head: String::from_utf8(answer[..end].to_vec()).unwrap(), body: answer[end + 4..].to_vec() }
}

/// The tag of an answer. While plugins are being refreshed, as when the service has just started, it has none.
fn tag(service: &Service, path: &str) -> String {
    until("what has changed is refreshed", || get(service, path, &[]).header("etag").map(str::to_owned))
}

fn has_it(service: &Service, path: &str, tag: &str) -> bool {
    let answer = get(service, path, &[("If-None-Match", tag)]);
    match answer.status() {
        "304" => {
            assert!(answer.body.is_empty());
            assert_eq!(answer.header("etag"), Some(tag));
            true
        }
        status => {
            assert_eq!((status, answer.body.is_empty()), ("200", false));
            false
        }
    }
}

fn known_image(service: &Service) -> String {
    let image = service.api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    image
}

#[test]
fn a_client_that_has_a_report_is_told_so_until_something_changes() {
    let service = Service::start();
    let image = known_image(&service);
    let path = format!("/v1/images/{image}/report");
    let first = tag(&service, &path);
    assert!(has_it(&service, &path, &first));
    // Of another image, another path or another time it is none.
    for other in [format!("/v1/images/{image}/packages"), format!("{path}?as-of=2126-01-01T00:00:00Z")] {
        assert!(!has_it(&service, &other, &first), "{other}");
    }
    // Neither does reading change anything, nor whom notices go to.
    service.api.report(&image);
    let hook = json!({ "webhook": { "url": "http://127.0.0.1:9/" } }).to_string();
    service.api.send("PUT", "/v1/subscriptions/x", &[], hook.as_bytes()).ok();
    assert!(has_it(&service, &path, &first));

    let before = service.api.report(&image);
    let open =
        json!({ "releases": { "bookworm": { "status": "open", "repositories": {}, "urgency": "high" } } });
    let more = json!({ "curl": { "CVE-2099-0001": open } }).to_string();
    service.api.send("POST", "/v1/feeds/debian/documents?force=true", &[], more.as_bytes()).ok();
    assert!(!has_it(&service, &path, &first), "a document has changed what is stated");
    let second = tag(&service, &path);
    assert_ne!(service.api.report(&image)["findings"], before["findings"]);
    service.api.delete(&format!("/v1/images/{image}"));
    let gone = get(&service, &path, &[("If-None-Match", &second)]);
    assert_eq!(gone.status(), "404", "{}", gone.head);
}

#[test]
fn a_client_that_has_a_difference_or_a_page_of_layers_is_told_so() {
    let service = Service::start();
    let image = known_image(&service);
    let path = format!("/v1/images/{image}/diff/{image}");
    let pages = [format!("/v1/images/{image}/layers"), format!("/v1/images/{image}/layers?after=0")];
    let [of_difference, of_first, of_second] = [&path, &pages[0], &pages[1]].map(|path| tag(&service, path));
    assert!(has_it(&service, &path, &of_difference) && has_it(&service, &pages[1], &of_second));
    assert!(!has_it(&service, &pages[1], &of_first), "it is another page");
    let open =
        json!({ "releases": { "bookworm": { "status": "open", "repositories": {}, "urgency": "high" } } });
    let more = json!({ "curl": { "CVE-2099-0001": open } }).to_string();
    service.api.send("POST", "/v1/feeds/debian/documents?force=true", &[], more.as_bytes()).ok();
    assert!(!has_it(&service, &path, &of_difference), "a document has changed what is stated");
}

#[test]
fn another_set_of_plugins_is_another_report() {
    let (plugins, built) = (tempfile::tempdir().unwrap(), Setup::new());
    for file in std::fs::read_dir(built.plugins()).unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), plugins.path().join(file.file_name())).unwrap();
    }
    let service = Service::with(Setup::new().with_plugins(plugins.path()));
    let image = known_image(&service);
    let path = format!("/v1/images/{image}/report");
    let first = tag(&service, &path);
    assert_eq!(service.api.delete("/v1/plugins/node").status, 204);
    assert!(!has_it(&service, &path, &first));
    let second = tag(&service, &path);
    let digit = if second.starts_with("W/\"0") { "1" } else { "0" };
    let never_given = format!("W/\"{digit}{}", &second[4..]);
    assert!(!has_it(&service, &path, &never_given));
}

#[test]
fn a_restarted_service_knows_no_tag_of_before() {
    let service = Service::start();
    let image = known_image(&service);
    let path = format!("/v1/images/{image}/report");
    let first = tag(&service, &path);
    let service = Service::with(service.stop());
    tag(&service, &path);
    assert!(!has_it(&service, &path, &first), "its settings may be others");
}

#[test]
fn answers_are_compressed_for_those_who_accept_it() {
    let service = Service::start();
    let image = known_image(&service);
    let path = format!("/v1/images/{image}/report");
    tag(&service, &path);
    let plain = get(&service, &path, &[]);
    assert_eq!(
        (plain.header("content-encoding"), plain.header("vary")),
        (None, Some("accept, accept-encoding"))
    );
    let read = |body: &[u8], coding: &str| -> Vec<u8> {
        let mut read = Vec::new();
        match coding {
            "gzip" => flate2::read::GzDecoder::new(body).read_to_end(&mut read).unwrap(),
            _ => zstd::Decoder::new(body).unwrap().read_to_end(&mut read).unwrap(),
        };
        read
    };
    // The second of each is one that was kept.
    for coding in ["gzip", "zstd", "gzip", "zstd"] {
        let packed = get(&service, &path, &[("Accept-Encoding", coding)]);
        assert_eq!(packed.header("content-encoding"), Some(coding));
        assert!(packed.body.len() * 3 < plain.body.len(), "{} of {}", packed.body.len(), plain.body.len());
        assert!(read(&packed.body, coding) == plain.body, "{coding}");
        assert_eq!(packed.header("etag"), plain.header("etag"), "it is weak");
    }
    let short = get(&service, "/v1/statistics", &[("Accept-Encoding", "gzip")]);
    assert_eq!(short.header("content-encoding"), None, "{}", short.head);
    serde_json::from_slice::<Value>(&short.body).unwrap();
    let refused = get(&service, "/v1/images/nothing/report", &[("Accept-Encoding", "gzip")]);
    assert_eq!((refused.status(), refused.header("content-encoding")), ("404", None));
}

#[test]
fn a_report_comes_in_the_form_of_another_tool() {
    let service = Service::start();
    let image = known_image(&service);
    let path = format!("/v1/images/{image}/report");
    let report = service.api.report(&image);
    let findings = report["findings"].as_array().unwrap().len();
    for form in Form::ALL {
        let asked = format!("{path}?format={}", form.as_str());
        let tag = tag(&service, &asked);
        let answer = get(&service, &asked, &[]);
        assert_eq!(answer.status(), "200", "{}", form.as_str());
        assert_eq!(answer.header("content-type"), Some(form.media_type()));
        assert!(has_it(&service, &asked, &tag), "{}", form.as_str());
        assert_eq!(get(&service, &asked, &[]).body, answer.body, "the same report, the same bytes");
        // A browser accepts any XML: that form is asked for by its name.
        if form.media_type() != "application/json" && form != Form::Junit {
            let accepted = get(&service, &path, &[("Accept", form.media_type())]);
            assert_eq!(accepted.body, answer.body, "{}", form.as_str());
        }
    }
    let sarif: Value =
        serde_json::from_slice(&get(&service, &format!("{path}?format=sarif"), &[]).body).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), findings);
    let page = get(&service, &path, &[("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")]);
    assert!(
        page.header("content-security-policy").unwrap().contains("sandbox allow-scripts"),
        "{}",
        page.head
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let error = service.api.get(&format!("{path}?format=pdf")).refused(400, "bad-request");
    assert!(error.contains("json, sarif, cyclonedx"), "{error}");
    let plain = get(&service, &path, &[("Accept", "application/json, text/csv")]);
    assert_eq!(plain.header("content-type"), Some("application/json"));
}

#[test]
fn a_client_gets_the_fields_that_it_asks_for_and_no_others() {
    let service = Service::start();
    let image = known_image(&service);
    let path = format!("/v1/images/{image}/report");
    let whole = service.api.report(&image);
    let findings = whole["findings"].as_array().unwrap();
    let of = |finding: &Value| {
        let package = json!({ "name": finding["package"]["name"] });
        json!({ "vulnerability": finding["vulnerability"], "package": package })
    };
    let fields = "fields=findings.vulnerability,findings.package.name,summary";
    let wanted = json!({
        "summary": whole["summary"],
        "findings": findings.iter().map(of).collect::<Vec<_>>(),
    });
    assert!(!findings.is_empty());
    assert_eq!(service.api.get(&format!("{path}?{fields}")).ok(), wanted);
    // Other parameters are seen as ever, and what is long is compressed as ever.
    let base = service.api.get(&format!("{path}?{fields}&origin=base")).ok();
    assert!(base["findings"].as_array().unwrap().len() < findings.len(), "{base:#}");
    let packages = format!("/v1/images/{image}/packages?fields=packages");
    let packed = get(&service, &packages, &[("Accept-Encoding", "zstd")]);
    assert_eq!(packed.header("content-encoding"), Some("zstd"));
    let unpacked: Value = serde_json::from_slice(&zstd::decode_all(&*packed.body).unwrap()).unwrap();
    assert_eq!(unpacked, service.api.get(&packages).ok());
    // A client that has the answer is told so.
    let tag = tag(&service, &format!("{path}?{fields}"));
    assert!(has_it(&service, &format!("{path}?{fields}"), &tag));

    let why = service.api.get(&format!("{path}?fields=findings.cve")).refused(400, "bad-request");
    assert!(why.contains("`findings.cve`"), "{why}");
    for wrong in ["fields=", "fields=summary&fields=summary", "format=csv&fields=summary", "fields=%FF"] {
        service.api.get(&format!("{path}?{wrong}")).refused(400, "bad-request");
    }
    // Errors are what they are.
    service.api.get("/v1/images/none/report?fields=summary").refused(404, "no-such-image");
}
