use std::io::{self, Read};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use limpid_model::Digest;
use limpid_outbound::tls;
use rusty_s3::actions::{CreateMultipartUpload, ListObjectsV2, S3Action};
use rusty_s3::{Credentials, UrlStyle};
use ureq::http::Response;
use ureq::{Agent, SendBody};

use crate::Error;

/// How often a request is made that ends early, or that the storage is too busy for.
const ATTEMPTS: u32 = 5;

/// How long it waits before the second; twice as long before each further one.
const BACKOFF: Duration = Duration::from_millis(250);

/// How long a connection may take to be made.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// How long an answer may take to begin.
const ANSWER_TIME: Duration = Duration::from_secs(60);

/// Bytes a second at least, of what is sent and read, beside [`ANSWER_TIME`].
const LEAST_RATE: u64 = 32 << 10;

/// For how long a signed request may be used.
const SIGNED_FOR: Duration = Duration::from_secs(3_600);

/// Bytes of an answer that says why something is refused.
const REFUSAL_BYTES: u64 = 16 << 10;

/// Bytes of one page of a listing, of a thousand objects.
const PAGE_BYTES: u64 = 8 << 20;

/// The header by which the storage checks what comes.
const CHECKSUM: &str = "x-amz-checksum-sha256";

/// The header by which an upload says that its parts have checksums.
const ALGORITHM: &str = "x-amz-checksum-algorithm";

/// How long an upload may take to be put together: storage copies its parts.
const COMPLETE_TIME: Duration = Duration::from_secs(900);

/// Bytes of the number of an upload, and of the tag of a part.
const TAG_BYTES: usize = 1 << 10;

/// Where a bucket is, and what lets into it.
#[derive(Clone, Default)]
pub struct BucketAccess {
    /// Where the storage is, such as `https://storage.example:9000`; where there is none, that of AWS in the region.
    pub endpoint: Option<String>,
    /// Whether it may be asked unencrypted.
    pub plain_http: bool,
    /// Where the bucket lies, as it is signed.
    pub region: String,
    /// Who asks.
    pub key_id: Option<String>,
    /// The secret of that.
    pub secret: Option<String>,
    /// What else is shown where the secret is one for a while.
    pub token: Option<String>,
    /// Bytes of one request: a file that is longer is sent in parts.
    pub part_bytes: u64,
}

impl std::fmt::Debug for BucketAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { endpoint, plain_http, region, .. } = self;
        f.debug_struct("BucketAccess")
            .field("endpoint", endpoint)
            .field("plain_http", plain_http)
            .field("region", region)
            .finish_non_exhaustive()
    }
}

/// What is written.
pub(super) struct Body<'c> {
    pub(super) bytes: u64,
    pub(super) digest: Digest,
    /// Reads it from its beginning, for each attempt.
    pub(super) content: &'c dyn Fn() -> io::Result<Box<dyn Read + 'c>>,
}

impl Body<'_> {
    /// Its digest, as the storage takes it.
    fn checksum(&self) -> String {
        STANDARD.encode(self.digest.as_bytes())
    }
}

/// Why an attempt failed.
enum Failure {
    /// Another one may end otherwise.
    Passing(String),
    Lasting(String),
}

/// What asks a bucket.
#[derive(Debug)]
pub(super) struct Requests {
    bucket: rusty_s3::Bucket,
    credentials: Credentials,
    agent: Agent,
    name: String,
}

