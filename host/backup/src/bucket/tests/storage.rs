//! Storage that speaks as much of the protocol of S3 as is asked of it, and fails where a test wants that.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use limpid_model::Digest;

use crate::{BucketAccess, PART_BYTES};

/// Objects in one page of a listing.
const PAGE: usize = 5;

/// What goes wrong with the next request that it is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A write is read in part, and the connection is closed.
    LostWrite,
    /// Of an object, so many bytes are sent, and the connection is closed.
    LostRead(usize),
    /// A write is answered with 503.
    Busy,
    /// A write is answered with 403.
    Refused,
    /// Parts are put together, and the connection is closed before that is answered.
    LostAnswer,
    /// Parts are not put together, as is answered with status 200.
    Unfinished,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    /// Parts of objects that are not complete, by upload.
    uploads: BTreeMap<String, BTreeMap<usize, Vec<u8>>>,
    begun: usize,
    faults: VecDeque<Fault>,
    writes: usize,
}

pub(super) struct Storage {
    address: String,
    state: Arc<Mutex<State>>,
}

impl Storage {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, state) = (stream.unwrap(), Arc::clone(&shared));
                // A client that goes away is none of its business.
                std::thread::spawn(move || while let Ok(true) = answer(&stream, &state) {});
            }
        });
        Self { address, state }
    }

    pub(super) fn access(&self) -> BucketAccess {
        BucketAccess {
            endpoint: Some(self.address.clone()),
            plain_http: true,
            region: "us-east-1".to_owned(),
            key_id: Some("key".to_owned()),
            secret: Some("secret".to_owned()),
            token: None,
            part_bytes: PART_BYTES,
        }
    }

    pub(super) fn fail(&self, faults: &[Fault]) {
        self.state.lock().unwrap().faults = faults.iter().copied().collect();
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.state.lock().unwrap().objects.keys().cloned().collect()
    }

    pub(super) fn change(&self, key: &str, change: impl FnOnce(&mut Vec<u8>)) {
        change(self.state.lock().unwrap().objects.get_mut(key).unwrap());
    }

    pub(super) fn put(&self, key: &str, content: &[u8]) {
        self.state.lock().unwrap().objects.insert(key.to_owned(), content.to_owned());
    }

    /// Objects that were written since this was last asked.
    pub(super) fn writes(&self) -> usize {
        std::mem::take(&mut self.state.lock().unwrap().writes)
    }

    /// Uploads that were begun since this was last asked.
    pub(super) fn begun(&self) -> usize {
        std::mem::take(&mut self.state.lock().unwrap().begun)
    }

    /// Uploads whose parts still take room.
    pub(super) fn uploads(&self) -> usize {
        self.state.lock().unwrap().uploads.len()
    }

    /// Faults that did not come to anything yet.
    pub(super) fn faults(&self) -> usize {
        self.state.lock().unwrap().faults.len()
    }
}

