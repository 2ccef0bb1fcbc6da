//! Identifiers of products, each kept once.
//!
//! Documents are taken apart by derived implementations of [`Deserialize`], which have no place for what goes along.
//! So the identifiers of the document that is being read are kept for the thread that reads it, and taken off when it
//! has been read; documents are not read within each other.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use foldhash::HashMap;
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

thread_local! {
    static READING: RefCell<Names> = RefCell::default();
}

/// The identifier of a product, by its place among those of its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u32);

/// All identifiers of a document.
#[derive(Debug, Default)]
pub(crate) struct Names {
    places: HashMap<Rc<str>, Id>,
    texts: Vec<Rc<str>>,
}

impl Names {
    /// What `read` returns, and the identifiers that it came upon.
    pub(crate) fn collect<T>(read: impl FnOnce() -> T) -> (T, Self) {
        READING.take();
        let value = read();
        (value, READING.take())
    }

    pub(crate) fn of(&self, id: Id) -> &str {
        usize::try_from(id.0).ok().and_then(|place| self.texts.get(place)).map_or("", |text| text)
    }

    fn id(&mut self, text: &str) -> Option<Id> {
        if let Some(id) = self.places.get(text) {
            return Some(*id);
        }
        let id = Id(u32::try_from(self.texts.len()).ok()?);
        let shared: Rc<str> = Rc::from(text);
        self.texts.push(Rc::clone(&shared));
        self.places.insert(shared, id);
        Some(id)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the identifier of a product")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
                READING
                    .with_borrow_mut(|names| names.id(text))
                    .ok_or_else(|| E::custom("the document has too many products"))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
