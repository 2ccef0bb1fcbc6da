use std::io::{self, Cursor, Read};
use std::sync::Arc;

use limpid_bytes::{Budget, Compression, Inflater, Part, tar as tars, zip};

use crate::budget::Metered;
use crate::error::{of_bytes, over_limit, unsupported};
use crate::{Limits, tar};

/// Longest name of a member that is passed on, in characters.
pub(crate) const NAME: usize = 4096;

/// The documents of one file, in its order.
pub struct Documents {
    form: Form,
    limits: Limits,
    members: u64,
}

enum Form {
    One(Option<Document>),
    Zip(zip::Members, Arc<Budget>),
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
        let budget = Arc::new(Budget::new(&format!("`{name}`"), file.len(), limits.inflation()));
        let form = match head(&mut file.reader(), Compression::HEAD)? {
            head if zip::is_meant_by(&head) => {
                let members = zip::Members::open(&file, &format!("`{name}`"), limits.members());
                Form::Zip(members.map_err(of_bytes)?, budget)
            }
            head => inflated(name, &file, Compression::of(&head), &budget, limits)?,
        };
        Ok(Self { form, limits: limits.clone(), members: 0 })
    }

    /// The next document; none after the last. What was not read of the one before is passed by.
    ///
    /// # Errors
    /// The archive cannot be read further, or holds more than it may.
    #[expect(clippy::should_implement_trait, reason = "an iterator would go on after an error")]
    pub fn next(&mut self) -> io::Result<Option<Document>> {
        let member = match &mut self.form {
            Form::One(document) => return Ok(document.take()),
            Form::Zip(members, budget) => zipped(members, budget, &self.limits)?,
            Form::Tar(members) => members.next()?,
        };
        let Some(Member { name, bytes }) = member else { return Ok(None) };
        self.members += 1;
        if self.members > self.limits.members {
            let what = "the number of its members";
            return Err(over_limit(what, "documents.members", self.limits.members));
        }
        let name = name.chars().take(NAME).collect();
        Ok(Some(Document { name, bytes, read: 0, limits: self.limits.clone() }))
    }
}

/// The next member of a zip that is no folder.
fn zipped(members: &mut zip::Members, budget: &Arc<Budget>, limits: &Limits) -> io::Result<Option<Member>> {
    loop {
        let Some(entry) = members.next().map_err(of_bytes)? else { return Ok(None) };
        // [4.3.8]: a folder has no content
        if !entry.name.ends_with('/') {
            let content = members.content(&entry, &limits.decoding()).map_err(of_bytes)?;
            return Ok(Some(Member { name: entry.name, bytes: Box::new(Metered::new(content, budget)) }));
        }
    }
}

fn inflated(
    name: &str,
    file: &Part,
    compression: Compression,
    budget: &Arc<Budget>,
    limits: &Limits,
) -> io::Result<Form> {
    let inflater = Inflater::new(file, &format!("`{name}`"), compression, &limits.decoding());
    let mut bytes = Metered::new(inflater.map_err(of_bytes)?, budget);
    let head = head(&mut bytes, tar::HEAD)?;
    if compression != Compression::None && zip::is_meant_by(&head) {
        return Err(unsupported(format!(
            "`{name}` is a zip that is compressed once more, which is not read"
        )));
    }
    let is_tar = tars::is_meant_by(&head);
    let bytes = Box::new(Cursor::new(head).chain(bytes));
    if is_tar {
        return Ok(Form::Tar(tar::Members::new(bytes, limits.members())));
    }
    let limits = Limits { member_bytes: u64::MAX, ..limits.clone() };
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
            return Err(over_limit(what, "documents.member_bytes", self.limits.member_bytes));
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
