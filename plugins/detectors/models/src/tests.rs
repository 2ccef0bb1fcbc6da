use limpid_plugin_sdk::detector::{Evidence, Scope};
use proptest::prelude::*;

use super::*;
use crate::cursor::Order;

/// A value of GGUF.
#[derive(Clone, Debug)]
enum Value {
    Text(&'static str),
    Texts(Vec<&'static str>),
    /// Numbers of 32 bits.
    Numbers(u64),
    /// Of 16 bits.
    Number(u16),
    /// So many arrays in each other.
    Nested(usize),
}

/// Writes GGUF as its specification says.
struct Writer {
    bytes: Vec<u8>,
    version: u32,
    order: Order,
}

impl Writer {
    fn file(version: u32, order: Order, pairs: &[(&str, Value)]) -> Vec<u8> {
        let mut writer = Self { bytes: b"GGUF".to_vec(), version, order };
        writer.u32(version);
        writer.len(3);
        writer.len(pairs.len() as u64);
        for (key, value) in pairs {
            writer.string(key);
            writer.value(value);
        }
        writer.bytes
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Text(text) => {
                self.u32(8);
                self.string(text);
            }
            Value::Texts(texts) => {
                self.u32(9);
                self.u32(8);
                self.len(texts.len() as u64);
                texts.iter().for_each(|text| self.string(text));
            }
            Value::Numbers(count) => {
                self.u32(9);
                self.u32(5);
                self.len(*count);
                (0..*count).for_each(|_| self.u32(1));
            }
            Value::Number(number) => {
                self.u32(2);
                let bytes = match self.order {
                    Order::Little => number.to_le_bytes(),
                    Order::Big => number.to_be_bytes(),
                };
                self.bytes.extend(bytes);
            }
            Value::Nested(depth) => {
                self.u32(9);
                for _ in 1..*depth {
                    self.u32(9);
                    self.len(1);
                }
                self.u32(0);
                self.len(0);
            }
        }
    }

    fn u32(&mut self, number: u32) {
        self.bytes.extend(match self.order {
            Order::Little => number.to_le_bytes(),
            Order::Big => number.to_be_bytes(),
        });
    }

    fn len(&mut self, number: u64) {
        match (self.version, self.order) {
            (1, _) => self.u32(number as u32),
            (_, Order::Little) => self.bytes.extend(number.to_le_bytes()),
            (_, Order::Big) => self.bytes.extend(number.to_be_bytes()),
        }
    }

    fn string(&mut self, text: &str) {
        self.len(text.len() as u64);
        self.bytes.extend(text.as_bytes());
    }
}

fn safetensors(header: &str) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat()
}

/// What is found: purl, name, version, namespace; and what cannot be read.
fn found(path: &str, content: impl Into<Vec<u8>>) -> (Vec<String>, Vec<String>) {
    let report = Models::detect(&[File::in_memory(path, content)]).unwrap();
    let package = |package: &Package| {
        assert_eq!((package.scheme.as_str(), package.evidence), ("generic", Evidence::Installed));
        let Scope::Namespace(namespace) = &package.scope else { panic!("{package:?}") };
        let mut told = format!("{} {} {} {namespace}", package.purl, package.name, package.version);
        for (key, value) in &package.qualifiers {
            told += &format!(" {key}={value}");
        }
        package.licenses.iter().for_each(|license| told += &format!(" ({license})"));
        told
    };
    (report.packages().map(package).collect(), report.unread.iter().map(|it| it.error.to_string()).collect())
}

fn is_found(path: &str, content: impl Into<Vec<u8>>, expected: &str) {
    assert_eq!(found(path, content), (vec![expected.to_owned()], vec![]), "{path}");
}

