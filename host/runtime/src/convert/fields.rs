use limpid_model::Paths;

/// Longest name, in bytes: whatever things are looked up by.
const NAME_BYTES: usize = 4096;

/// Longest text, in bytes: whatever is only shown.
const TEXT_BYTES: usize = 1 << 20;

/// Ingests the texts of a record one by one, each within its bounds, and counts them.
#[derive(Default)]
pub(crate) struct Fields {
    bytes: u64,
}

/// Which field cannot be used, and why.
pub(crate) type Unusable = String;

impl Fields {
    /// Bytes ingested so far.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What things are looked up by: 1 to 4096 bytes.
    pub(crate) fn name(&mut self, field: &str, value: String) -> Result<String, Unusable> {
        if value.is_empty() {
            return Err(format!("`{field}` is empty"));
        }
        self.short(field, value)
    }

    /// The same, but it may be empty.
    pub(crate) fn short(&mut self, field: &str, value: String) -> Result<String, Unusable> {
        self.bounded(field, value, NAME_BYTES)
    }

    /// What is only shown: at most 1 MiB.
    pub(crate) fn text(&mut self, field: &str, value: String) -> Result<String, Unusable> {
        self.bounded(field, value, TEXT_BYTES)
    }

    /// Each by [`Self::name`].
    pub(crate) fn names(&mut self, field: &str, values: Vec<String>) -> Result<Vec<String>, Unusable> {
        values.into_iter().map(|value| self.name(field, value)).collect()
    }

    /// Paths: each by [`Self::name`].
    pub(crate) fn paths(&mut self, field: &str, paths: Paths) -> Result<Paths, Unusable> {
        paths.iter().for_each(|path| self.count(path.len()));
        let unusable = paths.iter().find(|path| path.is_empty() || path.len() > NAME_BYTES);
        if let Some(path) = unusable.map(str::to_owned) {
            self.name(field, path)?;
        }
        Ok(paths)
    }

    /// Each by [`Self::text`].
    pub(crate) fn texts(&mut self, field: &str, values: Vec<String>) -> Result<Vec<String>, Unusable> {
        values.into_iter().map(|value| self.text(field, value)).collect()
    }

    /// A name and what it is for this record, each.
    pub(crate) fn pairs(
        &mut self,
        field: &str,
        values: Vec<(String, String)>,
    ) -> Result<Vec<(String, String)>, Unusable> {
        let pair = |(name, value)| Ok((self.name(field, name)?, self.text(field, value)?));
        values.into_iter().map(pair).collect()
    }

    /// By [`Self::short`], where it is there.
    pub(crate) fn optional(
        &mut self,
        field: &str,
        value: Option<String>,
    ) -> Result<Option<String>, Unusable> {
        value.map(|value| self.short(field, value)).transpose()
    }

    /// Counts a text of so many bytes. What each costs besides its bytes is counted too, so that many
    /// empty ones do not pass for nothing.
    pub(crate) const fn count(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add((bytes + size_of::<String>()) as u64);
    }

    fn bounded(&mut self, field: &str, value: String, limit: usize) -> Result<String, Unusable> {
        let size = value.len();
        self.count(size);
        if size > limit {
            return Err(format!("`{field}` is {size} bytes, over the limit of {limit}"));
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_things_are_looked_up_by_is_neither_empty_nor_long() {
        let check = |value: String, expected: Result<(), &str>| {
            let taken = Fields::default().name("package.name", value).map(|_| ());
            assert_eq!(taken, expected.map_err(str::to_owned));
        };
        check("a".into(), Ok(()));
        check("a".repeat(4096), Ok(()));
        check(String::new(), Err("`package.name` is empty"));
        check("a".repeat(4097), Err("`package.name` is 4097 bytes, over the limit of 4096"));
    }

    #[test]
    fn empty_texts_are_counted() {
        let mut fields = Fields::default();
        fields.texts("references", vec![String::new(); 1000]).unwrap();
        assert!(fields.bytes() >= 1000);
    }
}