/// Answers a request. Returns whether the connection stays.
fn answer(mut stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<bool> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let header = |name: &str| {
        let lines = lines.iter().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let [method, target] = lines[0].split(' ').take(2).collect::<Vec<_>>()[..] else { panic!("{lines:?}") };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.replace("%2F", "/").replace("%3D", "="))
    };
    let mut state = state.lock().unwrap();
    let mut take = |is_meant: &dyn Fn(Fault) -> bool| {
        let fault = state.faults.front().copied().filter(|fault| is_meant(*fault));
        fault.inspect(|_| _ = state.faults.pop_front())
    };
    let mut say = |status: &str, more: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{more}\r\n", body.len());
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body))
    };
    let refusal = |code: &str| format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    if parameter("X-Amz-Signature").is_none() {
        say("403 Forbidden", "", refusal("AccessDenied").as_bytes())?;
        return Ok(false);
    }
    let key = path.strip_prefix("/bucket").expect("another bucket").trim_start_matches('/');
    match method {
        "PUT" => {
            let length: usize = header("content-length").expect("no length").parse().unwrap();
            assert_eq!(header("transfer-encoding"), None);
            match take(&|fault| matches!(fault, Fault::LostWrite | Fault::Busy | Fault::Refused)) {
                Some(Fault::LostWrite) => {
                    let mut part = vec![0; length / 2];
                    reader.read_exact(&mut part)?;
                    return Ok(false);
                }
                fault => {
                    let mut body = vec![0; length];
                    reader.read_exact(&mut body)?;
                    let checksum = header("x-amz-checksum-sha256").expect("no checksum");
                    match fault {
                        Some(Fault::Busy) => {
                            say("503 Slow Down", "", refusal("SlowDown").as_bytes())?;
                        }
                        Some(Fault::Refused) => {
                            say("403 Forbidden", "", refusal("AccessDenied").as_bytes())?;
                        }
                        _ if checksum != STANDARD.encode(Digest::of(&body).as_bytes()) => {
                            say("400 Bad Request", "", refusal("BadDigest").as_bytes())?;
                        }
                        _ => match parameter("uploadId") {
                            Some(id) => {
                                let number: usize = parameter("partNumber").unwrap().parse().unwrap();
                                let tag = format!("etag: \"{}\"\r\n", Digest::of(&body).hex());
                                state.uploads.get_mut(&id).expect("no upload").insert(number, body);
                                say("200 OK", &tag, b"")?;
                            }
                            None => {
                                state.objects.insert(key.to_owned(), body);
                                state.writes += 1;
                                say("200 OK", "", b"")?;
                            }
                        },
                    }
                }
            }
        }
        "POST" if parameter("uploads").is_some() => {
            assert_eq!(header("x-amz-checksum-algorithm").as_deref(), Some("SHA256"));
            state.begun += 1;
            let id = format!("upload={}", state.begun);
            state.uploads.insert(id.clone(), BTreeMap::new());
            let body = format!(
                "<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>bucket</Bucket>\
                 <Key>{key}</Key><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            );
            say("200 OK", "", body.as_bytes())?;
        }
        "POST" => {
            let mut document = vec![0; header("content-length").unwrap().parse().unwrap()];
            reader.read_exact(&mut document)?;
            let fault = take(&|fault| matches!(fault, Fault::LostAnswer | Fault::Unfinished));
            if fault == Some(Fault::Unfinished) {
                say("200 OK", "", format!("  {}", refusal("InternalError")).as_bytes())?;
                return Ok(true);
            }
            let Some(parts) = state.uploads.remove(&parameter("uploadId").unwrap()) else {
                say("404 Not Found", "", refusal("NoSuchUpload").as_bytes())?;
                return Ok(true);
            };
            let named = parts.iter().map(|(number, part)| {
                let digest = Digest::of(part);
                let (tag, checksum) = (digest.hex(), STANDARD.encode(digest.as_bytes()));
                format!(
                    "<Part><PartNumber>{number}</PartNumber><ETag>\"{tag}\"</ETag>\
                     <ChecksumSHA256>{checksum}</ChecksumSHA256></Part>"
                )
            });
            let named = named.collect::<String>();
            let document = String::from_utf8(document).unwrap();
            assert!(document.ends_with(&format!(">{named}</CompleteMultipartUpload>")), "{document}");
            state.objects.insert(key.to_owned(), parts.into_values().flatten().collect());
            state.writes += 1;
            if fault == Some(Fault::LostAnswer) {
                return Ok(false);
            }
            say(
                "200 OK",
                "",
                b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>",
            )?;
        }
        "DELETE" => match state.uploads.remove(&parameter("uploadId").expect("no object is deleted")) {
            Some(_) => say("204 No Content", "", b"")?,
            None => say("404 Not Found", "", refusal("NoSuchUpload").as_bytes())?,
        },
        "HEAD" => match state.objects.get(key) {
            // It has no body, whatever its length says.
            Some(object) => {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", object.len());
                stream.write_all(head.as_bytes())?;
            }
            None => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n")?,
        },
        "GET" if key.is_empty() => {
            let prefix = parameter("prefix").unwrap_or_default();
            let most = parameter("max-keys").unwrap().parse::<usize>().unwrap().min(PAGE);
            let after = parameter("continuation-token").unwrap_or_default();
            let mut left = state.objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
            let mut body =
                String::from("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
            let mut last = String::new();
            for (key, object) in left.by_ref().take(most) {
                let size = object.len();
                body += &format!("<Contents><Key>{key}</Key><Size>{size}</Size></Contents>");
                last.clone_from(key);
            }
            if left.next().is_some() {
                body += &format!(
                    "<IsTruncated>true</IsTruncated><NextContinuationToken>{last}</NextContinuationToken>"
                );
            }
            body += "</ListBucketResult>";
            say("200 OK", "", body.as_bytes())?;
        }
        "GET" => {
            let lost = take(&|fault| matches!(fault, Fault::LostRead(_)));
            let Some(object) = state.objects.get(key) else {
                say("404 Not Found", "", refusal("NoSuchKey").as_bytes())?;
                return Ok(true);
            };
            let range = header("range");
            let from = range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
            let from: usize = from.map_or(0, |from| from.parse().unwrap());
            let status = if range.is_some() { "206 Partial Content" } else { "200 OK" };
            let content = &object[from..];
            if let Some(Fault::LostRead(bytes)) = lost {
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", content.len());
                stream.write_all(head.as_bytes())?;
                stream.write_all(&content[..bytes.min(content.len() / 2)])?;
                return Ok(false);
            }
            say(status, "", content)?;
        }
        _ => panic!("{method} {path}"),
    }
    Ok(true)
}
