//! The HTTP API: the one place that touches it.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use ureq::http::{HeaderMap, Request, Response};
use ureq::{Agent, Body};

use crate::program::Certificates;
use crate::service::{DEADLINE, until};

/// A client of one service.
pub(crate) struct Api {
    agent: Agent,
    address: String,
}

/// What the service answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Null where there is none.
    pub(crate) body: Value,
}

impl Api {
    /// Of the service at an address such as `http://127.0.0.1:6060`.
    pub(crate) fn new(address: &str) -> Self {
        Self::trusting(address, &Certificates::default())
    }

    /// The same of one that is asked encrypted, as `https://127.0.0.1:6060`.
    pub(crate) fn trusting(address: &str, certificates: &Certificates) -> Self {
        let mut config =
            Agent::config_builder().http_status_as_error(false).proxy(None).timeout_global(Some(DEADLINE));
        if !certificates.authority.is_empty() {
            let client = certificates.client.as_ref();
            let tls = limpid_outbound::tls_with(&limpid_outbound::Certificates {
                authorities: Some(&certificates.authority),
                client: client.map(|(certificate, _)| certificate.as_slice()),
                client_key: client.map(|(_, key)| key.as_slice()),
            });
            config = config.tls_config(tls.unwrap());
        }
        Self { agent: config.build().new_agent(), address: address.to_owned() }
    }

    /// Where the service is, as `http://127.0.0.1:6060`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// Any request of whoever shows a token, which waits for the end of what it begins.
    pub(crate) fn ask(&self, secret: &str, method: &str, path: &str, body: &[u8]) -> Answer {
        let bearer = format!("Bearer {secret}");
        self.send(method, path, &[("authorization", &bearer), ("prefer", "wait=100")], body)
    }

