use super::content::Extent;

/// What extended headers, PAX's and GNU's, say of the entry after them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extended {
    pub(super) long_name: Option<Vec<u8>>,
    pub(super) long_link: Option<Vec<u8>>,
    path: Option<Vec<u8>>,
    link_path: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) sparse: SparseRecords,
    pub(super) unread: Option<Vec<u8>>,
}

/// The records of GNU's three PAX forms of sparse files
/// ([PAX 0, PAX 1](https://www.gnu.org/software/tar/manual/html_node/Sparse-Formats.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SparseRecords {
    pub(super) major: Option<u64>,
    pub(super) name: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) extents: Vec<Extent>,
}

impl Extended {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These records, and those of a global header where these have none.
    pub(super) fn over(mut self, global: &Self) -> Self {
        self.path = self.path.or_else(|| global.path.clone());
        self.link_path = self.link_path.or_else(|| global.link_path.clone());
        self.size = self.size.or(global.size);
        self
    }

    pub(super) fn name(&mut self) -> Option<Vec<u8>> {
        self.sparse.name.take().or_else(|| self.path.take()).or_else(|| self.long_name.take())
    }

    pub(super) fn link(&mut self) -> Option<Vec<u8>> {
        self.link_path.take().or_else(|| self.long_link.take())
    }

    /// Ingests the records of a PAX header; an error says which is not understood.
    pub(super) fn read(&mut self, mut records: &[u8]) -> Result<(), String> {
        while !records.is_empty() {
            let (key, value, rest) = record(records).ok_or("a PAX record that is none")?;
            self.take(key, value).ok_or_else(|| format!("PAX record `{}`", key.escape_ascii()))?;
            records = rest;
        }
        Ok(())
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let text = || (!value.is_empty()).then(|| value.to_vec());
        match key {
            b"path" => self.path = text(),
            b"linkpath" => self.link_path = text(),
            // An empty value takes back a global header's record.
            b"size" if value.is_empty() => self.size = None,
            b"size" => self.size = Some(number(value)?),
            b"GNU.sparse.major" => self.sparse.major = Some(number(value)?),
            b"GNU.sparse.name" => self.sparse.name = text(),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => self.sparse.size = Some(number(value)?),
            b"GNU.sparse.offset" => {
                self.sparse.extents.push(Extent { offset: number(value)?, length: 0 });
            }
            b"GNU.sparse.numbytes" => self.sparse.extents.last_mut()?.length = number(value)?,
            key if key == super::UNREAD.as_bytes() => self.unread = text(),
            b"GNU.sparse.map" => self.sparse.extents = map(value)?,
            _ => {}
        }
        Some(())
    }
}

/// The key and value of the first record, `LENGTH KEY=VALUE\n`, and what follows it. Values may
/// hold line feeds: those of extended attributes are binary.
fn record(records: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = memchr::memchr(b' ', records.get(..records.len().min(20))?)?;
    let length = usize::try_from(number(records.get(..space)?)?).ok()?;
    let body = records.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = memchr::memchr(b'=', body)?;
    Some((body.get(..equals)?, body.get(equals + 1..)?, records.get(length..)?))
}

/// `OFFSET,LENGTH,OFFSET,LENGTH`
fn map(value: &[u8]) -> Option<Vec<Extent>> {
    let mut numbers = value.split(|&byte| byte == b',').filter(|text| !text.is_empty());
    let mut extents = Vec::new();
    while let Some(offset) = numbers.next() {
        extents.push(Extent { offset: number(offset)?, length: number(numbers.next()?)? });
    }
    Some(extents)
}

/// A decimal number that a tar's sizes can have.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok().filter(|&number| number <= i64::MAX as u64)
}
