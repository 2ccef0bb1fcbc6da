//! Identifiers and texts of a document, each kept once.

use std::rc::Rc;

use foldhash::HashMap;
/// An identifier: `oval:org.opensuse.security:tst:2009334017` is a number behind a prefix that most share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    prefix: u32,
    number: u64,
}

/// A text, by its place among those of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Text(u32);

/// What one entry of a table takes beside its content, in bytes: an estimate.
pub(crate) const ENTRY: usize = 48;

/// Every text and identifier of a document.
#[derive(Debug, Default)]
pub(crate) struct Names {
    places: HashMap<Rc<str>, Text>,
    texts: Vec<Rc<str>>,
    /// The prefix of the identifier before: the next one mostly has the same.
    last: Option<Text>,
    kept: usize,
}

impl Names {
    /// What all of it takes, in bytes.
    pub(crate) const fn kept(&self) -> usize {
        self.kept
    }

    /// The place of a text.
    pub(crate) fn text(&mut self, text: &str) -> Text {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        // As many texts as a `u32` counts do not fit into the limit of what is kept.
        let place = Text(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let shared: Rc<str> = Rc::from(text);
        self.kept += text.len() + 2 * ENTRY;
        self.texts.push(Rc::clone(&shared));
        self.places.insert(shared, place);
        place
    }

    /// The text at a place.
    pub(crate) fn of(&self, text: Text) -> &str {
        usize::try_from(text.0).ok().and_then(|place| self.texts.get(place)).map_or("", |text| text)
    }

    /// An identifier. Two that are written differently are two.
    pub(crate) fn id(&mut self, id: &str) -> Id {
        let number = id.rsplit_once(':').and_then(|(prefix, digits)| {
            let is_plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
            Some((prefix, digits.parse::<u64>().ok().filter(|_| is_plain)?))
        });
        match number {
            Some((prefix, number)) => Id { prefix: self.prefix(prefix).0, number },
            // No text has this number.
            None => Id { prefix: u32::MAX, number: u64::from(self.text(id).0) },
        }
    }

    fn prefix(&mut self, prefix: &str) -> Text {
        if let Some(last) = self.last.filter(|last| self.of(*last) == prefix) {
            return last;
        }
        let text = self.text(prefix);
        self.last = Some(text);
        text
    }

    /// An identifier as it was written.
    pub(crate) fn written(&self, id: Id) -> String {
        match id.prefix {
            u32::MAX => self.of(Text(u32::try_from(id.number).unwrap_or(u32::MAX))).to_owned(),
            prefix => format!("{}:{}", self.of(Text(prefix)), id.number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_written_as_it_was_read() {
        let mut names = Names::default();
        let all = ["oval:a:tst:12", "oval:a:tst:012", "oval:b:tst:12", "tst", "a:", "a:18446744073709551616"];
        let ids: Vec<_> = all.iter().map(|id| names.id(id)).collect();
        for (id, written) in ids.iter().zip(all) {
            assert_eq!(names.written(*id), written);
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{written}");
            assert_eq!(names.id(written), *id);
        }
    }
}
