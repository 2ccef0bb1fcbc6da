//! Records of packages in an environment
//! ([`PrefixRecord`](https://docs.conda.io/projects/conda/en/stable/dev-guide/api/conda/models/records/index.html)).

use limpid_lockfile::{Fields, Records, fields, text};
use limpid_plugin_sdk::Error;

/// The longest licence that is kept, in bytes: longer ones are no names, but texts.
const MAX_LICENSE: usize = 200;

/// In what packages come.
const ARCHIVES: [&str; 2] = ["conda", "tar.bz2"];

/// How the names of platforms begin, but for `noarch`.
const PLATFORMS: [&str; 6] = ["linux-", "osx-", "win-", "freebsd-", "emscripten-", "wasi-"];

/// What a record states of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// In lower case, as conda asks for.
    pub name: String,
    /// Without the build.
    pub version: String,
    /// Which of the builds of a version: `py311h64a7726_0`.
    pub build: Option<String>,
    /// Where it came from, without host and platform: `conda-forge`, `main`.
    pub channel: Option<String>,
    /// Its platform: `linux-64`, `noarch`.
    pub subdir: Option<String>,
    /// In what it came: `conda` or `tar.bz2`.
    pub archive: Option<String>,
    /// An SPDX expression, or the package's own words.
    pub license: Option<String>,
    /// Whether somebody asked for it. Not all that make environments write that down.
    pub is_requested: bool,
    /// Names of the packages that it needs; none where the record does not list them.
    pub depends: Option<Vec<String>>,
}

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where it is no object, or has no name or no version, or one that is no text.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let fields = fields(bytes)?;
        let required = |key: &str| {
            text(&fields, key)?.ok_or_else(|| Error::malformed(format_args!("the record has no `{key}`")))
        };
        let (name, version) = (required("name")?, required("version")?);
        // What else it says is left out where it is no text.
        let other = |key: &str| text(&fields, key).ok().flatten();
        let address = other("url");
        let archive = other("fn").or_else(|| address.clone()).and_then(|name| {
            let kind = ARCHIVES.into_iter().find(|kind| is_in(&name, kind))?;
            Some(kind.to_owned())
        });
        Ok(Self {
            name,
            version,
            build: other("build"),
            channel: other("channel").or(address).and_then(|channel| channel_of(&channel)),
            subdir: other("subdir"),
            archive,
            license: other("license").filter(|license| license.len() <= MAX_LICENSE),
            is_requested: is_requested(&fields),
            depends: depends(&fields),
        })
    }
}

/// Whether the record says what was asked for. conda has written `None` for nothing.
fn is_requested(fields: &Fields<'_>) -> bool {
    let one = text(fields, "requested_spec").ok().flatten().is_some_and(|spec| spec != "None");
    let several = fields.get("requested_specs").and_then(|specs| serde_json::from_str(specs.get()).ok());
    one || several.is_some_and(|Records(specs)| !specs.is_empty())
}

/// What a package depends on, but for virtual packages (`__glibc`), which are facts of the machine.
fn depends(fields: &Fields<'_>) -> Option<Vec<String>> {
    let specs: Vec<String> = serde_json::from_str(fields.get("depends")?.get()).ok()?;
    let names = specs.iter().map(|spec| spec_name(spec)).filter(|name| !name.starts_with("__"));
    Some(names.filter(|name| !name.is_empty()).map(str::to_lowercase).collect())
}

/// The name of a [match specification](https://docs.conda.io/projects/conda/en/stable/user-guide/concepts/pkg-specs.html#package-match-specifications):
/// `CHANNEL::NAME`, and behind it which versions and builds.
fn spec_name(spec: &str) -> &str {
    let spec = spec
        .split([' ', '[', '(', '=', '<', '>', '!', '~'])
        .find(|part| !part.is_empty())
        .unwrap_or_default();
    spec.rsplit(':').next().unwrap_or_default()
}

fn is_in(name: &str, archive: &str) -> bool {
    name.strip_suffix(archive).is_some_and(|stem| stem.ends_with('.'))
}

