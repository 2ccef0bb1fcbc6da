//! Images of packages of a language, and records of OSV that speak of them.

use std::fs::File;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};
use tar::{Builder, Header};

use super::Setting;
use crate::wrap::wrap;

/// A language's packages, as they lie in an image and as OSV calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Node,
}

impl Language {
    /// OSV's word for it.
    const fn ecosystem(self) -> &'static str {
        match self {
            Self::Python => "PyPI",
            Self::Node => "npm",
        }
    }

    /// The file that states an installed package.
    fn stating(self, name: &str, version: &str) -> (String, String) {
        match self {
            Self::Python => (
                format!("usr/lib/python3/dist-packages/{name}.dist-info/METADATA"),
                format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: made up\n"),
            ),
            Self::Node => (
                format!("usr/lib/node_modules/{name}/package.json"),
                json!({ "name": name, "version": version }).to_string(),
            ),
        }
    }

    /// A record that speaks of a package; `more` stands in it beside that.
    pub(super) fn record(self, id: &str, name: &str, affected: Value, more: Value) -> Value {
        let mut entry = affected;
        set(&mut entry, json!({ "package": { "ecosystem": self.ecosystem(), "name": name } }));
        let mut record = json!({
            "schema_version": "1.7.0",
            "id": id,
            "modified": "2026-01-01T00:00:00Z",
            "affected": [entry],
        });
        set(&mut record, more);
        record
    }

    /// The report on an image that has these packages, after these records have come in.
    pub(super) fn report(
        self,
        setting: &Setting<'_>,
        packages: &[(String, String)],
        records: &[Value],
    ) -> anyhow::Result<Value> {
        let folder = setting.fresh("made")?;
        let (layer, image, document) =
            (folder.join("layer.tar"), folder.join("image.tar"), folder.join("records.tar"));
        let files = packages.iter().map(|(name, version)| self.stating(name, version));
        write_tar(&layer, files)?;
        wrap(&layer, &image)?;
        let records = records.iter().enumerate();
        write_tar(&document, records.map(|(place, record)| (format!("{place}.json"), record.to_string())))?;
        setting.limpid.import(&folder, "osv", &[document])?;
        setting.limpid.scan(&folder, &image)
    }
}

fn set(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// A layer of these files.
pub(super) fn write_tar(path: &Path, files: impl Iterator<Item = (String, String)>) -> anyhow::Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?;
    let mut tar = Builder::new(std::io::BufWriter::new(file));
    for (name, content) in files {
        let mut header = Header::new_ustar();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content.as_bytes())?;
    }
    tar.into_inner()?;
    Ok(())
}
