//! What Harbor does with a scanner, as its client does it: 5 seconds for each call with its body, redirects are not
//! followed, and when to come again is a number of 8 bits.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

use crate::service::DEADLINE;

pub(super) const GENERIC: &str = "application/vnd.security.vulnerability.report; version=1.1";
pub(super) const NATIVE: &str = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0";
pub(super) const SBOM: &str = "application/vnd.security.sbom.report+json; version=1.0";
pub(super) const SPDX: &str = "?sbom_media_type=application%2Fspdx%2Bjson";

/// Longest call. Harbor itself waits for five seconds, which is for a machine that runs nothing else.
const CALL: Duration = Duration::from_secs(60);

/// How soon it is asked again here: what the service says is checked, and not waited for.
const AGAIN: Duration = Duration::from_millis(20);

pub(super) struct Client {
    agent: Agent,
    base: String,
    headers: Vec<(&'static str, String)>,
}

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answered {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The message of an error, in the form that Harbor reads.
    #[track_caller]
    pub(super) fn refused(&self, status: u16) -> String {
        let body = self.json();
        assert_eq!(self.status, status, "{body:#}");
        assert_eq!(self.headers["content-type"], "application/vnd.scanner.adapter.error; version=1.0");
        assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["error"]);
        body["error"]["message"].as_str().unwrap().to_owned()
    }
}

impl Client {
    pub(super) fn new(service: &str) -> Self {
        Self::with(service, &[])
    }

    /// One that shows who it is.
    pub(super) fn with(service: &str, headers: &[(&'static str, String)]) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(CALL));
        // One slash at the end is cut.
        let base = format!("{service}/harbor/").trim_end_matches('/').to_owned();
        Self { agent: config.build().into(), base, headers: headers.to_vec() }
    }

    pub(super) fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Answered {
        let began = Instant::now();
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answered = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut answer = answered.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap();
        assert!(began.elapsed() < CALL, "{method} {path} took {:?}", began.elapsed());
        Answered { status: answer.status().as_u16(), headers: answer.headers().clone(), body }
    }

    /// The metadata, which pass Harbor's checks.
    pub(super) fn metadata(&self) -> Value {
        let accept = "application/vnd.scanner.adapter.metadata+json; version=1.0";
        let answer = self.call("GET", "/api/v1/metadata", &[("accept", accept)], None);
        let metadata = answer.json();
        assert_eq!((answer.status, &answer.headers["content-type"].to_str().unwrap()), (200, &accept));
        for field in ["name", "vendor", "version"] {
            assert!(metadata["scanner"][field].as_str().is_some_and(|text| !text.is_empty()), "{metadata:#}");
        }
        for capability in metadata["capabilities"].as_array().unwrap() {
            let consumed = capability["consumes_mime_types"].as_array().unwrap();
            assert!(consumed.contains(&json!("application/vnd.docker.distribution.manifest.v2+json")));
            assert!(!capability["produces_mime_types"].as_array().unwrap().is_empty());
        }
        metadata
    }

    pub(super) fn try_scan(&self, request: &Value) -> Answered {
        let kind = "application/vnd.scanner.adapter.scan.request+json; version=1.0";
        let accept = "application/vnd.scanner.adapter.scan.response+json; version=1.0";
        let headers = [("content-type", kind), ("accept", accept)];
        self.call("POST", "/api/v1/scan", &headers, Some(request.to_string().as_bytes()))
    }

    /// Asks for a scan, which must be taken on. Returns its identifier.
    #[track_caller]
    pub(super) fn scan(&self, request: &Value) -> String {
        let answer = self.try_scan(request);
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    pub(super) fn report(&self, id: &str, accept: &str, query: &str) -> Answered {
        self.call("GET", &format!("/api/v1/scan/{id}/report{query}"), &[("accept", accept)], None)
    }

    /// Asks until the scan does not go on any more.
    pub(super) fn poll(&self, id: &str, accept: &str, query: &str) -> Answered {
        let began = Instant::now();
        loop {
            let answer = self.report(id, accept, query);
            if answer.status != 302 {
                return answer;
            }
            let after = answer.headers["refresh-after"].to_str().unwrap();
            assert!(after.parse::<i8>().is_ok_and(|seconds| seconds >= 1), "{after}");
            assert!(began.elapsed() < DEADLINE, "302 for ever");
            thread::sleep(AGAIN);
        }
    }

    /// The report of a scan, which must end well.
    #[track_caller]
    pub(super) fn scanned(&self, id: &str, accept: &str, query: &str) -> Answered {
        let answer = self.poll(id, accept, query);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.headers["content-type"], accept);
        answer
    }
}

/// A request as Harbor 2.15 sends it.
pub(super) fn request(url: &str, authorization: &str, repository: &str, digest: &str) -> Value {
    json!({
        "registry": { "url": url, "authorization": authorization, "insecure": false },
        "artifact": {
            "repository": repository, "tag": "", "digest": digest, "size": 1,
            "mime_type": "application/vnd.docker.distribution.manifest.v2+json",
        },
        "enabled_capabilities": [{
            "type": "vulnerability", "produces_mime_types": [GENERIC, NATIVE], "parameters": null,
        }],
    })
}

/// The same for a bill of materials.
pub(super) fn request_of_sbom(mut request: Value) -> Value {
    request["enabled_capabilities"] = json!([{
        "type": "sbom", "produces_mime_types": [SBOM],
        "parameters": { "sbom_media_types": ["application/spdx+json"] },
    }]);
    request
}