impl Requests {
    pub(super) fn new(name: &str, access: &BucketAccess) -> Result<Self, Error> {
        let BucketAccess { endpoint, plain_http, region, key_id, secret, token, part_bytes: _ } = access;
        let of_aws = || format!("https://s3.{region}.amazonaws.com");
        // AWS has certificates for names without a dot only.
        let is_in_host = endpoint.is_none() && !name.contains('.');
        let style = if is_in_host { UrlStyle::VirtualHost } else { UrlStyle::Path };
        let endpoint = endpoint.clone().unwrap_or_else(of_aws);
        let bad = |why: String| Error::BadBucket(format!("setting `backup.s3_endpoint`: `{endpoint}` {why}"));
        if endpoint.starts_with("http://") && !plain_http {
            let why = "is not encrypted, and setting `backup.s3_plain_http` does not allow that";
            return Err(bad(why.to_owned()));
        }
        let parsed = endpoint.parse().map_err(|error| bad(format!("is no address: {error}")))?;
        let bucket = rusty_s3::Bucket::new(parsed, style, name.to_owned(), region.clone());
        let bucket = bucket.map_err(|error| bad(format!("is no address of storage: {error}")))?;
        let (Some(key_id), Some(secret)) = (key_id, secret) else {
            let why = "nothing lets into the bucket: set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or the \
                       settings `backup.s3_key_id` and `backup.s3_secret_file`";
            return Err(Error::BadBucket(why.to_owned()));
        };
        let credentials = match token {
            Some(token) => Credentials::new_with_token(key_id, secret, token),
            None => Credentials::new(key_id, secret),
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // A signature is for one host.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("limpid/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT_TIME))
            .timeout_recv_response(Some(ANSWER_TIME))
            .tls_config(tls())
            .build();
        Ok(Self { bucket, credentials, agent: Agent::new_with_config(config), name: name.to_owned() })
    }

    /// An object, as people are told of it.
    pub(super) fn shown(&self, key: &str) -> String {
        format!("{}{}/{key}", super::SCHEME, self.name)
    }

    /// Writes an object, whole or not at all.
    pub(super) fn put(&self, key: &str, body: &Body<'_>) -> Result<(), Error> {
        self.ask(("write", key), || {
            let action = self.bucket.put_object(Some(&self.credentials), key);
            self.send(action, body).map(drop)
        })
    }

    /// Sends a body, which the storage holds against its digest.
    fn send<'a>(
        &'a self,
        mut action: impl S3Action<'a>,
        body: &Body<'_>,
    ) -> Result<Response<ureq::Body>, Failure> {
        let checksum = body.checksum();
        action.headers_mut().insert(CHECKSUM, checksum.clone());
        let mut content = (body.content)().map_err(|error| Failure::Lasting(error.to_string()))?;
        let request = self.agent.put(action.sign(SIGNED_FOR).as_str());
        let request = request.header(CHECKSUM, checksum.as_str());
        let request = request.header("content-length", body.bytes.to_string());
        let request = request.config().timeout_send_body(Some(time_for(body.bytes))).build();
        answered(request.send(SendBody::from_reader(&mut content)))
    }

