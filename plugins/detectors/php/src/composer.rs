//! Lists of packages that Composer writes: records of what their `composer.json` states
//! ([schema](https://getcomposer.org/doc/04-schema.md)), with what was installed of it.

use limpid_lockfile::{Origin, Records, fields, licenses, text};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use serde_json::value::RawValue;

/// What a record states of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// With its vendor, in lower case: `monolog/monolog`.
    pub name: String,
    /// As the package writes it: `v2.9.1`, `dev-main`.
    pub version: String,
    /// SPDX identifiers, any of which may be chosen, or the package's own words.
    pub licenses: Vec<String>,
    /// What it is needed for.
    pub need: Need,
    /// Where it is from. Repositories of others than Packagist are not told from mirrors.
    pub origin: Origin,
    /// Packages that it needs, under names that others may provide; none where that cannot be read.
    pub requires: Option<Vec<String>>,
    /// Names that it provides or replaces.
    pub provides: Vec<String>,
}

/// What a package is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To run the application, as far as is stated.
    Running,
    /// To work on it only.
    Development,
}

/// The packages of an `installed.json`. What is wrong with a record costs that record.
///
/// # Errors
///
/// [`Error::Malformed`] where it is neither a list nor an object with a list `packages`.
pub fn installed(bytes: &[u8], problems: &mut Problems) -> Result<Vec<Composed>, Error> {
    let mut packages = Vec::new();
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.trim_ascii_start().starts_with(b"[") {
        let records = serde_json::from_slice(bytes).map_err(Error::malformed)?;
        read(&records, Need::Running, &mut packages, problems);
    } else {
        let fields = fields(bytes)?;
        let list = fields.get("packages").ok_or_else(|| Error::malformed("it has no list `packages`"))?;
        read(&list_of(list, "packages")?, Need::Running, &mut packages, problems);
    }
    Ok(packages)
}

/// The packages of a `composer.lock`. What is wrong with a record costs that record.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no object, or has no list `packages`. One of packages for development is null
/// where none were looked for.
pub fn locked(bytes: &[u8], problems: &mut Problems) -> Result<Vec<Composed>, Error> {
    let fields = fields(bytes)?;
    let mut packages = Vec::new();
    let list = fields.get("packages").ok_or_else(|| Error::malformed("it has no list `packages`"))?;
    read(&list_of(list, "packages")?, Need::Running, &mut packages, problems);
    if let Some(list) = fields.get("packages-dev").filter(|list| list.get() != "null") {
        match list_of(list, "packages-dev") {
            Ok(records) => read(&records, Need::Development, &mut packages, problems),
            Err(error) => problems.push(error),
        }
    }
    Ok(packages)
}

fn list_of<'a>(list: &'a RawValue, field: &str) -> Result<Records<'a>, Error> {
    serde_json::from_str(list.get()).map_err(|error| Error::malformed(format_args!("`{field}`: {error}")))
}

fn read(records: &Records<'_>, need: Need, packages: &mut Vec<Composed>, problems: &mut Problems) {
    let of = if need == Need::Development { " of `packages-dev`" } else { "" };
    for (index, record) in records.0.iter().enumerate() {
        match composed(record, need) {
            Ok(package) => packages.push(package),
            Err(why) => {
                let why = match why {
                    Error::Malformed(why) | Error::Unsupported(why) | Error::Other(why) => why,
                };
                problems.push(Error::malformed(format_args!("record {}{of}: {why}", index + 1)));
            }
        }
    }
}

fn composed(record: &RawValue, need: Need) -> Result<Composed, Error> {
    let fields = fields(record.get().as_bytes())?;
    let name = text(&fields, "name")?.ok_or_else(|| Error::malformed("it has no name"))?.to_lowercase();
    let version = text(&fields, "version")?
        .ok_or_else(|| Error::malformed(format_args!("`{name:.200}` has no version")))?;
    let dist = fields.get("dist").map(|dist| limpid_lockfile::fields(dist.get().as_bytes()));
    // What is wrong with how it is fetched does not make another package of it.
    let kind = dist.and_then(Result::ok).and_then(|dist| text(&dist, "type").ok().flatten());
    let origin = if kind.as_deref() == Some("path") { Origin::Local } else { Origin::Published };
    let provides = ["provide", "replace"].into_iter().filter_map(|field| names(&fields, field)).flatten();
    Ok(Composed {
        name,
        version,
        licenses: licenses(&fields, "license"),
        need,
        origin,
        requires: names(&fields, "require"),
        provides: provides.collect(),
    })
}

