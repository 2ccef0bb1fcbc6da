//! What a definition says beside its criteria.

use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_xml::Xml;

/// How many of each kind of thing are kept of one definition; kernels have some hundred vulnerabilities.
const MAX_LIST: usize = 4_096;

/// What a definition is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Class {
    /// A vulnerability: criteria are met by those who have it.
    #[default]
    Vulnerability,
    /// A patch: criteria are met by those who lack it.
    Patch,
}

/// The metadata of a definition. Texts are empty where nothing is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// `oval:com.oracle.elsa:def:20070057`
    pub id: String,
    /// What it is about.
    pub class: Class,
    /// One line.
    pub title: String,
    /// As long as it takes.
    pub description: String,
    /// Names of products: `Oracle Linux 5`.
    pub platforms: Vec<String>,
    /// Where more is said.
    pub references: Vec<Reference>,
    /// In the publisher's words: `IMPORTANT`.
    pub severity: String,
    /// The day of its first edition: `2007-06-26`.
    pub issued: String,
    /// The day of its last edition.
    pub updated: String,
    /// Vulnerabilities.
    pub cves: Vec<Cve>,
    /// CPEs of products.
    pub cpes: Vec<String>,
    /// Elements of the publisher's own, such as `patchable`, by name.
    pub facts: Vec<(String, String)>,
}

/// A reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// `CVE`, `elsa`
    pub source: String,
    /// `CVE-2007-0493`
    pub id: String,
    /// The address.
    pub url: String,
}

/// A vulnerability, as the advisory of a definition rates it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cve {
    /// `CVE-2007-0493`, as it is written.
    pub id: String,
    /// The address.
    pub url: String,
    /// Scores with vectors, by the attribute that has them: `cvss3` is `7.8/CVSS:3.1/AV:L/...`.
    pub scores: Vec<(&'static str, String)>,
}

impl Definition {
    /// An element of the publisher's own.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Every identifier of the form `CVE-2024-1234` that references and the advisory name, in that order.
    pub fn cve_ids(&self) -> Vec<String> {
        let references = self.references.iter().map(|reference| reference.id.as_str());
        let mut ids: Vec<String> = Vec::new();
        for text in references.chain(self.cves.iter().map(|cve| cve.id.as_str())) {
            if let Some(id) = cve_in(text).filter(|id| !ids.iter().any(|known| known == id)) {
                ids.push(id.to_owned());
            }
        }
        ids
    }

    pub(crate) fn read_metadata<R: Read>(&mut self, xml: &mut Xml<R>) -> Result<(), Error> {
        while xml.child()? {
            match xml.name() {
                "title" => self.title = one_line(&xml.text()?),
                "description" => self.description = xml.text()?,
                "affected" => {
                    while xml.child()? {
                        let platform = xml.text()?;
                        push(&mut self.platforms, platform);
                    }
                }
                "reference" => {
                    let reference = Reference {
                        source: xml.attribute_or_empty("source")?,
                        id: xml.attribute_or_empty("ref_id")?,
                        url: xml.attribute_or_empty("ref_url")?,
                    };
                    push(&mut self.references, reference);
                    xml.skip()?;
                }
                "advisory" => {
                    while xml.child()? {
                        self.read_detail(xml)?;
                    }
                }
                // Some publishers write what belongs into an advisory beside it.
                _ => self.read_detail(xml)?,
            }
        }
        Ok(())
    }

    fn read_detail<R: Read>(&mut self, xml: &mut Xml<R>) -> Result<(), Error> {
        match xml.name() {
            "severity" => self.severity = xml.text()?,
            "issued" | "updated" => {
                let is_issued = xml.name() == "issued";
                let date = xml.attribute_or_empty("date")?;
                *(if is_issued { &mut self.issued } else { &mut self.updated }) = date;
                xml.skip()?;
            }
            "cve" => {
                let mut cve = Cve { url: xml.attribute_or_empty("href")?, ..Cve::default() };
                for name in ["cvss2", "cvss3", "cvss4"] {
                    if let Some(score) = xml.attribute(name)?.filter(|score| !score.is_empty()) {
                        cve.scores.push((name, score.into_owned()));
                    }
                }
                cve.id = xml.text()?;
                push(&mut self.cves, cve);
            }
            "affected_cpe_list" => {
                while xml.child()? {
                    let cpe = xml.text()?;
                    push(&mut self.cpes, cpe);
                }
            }
            name => {
                let name = name.to_owned();
                let value = xml.text()?;
                push(&mut self.facts, (name, value));
            }
        }
        Ok(())
    }
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < MAX_LIST {
        list.push(item);
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `CVE-2024-1234` of `SUSE CVE-2024-1234`, or of `CVE:00001:CVE-2024-1234`.
fn cve_in(text: &str) -> Option<&str> {
    let rest = text.get(text.find("CVE-")?..)?;
    let end =
        rest.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'-').unwrap_or(rest.len());
    let id = rest.get(..end)?;
    let (year, number) = id.strip_prefix("CVE-")?.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (year.len() == 4 && is_number(year) && number.len() >= 4 && is_number(number)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vulnerability_is_found_in_what_is_written_around_it() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(cve_in(text), expected, "{text}");
        check("CVE-2024-1234", Some("CVE-2024-1234"));
        check("SUSE CVE-2024-12345", Some("CVE-2024-12345"));
        check("CVE-2024-1234 at NVD", Some("CVE-2024-1234"));
        check("CVE:00001:CVE-2024-1234", Some("CVE-2024-1234"));
        check("CVE-2024-XXXX", None);
        check("CVE-2024-1", None);
        check("ELSA-2024-1234", None);
    }
}