#[test]
fn a_model_of_a_repository_is_a_package_of_hugging_face() {
    let pairs = [
        ("general.architecture", Value::Text("qwen2")),
        ("general.name", Value::Text("Qwen2.5 7B Instruct")),
        ("general.version", Value::Text("v2.5")),
        ("tokenizer.ggml.scores", Value::Numbers(1000)),
        ("general.license", Value::Text("apache-2.0")),
        ("general.source.huggingface.repository", Value::Text("other/one")),
        ("general.repo_url", Value::Text("https://huggingface.co/Qwen/Qwen2.5-7B-Instruct")),
        ("general.base_model.count", Value::Number(2)),
        ("general.base_model.0.name", Value::Text("Qwen2.5 7B")),
        ("general.base_model.0.repo_url", Value::Text("https://huggingface.co/Qwen/Qwen2.5-7B")),
        ("general.base_model.1.name", Value::Text("Another")),
        ("tokenizer.ggml.tokens", Value::Texts(vec!["a", "b", ""])),
        ("x.nested", Value::Nested(3)),
    ];
    let expected = "pkg:huggingface/Qwen/Qwen2.5-7B-Instruct Qwen/Qwen2.5-7B-Instruct v2.5 huggingface \
        architecture=qwen2 base-model=Qwen/Qwen2.5-7B base-model=Another (apache-2.0)";
    for version in 1..=3 {
        is_found("models/a.gguf", Writer::file(version, Order::Little, &pairs), expected);
    }
    is_found("models/a", Writer::file(3, Order::Big, &pairs), expected);
    let source = [("general.source.huggingface.repository", Value::Text("a/b"))];
    is_found(
        "a.gguf",
        Writer::file(3, Order::Little, &source),
        "pkg:huggingface/a/b a/b unknown huggingface",
    );
}

#[test]
fn a_model_that_only_has_a_name_is_generic() {
    let pairs = [
        ("general.repo_url", Value::Text("https://example.org/a/b")),
        ("general.name", Value::Text("Tiny Llama")),
        ("general.license", Value::Texts(vec!["mit", "other"])),
    ];
    let expected = "pkg:generic/Tiny%20Llama Tiny Llama unknown generic (mit) (other)";
    is_found("a.gguf", Writer::file(3, Order::Little, &pairs), expected);
    let header = r#"{"__metadata__": {"modelspec.title": "Tiny", "modelspec.version": "1.2", "format": "pt",
        "modelspec.architecture": "sdxl", "modelspec.license": "MIT"}, "x": {"dtype": "F16"}}"#;
    let expected = "pkg:generic/Tiny@1.2 Tiny 1.2 generic architecture=sdxl (MIT)";
    is_found("a.safetensors", safetensors(header), expected);
}

