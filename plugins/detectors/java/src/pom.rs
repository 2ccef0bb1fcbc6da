//! `pom.xml`: read where `pom.properties` is not there, or is not right
//! ([the model](https://maven.apache.org/ref/current/maven-model/maven.html)).

use std::collections::BTreeMap;

use limpid_plugin_sdk::Error;
use limpid_xml::Xml;

use crate::properties::Place;
use crate::{Artifact, is_identifier, is_version};

/// How many properties of a pom are kept.
const MAX_PROPERTIES: usize = 1000;

/// How often a value may name another one.
const MAX_STEPS: usize = 8;

/// What a `pom.xml` says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pom {
    own: Coordinates,
    parent: Coordinates,
    properties: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Coordinates {
    group: Option<String>,
    artifact: Option<String>,
    version: Option<String>,
}

impl Coordinates {
    fn field(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "groupId" => Some(&mut self.group),
            "artifactId" => Some(&mut self.artifact),
            "version" => Some(&mut self.version),
            _ => None,
        }
    }
}

impl Pom {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Error> {
        // Of an encoding that is not UTF-8 only people's names are not read right.
        let text = String::from_utf8_lossy(bytes);
        let mut xml = Xml::new(text.trim_start_matches('\u{feff}').as_bytes());
        if !xml.child()? || xml.name() != "project" {
            return Err(Error::malformed("`pom.xml` is no description of a project"));
        }
        let mut pom = Self::default();
        while xml.child()? {
            match xml.name() {
                "parent" => {
                    while xml.child()? {
                        match pom.parent.field(xml.name()) {
                            Some(field) => *field = Some(xml.text()?),
                            None => xml.skip()?,
                        }
                    }
                }
                "properties" => {
                    while xml.child()? {
                        let name = xml.name().to_owned();
                        let value = xml.text()?;
                        if pom.properties.len() < MAX_PROPERTIES {
                            pom.properties.insert(name, value);
                        }
                    }
                }
                name => match pom.own.field(name) {
                    Some(field) => *field = Some(xml.text()?),
                    None => xml.skip()?,
                },
            }
        }
        Ok(pom)
    }

    /// A value with its properties replaced, as far as this file alone defines them.
    fn resolved(&self, value: &str) -> String {
        let mut value = value.to_owned();
        for _ in 0..MAX_STEPS {
            let Some((before, rest)) = value.split_once("${") else { break };
            let Some((name, after)) = rest.split_once('}') else { break };
            let Some(replacement) = self.property(name).filter(|text| text.len() <= crate::MAX_WORD) else {
                break;
            };
            value = [before, replacement, after].concat();
            if value.len() > 4 * crate::MAX_WORD {
                break;
            }
        }
        value
    }

    fn property(&self, name: &str) -> Option<&str> {
        let known = match name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")).unwrap_or(name)
        {
            "parent.version" => self.parent.version.as_deref(),
            "parent.groupId" => self.parent.group.as_deref(),
            "version" if name != "version" => self.version(),
            "groupId" if name != "groupId" => self.group(),
            _ => None,
        };
        known.or_else(|| self.properties.get(name).map(String::as_str))
    }

    fn group(&self) -> Option<&str> {
        self.own.group.as_deref().or(self.parent.group.as_deref())
    }

    fn version(&self) -> Option<&str> {
        self.own.version.as_deref().or(self.parent.version.as_deref())
    }

    /// The artifact that it describes; of what it does not state itself or by its parent, the names of its folders,
    /// and a version that is known otherwise.
    pub(crate) fn of(&self, place: &Place<'_>, version: Option<&str>) -> Result<Artifact, Error> {
        let word = |value: Option<&str>, folder: &str| {
            let value = value.map(|value| self.resolved(value)).filter(|value| is_identifier(value));
            value.unwrap_or_else(|| folder.to_owned())
        };
        let group = word(self.group(), place.group);
        let artifact = word(self.own.artifact.as_deref(), place.artifact);
        let own = self.version().map(|version| self.resolved(version)).filter(|version| is_version(version));
        let version = own.or_else(|| version.map(str::to_owned));
        match version {
            Some(version) if is_identifier(&group) && is_identifier(&artifact) => {
                Ok(Artifact { group: Some(group), artifact, version })
            }
            _ => Err(Error::malformed(format_args!("`pom.xml` of `{group}:{artifact}` states no version"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let place = Place { group: "org.folder", artifact: "folder" };
        let found = Pom::read(text.as_bytes()).and_then(|pom| pom.of(&place, None));
        let found =
            found.map(|it| format!("{}:{}:{}", it.group.unwrap_or_default(), it.artifact, it.version));
        assert_eq!(found.unwrap_or_else(|why| why.to_string()), expected, "{text}");
    }

    #[test]
    fn what_a_project_does_not_state_is_its_parents() {
        check(
            r#"<?xml version="1.0"?><project xmlns="http://maven.apache.org/POM/4.0.0">
               <parent><groupId>org.p</groupId><artifactId>p</artifactId><version>3</version></parent>
               <artifactId>a</artifactId>
               <dependencies><dependency><groupId>x</groupId><artifactId>y</artifactId><version>9</version></dependency>
               </dependencies></project>"#,
            "org.p:a:3",
        );
        check(
            "<project><parent><groupId>p</groupId><version>3</version></parent><groupId>g</groupId>\
             <artifactId>a</artifactId><version>1</version></project>",
            "g:a:1",
        );
        check("<project><version>1</version></project>", "org.folder:folder:1");
    }

    #[test]
    fn properties_that_the_file_defines_are_replaced() {
        check(
            "<project><groupId>g</groupId><artifactId>a</artifactId><version>${revision}${changelist}</version>\
             <properties><revision>1.${minor}</revision><minor>2</minor><changelist>-rc1</changelist></properties></project>",
            "g:a:1.2-rc1",
        );
        check(
            "<project><parent><groupId>g</groupId><version>7</version></parent><artifactId>a</artifactId>\
             <groupId>${project.parent.groupId}.x</groupId><version>${project.parent.version}</version></project>",
            "g.x:a:7",
        );
    }

    #[test]
    fn a_version_that_is_not_known_and_a_file_that_is_no_pom_are_malformed() {
        let why = "malformed: `pom.xml` of `g:a` states no version";
        for version in ["", "<version>${unknown}</version>", "<version>${project.version}</version>"] {
            check(
                &format!("<project><groupId>g</groupId><artifactId>a</artifactId>{version}</project>"),
                why,
            );
        }
        check(
            "<project><groupId>g</groupId><artifactId>a</artifactId><version>${a}</version>\
             <properties><a>${b}</a><b>${a}</b></properties></project>",
            why,
        );
        check("<other/>", "malformed: `pom.xml` is no description of a project");
        let place = Place { group: "g", artifact: "a" };
        let pom = Pom::read(b"<project/>").unwrap();
        assert_eq!(pom.of(&place, Some("2")).map(|it| it.version), Ok("2".to_owned()));
    }
}
