use std::cmp::Ordering;

/// What a version is made of: lists of items, of which each but the first is the last item of the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// As Maven normalises them: a list is empty only if it is the first, or another follows it.
    pub(crate) lists: Vec<Vec<Item<'a>>>,
}

/// What stands between dots, hyphens and changes from digits to letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// Digits.
    Number(&'a str),
    /// Whatever else.
    Word(Qualifier<'a>),
}

/// A word, in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Qualifier<'a> {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
    /// That the version is a release, which is said for nothing.
    Release,
    ServicePack,
    /// Any other, in the order of its letters.
    Other(&'a str),
}

impl<'a> Version<'a> {
    /// Takes a version apart, whose letters are small ones.
    pub(crate) fn parse(text: &'a str) -> Self {
        let mut reader = Reader { lists: vec![Vec::new()], text, start: 0, is_digit: false };
        for (at, character) in text.char_indices() {
            match character {
                '.' => reader.end(at, 1),
                '-' => {
                    reader.end(at, 1);
                    reader.lists.push(Vec::new());
                }
                '0'..='9' => {
                    if !reader.is_digit && at > reader.start {
                        reader.nest();
                        reader.end_word_before_digit(at);
                        reader.lists.push(Vec::new());
                    }
                    reader.is_digit = true;
                }
                _ => {
                    if reader.is_digit && at > reader.start {
                        reader.end(at, 0);
                        reader.lists.push(Vec::new());
                    }
                    reader.is_digit = false;
                }
            }
        }
        if reader.start < text.len() {
            // A word behind a dot is one behind a hyphen.
            if !reader.is_digit {
                reader.nest();
            }
            reader.end(text.len(), 0);
        }
        Self { lists: normalised(reader.lists) }
    }
}

/// Where [`Version::parse`] is.
struct Reader<'a> {
    lists: Vec<Vec<Item<'a>>>,
    text: &'a str,
    /// Where the item begins.
    start: usize,
    /// Whether the last character was a digit, of this item or of one before it.
    is_digit: bool,
}

impl<'a> Reader<'a> {
    /// Ends the item before `at`, and begins the next behind a separator of so many bytes. An item that is empty is 0.
    fn end(&mut self, at: usize, separator: usize) {
        let text = self.text.get(self.start..at).unwrap_or_default();
        self.push(match text {
            "" => Item::Number("0"),
            digits if self.is_digit => Item::Number(digits),
            word => Item::Word(Qualifier::of(word)),
        });
        self.start = at + separator;
    }

    /// Ends a word before the digit at `at`.
    fn end_word_before_digit(&mut self, at: usize) {
        let word = self.text.get(self.start..at).unwrap_or_default();
        self.push(Item::Word(Qualifier::before_digit(word)));
        self.start = at;
    }

    fn push(&mut self, item: Item<'a>) {
        if let Some(list) = self.lists.last_mut() {
            list.push(item);
        }
    }

    /// Begins a list in the last one, unless that is empty.
    fn nest(&mut self) {
        if self.lists.last().is_some_and(|list| !list.is_empty()) {
            self.lists.push(Vec::new());
        }
    }
}

/// Leaves out what is equal to nothing at the end of each list, also where another list follows it.
fn normalised(lists: Vec<Vec<Item<'_>>>) -> Vec<Vec<Item<'_>>> {
    let mut normalised: Vec<Vec<Item<'_>>> = Vec::with_capacity(lists.len());
    // From the last to the first, as each is the last item of the one before.
    for (place, mut list) in lists.into_iter().enumerate().rev() {
        let last = list.iter().rposition(|item| item.sign().is_ne()).map_or(0, |last| last + 1);
        list.truncate(last);
        if !list.is_empty() || !normalised.is_empty() || place == 0 {
            normalised.push(list);
        }
    }
    normalised.reverse();
    normalised
}

impl Item<'_> {
    fn is_zero(&self) -> bool {
        matches!(self, Self::Number(digits) if digits.bytes().all(|digit| digit == b'0'))
    }

    /// How it compares with nothing.
    pub(crate) fn sign(&self) -> Ordering {
        match self {
            Self::Number(_) if self.is_zero() => Ordering::Equal,
            Self::Number(_) => Ordering::Greater,
            Self::Word(word) => word.sign(),
        }
    }
}

impl<'a> Qualifier<'a> {
    fn of(word: &'a str) -> Self {
        match word {
            "alpha" => Self::Alpha,
            "beta" => Self::Beta,
            "milestone" => Self::Milestone,
            "rc" | "cr" => Self::Candidate,
            "snapshot" => Self::Snapshot,
            "" | "ga" | "final" | "release" => Self::Release,
            "sp" => Self::ServicePack,
            _ => Self::Other(word),
        }
    }

    fn before_digit(word: &'a str) -> Self {
        match word {
            "a" => Self::Alpha,
            "b" => Self::Beta,
            "m" => Self::Milestone,
            _ => Self::of(word),
        }
    }

    fn sign(&self) -> Ordering {
        match self {
            Self::Alpha | Self::Beta | Self::Milestone | Self::Candidate | Self::Snapshot => Ordering::Less,
            Self::Release => Ordering::Equal,
            Self::ServicePack | Self::Other(_) => Ordering::Greater,
        }
    }
}

#[cfg(test)]
mod tests;
