//! Reads a document from its beginning to its end.

use std::io::Read;
use std::rc::Rc;

use foldhash::HashMap;
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Sink};
use limpid_xml::{Step, Xml};

use crate::criteria::{Criteria, Place};
use crate::definition::{Class, Definition};
use crate::ids::{ENTRY, Names};
use crate::publisher::Publisher;
use crate::resolve::Resolver;
use crate::tables::Tables;

/// The most that is kept of a document to resolve what its definitions refer to, in bytes.
pub const MAX_KEPT: usize = 128 << 20;

/// How much of what definitions say is kept until it is known what they affect, in bytes: an estimate. What larger
/// documents say beyond that is stated before, as a part of its own.
const MAX_HELD: usize = 24 << 20;

/// How many kinds of things that definitions say of every package are looked through for one that is known.
const TEMPLATES: usize = 64;

/// What a document was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Definitions that were stated or rejected.
    pub definitions: usize,
    /// Definitions of other classes, and deprecated ones.
    pub others: usize,
    /// What wrote the document: `Oracle Errata System`.
    pub generator: String,
}

/// What is left to say of a definition.
struct Pending {
    /// Of the definition.
    id: String,
    /// With all that is said of it, or with its identifier where the rest was stated before.
    advisory: Advisory,
    every: Rc<Affected>,
    criteria: Place,
}

struct Reading<'a, P> {
    publisher: &'a P,
    names: Names,
    tables: Tables,
    criteria: Criteria,
    pending: Vec<Pending>,
    templates: Vec<Rc<Affected>>,
    kept: usize,
    held: usize,
    summary: Summary,
}

/// Reads a document.
///
/// # Errors
///
/// Where it is no OVAL document, ends early, or is over a limit. What it stated until then has been put into the
/// sink.
pub fn read<P: Publisher>(publisher: &P, document: impl Read, sink: &mut dyn Sink) -> Result<Summary, Error> {
    let mut xml = Xml::new(document);
    match xml.next()? {
        Step::Open if xml.name() == "oval_definitions" => {}
        Step::Open => {
            return Err(Error::malformed(format_args!(
                "the document is a `{:.100}`, not `oval_definitions`",
                xml.name()
            )));
        }
        Step::Close | Step::End => return Err(Error::malformed("the document has no element")),
    }
    let mut reading = Reading {
        publisher,
        names: Names::default(),
        tables: Tables::default(),
        criteria: Criteria::default(),
        pending: Vec::new(),
        templates: Vec::new(),
        kept: 0,
        held: 0,
        summary: Summary::default(),
    };
    while xml.child()? {
        match xml.name() {
            "generator" => reading.generator(&mut xml, sink)?,
            part @ ("definitions" | "tests" | "objects" | "states") => {
                let part = part.to_owned();
                while xml.child()? {
                    reading.record(&part, &mut xml, sink)?;
                    xml.record();
                }
            }
            _ => xml.skip()?,
        }
    }
    // Nothing but white space and comments may follow.
    if xml.next()? != Step::End {
        return Err(Error::malformed("there is more than one document"));
    }
    Ok(reading.finish(sink))
}