/// The packages in a field. PHP, its extensions and libraries have names without a vendor, and are no packages.
fn names(fields: &limpid_lockfile::Fields<'_>, field: &str) -> Option<Vec<String>> {
    let Some(list) = fields.get(field).filter(|list| !matches!(list.get().trim(), "[]" | "null")) else {
        return Some(Vec::new());
    };
    let wanted = limpid_lockfile::fields(list.get().as_bytes()).ok()?;
    Some(wanted.into_keys().filter(|name| name.contains('/')).map(|name| name.to_lowercase()).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Reader = fn(&[u8], &mut Problems) -> Result<Vec<Composed>, Error>;

    fn words(read: Reader, text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let packages = read(text.as_bytes(), &mut problems).unwrap();
        let word = |it: &Composed| {
            let dev = if it.need == Need::Development { " (dev)" } else { "" };
            let local = if it.origin == Origin::Local { " (local)" } else { "" };
            format!("{} {} {}{dev}{local}", it.name, it.version, it.licenses.join(","))
        };
        (packages.iter().map(word).collect(), problems)
    }

    #[test]
    fn both_forms_of_what_is_installed_are_read() {
        let records = r#"[{"name": "A/b", "version": "1.0", "version_normalized": "1.0.0.0", "license": ["MIT", "BSD"]},
                          {"name": "c/d", "version": "dev-main", "license": "proprietary"}]"#;
        let expected = ["a/b 1.0 MIT,BSD", "c/d dev-main proprietary"];
        for text in [
            records.to_owned(),
            format!("\u{feff}\n{records}"),
            format!(r#"{{"dev": true, "packages": {records}, "dev-package-names": ["c/d"]}}"#),
        ] {
            assert_eq!(words(installed, &text), (expected.map(str::to_owned).to_vec(), Problems::default()));
        }
        assert_eq!(words(installed, "[]").0, [""; 0]);
    }

    #[test]
    fn a_lock_file_has_two_lists() {
        let check = |dev: &str, expected: &[&str]| {
            let text =
                format!(r#"{{"content-hash": "x", "packages": [{{"name": "a/a", "version": "1"}}]{dev}}}"#);
            assert_eq!(words(locked, &text).0, expected, "{dev}");
        };
        check("", &["a/a 1 "]);
        check(r#", "packages-dev": null"#, &["a/a 1 "]);
        check(r#", "packages-dev": []"#, &["a/a 1 "]);
        check(r#", "packages-dev": [{"name": "b/b", "version": "2"}]"#, &["a/a 1 ", "b/b 2  (dev)"]);
    }

    #[test]
    fn a_package_of_a_folder_is_not_packagists() {
        let text = r#"{"packages": [
            {"name": "a/a", "version": "1", "dist": {"type": "path", "url": "packages/a"}},
            {"name": "b/b", "version": "1", "dist": {"type": "zip", "url": "https://example.org/b.zip"},
             "source": {"type": "git", "url": "https://example.org/b.git", "reference": "0123"}},
            {"name": "c/c", "version": "1", "dist": 1}, {"name": "d/d", "version": "1", "dist": null}]}"#;
        let expected = ["a/a 1  (local)", "b/b 1 ", "c/c 1 ", "d/d 1 "].map(str::to_owned).to_vec();
        for read in [installed as Reader, locked] {
            assert_eq!(words(read, text), (expected.clone(), Problems::default()));
        }
    }

    #[test]
    fn a_bad_record_costs_that_record() {
        let text = r#"{"packages": [1, {"version": "1"}, {"name": "a/a"}, {"name": 1}, {"name": "b/b", "version": "1"}],
                       "packages-dev": [{"name": "c/c", "version": {}}]}"#;
        let mut expected = Problems::default();
        for why in [
            "record 1: invalid type: integer `1`, expected an object at line 1 column 1",
            "record 2: it has no name",
            "record 3: `a/a` has no version",
            "record 4: field `name` is not a string",
            "record 1 of `packages-dev`: field `version` is not a string",
        ] {
            expected.push(Error::malformed(why));
        }
        assert_eq!(words(locked, text), (vec!["b/b 1 ".to_owned()], expected));
        let (packages, problems) = words(locked, r#"{"packages": [], "packages-dev": {}}"#);
        assert_eq!(packages, [""; 0]);
        assert_ne!(problems, Problems::default());
    }

    #[test]
    fn a_document_of_another_shape_is_malformed() {
        let check = |read: Reader, text: &str, expected: &str| {
            let why = read(text.as_bytes(), &mut Problems::default()).unwrap_err().to_string();
            assert!(why.starts_with("malformed: ") && why.contains(expected), "{text}: {why}");
        };
        for read in [installed as Reader, locked] {
            check(read, "", "EOF while parsing");
            check(read, "{}", "it has no list `packages`");
            check(read, r#"{"packages": {}}"#, "`packages`: invalid type: map, expected a list");
            check(read, "1", "expected an object");
        }
        check(installed, "[1", "EOF while parsing a list");
    }

    proptest! {
        #[test]
        fn no_json_is_too_odd_to_be_read(text in "(\\{|\\}|\\[|\\]|,|:|\"name\"|\"version\"|\"packages\"|\"a\"|1){0,30}") {
            for read in [installed as Reader, locked] {
                if let Ok(packages) = read(text.as_bytes(), &mut Problems::default()) {
                    prop_assert!(packages.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
                }
            }
        }
    }
}
