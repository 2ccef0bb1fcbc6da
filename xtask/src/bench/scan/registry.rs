//! A registry on loopback that has one image and hands its blobs out of files: it shares the processors with
//! what is measured, so it does as little as it can.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use super::forms::{Documents, Layer, MANIFEST, documents, sha256};

/// What is served under which digest.
enum Blob {
    Bytes(Vec<u8>),
    File(PathBuf),
}

/// Serves an image, under every name and tag, until this program ends.
pub(super) fn serve(layers: &[Layer]) -> anyhow::Result<SocketAddr> {
    let Documents { config, manifest } = documents(layers);
    let mut blobs: HashMap<String, Blob> =
        layers.iter().map(|layer| (layer.digest.clone(), Blob::File(layer.stored.clone()))).collect();
    blobs.insert(sha256(&config), Blob::Bytes(config));
    let served = Arc::new((manifest, blobs));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    // What goes wrong is seen by who asks, as all do who are measured.
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let served = Arc::clone(&served);
            thread::spawn(move || answer_all(stream, &served.0, &served.1));
        }
    });
    Ok(address)
}

fn answer_all(stream: TcpStream, manifest: &[u8], blobs: &HashMap<String, Blob>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if stream.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let mut words = head.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_wanted = method != "HEAD";
        let stream = stream.get_mut();
        if path == "/v2/" {
            whole(stream, "application/json", "", b"{}", is_wanted)?;
        } else if path.contains("/manifests/") {
            whole(stream, MANIFEST, &sha256(manifest), manifest, is_wanted)?;
        } else {
            match blobs.get(name) {
                Some(Blob::Bytes(bytes)) => {
                    whole(stream, "application/octet-stream", name, bytes, is_wanted)?
                }
                Some(Blob::File(path)) => {
                    let mut file = File::open(path)?;
                    let (start, size) = (first(&head), file.metadata()?.len());
                    file.seek(SeekFrom::Start(start))?;
                    let (status, range) = match start {
                        0 => ("200 OK", String::new()),
                        _ => {
                            let range =
                                format!("Content-Range: bytes {start}-{}/{size}\r\n", size.saturating_sub(1));
                            ("206 Partial Content", range)
                        }
                    };
                    let length = size.saturating_sub(start);
                    write!(stream, "HTTP/1.1 {status}\r\n{range}Content-Length: {length}\r\n\r\n")?;
                    if is_wanted {
                        // The kernel copies.
                        io::copy(&mut file, stream)?;
                    }
                }
                None => write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")?,
            }
        }
    }
}

/// Answers with bytes, or with what is known of them.
fn whole(stream: &mut TcpStream, kind: &str, digest: &str, bytes: &[u8], is_wanted: bool) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nDocker-Content-Digest: {digest}\r\nContent-Length: {}\r\n\r\n",
        bytes.len()
    )?;
    if is_wanted { stream.write_all(bytes) } else { Ok(()) }
}

/// The first byte that is asked for.
fn first(head: &str) -> u64 {
    let header = head.lines().filter_map(|line| line.split_once(": "));
    let mut ranges = header.filter(|(name, _)| name.eq_ignore_ascii_case("range"));
    let range = ranges.next().and_then(|(_, range)| range.strip_prefix("bytes="));
    range.and_then(|range| range.split('-').next()?.parse().ok()).unwrap_or(0)
}