    /// The status of what is answered, and the code where it is an error, whatever else is in it.
    pub(crate) fn status(&self, method: &str, path: &str, secret: Option<&str>) -> (u16, String) {
        let bearer = secret.map(|secret| format!("Bearer {secret}"));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        let mut response = self.run(method, path, &headers, b"").unwrap();
        let text = response.body_mut().read_to_vec().unwrap();
        let body: Value = serde_json::from_slice(&text).unwrap_or_default();
        (response.status().as_u16(), body["code"].as_str().unwrap_or_default().to_owned())
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], b"")
    }

    /// Submits an archive, and waits for the end.
    pub(crate) fn submit(&self, archive: &[u8]) -> Answer {
        self.send("POST", "/v1/images", &[("prefer", "wait=100")], archive)
    }

    /// Submits an archive, and does not wait.
    pub(crate) fn submit_and_go_on(&self, archive: &[u8]) -> Answer {
        self.send("POST", "/v1/images", &[], archive)
    }

    /// Submits an archive of one image, which must be taken. Returns the image's digest.
    #[track_caller]
    pub(crate) fn index(&self, archive: &[u8]) -> String {
        let job = self.submit(archive).ok();
        assert_eq!(job["state"], "done", "{job:#}");
        job["images"][0].as_str().unwrap().to_owned()
    }

    /// Waits for the end of a job.
    pub(crate) fn job_end(&self, id: &str) -> Value {
        until("the job ends", || {
            let job = self.get(&format!("/v1/jobs/{id}")).ok();
            let ended = job["state"] == "done" || job["state"] == "failed";
            ended.then_some(job)
        })
    }

    /// Submits what is elsewhere, in JSON.
    pub(crate) fn submit_json(&self, wanted: &Value) -> Answer {
        let headers = [("content-type", "application/json"), ("prefer", "wait=100")];
        self.send("POST", "/v1/images", &headers, wanted.to_string().as_bytes())
    }

    /// What happens to a job until its end: names and data of events.
    pub(crate) fn job_events(&self, id: &str) -> Vec<(String, Value)> {
        let mut answer = self.agent.get(format!("{}/v1/jobs/{id}/events", self.address)).call().unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let text = answer.body_mut().read_to_string().unwrap();
        let event = |event: &str| {
            let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
            (line("event:").to_owned(), serde_json::from_str(line("data:")).unwrap())
        };
        text.split("\n\n").filter(|text| text.contains("event:")).map(event).collect()
    }

    /// Hands in a document of a feed.
    pub(crate) fn hand_in(&self, feed: &str, document: impl AsRef<[u8]>) -> Answer {
        self.send("POST", &format!("/v1/feeds/{feed}/documents"), &[], document.as_ref())
    }

    /// All metrics as text.
    #[track_caller]
    pub(crate) fn metrics(&self) -> String {
        let mut answer = self.agent.get(format!("{}/metrics", self.address)).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    /// The same in a form of one's own choice, and what it is said to be.
    #[track_caller]
    pub(crate) fn metrics_as(&self, accept: &str) -> (String, String) {
        let mut answer =
            self.agent.get(format!("{}/metrics", self.address)).header("accept", accept).call().unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (kind, answer.body_mut().read_to_string().unwrap())
    }

    /// What is kept of a feed.
    #[track_caller]
    pub(crate) fn feed(&self, name: &str) -> Value {
        let feeds = self.get("/v1/feeds").ok();
        let mut feeds = feeds["feeds"].as_array().unwrap().iter();
        feeds.find(|feed| feed["name"] == name).unwrap().clone()
    }

    #[track_caller]
    pub(crate) fn report_now(&self, image: &str) -> Value {
        self.get(&format!("/v1/images/{image}/report")).ok()
    }

    #[track_caller]
    pub(crate) fn report(&self, image: &str) -> Value {
        // A service that has just been started looks whether anything is to be refreshed.
        let is_refreshing = |report: &Value| {
            let gaps = report["coverage"]["gaps"].as_array();
            gaps.is_some_and(|gaps| gaps.iter().any(|gap| gap["code"] == "refresh-under-way"))
        };
        until("no refresh is under way", || {
            Some(self.report_now(image)).filter(|report| !is_refreshing(report))
        })
    }

    /// The image that was submitted under a name; null where there is none.
    #[track_caller]
    pub(crate) fn image_named(&self, name: &str) -> Value {
        let images = self.get("/v1/images?limit=1000").ok();
        let mut images = images["images"].as_array().unwrap().iter();
        images.find(|image| image["names"][0] == name).cloned().unwrap_or_default()
    }

    /// A document that is no JSON.
    pub(crate) fn text(&self, path: &str) -> String {
        let mut response = self.agent.get(format!("{}{path}", self.address)).call().unwrap();
        response.body_mut().read_to_string().unwrap()
    }

    /// A connection to the service, for what no client sends.
    pub(crate) fn connect(&self) -> TcpStream {
        let connection = TcpStream::connect(self.address.strip_prefix("http://").unwrap()).unwrap();
        connection.set_read_timeout(Some(DEADLINE)).unwrap();
        connection
    }

    /// Sends bytes as they are, and reads the head and the document of what comes until the connection
    /// is closed.
    pub(crate) fn raw(&self, request: &[u8]) -> (String, Value) {
        let mut connection = self.connect();
        // It may be refused before all of it was sent.
        let _ = connection.write_all(request);
        let mut answer = Vec::new();
        let _ = connection.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
        let body = serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
        (head.to_owned(), body)
    }

    /// Any request.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let answer = self.try_send(method, path, headers, body);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// A page, which is no JSON, and is not left where it leads elsewhere.
    pub(crate) fn page(&self, method: &str, path: &str, headers: &[(&str, &str)], form: &str) -> Page {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answered = if method == "POST" {
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let request = request.body(form.to_owned()).unwrap();
            self.agent.run(self.agent.configure_request(request).max_redirects(0).build())
        } else {
            let request = request.body(()).unwrap();
            self.agent.run(self.agent.configure_request(request).max_redirects(0).build())
        };
        let mut response = answered.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let text = response.body_mut().read_to_string().unwrap();
        Page { status: response.status().as_u16(), headers: response.headers().clone(), text }
    }

    /// Any request, where there may be no answer.
    pub(crate) fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut response = self.run(method, path, headers, body)?;
        let text = response.body_mut().read_to_string().unwrap();
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }

    fn run(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response<Body>, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match method {
            "POST" | "PUT" => self.agent.run(request.body(body).unwrap()),
            _ => self.agent.run(request.body(()).unwrap()),
        }
    }
}

/// A page that the service answered.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    /// A header; empty where there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Answer {
    /// The document of an answer that must be 200.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{self:#?}");
        self.body
    }

    /// The message of an error that must have this status and this code, in the one form that
    /// all errors have.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> String {
        assert_eq!((self.status, &self.body["code"]), (status, &Value::from(code)), "{self:#?}");
        assert_eq!(
            (&self.body["status"], self.header("content-type")),
            (&status.into(), "application/problem+json")
        );
        assert_eq!(self.body["type"], format!("urn:limpid:problem:{code}"));
        let request_id = self.header("x-request-id");
        assert!(!request_id.is_empty());
        let older = serde_json::json!({
            "code": code, "message": self.body["detail"], "request_id": request_id,
        });
        assert_eq!((&self.body["request_id"], &self.body["error"]), (&request_id.into(), &older));
        self.body["detail"].as_str().unwrap().to_owned()
    }

    /// A header; empty where it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}