impl<P: Publisher> Reading<'_, P> {
    fn generator<R: Read>(&mut self, xml: &mut Xml<R>, sink: &mut dyn Sink) -> Result<(), Error> {
        while xml.child()? {
            match xml.name() {
                "product_name" => self.summary.generator = xml.text()?,
                "timestamp" => {
                    let time = xml.text()?;
                    let is_zoned = time.ends_with(['Z', 'z'])
                        || time.get(10..).is_some_and(|rest| rest.contains(['+', '-']));
                    sink.dated(&if is_zoned || time.len() <= 10 { time } else { time + "Z" });
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn record<R: Read>(&mut self, part: &str, xml: &mut Xml<R>, sink: &mut dyn Sink) -> Result<(), Error> {
        match part {
            "definitions" => self.definition(xml, sink)?,
            "tests" => self.tables.read_test(xml, &mut self.names)?,
            "objects" => self.tables.read_object(xml, &mut self.names)?,
            _ => self.tables.read_state(xml, &mut self.names)?,
        }
        let kept = self.kept + self.names.kept() + self.tables.kept() + self.criteria.kept();
        if kept > MAX_KEPT {
            return Err(Error::unsupported(format_args!(
                "what definitions refer to takes more than the limit of {} MiB",
                MAX_KEPT >> 20
            )));
        }
        Ok(())
    }

    fn definition<R: Read>(&mut self, xml: &mut Xml<R>, sink: &mut dyn Sink) -> Result<(), Error> {
        let class = match xml.attribute("class")?.as_deref() {
            Some("vulnerability") => Some(Class::Vulnerability),
            Some("patch") => Some(Class::Patch),
            _ => None,
        };
        let is_deprecated = matches!(xml.attribute("deprecated")?.as_deref(), Some("true" | "1"));
        let Some(class) = class.filter(|_| !is_deprecated) else {
            self.summary.others += 1;
            return xml.skip();
        };
        let mut definition = Definition { id: xml.attribute_or_empty("id")?, class, ..Definition::default() };
        let mut criteria = None;
        while xml.child()? {
            match xml.name() {
                "metadata" => definition.read_metadata(xml)?,
                "criteria" => criteria = Some(self.criteria.read(xml, &mut self.names)?),
                _ => xml.skip()?,
            }
        }
        self.summary.definitions += 1;
        let stated = self.publisher.statement(&definition).and_then(|statement| {
            if statement.advisory.id.is_empty() {
                return Err(Error::malformed("it has no identifier"));
            }
            let criteria = criteria.ok_or_else(|| Error::malformed("it has no criteria"))?;
            Ok((statement, criteria))
        });
        match stated {
            Err(why) => sink.reject(&definition.id, why),
            Ok((statement, criteria)) => {
                let every = self.template(statement.every);
                let mut advisory = statement.advisory;
                let size = size(&advisory);
                if self.held + size > MAX_HELD {
                    let bare = Advisory::new(advisory.id.clone());
                    sink.advisory(std::mem::replace(&mut advisory, bare));
                } else {
                    self.held += size;
                }
                self.kept += size_of::<Pending>() + 2 * ENTRY + definition.id.len() + advisory.id.len();
                self.pending.push(Pending { id: definition.id, advisory, every, criteria });
            }
        }
        Ok(())
    }

    /// The same as one before, where there is one.
    fn template(&mut self, every: Affected) -> Rc<Affected> {
        // A note is mostly of one definition, so those that have one are not looked through.
        let is_common = every.note.is_none();
        if let Some(known) = self.templates.iter().find(|known| is_common && ***known == every) {
            return Rc::clone(known);
        }
        let note = every.note.as_ref().map_or(0, String::len);
        self.kept += size_of::<Affected>() + note + 4 * ENTRY;
        let every = Rc::new(every);
        if is_common && self.templates.len() < TEMPLATES {
            self.templates.push(Rc::clone(&every));
        }
        every
    }

    /// States what definitions affect.
    fn finish(self, sink: &mut dyn Sink) -> Summary {
        let Reading { publisher, names, tables, criteria, pending, summary, .. } = self;
        let mut resolver = Resolver { publisher, tables, criteria, names, known: HashMap::default() };
        for Pending { id, advisory, every, criteria } in pending {
            match resolver.affected(criteria, &every) {
                // What was stated before, and affects nothing, need not be stated again.
                Ok(affected) if affected.is_empty() && advisory == Advisory::new(advisory.id.clone()) => {}
                Ok(affected) => sink.advisory(Advisory { affected, ..advisory }),
                Err(why) => sink.reject(&id, why),
            }
        }
        summary
    }
}

/// What an advisory takes, in bytes: an estimate.
fn size(advisory: &Advisory) -> usize {
    let lists = [&advisory.aliases, &advisory.references, &advisory.weaknesses];
    let texts = lists.into_iter().flatten().map(|text| text.len() + ENTRY).sum::<usize>();
    let ratings = advisory.ratings.iter().map(|rating| rating.value.len() + 2 * ENTRY).sum::<usize>();
    size_of::<Advisory>() + advisory.title.len() + advisory.details.len() + texts + ratings
}
