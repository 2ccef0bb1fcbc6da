use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::Sink;
use limpid_xml::{Step, Xml};

use crate::advisory::Publisher;
use crate::intake::{Intake, Summary};
use crate::text;
use crate::update::Update;

/// A document of a repository's metadata, of which the outermost element was read.
pub enum Metadata<R> {
    /// `updateinfo.xml`
    Updates(Updates<R>),
    /// `repomd.xml`
    Repository(Repository<R>),
}

/// Tells which document it is.
///
/// # Errors
///
/// [`Error::Malformed`] where it is neither of the two, or broken.
pub fn open<R: Read>(document: R) -> Result<Metadata<R>, Error> {
    let mut xml = Xml::new(document);
    if xml.next()? == Step::End {
        return Err(Error::malformed("the document is empty"));
    }
    match xml.name() {
        "updates" => Ok(Metadata::Updates(Updates(xml))),
        "repomd" => Ok(Metadata::Repository(Repository(xml))),
        other => {
            let other = text::shown(other);
            Err(Error::malformed(format_args!(
                "the document is no metadata of a repository: its outermost element is `{other}`"
            )))
        }
    }
}

/// Updates that are to be read.
pub struct Updates<R>(Xml<R>);

impl<R: Read> Updates<R> {
    /// Reads all of them. A document without any is whole: repositories begin so.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the document is broken or no update could be used. One that cannot be used among
    /// others that can is none: it is rejected by its identifier.
    pub fn read(self, publisher: &dyn Publisher, sink: &mut dyn Sink) -> Result<Summary, Error> {
        let Self(mut xml) = self;
        let mut intake = Intake::new(publisher, sink);
        while xml.child()? {
            if xml.name() != "update" {
                xml.skip()?;
                continue;
            }
            let update = Update::read(&mut xml)?;
            xml.record();
            intake.update(&update);
        }
        while xml.next()? != Step::End {}
        intake.finish()
    }
}

/// A repository's index that is to be read.
pub struct Repository<R>(Xml<R>);

impl<R: Read> Repository<R> {
    /// Where its updateinfo is, from the repository on: `repodata/1234-updateinfo.xml.gz`; none where it has none.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] where the document is broken, or the path leads out of the repository;
    /// [`Error::Unsupported`] where the updateinfo is there as zchunk only.
    pub fn updateinfo(self) -> Result<Option<String>, Error> {
        let Self(mut xml) = self;
        let mut paths = Vec::new();
        while xml.child()? {
            let is_updateinfo = xml.name() == "data" && xml.attribute_or_empty("type")? == "updateinfo";
            if !is_updateinfo {
                xml.skip()?;
                continue;
            }
            while xml.child()? {
                if xml.name() == "location" {
                    paths.push(xml.attribute_or_empty("href")?);
                }
                xml.skip()?;
            }
        }
        while xml.next()? != Step::End {}
        let usable = paths.iter().find(|path| !path.to_ascii_lowercase().ends_with(".zck"));
        match (usable, paths.first()) {
            (Some(path), _) if is_inside(path) => Ok(Some(path.clone())),
            (Some(path), _) => {
                Err(Error::malformed(format_args!("`{}` is no path in a repository", text::shown(path))))
            }
            (None, Some(path)) => {
                Err(Error::unsupported(format_args!("`{}` is compressed as zchunk", text::shown(path))))
            }
            (None, None) => Ok(None),
        }
    }
}

/// Whether a path stays where it starts.
fn is_inside(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_+~".contains(&byte);
    (1..=512).contains(&path.len())
        && path.bytes().all(is_plain)
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}
