//! A collector of traces on loopback. It reads protobuf by the numbers of `opentelemetry/proto/trace/v1/trace.proto`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A collector, until the tests end.
pub(super) struct Collector {
    address: SocketAddr,
    spans: Arc<Mutex<Vec<Span>>>,
}

/// A span, its identifiers in hex.
#[derive(Clone, Debug, Default)]
pub(super) struct Span {
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) name: String,
    pub(super) kind: u64,
    pub(super) began: u64,
    pub(super) ended: u64,
    /// As texts.
    pub(super) attributes: BTreeMap<String, String>,
    /// Trace and span.
    pub(super) links: Vec<(String, String)>,
}

impl Span {
    #[track_caller]
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).unwrap_or_else(|| panic!("no `{name}`: {self:#?}"))
    }
}

impl Collector {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let spans: Arc<Mutex<Vec<Span>>> = Arc::default();
        let kept = Arc::clone(&spans);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                thread::spawn(move || while take(&connection, &kept).is_some() {});
            }
        });
        Self { address, spans }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What has come so far.
    pub(super) fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap().clone()
    }
}

/// Takes one request; none where there is no other.
fn take(mut connection: &TcpStream, spans: &Mutex<Vec<Span>>) -> Option<()> {
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().unwrap())
    });
    let mut body = vec![0; length.unwrap()];
    reader.read_exact(&mut body).unwrap();
    spans.lock().unwrap().extend(read(&body));
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").ok()
}

/// The value of a field.
#[derive(Clone, Debug)]
enum Value {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Value {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Number(number) => panic!("{number} is no text"),
        }
    }

    fn number(&self) -> u64 {
        match self {
            Self::Number(number) => *number,
            Self::Bytes(bytes) => panic!("{bytes:?} is no number"),
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes().to_vec()).unwrap()
    }

    fn hex(&self) -> String {
        hex::encode(self.bytes())
    }
}

/// All fields of a message.
fn fields(mut message: &[u8]) -> Vec<(u64, Value)> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut message)),
            1 => Value::Number(u64::from_le_bytes(split(&mut message, 8).try_into().unwrap())),
            2 => {
                let length = varint(&mut message);
                Value::Bytes(split(&mut message, length as usize).to_vec())
            }
            5 => Value::Number(u32::from_le_bytes(split(&mut message, 4).try_into().unwrap()).into()),
            kind => panic!("wire type {kind}"),
        };
        fields.push((tag >> 3, value));
    }
    fields
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = split(message, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

fn split<'m>(message: &mut &'m [u8], length: usize) -> &'m [u8] {
    let (taken, rest) = message.split_at(length);
    *message = rest;
    taken
}

fn within(message: &[u8], field: u64) -> Vec<Value> {
    fields(message).into_iter().filter(|(number, _)| *number == field).map(|(_, value)| value).collect()
}

fn read(request: &[u8]) -> Vec<Span> {
    let mut spans = Vec::new();
    for of_resource in within(request, 1) {
        let resource = within(of_resource.bytes(), 1);
        let attributes = within(resource[0].bytes(), 1);
        let names: BTreeMap<_, _> = attributes.iter().map(|pair| attribute(pair.bytes())).collect();
        assert_eq!(names["service.name"], "limpid");
        for of_scope in within(of_resource.bytes(), 2) {
            spans.extend(within(of_scope.bytes(), 2).iter().map(|message| span(message.bytes())));
        }
    }
    spans
}

fn span(message: &[u8]) -> Span {
    let mut span = Span::default();
    for (field, value) in fields(message) {
        match field {
            1 => span.trace = value.hex(),
            2 => span.id = value.hex(),
            4 => span.parent = value.hex(),
            5 => span.name = value.text(),
            6 => span.kind = value.number(),
            7 => span.began = value.number(),
            8 => span.ended = value.number(),
            9 => {
                let (name, value) = attribute(value.bytes());
                span.attributes.insert(name, value);
            }
            13 => {
                let link = fields(value.bytes());
                let id = |wanted| link.iter().find(|(field, _)| *field == wanted).unwrap().1.hex();
                span.links.push((id(1), id(2)));
            }
            _ => {}
        }
    }
    span
}

fn attribute(pair: &[u8]) -> (String, String) {
    let value = &within(pair, 2)[0];
    let shown = match fields(value.bytes()).into_iter().next() {
        Some((1, text)) => text.text(),
        Some((2, flag)) => (flag.number() == 1).to_string(),
        Some((3, number)) => number.number().cast_signed().to_string(),
        Some((4, number)) => f64::from_bits(number.number()).to_string(),
        other => format!("{other:?}"),
    };
    (within(pair, 1)[0].text(), shown)
}
