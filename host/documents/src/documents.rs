use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;

use crate::budget::{Budget, Metered};
use crate::compression::Compression;
use crate::error::{over_limit, unsupported};
use crate::{Limits, Part, tar, zip};

/// Read from a file at a time, in bytes.
const BUFFER: usize = 128 << 10;

/// Longest name of a member that is passed on, in characters.
const NAME: usize = 4096;

/// The documents of one file, in its order.
pub struct Documents {
    form: Form,
    budget: Arc<Budget>,
    members: u64,
}

enum Form {
    One(Option<Document>),
    Zip(zip::Members),
    Tar(tar::Members),
}

/// One document: a file as it is or decompressed, or a member of an archive.
pub struct Document {
    name: String,
    bytes: Box<dyn Read + Send>,
    /// How much of it was read.
    read: u64,
    limits: Limits,
}

/// A member of an archive, as its reader found it.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) bytes: Box<dyn Read + Send>,
}

impl Documents {
    /// Looks at the first bytes of a file for what it is. `name` stands for it in messages, and is
    /// the document's where it is no archive.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or is of a kind that is not read. What is damaged further on
    /// is told as it is met.
    pub fn open(name: &str, file: Part, limits: &Limits) -> io::Result<Self> {
        let budget = Budget::new(name, file.len(), limits);
        let form = match head(&mut file.reader(), Compression::HEAD)? {
            head if zip::is_meant_by(&head) => Form::Zip(zip::Members::open(&file, &budget)?),
            head => inflated(name, &file, Compression::of(&head), &budget)?,
        };
        Ok(Self { form, budget, members: 0 })
    }

    /// The next document; none after the last. What was not read of the one before is passed by.
    ///
    /// # Errors
    /// The archive cannot be read further, or holds more than it may.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after an error")]
    pub fn next(&mut self) -> io::Result<Option<Document>> {
        let member = match &mut self.form {
            Form::One(document) => return Ok(document.take()),
            Form::Zip(members) => members.next()?,
            Form::Tar(members) => members.next()?,
        };
        let Some(Member { name, bytes }) = member else { return Ok(None) };
        self.members += 1;
        if self.members > self.budget.limits.members {
            return Err(over_limit("its number of members", "members", self.budget.limits.members));
        }
        let name = name.chars().take(NAME).collect();
        Ok(Some(Document { name, bytes, read: 0, limits: self.budget.limits.clone() }))
    }
}

fn inflated(name: &str, file: &Part, compression: Compression, budget: &Arc<Budget>) -> io::Result<Form> {
    let stored = BufReader::with_capacity(BUFFER, file.reader());
    let mut bytes = Metered::new(compression.inflate(stored, &budget.limits)?, budget);
    let head = head(&mut bytes, tar::HEAD)?;
    if compression != Compression::None && zip::is_meant_by(&head) {
        return Err(unsupported(format!(
            "`{name}` is a zip that is compressed once more, which is not read"
        )));
    }
    let is_tar = tar::is_meant_by(&head);
    let bytes = Box::new(Cursor::new(head).chain(bytes));
    if is_tar {
        return Ok(Form::Tar(tar::Members::new(bytes, budget.limits.members)));
    }
    let limits = Limits { member_bytes: u64::MAX, ..budget.limits.clone() };
    Ok(Form::One(Some(Document { name: name.to_owned(), bytes, read: 0, limits })))
}

/// The first bytes, as far as there are so many.
fn head(bytes: &mut impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(most);
    bytes.take(most as u64).read_to_end(&mut head)?;
    Ok(head)
}

impl Document {
    /// Its name: that of the file, or of the member. Says where it comes from, and nothing about
    /// where it may go.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Read for Document {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        self.read += read as u64;
        if self.read > self.limits.member_bytes {
            let what = format!("the inflated size of member `{}`", self.name);
            return Err(over_limit(what, "member_bytes", self.limits.member_bytes));
        }
        Ok(read)
    }
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Documents")
    }
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Document").field(&self.name).finish()
    }
}
