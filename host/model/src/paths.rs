use std::fmt;

/// Paths, one after the other in one piece of memory: the packages of an image own a hundred thousand.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Paths {
    text: String,
    /// Where each ends in the text.
    ends: Vec<usize>,
}

impl Paths {
    /// Paths that stand one after the other in a text, and where each of them ends. None where that
    /// is not so: an end lies outside, before the one before it or inside of a character, or text
    /// is left over.
    pub fn from_parts(text: String, ends: Vec<usize>) -> Option<Self> {
        let whole = ends.is_sorted()
            && ends.last().copied().unwrap_or_default() == text.len()
            && ends.iter().all(|end| text.is_char_boundary(*end));
        whole.then_some(Self { text, ends })
    }

    /// One more.
    pub fn push(&mut self, path: &str) {
        self.text.push_str(path);
        self.ends.push(self.text.len());
    }

    /// Each, in the order in which they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        let mut from = 0;
        self.ends.iter().map(move |end| {
            let path = self.text.get(from..*end).unwrap_or_default();
            from = *end;
            path
        })
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl<S: AsRef<str>> FromIterator<S> for Paths {
    fn from_iter<I: IntoIterator<Item = S>>(paths: I) -> Self {
        let mut all = Self::default();
        paths.into_iter().for_each(|path| all.push(path.as_ref()));
        all
    }
}

impl fmt::Debug for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_that_are_no_paths_are_refused() {
        let check = |text: &str, ends: &[usize], expected: bool| {
            assert_eq!(Paths::from_parts(text.into(), ends.into()).is_some(), expected, "{text} {ends:?}");
        };
        check("", &[], true);
        check("", &[0, 0], true);
        check("aü", &[1, 3], true);
        check("aü", &[2, 3], false);
        check("aü", &[1], false);
        check("aü", &[1, 4], false);
        check("ab", &[2, 1, 2], false);
    }

    proptest! {
        #[test]
        fn paths_come_back_as_they_were(paths: Vec<String>) {
            let packed: Paths = paths.iter().collect();
            prop_assert_eq!(packed.len(), paths.len());
            prop_assert!(packed.iter().eq(paths.iter().map(String::as_str)));
            prop_assert_eq!(Paths::from_parts(packed.text.clone(), packed.ends.clone()), Some(packed));
        }
    }
}
