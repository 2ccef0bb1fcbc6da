//! The guests of `tests/guests/`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::component;

/// A hostile guest: what is in its folder, as a component.
pub(crate) struct Guest {
    /// Its folder, and what it says that it is called.
    pub(crate) name: String,
    pub(crate) component: Vec<u8>,
}

impl Guest {
    /// The guest of the test of this name.
    pub(crate) fn of_test(test: &str) -> Self {
        let name = test.replace('_', "-");
        let component = component::with_name(&unnamed(&name), &name);
        Self { name, component }
    }

    /// What it is called in the plugins directory.
    pub(crate) fn file(&self) -> String {
        format!("{}.wasm", self.name)
    }

    /// The same, but for what it says that it is called.
    pub(crate) fn named(&self, name: &str) -> Vec<u8> {
        component::with_name(&self.component, name)
    }
}

/// A guest is either the fields of a core module or a whole component.
fn unnamed(guest: &str) -> Vec<u8> {
    let folder = guests().join(guest);
    let whole = folder.join("component.wat");
    if whole.exists() {
        return wat::parse_file(&whole).unwrap_or_else(|error| panic!("{error}"));
    }
    let read = |path: &Path| {
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: `{}`", path.display()))
    };
    let mut fields = repeated(&read(&folder.join("guest.wat")));
    if fields.contains("/scheme@0.1.0#keys") && !fields.contains("/scheme@0.1.0#name") {
        fields.insert_str(0, &read(&guests().join("ecosystem.wat")));
    }
    if !fields.contains("(memory ") {
        fields.push_str(&read(&guests().join("common.wat")));
    }
    component::of_fields(&fields)
}

/// Writes out what a text says should be there many times: `(; repeat 3 ;) ... (; end ;)`.
fn repeated(text: &str) -> String {
    let mut parts = text.split("(; repeat ");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts.filter(|part| !part.starts_with(|first: char| !first.is_ascii_digit())) {
        let (times, rest) = part.split_once(" ;)").unwrap();
        let (content, rest) = rest.split_once("(; end ;)").unwrap();
        for time in 0..times.parse().unwrap() {
            whole.push_str(&content.replace('%', &format!("{time}")));
        }
        whole.push_str(rest);
    }
    whole
}

fn guests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guests")
}
