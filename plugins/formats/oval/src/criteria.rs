//! The shape of criteria. Documents ask the same of many definitions, such as one out of forty products, and each
//! such shape is kept once.

use std::io::Read;
use std::rc::Rc;

use foldhash::HashMap;
use limpid_plugin_sdk::Error;
use limpid_xml::Xml;

use crate::ids::{ENTRY, Id, Names, Text};

/// Criteria, by their place among those of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place(u32);

/// What must be so.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// A test.
    Test(Id),
    /// All of these.
    All(Box<[Place]>),
    /// One of these.
    Any(Box<[Place]>),
    /// Something that no record says; why.
    Unsupported(Text),
}

/// All criteria of a document.
#[derive(Debug, Default)]
pub(crate) struct Criteria {
    places: HashMap<Rc<Node>, Place>,
    nodes: Vec<Rc<Node>>,
    kept: usize,
}

impl Criteria {
    /// What all of it takes, in bytes.
    pub(crate) const fn kept(&self) -> usize {
        self.kept
    }

    pub(crate) fn of(&self, place: Place) -> Option<&Node> {
        usize::try_from(place.0).ok().and_then(|place| self.nodes.get(place)).map(|node| &**node)
    }

    /// Reads the criteria whose element was just opened.
    pub(crate) fn read<R: Read>(&mut self, xml: &mut Xml<R>, names: &mut Names) -> Result<Place, Error> {
        let operator = xml.attribute_or_empty("operator")?;
        let negate = xml.attribute_or_empty("negate")?;
        let mut parts = Vec::new();
        while xml.child()? {
            match xml.name() {
                "criteria" => parts.push(self.read(xml, names)?),
                "criterion" => {
                    let test = names.id(&xml.attribute("test_ref")?.unwrap_or_default());
                    let node = match is_true(&xml.attribute("negate")?.unwrap_or_default()) {
                        false => Node::Test(test),
                        true => Node::Unsupported(names.text("a test must not be true")),
                    };
                    parts.push(self.place(node));
                    xml.skip()?;
                }
                "extend_definition" => {
                    let other = xml.attribute_or_empty("definition_ref")?;
                    let why = names.text(&format!("it extends definition `{other:.200}`"));
                    parts.push(self.place(Node::Unsupported(why)));
                    xml.skip()?;
                }
                _ => xml.skip()?,
            }
        }
        let node = match operator.as_str() {
            _ if is_true(&negate) => Node::Unsupported(names.text("criteria must not be true")),
            "" | "AND" => Node::All(parts.into()),
            "OR" => Node::Any(parts.into()),
            other => Node::Unsupported(names.text(&format!("criteria have the operator `{other:.100}`"))),
        };
        Ok(self.place(node))
    }

    fn place(&mut self, node: Node) -> Place {
        if let Some(place) = self.places.get(&node) {
            return *place;
        }
        // As many as a `u32` counts do not fit into the limit of what is kept.
        let place = Place(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let parts = match &node {
            Node::All(parts) | Node::Any(parts) => parts.len(),
            Node::Test(_) | Node::Unsupported(_) => 0,
        };
        self.kept += 2 * ENTRY + size_of::<Node>() + parts * size_of::<Place>();
        let node = Rc::new(node);
        self.nodes.push(Rc::clone(&node));
        self.places.insert(node, place);
        place
    }
}

fn is_true(value: &str) -> bool {
    matches!(value, "true" | "1")
}