    /// Begins to write an object in parts.
    pub(super) fn begin(&self, key: &str) -> Result<Upload<'_>, Error> {
        let id = self.ask(("write", key), || {
            let mut action = self.bucket.create_multipart_upload(Some(&self.credentials), key);
            action.headers_mut().insert(ALGORITHM, "SHA256");
            let request = self.agent.post(action.sign(SIGNED_FOR).as_str()).header(ALGORITHM, "SHA256");
            let text = text(answered(request.send_empty())?)?;
            let answer = CreateMultipartUpload::parse_response(&text);
            let answer =
                answer.map_err(|error| Failure::Lasting(format!("its answer is no upload: {error}")))?;
            usable("the number of an upload", answer.upload_id()).map_err(Failure::Lasting)
        })?;
        Ok(Upload { requests: self, key: key.to_owned(), id, parts: Vec::new(), bytes: 0 })
    }

    /// How long an object is; none where it is not there.
    pub(super) fn head(&self, key: &str) -> Result<Option<u64>, Error> {
        self.ask(("look at", key), || {
            let action = self.bucket.head_object(Some(&self.credentials), key);
            let answer = found(self.agent.head(action.sign(SIGNED_FOR).as_str()).call())?;
            Ok(answer.map(|answer| length(&answer)))
        })
    }

    /// The content of an object that is small; none where it is not there.
    pub(super) fn read(&self, key: &str, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut object) = self.get(key)? else { return Ok(None) };
        if object.bytes > most {
            let why = format!("it has {} bytes, and may have {most}", object.bytes);
            return Err(self.error(("read", key), why));
        }
        let mut bytes = Vec::new();
        object.read_to_end(&mut bytes).map_err(|error| self.error(("read", key), error.to_string()))?;
        Ok(Some(bytes))
    }

    /// Reads an object; none where it is not there.
    pub(super) fn get(&self, key: &str) -> Result<Option<Object<'_>>, Error> {
        let answer = self.ask(("read", key), || self.get_from(key, 0))?;
        Ok(answer.map(|answer| {
            let bytes = length(&answer);
            let content = Some(reader(answer, bytes));
            Object { requests: self, key: key.to_owned(), bytes, position: 0, content }
        }))
    }

    fn get_from(&self, key: &str, position: u64) -> Result<Option<Response<ureq::Body>>, Failure> {
        let action = self.bucket.get_object(Some(&self.credentials), key);
        let mut request = self.agent.get(action.sign(SIGNED_FOR).as_str());
        if position > 0 {
            request = request.header("range", format!("bytes={position}-"));
        }
        let answer = found(request.call())?;
        if answer.as_ref().is_some_and(|answer| position > 0 && answer.status().as_u16() != 206) {
            return Err(Failure::Lasting("parts of objects are not given".to_owned()));
        }
        Ok(answer)
    }

    /// Objects whose keys begin with a prefix, and their lengths: all, or the first `most`.
    pub(super) fn list(&self, prefix: &str, most: usize) -> Result<Vec<(String, u64)>, Error> {
        let (mut objects, mut token) = (Vec::new(), None::<String>);
        loop {
            let page = self.ask(("list", prefix), || {
                let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
                action.with_prefix(prefix);
                action.with_max_keys(most.saturating_sub(objects.len()).min(1_000));
                if let Some(token) = &token {
                    action.with_continuation_token(token.as_str());
                }
                let answer = answered(self.agent.get(action.sign(SIGNED_FOR).as_str()).call())?;
                let mut text = String::new();
                let read = answer.into_body().into_reader().take(PAGE_BYTES).read_to_string(&mut text);
                read.map_err(|error| Failure::Passing(error.to_string()))?;
                ListObjectsV2::parse_response(&text)
                    .map_err(|error| Failure::Lasting(format!("its answer is no listing: {error}")))
            })?;
            let is_empty = page.contents.is_empty();
            objects.extend(page.contents.into_iter().map(|object| (object.key, object.size.unwrap_or(0))));
            token = page.next_continuation_token;
            // One that promises more and gives nothing never ends.
            if token.is_none() || is_empty || objects.len() >= most {
                objects.truncate(most);
                return Ok(objects);
            }
        }
    }

    /// Asks, and asks again where that may help.
    fn ask<T>(
        &self,
        (what, key): (&'static str, &str),
        mut attempt: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, Error> {
        let (mut made, mut wait) = (1, BACKOFF);
        loop {
            match attempt() {
                Ok(answer) => return Ok(answer),
                Err(Failure::Passing(why)) if made < ATTEMPTS => {
                    tracing::warn!("cannot {what} `{}`: {why}; it is tried again", self.shown(key));
                }
                Err(Failure::Passing(why)) => {
                    return Err(self.error((what, key), format!("{why}; it was tried {ATTEMPTS} times")));
                }
                Err(Failure::Lasting(why)) => return Err(self.error((what, key), why)),
            }
            thread::sleep(wait);
            (made, wait) = (made + 1, wait.saturating_mul(2));
        }
    }

    fn error(&self, (what, key): (&'static str, &str), why: String) -> Error {
        Error::Bucket { what, address: self.shown(key), why }
    }
}

/// An object that is written in parts. Nothing is there of it before it is complete, and its parts take room in the
/// storage until it is complete or aborted.
pub(super) struct Upload<'r> {
    requests: &'r Requests,
    key: String,
    id: String,
    parts: Vec<Part>,
    bytes: u64,
}

/// A part that the storage has.
struct Part {
    tag: String,
    checksum: String,
}

impl Upload<'_> {
    /// Writes the next part.
    pub(super) fn put(&mut self, body: &Body<'_>) -> Result<(), Error> {
        let (requests, what) = (self.requests, ("write", &*self.key));
        let many = || requests.error(what, format!("it has more than {} parts", u16::MAX));
        let number =
            self.parts.len().checked_add(1).and_then(|next| u16::try_from(next).ok()).ok_or_else(many)?;
        let tag = requests.ask(what, || {
            let credentials = Some(&requests.credentials);
            let action = requests.bucket.upload_part(credentials, &self.key, number, &self.id);
            let answer = requests.send(action, body)?;
            let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok()).unwrap_or_default();
            usable("the tag of a part", tag).map_err(Failure::Lasting)
        })?;
        self.parts.push(Part { tag, checksum: body.checksum() });
        self.bytes = self.bytes.saturating_add(body.bytes);
        Ok(())
    }

    /// Makes an object of the parts.
    pub(super) fn complete(&self) -> Result<(), Error> {
        let (requests, what) = (self.requests, ("write", &*self.key));
        let document = self.document();
        requests.ask(what, || {
            let tags = self.parts.iter().map(|part| part.tag.as_str());
            let credentials = Some(&requests.credentials);
            let action = requests.bucket.complete_multipart_upload(credentials, &self.key, &self.id, tags);
            let request = requests.agent.post(action.sign(SIGNED_FOR).as_str());
            let request = request.header("content-type", "application/xml");
            let request = request.config().timeout_recv_response(Some(COMPLETE_TIME));
            let request = request.timeout_recv_body(Some(COMPLETE_TIME)).build();
            // An earlier attempt may have done it, and its answer is lost.
            let Some(answer) = found(request.send(document.as_str()))? else { return Ok(()) };
            // The status is there before it is known how it ends.
            match said(&text(answer)?) {
                Some(why) if why.contains("InternalError") || why.contains("SlowDown") => {
                    Err(Failure::Passing(why))
                }
                Some(why) => Err(Failure::Lasting(why)),
                None => Ok(()),
            }
        })?;
        match requests.head(&self.key)? {
            Some(bytes) if bytes == self.bytes => Ok(()),
            Some(bytes) => {
                let why = format!("it has {bytes} bytes, and its parts have {}", self.bytes);
                Err(requests.error(what, why))
            }
            None => Err(requests.error(what, "its parts are not there any more".to_owned())),
        }
    }

    /// What names the parts. Where an upload has checksums, storage wants them here once more.
    fn document(&self) -> String {
        let mut text =
            String::from(r#"<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">"#);
        for (Part { tag, checksum }, number) in self.parts.iter().zip(1_u32..) {
            text.push_str(&format!(
                "<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag>\
                 <ChecksumSHA256>{checksum}</ChecksumSHA256></Part>"
            ));
        }
        text.push_str("</CompleteMultipartUpload>");
        text
    }

    /// Removes the parts. Asked once: whoever aborts has failed already.
    pub(super) fn abort(self) {
        let Self { requests, key, id, .. } = self;
        let action = requests.bucket.abort_multipart_upload(Some(&requests.credentials), &key, &id);
        let asked = found(requests.agent.delete(action.sign(SIGNED_FOR).as_str()).call());
        if let Err(Failure::Passing(why) | Failure::Lasting(why)) = asked {
            tracing::warn!(
                "parts of `{}` stay in the storage and take room, as upload `{id}` cannot be aborted: {why}",
                requests.shown(&key)
            );
        }
    }
}

