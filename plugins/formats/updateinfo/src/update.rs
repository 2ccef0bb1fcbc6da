use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_xml::Xml;

/// Packages, references and collections of one update. The largest, of kernels and texlive, have some thousand packages.
const MAX_ITEMS: usize = 100_000;

/// One update, as the document has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// `RLSA-2022:7513`, `ALAS2-2018-939`, `FEDORA-2023-0123456789`
    pub id: String,
    /// `type`: `security`, `bugfix`, `enhancement`, `newpackage`
    pub kind: String,
    /// `final`, `stable`, `retracted`
    pub status: String,
    /// One line.
    pub title: String,
    /// The publisher's word: `Important`, `medium`.
    pub severity: String,
    /// Often no more than the title.
    pub summary: String,
    /// As long as it takes.
    pub description: String,
    /// `release`: `Rocky Linux 9`, `Fedora 38`
    pub release: String,
    /// As it is written.
    pub issued: String,
    /// As it is written.
    pub updated: String,
    /// Addresses of further reading, and what they are about.
    pub references: Vec<Reference>,
    /// Packages, by the repositories or modules that they are of.
    pub collections: Vec<Collection>,
}

/// Where more is told of an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// Its address.
    pub href: String,
    /// `CVE-2022-1271`, or the number of a bug.
    pub id: String,
    /// `cve`, `bugzilla`, `self`
    pub kind: String,
    /// What it is about.
    pub title: String,
}

/// Packages of one repository, or of one module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collection {
    /// `amazon-linux-2023`, `almalinux-9-for-x86_64-baseos-rpms__9_1_default`
    pub short: String,
    /// For people.
    pub name: String,
    /// Modules of one of which its packages are: `nodejs:18`
    pub modules: Vec<String>,
    /// What fixes the vulnerability.
    pub packages: Vec<Package>,
}

/// A package that an update brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Of the binary package.
    pub name: String,
    /// Empty or `0` where it has none.
    pub epoch: String,
    /// Without epoch and release.
    pub version: String,
    /// `8.el9_0`
    pub release: String,
    /// `x86_64`, `noarch`, `src`
    pub arch: String,
}

impl Package {
    /// `epoch:version-release`, as the scheme `rpm` reads it; an epoch of 0 is none.
    pub fn evr(&self) -> String {
        let epoch = match self.epoch.as_str() {
            "" | "0" => String::new(),
            epoch => format!("{epoch}:"),
        };
        let release = if self.release.is_empty() { String::new() } else { format!("-{}", self.release) };
        format!("{epoch}{}{release}", self.version)
    }
}

impl Update {
    /// Reads the update whose element was opened last.
    pub(crate) fn read<R: Read>(xml: &mut Xml<R>) -> Result<Self, Error> {
        let mut update = Self {
            kind: xml.attribute_or_empty("type")?,
            status: xml.attribute_or_empty("status")?,
            ..Self::default()
        };
        while xml.child()? {
            match xml.name() {
                "id" => update.id = xml.text()?,
                "title" => update.title = xml.text()?,
                "severity" => update.severity = xml.text()?,
                "summary" => update.summary = xml.text()?,
                "description" => update.description = xml.text()?,
                "release" => update.release = xml.text()?,
                "issued" => update.issued = date(xml)?,
                "updated" => update.updated = date(xml)?,
                "references" => read_references(xml, &mut update.references)?,
                "pkglist" => {
                    while xml.child()? {
                        match xml.name() {
                            "collection" => push(&mut update.collections, Collection::read(xml)?)?,
                            _ => xml.skip()?,
                        }
                    }
                }
                _ => xml.skip()?,
            }
        }
        Ok(update)
    }

    /// Whether any of its packages is of a module.
    pub(crate) fn is_modular(&self) -> bool {
        self.collections.iter().flat_map(|collection| &collection.packages).any(Package::is_modular)
    }
}

impl Package {
    /// Whether its release says that it is of a module: `2.module+el9.1.0+13358+56c3b6a3`, `1.module_el8.5.0+2581`.
    pub fn is_modular(&self) -> bool {
        self.release.contains(".module")
            || self.release.contains("module+")
            || self.release.contains("module_")
    }
}

impl Collection {
    fn read<R: Read>(xml: &mut Xml<R>) -> Result<Self, Error> {
        let mut collection = Self { short: xml.attribute_or_empty("short")?, ..Self::default() };
        while xml.child()? {
            match xml.name() {
                "name" => collection.name = xml.text()?,
                "module" => {
                    let (name, stream) = (xml.attribute_or_empty("name")?, xml.attribute_or_empty("stream")?);
                    if !name.is_empty() && !stream.is_empty() {
                        push(&mut collection.modules, format!("{name}:{stream}"))?;
                    }
                    xml.skip()?;
                }
                "package" => {
                    let package = Package {
                        name: xml.attribute_or_empty("name")?,
                        epoch: xml.attribute_or_empty("epoch")?,
                        version: xml.attribute_or_empty("version")?,
                        release: xml.attribute_or_empty("release")?,
                        arch: xml.attribute_or_empty("arch")?,
                    };
                    push(&mut collection.packages, package)?;
                    xml.skip()?;
                }
                _ => xml.skip()?,
            }
        }
        Ok(collection)
    }
}

/// `date` of an element, or its text.
fn date<R: Read>(xml: &mut Xml<R>) -> Result<String, Error> {
    let date = xml.attribute_or_empty("date")?;
    let text = xml.text()?;
    Ok(if date.is_empty() { text } else { date })
}

fn read_references<R: Read>(xml: &mut Xml<R>, references: &mut Vec<Reference>) -> Result<(), Error> {
    while xml.child()? {
        if xml.name() == "reference" {
            let reference = Reference {
                href: xml.attribute_or_empty("href")?,
                id: xml.attribute_or_empty("id")?,
                kind: xml.attribute_or_empty("type")?,
                title: xml.attribute_or_empty("title")?,
            };
            push(references, reference)?;
        }
        xml.skip()?;
    }
    Ok(())
}

fn push<T>(items: &mut Vec<T>, item: T) -> Result<(), Error> {
    if items.len() >= MAX_ITEMS {
        return Err(Error::malformed(format_args!("an update has over {MAX_ITEMS} of something")));
    }
    items.push(item);
    Ok(())
}
