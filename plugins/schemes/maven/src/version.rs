use std::borrow::Cow;
use std::cmp::Ordering;

/// What a version is made of: lists of items, of which each but the first is the last item of the one before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    /// As Maven normalises them: a list may be empty only if it is the first.
    pub(crate) lists: Vec<Vec<Item<'a>>>,
}

/// What stands between dots, hyphens and changes from digits to letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// Digits.
    Number(&'a str),
    /// Whatever else.
    Word(Qualifier<'a>),
    /// A word and the digits behind it, between which there may be a hyphen.
    Numbered(Qualifier<'a>, &'a str),
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
    Other(Cow<'a, str>),
}

impl<'a> Version<'a> {
    /// Takes a version apart, whose letters are small ones.
    pub(crate) fn parse(text: &'a str) -> Self {
        let mut reader =
            Reader { lists: vec![Vec::new()], text, start: 0, is_digit: false, has_number: false };
        let mut characters = text.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '.' => {
                    reader.end(at);
                    reader.begin(at + 1);
                }
                '-' => {
                    let before_digit = characters.peek().is_some_and(|(_, next)| next.is_ascii_digit());
                    if at != reader.start && !reader.is_digit && before_digit {
                        reader.has_number = true;
                        continue;
                    }
                    reader.end(at);
                    reader.begin(at + 1);
                    reader.nest();
                }
                '0'..='9' => {
                    if !reader.is_digit && at > reader.start {
                        reader.has_number = true;
                        reader.nest();
                    }
                    reader.is_digit = true;
                }
                _ => {
                    if reader.is_digit && at > reader.start {
                        reader.end(at);
                        reader.begin(at);
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
            reader.end(text.len());
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
    /// Whether the item is a word with digits.
    has_number: bool,
}

impl<'a> Reader<'a> {
    /// Ends the item before `at`; one that is empty is 0.
    fn end(&mut self, at: usize) {
        let text = self.text.get(self.start..at).unwrap_or_default();
        let item = if text.is_empty() {
            Item::Number("0")
        } else if self.has_number {
            let digits = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
            let (word, digits) = text.split_at_checked(digits).unwrap_or((text, ""));
            Item::Numbered(Qualifier::numbered(word), digits)
        } else if self.is_digit {
            Item::Number(text)
        } else {
            Item::Word(Qualifier::of(Cow::Borrowed(text)))
        };
        if let Some(list) = self.lists.last_mut() {
            list.push(item);
        }
    }

    fn begin(&mut self, at: usize) {
        self.start = at;
        self.has_number = false;
    }

    /// Begins a list in the last one, unless that is empty.
    fn nest(&mut self) {
        if self.lists.last().is_some_and(|list| !list.is_empty()) {
            self.lists.push(Vec::new());
        }
    }
}

/// Leaves out the zeros at the end of each list, those before a list that begins with a word, and those before a word.
fn normalised(lists: Vec<Vec<Item<'_>>>) -> Vec<Vec<Item<'_>>> {
    let mut normalised: Vec<Vec<Item<'_>>> = Vec::with_capacity(lists.len());
    // From the last to the first, as each is the last item of the one before.
    for (place, list) in lists.into_iter().enumerate().rev() {
        let mut leaves_out_zeros = match normalised.last().map(|next| next.first()) {
            None | Some(Some(Item::Word(_) | Item::Numbered(..))) => true,
            // A number, or a list.
            Some(Some(Item::Number(_)) | None) => false,
        };
        let mut kept = Vec::with_capacity(list.len());
        for item in list.into_iter().rev() {
            let is_zero = item.is_zero();
            if is_zero && leaves_out_zeros {
                continue;
            }
            if !is_zero {
                leaves_out_zeros = matches!(item, Item::Word(_));
            }
            kept.push(item);
        }
        kept.reverse();
        if !kept.is_empty() || !normalised.is_empty() || place == 0 {
            normalised.push(kept);
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
            // Maven says equal, but not to each other.
            Self::Numbered(Qualifier::Release, _) => Ordering::Greater,
            Self::Numbered(word, _) => word.sign(),
        }
    }
}

impl<'a> Qualifier<'a> {
    fn of(word: Cow<'a, str>) -> Self {
        match &*word {
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

    /// Of a word that digits follow, with a hyphen between them or without.
    fn numbered(word: &'a str) -> Self {
        let word = if word.contains('-') { Cow::Owned(word.replace('-', "")) } else { Cow::Borrowed(word) };
        match &*word {
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
