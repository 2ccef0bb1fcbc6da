//! `pom.properties`, which Maven leaves in each archive that it makes
//! ([Properties](https://docs.oracle.com/javase/8/docs/api/java/util/Properties.html#load-java.io.Reader-)).

use std::collections::BTreeMap;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::text::Lines;

use crate::{Artifact, is_identifier, is_version};

/// Where they lie, in an archive or unpacked.
pub(crate) const GLOB: &str = "META-INF/maven/*/*/pom.properties";

/// The longest line that is looked at, in bytes.
const MAX_LINE: usize = 4096;

/// The folders of a file of Maven's, which are called as the artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place<'a> {
    pub(crate) group: &'a str,
    pub(crate) artifact: &'a str,
}

/// Which artifact a file of this path is of; none where it is no `pom.properties`.
pub(crate) fn of_path(path: &str) -> Option<Place<'_>> {
    place(path, "pom.properties")
}

/// The same for a file of another name.
pub(crate) fn place<'a>(path: &'a str, name: &str) -> Option<Place<'a>> {
    let mut parts = path.rsplit('/');
    if parts.next() != Some(name) {
        return None;
    }
    let (artifact, group) = (parts.next()?, parts.next()?);
    let is_of_maven = parts.next() == Some("maven") && parts.next() == Some("META-INF");
    is_of_maven.then_some(Place { group, artifact })
}

/// What such a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Properties(BTreeMap<String, String>);

pub(crate) fn read(bytes: &[u8]) -> Properties {
    let mut properties = BTreeMap::new();
    let mut lines = Lines::new(bytes, MAX_LINE);
    // Reading from memory does not fail.
    while let Ok(Some(line)) = lines.next() {
        let text = line.text();
        let text = text.trim_start_matches([' ', '\t', '\u{c}', '\u{feff}']);
        if text.is_empty() || text.starts_with(['#', '!']) {
            continue;
        }
        let mut text = text.to_owned();
        while goes_on(&text) && text.len() <= MAX_LINE {
            text.pop();
            let Ok(Some(line)) = lines.next() else { break };
            text.push_str(line.text().trim_start_matches([' ', '\t', '\u{c}']));
        }
        let end = text.find([' ', '\t', '\u{c}', '=', ':']).unwrap_or(text.len());
        let (key, rest) = text.split_at(end);
        if matches!(key, "groupId" | "artifactId" | "version") {
            let rest = rest.trim_start();
            let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim();
            properties.insert(key.to_owned(), unescaped(value));
        }
    }
    Properties(properties)
}

/// Whether the next line belongs to this one: it ends with a backslash that is not escaped itself.
fn goes_on(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// A value without its escapes, as Java reads it; `\uXXXX` that is no character is replaced.
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let mut characters = after.chars();
        let escaped = characters.next();
        rest = characters.as_str();
        match (escaped, rest.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok())) {
            (Some('u'), Some(code)) => {
                text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = rest.get(4..).unwrap_or_default();
            }
            (Some('t'), _) => text.push('\t'),
            (Some('n'), _) => text.push('\n'),
            (Some('r'), _) => text.push('\r'),
            (Some('f'), _) => text.push('\u{c}'),
            (other, _) => text.extend(other),
        }
    }
    text + rest
}

impl Properties {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// The version, where it is one.
    pub(crate) fn version(&self) -> Option<&str> {
        self.get("version").filter(|version| is_version(version))
    }

    /// Group and artifact; those of the folders where it does not state them.
    pub(crate) fn coordinates<'a>(&'a self, place: &Place<'a>) -> Result<(&'a str, &'a str), Error> {
        let word = |key, folder| self.get(key).filter(|word| is_identifier(word)).unwrap_or(folder);
        let (group, artifact) = (word("groupId", place.group), word("artifactId", place.artifact));
        match is_identifier(group) && is_identifier(artifact) {
            true => Ok((group, artifact)),
            false => Err(Error::malformed("`pom.properties` states no group and artifact")),
        }
    }

    /// The artifact that is stated.
    pub(crate) fn of(&self, place: &Place<'_>) -> Result<Artifact, Error> {
        let (group, artifact) = self.coordinates(place)?;
        let version = self.version().ok_or_else(|| {
            Error::malformed(format_args!("`pom.properties` of `{group}:{artifact}` states no version"))
        })?;
        let (group, artifact) = (Some(group.to_owned()), artifact.to_owned());
        Ok(Artifact { group, artifact, version: version.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { group: "org.a", artifact: "b" };

    fn check(text: &str, expected: &str) {
        let found = read(text.as_bytes())
            .of(&PLACE)
            .map(|it| format!("{}:{}:{}", it.group.unwrap_or_default(), it.artifact, it.version));
        assert_eq!(found.unwrap_or_else(|why| why.to_string()), expected, "{text:?}");
    }

    #[test]
    fn properties_are_read_in_all_forms_that_they_are_written_in() {
        let expected = "org.x:y:1.0";
        check("#Generated by Maven\n#Mon\nversion=1.0\ngroupId=org.x\nartifactId=y\n", expected);
        check("#Generated by Maven\r\nversion=1.0\r\ngroupId=org.x\r\nartifactId=y", expected);
        check("groupId: org.x\nartifactId = y\n\tversion 1.0 \n", expected);
        check("\u{feff}groupId=org.x\n!version=2\nartifactId=y\nversion=1.0\n", expected);
        check("groupId=org.x\nartifactId=y\nversion=9\nversion=1\\.0\nother=1", expected);
        check("groupId=org\\u002ex\nartifactId=\\\n  y\nversion=1\\\n\t.\\\n0\n", expected);
        check("groupId=org.x\nartifactId=y\nversion=1.0\\", expected);
    }

    #[test]
    fn what_it_does_not_state_is_in_the_names_of_its_folders_but_for_the_version() {
        check("version=1.0", "org.a:b:1.0");
        check("version=1.0\ngroupId=${project.groupId}\nartifactId=", "org.a:b:1.0");
        for version in ["", "${project.version}", "a b", "<version>"] {
            check(
                &format!("version={version}\n"),
                "malformed: `pom.properties` of `org.a:b` states no version",
            );
        }
    }

    #[test]
    fn the_folders_say_which_artifact_a_file_is_of() {
        let check = |path: &str, expected: Option<(&str, &str)>| {
            assert_eq!(of_path(path).map(|place| (place.group, place.artifact)), expected, "{path}");
        };
        check("META-INF/maven/g/a/pom.properties", Some(("g", "a")));
        check("app/META-INF/maven/g/a/pom.properties", Some(("g", "a")));
        check("META-INF/maven/a/pom.properties", None);
        check("META-INF/maven/g/a/pom.xml", None);
        check("pom.properties", None);
    }
}
