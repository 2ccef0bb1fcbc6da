//! Debian's `docker-registry` on loopback, with a folder of its own.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;
use xtask::DOCKER_REGISTRY;

use super::tokens::Tokens;
use crate::archives::Parts;
use crate::service::until;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// User `me` with password `hunter2`.
const PASSWORDS: &str = "me:$2b$05$e5vUgZBv1ZHlQClA7koeHO3IBCkP6fPDl3y1w.iQitCp0iFgDX4ye\n";

/// Whom a registry lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Anybody,
    /// `me`, who says `hunter2`.
    Password,
    /// Whoever has a token, which `me` is given who says `hunter2`.
    Token,
}

/// A port at which nobody listens.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A registry that does not outlive this value.
pub(super) struct Distribution {
    child: Child,
    port: u16,
    directory: TempDir,
    tokens: Option<Tokens>,
    who: Who,
    agent: Agent,
}

impl Distribution {
    pub(super) fn start(who: Who) -> Self {
        Self::with(who, "")
    }

    /// A registry with more lines in its configuration.
    pub(super) fn with(who: Who, more: &str) -> Self {
        Self::at(free_port(), who, more)
    }

    /// A registry at a port that [`free_port`] gave.
    pub(super) fn at(port: u16, who: Who, more: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let tokens = (who == Who::Token).then(|| Tokens::start(directory.path()));
        let root = directory.path().display();
        std::fs::write(directory.path().join("passwords"), PASSWORDS).unwrap();
        let auth = match (who, &tokens) {
            (Who::Password, _) => {
                format!("auth:\n  htpasswd:\n    realm: registry\n    path: {root}/passwords\n")
            }
            (_, Some(tokens)) => tokens.settings(),
            _ => String::new(),
        };
        let settings = format!(
            "version: 0.1\nlog:\n  accesslog:\n    disabled: false\nstorage:\n  filesystem:\n    \
             rootdirectory: {root}/data\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:{port}\n{auth}{more}"
        );
        let file = directory.path().join("settings.yml");
        std::fs::write(&file, settings).unwrap();
        let output = File::create(directory.path().join("output")).unwrap();
        let child = Command::new(DOCKER_REGISTRY)
            .arg("serve")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .expect("docker-registry is not installed: `cargo xtask setup --all-tests`");
        let agent = Agent::config_builder().http_status_as_error(false).proxy(None).build().new_agent();
        let registry = Self { child, port, directory, tokens, who, agent };
        until("the registry listens", || TcpStream::connect(("127.0.0.1", port)).ok());
        registry
    }

    /// Where it is, as references begin.
    pub(super) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Where it sends those on who ask it.
    pub(super) fn others(&self) -> Vec<String> {
        self.tokens.iter().map(Tokens::host).collect()
    }

    /// Pushes an image. Returns the digest of its manifest.
    pub(super) fn push(&self, repository: &str, tag: &str, parts: &Parts) -> String {
        let descriptor = self.push_parts(repository, tag, parts);
        descriptor["digest"].as_str().unwrap().to_owned()
    }

    /// Deletes a manifest, and with it the tags that point at it.
    pub(super) fn delete(&self, repository: &str, digest: &str) {
        let url = format!("http://{}/v2/{repository}/manifests/{digest}", self.host());
        assert_eq!(self.agent.delete(url).call().unwrap().status(), 202);
    }

    /// Pushes images as those of one index.
    pub(super) fn push_index(&self, repository: &str, tag: &str, images: &[&Parts]) {
        let manifests: Vec<Value> = images
            .iter()
            .enumerate()
            .map(|(place, parts)| {
                let mut descriptor = self.push_parts(repository, &format!("{tag}-{place}"), parts);
                descriptor["platform"] = parts.platform();
                descriptor
            })
            .collect();
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
        self.put(repository, &format!("manifests/{tag}"), INDEX, index.to_string().as_bytes());
    }

    fn push_parts(&self, repository: &str, tag: &str, parts: &Parts) -> Value {
        let (manifest, blobs) = parts.manifest();
        for (digest, bytes) in blobs {
            let uploads = format!("http://{}/v2/{repository}/blobs/uploads/", self.host());
            let mut request = self.agent.post(uploads);
            if let Some(authorization) = self.authorization(repository, "pull,push") {
                request = request.header("authorization", authorization);
            }
            let answer = request.send_empty().unwrap();
            assert_eq!(answer.status(), 202);
            let place = answer.headers()["location"].to_str().unwrap().to_owned();
            let separator = if place.contains('?') { '&' } else { '?' };
            self.send(
                repository,
                &format!("{place}{separator}digest={digest}"),
                "application/octet-stream",
                &bytes,
            );
        }
        self.put(repository, &format!("manifests/{tag}"), MANIFEST, manifest.as_bytes());
        json!({ "mediaType": MANIFEST, "digest": crate::archives::sha256(manifest.as_bytes()), "size": manifest.len() })
    }

    fn put(&self, repository: &str, path: &str, media_type: &str, bytes: &[u8]) {
        self.send(repository, &format!("http://{}/v2/{repository}/{path}", self.host()), media_type, bytes);
    }

    fn send(&self, repository: &str, url: &str, media_type: &str, bytes: &[u8]) {
        let mut request = self.agent.put(url).header("content-type", media_type);
        if let Some(authorization) = self.authorization(repository, "pull,push") {
            request = request.header("authorization", authorization);
        }
        let mut answer = request.send(bytes).unwrap();
        assert_eq!(answer.status(), 201, "{url}: {}", answer.body_mut().read_to_string().unwrap());
    }

    fn authorization(&self, repository: &str, actions: &str) -> Option<String> {
        match (self.who, &self.tokens) {
            // `me:hunter2`
            (Who::Password, _) => Some("Basic bWU6aHVudGVyMg==".to_owned()),
            (Who::Token, Some(tokens)) => Some(format!("Bearer {}", tokens.token(repository, actions))),
            _ => None,
        }
    }

    /// The lines of its access log of requests of that method for paths with that part.
    pub(super) fn requests(&self, method: &str, part: &str) -> Vec<String> {
        let log = std::fs::read_to_string(self.directory.path().join("output")).unwrap();
        let is_of_it = |line: &&str| line.contains(&format!("\"{method} ")) && line.contains(part);
        log.lines().filter(is_of_it).map(str::to_owned).collect()
    }
}

impl Drop for Distribution {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
