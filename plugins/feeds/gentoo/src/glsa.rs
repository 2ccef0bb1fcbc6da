use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Rating};
use limpid_xml::{Step, Xml};

use crate::versions::{Stated, Statement, Versions};

/// Where a GLSA is shown.
const PAGES: &str = "https://security.gentoo.org/glsa/";

/// Packages of one GLSA, and ranges of one package.
const MAX_ITEMS: usize = 10_000;

/// Reads a GLSA.
///
/// # Errors
///
/// [`Error::Malformed`] where it is broken, or is none; where a range is not known.
pub(crate) fn read(document: impl Read) -> Result<Advisory, Error> {
    let mut xml = Xml::new(document);
    if xml.next()? == Step::End || xml.name() != "glsa" {
        return Err(Error::malformed("the document is no GLSA"));
    }
    let number = xml.attribute_or_empty("id")?;
    if !is_word(&number) {
        return Err(Error::malformed("it has no identifier"));
    }
    let mut advisory = Advisory::new(format!("GLSA-{number}"));
    advisory.references.push(format!("{PAGES}{number}"));
    while xml.child()? {
        match xml.name() {
            "title" => advisory.title = xml.text()?,
            "synopsis" => advisory.details = xml.text()?,
            "announced" => advisory.published = date(&xml.text()?),
            "revised" => advisory.modified = date(&xml.text()?),
            "impact" => {
                let word = xml.attribute_or_empty("type")?;
                advisory.ratings.extend(is_word(&word).then(|| Rating::word("gentoo", word)));
                xml.skip()?;
            }
            "affected" => {
                while xml.child()? {
                    match xml.name() {
                        "package" => read_package(&mut xml, &mut advisory.affected)?,
                        _ => xml.skip()?,
                    }
                }
            }
            "references" => {
                while xml.child()? {
                    let link = xml.attribute_or_empty("link")?;
                    let name = xml.text()?;
                    if is_cve(&name)
                        && !advisory.aliases.contains(&name)
                        && advisory.aliases.len() < MAX_ITEMS
                    {
                        advisory.aliases.push(name);
                    } else if link.starts_with("https://")
                        && is_word(&link)
                        && advisory.references.len() < 200
                    {
                        advisory.references.push(link);
                    }
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(advisory)
}

fn read_package<R: Read>(xml: &mut Xml<R>, affected: &mut Vec<Affected>) -> Result<(), Error> {
    let name = xml.attribute_or_empty("name")?.trim().to_owned();
    let architectures = xml.attribute_or_empty("arch")?;
    let mut versions = Versions::default();
    while xml.child()? {
        let stated = match xml.name() {
            "vulnerable" => Stated::Vulnerable,
            "unaffected" => Stated::Unaffected,
            _ => {
                xml.skip()?;
                continue;
            }
        };
        let (range, slot) = (xml.attribute_or_empty("range")?, xml.attribute_or_empty("slot")?);
        versions.add(stated, &range, &slot, &xml.text()?)?;
    }
    if !is_word(&name) || affected.len() >= MAX_ITEMS {
        return Err(Error::malformed("a package has no name, or there are too many"));
    }
    let architectures: Vec<String> =
        architectures.split_whitespace().filter(|arch| *arch != "*").map(str::to_owned).collect();
    for Statement { slot, status, ranges, versions } in versions.statements() {
        let mut requires = Vec::new();
        if !architectures.is_empty() {
            requires.push(("arch".to_owned(), architectures.clone()));
        }
        if !slot.is_empty() {
            requires.push(("slot".to_owned(), vec![slot]));
        }
        affected.push(Affected {
            namespace: "gentoo".to_owned(),
            name: name.clone(),
            scheme: "portage".to_owned(),
            status,
            ranges,
            versions,
            requires,
            ..Affected::default()
        });
    }
    Ok(())
}

/// `2023-05-21`, and of older ones `May 21, 2005` and `2009-01-01: 02`.
fn date(text: &str) -> Option<String> {
    let day = text.get(..10)?;
    let is_day = day.bytes().enumerate().all(|(index, byte)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    is_day.then(|| format!("{day}T00:00:00Z"))
}

fn is_cve(text: &str) -> bool {
    let number = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
    number.is_some_and(|(year, number)| {
        year.len() == 4
            && (4..=19).contains(&number.len())
            && [year, number].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

fn is_word(text: &str) -> bool {
    (1..=1024).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}