#[test]
fn the_cache_of_hugging_face_identifies_what_lies_in_it() {
    let folder = "root/.cache/huggingface/hub/models--microsoft--phi-2/snapshots/0123456789ABCDEF0123456789abcdef01234567";
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let expected = format!("pkg:huggingface/microsoft/phi-2@{commit} microsoft/phi-2 {commit} huggingface");
    let header = safetensors(r#"{"__metadata__":{"format":"pt"}}"#);
    is_found(&format!("{folder}/model.safetensors"), header.clone(), &expected);
    is_found(&format!("{folder}/model-00001-of-00002.safetensors"), header.clone(), &expected);
    assert_eq!(found(&format!("{folder}/model-00002-of-00002.safetensors"), header), (vec![], vec![]));
    // Also where nothing else can be read of it.
    let (packages, unread) = found(&format!("{folder}/model.safetensors"), "");
    assert_eq!((packages, unread), (vec![expected], vec!["malformed: it has no header".to_owned()]));
}

#[test]
fn what_does_not_say_which_model_it_is_is_told() {
    let why = |path: &str, content: Vec<u8>| {
        let (packages, unread) = found(path, content);
        assert_eq!(packages, [""; 0]);
        unread.join("; ")
    };
    let nobody = "unsupported: it does not say which model it holds";
    let little = |pairs: &[(&str, Value)]| Writer::file(3, Order::Little, pairs);
    assert_eq!(why("a.gguf", little(&[("general.architecture", Value::Text("llama"))])), nobody);
    assert_eq!(why("a.gguf", little(&[("general.name", Value::Text(" "))])), nobody);
    assert_eq!(why("a.safetensors", safetensors("{}")), nobody);
    assert_eq!(
        why("a.safetensors", safetensors(r#"{"__metadata__": null}"#)),
        "malformed: `__metadata__` of its header: invalid type: null, expected struct Metadata at line 1 column 4"
    );
    // A further file, of which the first says all.
    assert_eq!(why("a.gguf", little(&[("split.no", Value::Number(1))])), "");
    assert_eq!(why("a.gguf", little(&[("split.no", Value::Number(0))])), nobody);
    assert_eq!(
        why("a.gguf", Writer::file(4, Order::Little, &[])),
        "unsupported: GGUF of version 4: 1 to 3 are read"
    );
    assert_eq!(
        why("a.gguf", b"GGUF a text".to_vec()),
        "unsupported: GGUF of version 2020630560: 1 to 3 are read"
            .replace("2020630560", &u32::from_le_bytes(*b" a t").to_string())
    );
}

#[test]
fn damage_costs_what_comes_after_it() {
    let pairs =
        [("general.name", Value::Text("a")), ("x", Value::Nested(5)), ("general.version", Value::Text("1"))];
    let (packages, unread) = found("a.gguf", Writer::file(3, Order::Little, &pairs));
    assert_eq!(packages, ["pkg:generic/a a unknown generic"]);
    assert_eq!(unread, ["malformed: arrays of its metadata are nested too deep"]);
    let mut cut = Writer::file(3, Order::Little, &pairs[..1]);
    cut.pop();
    assert_eq!(found("a.gguf", cut).1, ["malformed: it ends within its metadata"]);
    let mut odd = Writer::file(3, Order::Little, &[("a", Value::Number(1))]);
    let at = odd.len() - 6;
    odd[at] = 13;
    assert_eq!(found("a.gguf", odd).1, ["malformed: a value of its metadata is of a type that is none"]);
    // Counts that lie: neither time nor memory is spent on them.
    let lie =
        [b"GGUF".as_slice(), &3u32.to_le_bytes(), &0u64.to_le_bytes(), &u64::MAX.to_le_bytes()].concat();
    assert_eq!(found("a.gguf", lie).1, ["malformed: it ends within its metadata"]);
    assert_eq!(
        found("a.safetensors", u64::MAX.to_le_bytes()).1,
        ["malformed: its header has 18446744073709551615 bytes, which the format does not allow"]
    );
    assert_eq!(found("a.safetensors", 9u64.to_le_bytes()).1, ["malformed: it ends within its header"]);
}

#[test]
fn what_lies_behind_the_head_is_not_waited_for() {
    let behind = ("tokenizer", Value::Numbers(u64::from(HEAD) / 4));
    let named = [("general.name", Value::Text("a")), behind.clone()];
    is_found("a.gguf", Writer::file(3, Order::Little, &named), "pkg:generic/a a unknown generic");
    let late = [behind, ("general.name", Value::Text("a"))];
    assert_eq!(
        found("a.gguf", Writer::file(3, Order::Little, &late)),
        (
            vec![],
            vec!["unsupported: its metadata goes beyond the first 4194304 bytes, which are read".to_owned()]
        )
    );
    let tensors = format!(r#""x": "{}""#, "a".repeat(HEAD as usize));
    let header = format!(r#"{{"__metadata__": {{"modelspec.title": "Tiny"}}, {tensors}}}"#);
    is_found("a.safetensors", safetensors(&header), "pkg:generic/Tiny Tiny unknown generic");
    assert_eq!(
        found("a.safetensors", safetensors(&format!("{{{tensors}}}"))).1,
        ["unsupported: its header goes beyond the first 4194304 bytes, which are read"]
    );
}

proptest! {
    #[test]
    fn no_metadata_is_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..120), version in 0u32..5) {
        let head = [b"GGUF".as_slice(), &version.to_le_bytes(), &bytes].concat();
        found("a.gguf", head);
        found("a.safetensors", bytes);
    }

    #[test]
    fn no_damage_is_too_odd_to_be_read(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let pairs = [("general.name", Value::Text("a")), ("b", Value::Texts(vec!["c"])), ("d", Value::Nested(2)), ("general.repo_url", Value::Text("e/f"))];
        let mut file = Writer::file(3, Order::Little, &pairs);
        let at = at.index(file.len());
        file[at] = byte;
        file.truncate(cut.index(file.len()));
        let head = [b"GGUF".as_slice(), &file].concat();
        found("a.gguf", file);
        found("a.gguf", head);
    }

    #[test]
    fn no_header_is_too_odd_to_be_read(header in r#"\{("__metadata__": ?(\{("modelspec.(title|version)": ?("[a ]{0,3}"|1),?){0,2}\}|1),?){0,2}\}"#) {
        found("a.safetensors", safetensors(&header));
    }
}
