//! [JSON schemas](https://json-schema.org/draft/2020-12) of the documents that are stored and passed on.
//!
//! They are made from the types that are read, by a test, and committed, so that a change of a form is seen where it is
//! reviewed. Fields are added under the same name; what breaks readers has the next number. A field that was added later
//! is not required: documents that were stored before have none.

/// A schema, and the name under which it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// What it describes and its version: `report-1.json`.
    pub name: &'static str,
    /// The schema itself.
    pub text: &'static str,
}

/// All of them.
pub const ALL: [Schema; 3] = [
    Schema { name: "report-1.json", text: include_str!("../schemas/report-1.json") },
    Schema { name: "packages-1.json", text: include_str!("../schemas/packages-1.json") },
    Schema { name: "layers-1.json", text: include_str!("../schemas/layers-1.json") },
];

/// The media type of schemas, as [RFC 9512 and its kin](https://json-schema.org/draft/2020-12/json-schema-core#section-14)
/// have it.
pub const MEDIA_TYPE: &str = "application/schema+json";

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use schemars::generate::SchemaSettings;
    use schemars::{JsonSchema, Schema as Made};

    use super::*;
    use crate::{Filtered, json as api};

    /// A report as it is stored: `limpid scan` says what it left out.
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Stored {
        #[serde(flatten)]
        report: api::Report,
        /// What a filter left out of the findings; not there where none did.
        filter: Option<Filtered>,
    }

    fn made<T: JsonSchema>(name: &str, title: &str) -> (String, Made) {
        let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
        schema.insert("$id".to_owned(), format!("urn:limpid:schema:{name}").into());
        schema.insert("title".to_owned(), title.into());
        (name.to_owned(), schema)
    }

    fn all() -> [(String, Made); 3] {
        [
            made::<Stored>("report-1.json", "What affects an image"),
            made::<api::Inventory>("packages-1.json", "The packages of an image"),
            made::<api::ImageLayers>("layers-1.json", "What each layer of an image did"),
        ]
    }

    #[test]
    fn what_is_published_describes_what_is_read() {
        for ((name, made), known) in all().into_iter().zip(ALL) {
            assert_eq!(name, known.name);
            let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
            if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1") {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas").join(&name);
                fs::write(path, text).unwrap();
            } else {
                assert!(text == known.text, "{name} differs from what was reviewed");
            }
        }
    }
}