/// A channel without what is around its name. It is written as the name, or as an address with the platform behind it or
/// not, and of a package's address with the file, too.
fn channel_of(stated: &str) -> Option<String> {
    let address = stated.split_once("://").map(|(_, rest)| rest);
    // Without the host, which may have the password of somebody before it.
    let path = address.map_or(stated, |rest| rest.split_once('/').map_or("", |(_, path)| path));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut folders: Vec<&str> = path.split('/').filter(|folder| !folder.is_empty()).collect();
    if folders.last().is_some_and(|last| ARCHIVES.iter().any(|archive| is_in(last, archive))) {
        folders.pop();
    }
    let is_platform =
        |last: &&str| *last == "noarch" || PLATFORMS.iter().any(|begin| last.starts_with(begin));
    if folders.last().is_some_and(is_platform) {
        folders.pop();
    }
    let mut folders = folders.as_slice();
    // `/t/TOKEN/CHANNEL` holds the secret of whoever installed it.
    if address.is_some()
        && let ["t", _, rest @ ..] = folders
    {
        folders = rest;
    }
    // The channels of the default repository are in a folder that is not part of their names.
    if let ["pkgs", rest @ ..] = folders {
        folders = rest;
    }
    (!folders.is_empty()).then(|| folders.join("/"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_channel_is_named_without_what_is_around_it() {
        let check = |stated: &str, expected: &str| {
            assert_eq!(channel_of(stated).unwrap_or_default(), expected, "{stated}");
        };
        check("conda-forge", "conda-forge");
        check("conda-forge/linux-64", "conda-forge");
        check("https://conda.anaconda.org/conda-forge", "conda-forge");
        check("https://conda.anaconda.org/conda-forge/noarch/a-1-0.conda", "conda-forge");
        check("https://repo.anaconda.com/pkgs/main/linux-64", "main");
        check("pkgs/main", "main");
        check("https://conda.anaconda.org/t/secret/mine/osx-arm64", "mine");
        check(
            "https://user:secret@host.example/team/label/dev/win-64/a-1-0.tar.bz2?x=secret",
            "team/label/dev",
        );
        check("https://host.example", "");
        check("", "");
    }

    #[test]
    fn what_is_missing_or_no_text_is_left_out() {
        let text = r#"{"name": "a", "version": "1", "build": 1, "channel": null, "license": [], "fn": "a-1-0.zip",
                       "url": "https://h/c/noarch/a-1-0.tar.bz2"}"#;
        let record = Record::parse(text.as_bytes()).unwrap();
        assert_eq!((record.build, record.license, record.archive), (None, None, None));
        assert_eq!((record.channel.as_deref(), record.is_requested), (Some("c"), false));
        let without =
            Record::parse(br#"{"name": "a", "version": "1", "url": "https://h/c/noarch/a-1-0.tar.bz2"}"#);
        assert_eq!(without.unwrap().archive.as_deref(), Some("tar.bz2"));
    }

    #[test]
    fn what_somebody_asked_for_is_told() {
        let check = |more: &str, expected: bool| {
            let text = format!(r#"{{"name": "a", "version": "1" {more}}}"#);
            assert_eq!(Record::parse(text.as_bytes()).unwrap().is_requested, expected, "{more}");
        };
        check("", false);
        check(r#", "requested_spec": "a >=1""#, true);
        check(r#", "requested_spec": "None""#, false);
        check(r#", "requested_spec": "", "requested_specs": []"#, false);
        check(r#", "requested_specs": ["a"]"#, true);
    }

    #[test]
    fn a_package_needs_those_of_its_specifications() {
        let check = |depends: &str, expected: Option<&[&str]>| {
            let text = format!(r#"{{"name": "a", "version": "1", "depends": {depends}}}"#);
            let depends = Record::parse(text.as_bytes()).unwrap().depends;
            let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            assert_eq!(depends, expected.map(names));
        };
        let specs = r#"["__glibc >=2.17,<3.0.a0", "_libgcc_mutex 0.1 main", "Python", "conda-forge::zlib[version='>=1']",
            "conda-forge/linux-64::xz>=5", "pkgs/main:ns:readline", "python_abi=3.11=*_cp311", " tk ", ""]"#;
        let names = ["_libgcc_mutex", "python", "zlib", "xz", "readline", "python_abi", "tk"];
        check(specs, Some(&names));
        check("[]", Some(&[]));
        check("null", None);
        check("[1]", None);
    }

    #[test]
    fn a_record_without_name_or_version_is_malformed() {
        let check = |text: &str, expected: &str| {
            let why = Record::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(why.starts_with(expected), "{text}: {why}");
        };
        check("{}", "malformed: the record has no `name`");
        check(r#"{"name": "a", "version": ""}"#, "malformed: the record has no `version`");
        check(r#"{"name": 1}"#, "malformed: field `name` is not a string");
        check("[]", "malformed: invalid type: sequence, expected an object");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _outcome = Record::parse(&bytes);
        }

        #[test]
        fn no_channel_is_too_odd_to_be_read(stated in "(https://|t|/|noarch|pkgs|\\.conda|a|ä|\\?){0,12}") {
            prop_assert!(channel_of(&stated).is_none_or(|channel| !channel.is_empty()));
        }
    }
}
