use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

/// Plugins of each role, in the order in which they are changed.
const NAMES: [&str; 6] = ["dpkg", "dpkg-versions", "os-release", "debian", "apk", "apk-versions"];

/// Other builds of plugins, good ones and bad ones.
pub(super) struct Builds {
    components: BTreeMap<&'static str, Vec<u8>>,
    /// Name -> the digest of what runs, as far as it was changed.
    pub(super) running: BTreeMap<String, String>,
}

/// A change of a plugin.
pub(super) enum Swap {
    Good { name: &'static str, component: Vec<u8> },
    Bad { name: &'static str, bytes: Vec<u8> },
    Back { name: &'static str },
}

impl Builds {
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let read = |name: &'static str| {
            let path = folder.join(format!("{name}.wasm"));
            let bytes = fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
            Ok((name, bytes))
        };
        let components = NAMES.into_iter().map(read).collect::<anyhow::Result<_>>()?;
        Ok(Self { components, running: BTreeMap::new() })
    }

    /// The swap of that number: of each plugin in turn a good one, a bad one, another good one, and
    /// the one before it again.
    pub(super) fn next(&self, number: usize) -> Swap {
        let name = NAMES.into_iter().cycle().nth(number / 4).unwrap_or_default();
        let built = self.components.get(name).map(Vec::as_slice).unwrap_or_default();
        match number % 4 {
            1 if number % 8 < 4 => Swap::Bad { name, bytes: b"no component".to_vec() },
            1 => Swap::Bad { name, bytes: built.iter().copied().take(built.len() / 2).collect() },
            3 => Swap::Back { name },
            _ => Swap::Good { name, component: rebuilt(built, number) },
        }
    }

    /// Takes down what runs from now on.
    pub(super) fn took(&mut self, plugin: &Value) {
        let word = |name: &str| plugin.get(name).and_then(Value::as_str).map(String::from);
        self.running.extend(word("name").zip(word("digest")));
    }
}

/// The same component as another build: with one more custom section, which nobody reads. Its name
/// is `swap`, its content the number.
fn rebuilt(component: &[u8], number: usize) -> Vec<u8> {
    const NAME: &[u8] = b"\x04swap";
    let number = u32::try_from(number).unwrap_or_default().to_le_bytes();
    let mut bytes = component.to_vec();
    bytes.extend([0, 9]);
    bytes.extend(NAME);
    bytes.extend(number);
    bytes
}
