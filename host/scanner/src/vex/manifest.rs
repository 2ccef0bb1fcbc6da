//! The manifest of a VEX repository: where its archive is, and how often to ask for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Seek as _};
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The versions of the specification that are read: before 1.0, each minor version may break with the one before.
const SPECIFICATION: [&str; 2] = ["0.1", "v0.1"];

/// Locations of an archive that are tried.
const LOCATIONS: usize = 16;

/// Longest name of a repository that is kept, in bytes.
const TITLE: usize = 256;

/// How long an archive is not asked for at most, whatever its manifest says.
pub(super) const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);

/// How often an archive is asked for whose manifest does not say.
const USUAL: Duration = Duration::from_secs(24 * 3_600);

/// What a manifest says of the version of the specification that is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// What the repository calls itself.
    pub(super) title: String,
    /// Where its archive is, in the order in which to ask.
    pub(super) locations: Vec<String>,
    /// How often.
    pub(super) interval: Duration,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    name: String,
    versions: Versions,
}

/// A list, as repositories write it and the schema has it; or by names, as the text of the specification has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Versions {
    Listed(Vec<Version>),
    Named(BTreeMap<String, Version>),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    spec_version: String,
    #[serde(default)]
    locations: Vec<Location>,
    #[serde(default)]
    update_interval: String,
}

#[derive(Deserialize)]
struct Location {
    url: String,
}

impl Manifest {
    /// Reads a manifest that was fetched into a file, whose length is bounded.
    pub(super) fn read(mut file: &File) -> Result<Self, String> {
        file.rewind().map_err(|error| error.to_string())?;
        let written: Written =
            serde_json::from_reader(BufReader::new(file)).map_err(|error| format!("it is none: {error}"))?;
        Self::of(written)
    }

    fn of(written: Written) -> Result<Self, String> {
        let versions = match written.versions {
            Versions::Listed(versions) => versions,
            Versions::Named(versions) => versions.into_values().collect(),
            Versions::Other(_) => Vec::new(),
        };
        let is_read = |version: &Version| SPECIFICATION.contains(&version.spec_version.as_str());
        let version = versions.into_iter().find(is_read);
        let version =
            version.ok_or("it has no version of the specification 0.1, which is the one that is read")?;
        let mut title = written.name;
        title.truncate(title.floor_char_boundary(TITLE));
        let locations = version.locations.into_iter().take(LOCATIONS).map(|location| location.url);
        let interval = duration(&version.update_interval).unwrap_or(USUAL);
        Ok(Self { title, locations: locations.collect(), interval })
    }
}

/// Where the manifest of a repository is.
pub(super) fn address(url: &str) -> String {
    let url = url.trim_end_matches('/');
    let on_github = url.strip_prefix("https://github.com/").map(|path| path.trim_end_matches(".git"));
    match on_github {
        // The main branch, whatever it is called.
        Some(path) => format!("https://raw.githubusercontent.com/{path}/HEAD/vex-repository.json"),
        None => format!("{url}/.well-known/vex-repository.json"),
    }
}

/// The address of a location, and the folder inside of the archive that follows `//`.
pub(super) fn parts(location: &str) -> (&str, &str) {
    let start = location.find("://").map_or(0, |place| place + "://".len());
    let folder = location.get(start..).and_then(|rest| rest.find("//")).map(|place| start + place);
    match folder.and_then(|place| location.split_at_checked(place)) {
        Some((address, folder)) => (address, folder.trim_matches('/')),
        None => (location, ""),
    }
}

/// A duration as Go writes it: `24h`, `1h30m`, `90s`; none where it is not.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let end = after.find(|it: char| it.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let seconds = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?;
        total = total.checked_add(part)?;
        rest = after;
    }
    (total > Duration::ZERO).then_some(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Manifest, String> {
        serde_json::from_str(text).map_err(|error| error.to_string()).and_then(Manifest::of)
    }

    #[test]
    fn a_manifest_lists_or_names_its_versions() {
        let version = r#"{"spec_version": "0.1", "update_interval": "1h30m",
            "locations": [{"url": "https://a.example/x.tar.gz//main"}, {"url": "https://b.example/x.zip"}]}"#;
        let other = r#"{"spec_version": "1.0", "locations": [{"url": "https://c.example"}], "update_interval": "1h"}"#;
        let expected = Manifest {
            title: "Hub".to_owned(),
            locations: vec![
                "https://a.example/x.tar.gz//main".to_owned(),
                "https://b.example/x.zip".to_owned(),
            ],
            interval: Duration::from_secs(5_400),
        };
        let listed = format!(r#"{{"name": "Hub", "versions": [{other}, {version}]}}"#);
        assert_eq!(read(&listed).as_ref(), Ok(&expected));
        let named = version.replace("\"0.1\"", "\"v0.1\"");
        let named = format!(r#"{{"name": "Hub", "versions": {{"v1": {other}, "v0": {named}}}}}"#);
        assert_eq!(read(&named), Ok(expected));
        for bad in ["{\"versions\": []}", "{\"versions\": 1}", &format!("{{\"versions\": [{other}]}}")] {
            assert!(read(bad).unwrap_err().contains("no version of the specification 0.1"), "{bad}");
        }
    }

    #[test]
    fn a_repository_says_where_its_manifest_and_its_archive_are() {
        let expected = "https://raw.githubusercontent.com/org/hub/HEAD/vex-repository.json";
        assert_eq!(address("https://github.com/org/hub"), expected);
        assert_eq!(address("https://github.com/org/hub.git/"), expected);
        assert_eq!(address("https://vex.example/"), "https://vex.example/.well-known/vex-repository.json");
        assert_eq!(
            address("https://vex.example/hub"),
            "https://vex.example/hub/.well-known/vex-repository.json"
        );
        assert_eq!(parts("https://a.example/x.tar.gz//hub-main"), ("https://a.example/x.tar.gz", "hub-main"));
        assert_eq!(parts("https://a.example/x.tar.gz//a/b/"), ("https://a.example/x.tar.gz", "a/b"));
        assert_eq!(parts("https://a.example/x.tar.gz"), ("https://a.example/x.tar.gz", ""));
    }

    #[test]
    fn durations_are_those_of_go() {
        let of = |text: &str| duration(text).map(|it| it.as_secs());
        assert_eq!(
            (of("24h"), of("1h30m"), of("90s"), of("1.5h")),
            (Some(86_400), Some(5_400), Some(90), Some(5_400))
        );
        for bad in ["", "1", "h", "0s", "1d", "-1h", "1h 2", "9999999999999999999999h"] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_too_odd(text in "[0-9hms.:/a-]{0,24}") {
            let _ = (duration(&text), parts(&text), address(&text));
        }
    }
}
