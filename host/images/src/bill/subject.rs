//! What a document calls what it is about, as far as that stands where it can be had cheaply: in JSON that is wrapped in
//! nothing, and in tags and values.

use serde::Deserialize;

/// The longest name that is taken over, in bytes.
const MAX_NAME: usize = 256;

/// In how much of a document of tags its name is looked for, in bytes.
const HEAD: usize = 64 << 10;

/// The parts of CycloneDX, of SPDX 2, and of a statement of in-toto that name what they are about.
#[derive(Deserialize)]
struct Document {
    metadata: Option<Metadata>,
    name: Option<String>,
    subject: Option<Vec<Subject>>,
}

#[derive(Deserialize)]
struct Metadata {
    component: Option<Component>,
}

#[derive(Deserialize)]
struct Component {
    name: String,
    version: Option<String>,
}

#[derive(Deserialize)]
struct Subject {
    name: String,
}

/// `nginx:1.25`; none where the document does not tell, or tells what is no name.
pub(super) fn of(document: &[u8]) -> Option<String> {
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document).trim_ascii_start();
    let name = if text.starts_with(b"{") { of_json(text)? } else { of_tags(text)? };
    let is_name = (1..=MAX_NAME).contains(&name.len()) && name.chars().all(|it| it.is_ascii_graphic());
    is_name.then_some(name)
}

fn of_json(text: &[u8]) -> Option<String> {
    let Document { metadata, name, subject } = serde_json::from_slice(text).ok()?;
    if let Some(Component { name, version }) = metadata.and_then(|metadata| metadata.component) {
        let last = name.rsplit('/').next().unwrap_or(&name);
        // A digest is none that people call it by, and what has a tag needs no other.
        let version =
            version.filter(|tag| !tag.is_empty() && !tag.contains(':') && !last.contains([':', '@']));
        return Some(version.map_or_else(|| name.clone(), |tag| format!("{name}:{tag}")));
    }
    name.or_else(|| subject.and_then(|all| all.into_iter().next()).map(|first| first.name))
}

fn of_tags(text: &[u8]) -> Option<String> {
    let head = text.get(..HEAD).unwrap_or(text);
    let mut lines = head.split(|&byte| byte == b'\n');
    let name = lines.find_map(|line| line.strip_prefix(b"DocumentName:"))?;
    std::str::from_utf8(name).ok().map(|name| name.trim().to_owned())
}