/// A number or a tag that storage makes, and that is sent back to it in an XML document.
fn usable(what: &str, text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'&');
    if text.is_empty() || text.len() > TAG_BYTES || !text.bytes().all(is_plain) {
        return Err(format!("its answer has not {what} of up to {TAG_BYTES} plain characters"));
    }
    Ok(text.to_owned())
}

/// An object that is being read. A connection that is lost is made again, and reading goes on where it was.
pub(super) struct Object<'r> {
    requests: &'r Requests,
    key: String,
    bytes: u64,
    position: u64,
    content: Option<Box<dyn Read>>,
}

impl Object<'_> {
    /// How long it is as a whole.
    pub(super) const fn length(&self) -> u64 {
        self.bytes
    }
}

impl Read for Object<'_> {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.bytes || piece.is_empty() {
            return Ok(0);
        }
        let requests = self.requests;
        let mut content = self.content.take();
        let read = requests.ask(("read", &self.key), || {
            let mut from = match content.take() {
                Some(from) => from,
                None => {
                    let left = self.bytes.saturating_sub(self.position);
                    let answer = requests.get_from(&self.key, self.position)?;
                    let gone = || Failure::Lasting("it is not there any more".to_owned());
                    reader(answer.ok_or_else(gone)?, left)
                }
            };
            match from.read(piece) {
                Ok(0) => Err(Failure::Passing("it ends early".to_owned())),
                Ok(read) => {
                    content = Some(from);
                    Ok(read)
                }
                Err(error) => Err(Failure::Passing(error.to_string())),
            }
        });
        self.content = content;
        let read = read.map_err(io::Error::other)?;
        self.position = self.position.saturating_add(read as u64);
        Ok(read)
    }
}

fn reader(answer: Response<ureq::Body>, bytes: u64) -> Box<dyn Read> {
    Box::new(answer.into_body().into_with_config().limit(u64::MAX).reader().take(bytes))
}

fn time_for(bytes: u64) -> Duration {
    ANSWER_TIME.saturating_add(Duration::from_secs(bytes / LEAST_RATE))
}

fn length(answer: &Response<ureq::Body>) -> u64 {
    let header = answer.headers().get("content-length").and_then(|length| length.to_str().ok());
    header.and_then(|length| length.parse().ok()).unwrap_or(0)
}

type Answer = Result<Response<ureq::Body>, ureq::Error>;

/// None where nothing is there.
fn found(answer: Answer) -> Result<Option<Response<ureq::Body>>, Failure> {
    match answer {
        Ok(answer) if answer.status().as_u16() == 404 => {
            let why = refusal(answer);
            if why.contains("NoSuchBucket") { Err(Failure::Lasting(why)) } else { Ok(None) }
        }
        answer => answered(answer).map(Some),
    }
}

fn answered(answer: Answer) -> Result<Response<ureq::Body>, Failure> {
    match answer {
        Ok(answer) if answer.status().is_success() => Ok(answer),
        Ok(answer) => {
            let status = answer.status();
            let is_passing = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
            let why = refusal(answer);
            Err(if is_passing { Failure::Passing(why) } else { Failure::Lasting(why) })
        }
        Err(error) if limpid_outbound::is_distrust(&error) => Err(Failure::Lasting(error.to_string())),
        Err(error) => Err(Failure::Passing(error.to_string())),
    }
}

/// What an answer says that is none: its status, and the code and the message of its document.
fn refusal(answer: Response<ureq::Body>) -> String {
    let status = answer.status();
    // Where it cannot be read, the status says enough.
    let said = text(answer).ok().and_then(|text| said(&text));
    said.map_or_else(|| format!("it answers {status}"), |said| format!("it answers {status}: {said}"))
}

/// The beginning of a document.
fn text(answer: Response<ureq::Body>) -> Result<String, Failure> {
    let mut text = Vec::new();
    let read = answer.into_body().into_reader().take(REFUSAL_BYTES).read_to_end(&mut text);
    read.map_err(|error| Failure::Passing(error.to_string()))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The code and the message of a document that says why something is not done.
fn said(text: &str) -> Option<String> {
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (content, _) = rest.split_once(&format!("</{name}>"))?;
        Some(content.chars().filter(|character| !character.is_control()).take(200).collect::<String>())
    };
    let said: Vec<_> = ["Code", "Message"].into_iter().filter_map(element).collect();
    (!said.is_empty()).then(|| said.join(", "))
}
