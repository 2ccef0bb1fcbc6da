//! Backups in a bucket of storage that speaks the protocol of S3.
//!
//! A bucket is laid out as a directory of backups is, below a prefix, but for the lock, which it lacks. Nothing that is
//! written is ever changed or removed here, so that several may write at a time: objects are called by their digests, and
//! a manifest is written last.

mod parts;
mod requests;

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use limpid_model::Digest;

use crate::create::{Earlier, Reuse, Sources, Staged, all, free_name, stamp};
use crate::directory::{BACKUPS, LAYOUT, Listed, MARKER};
use crate::files::{self, Found, gone};
use crate::manifest::{BYTES, File, Manifest};
use crate::restore::{Restored, restore};
use crate::verify::{Objects, Verified, temporary, verify_files, verify_store};
use crate::{Error, Made, Progress};
use parts::Outgoing;
pub use parts::{LEAST_PART, MOST_PART, PART_BYTES};
pub use requests::BucketAccess;
use requests::{Body, Requests};

/// What the address of a bucket begins with.
const SCHEME: &str = "s3://";

/// The address of a bucket, where a path is one.
pub fn address_of(path: &Path) -> Option<&str> {
    path.to_str().filter(|path| path.starts_with(SCHEME))
}

/// Objects below one prefix, at most.
const OBJECTS: usize = 2_000_000;

/// A bucket of backups, or a part of one.
#[derive(Debug)]
pub struct Bucket {
    requests: Requests,
    /// Empty, or with `/` at its end.
    prefix: String,
    address: String,
    /// Bytes of one request.
    part_bytes: u64,
}

impl Bucket {
    /// The bucket of an address such as `s3://bucket/prefix`. It is not asked yet.
    ///
    /// # Errors
    /// [`Error::BadBucket`] where it is no address of a bucket, or what lets into it is missing.
    pub fn new(address: &str, access: &BucketAccess) -> Result<Self, Error> {
        let bad = |why: &str| Error::BadBucket(format!("`{address}` is no address of a bucket: {why}"));
        let rest = address.strip_prefix(SCHEME).ok_or_else(|| bad("it does not begin with `s3://`"))?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if !(3..=63).contains(&name.len()) || !name.bytes().all(is_of_names) {
            return Err(bad("the name of a bucket has 3 to 63 letters, digits, `.`, `-` and `_`"));
        }
        let prefix = prefix.trim_end_matches('/');
        let is_plain = |part: &str| {
            !matches!(part, "" | "." | "..") && part.bytes().all(|byte| is_of_names(byte) || byte == b'=')
        };
        if !prefix.is_empty() && !prefix.split('/').all(is_plain) {
            return Err(bad("the parts of a prefix have letters, digits, `.`, `-`, `_` and `=`"));
        }
        Ok(Self {
            requests: Requests::new(name, access)?,
            prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") },
            address: format!("{SCHEME}{rest}").trim_end_matches('/').to_owned(),
            part_bytes: access.part_bytes,
        })
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Makes a backup of what is held. `now` is in milliseconds since 1970, `version` that of Limpid.
    ///
    /// # Errors
    /// Files cannot be read, the bucket does not take them, [`Error::NotBackups`], [`Error::Stopped`]. Then there is no
    /// backup, and those that there are stay as they are.
    pub fn create(
        &self,
        sources: &Sources,
        staged: &Staged,
        (now, version, reuse): (u64, &str, Reuse),
        progress: &Progress,
    ) -> Result<Made, Error> {
        self.mark()?;
        let found = all(sources, staged)?;
        progress.begin(found.len(), found.iter().fold(0, |sum, (found, _)| sum.saturating_add(found.bytes)));
        let mut adding = Adding::begin(self, reuse)?;
        let mut files = Vec::with_capacity(found.len());
        for (found, path) in found {
            files.extend(adding.add(&found, path, progress)?);
            progress.file_done();
        }
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let (name, created) = free_name(self.names()?, now);
        let manifest = Manifest { name, created, limpid: version.to_owned(), files };
        self.put(&format!("manifests/{}", manifest.name), &manifest.encode()?)?;
        let Adding { new_files, new_bytes, .. } = adding;
        Ok(Made { manifest, new_files, new_bytes })
    }

    /// All backups, the oldest first, with those that cannot be read.
    ///
    /// # Errors
    /// [`Error::NotBackups`], and where the bucket cannot be listed.
    pub fn list(&self) -> Result<Vec<Listed>, Error> {
        self.check()?;
        Ok(self.names()?.into_iter().map(|name| Listed { manifest: self.read(&name), name }).collect())
    }

    /// The backup of a name, or the latest that can be read.
    ///
    /// # Errors
    /// [`Error::NotBackups`], [`Error::None`], [`Error::Empty`], [`Error::Manifest`], and where the bucket does not answer.
    pub fn find(&self, name: Option<&str>) -> Result<Manifest, Error> {
        self.check()?;
        self.find_in(&self.names()?, name)
    }

    fn find_in(&self, names: &[String], name: Option<&str>) -> Result<Manifest, Error> {
        let Some(name) = name else {
            for name in names.iter().rev() {
                match self.read(name) {
                    Err(Error::Manifest { .. } | Error::TooMany { .. }) => {}
                    read => return read,
                }
            }
            return Err(Error::Empty(self.address.clone().into()));
        };
        if names.iter().any(|known| known == name) {
            return self.read(name);
        }
        Err(Error::None { path: self.address.clone().into(), name: name.to_owned() })
    }

    /// Reads all files of a backup and all rows of its store, as [`crate::Directory::verify`] does. The files of the store
    /// lie in a temporary directory meanwhile.
    ///
    /// # Errors
    /// The bucket does not answer, temporary files cannot be had; [`Error::Stopped`].
    pub fn verify(
        &self,
        manifest: &Manifest,
        progress: &Progress,
        tell: &mut dyn FnMut(&'static str, u64) -> bool,
    ) -> Result<Verified, Error> {
        let fetched = temporary()?;
        let damaged = verify_files(self, manifest, Some(fetched.path()), progress)?;
        if !damaged.is_empty() {
            return Ok(Verified { damaged, problems: Vec::new(), store: None });
        }
        verify_store(fetched.path(), manifest, tell)
    }

    /// Makes a data directory of a backup, as [`crate::Directory::restore`] does.
    ///
    /// # Errors
    /// The same, and where the bucket does not answer.
    pub fn restore(
        &self,
        manifest: &Manifest,
        data_dir: &Path,
        plugins: (&Path, bool),
        progress: &Progress,
    ) -> Result<Restored, Error> {
        restore(self, manifest, data_dir, plugins, progress)
    }

    /// Says that backups are below the prefix, where nothing is there yet.
    fn mark(&self) -> Result<(), Error> {
        if self.requests.head(&self.key(MARKER))?.is_some() {
            return self.check();
        }
        let others = self.requests.list(&self.prefix, 1)?;
        if !others.is_empty() {
            return Err(Error::NotBackups(self.address.clone().into()));
        }
        self.put(MARKER, format!("{LAYOUT}\n").as_bytes())
    }

    /// Whether backups are there, in a layout that is known.
    fn check(&self) -> Result<(), Error> {
        let not_backups = || Error::NotBackups(self.address.clone().into());
        let text = self.requests.read(&self.key(MARKER), 64)?.ok_or_else(not_backups)?;
        let text = String::from_utf8_lossy(&text).trim().to_owned();
        if text == LAYOUT.to_string() {
            return Ok(());
        }
        Err(Error::LaterLayout { path: self.address.clone().into(), found: text, known: LAYOUT })
    }

    fn names(&self) -> Result<Vec<String>, Error> {
        let folder = self.key("manifests/");
        let listed = self.requests.list(&folder, BACKUPS.saturating_add(1))?;
        if listed.len() > BACKUPS {
            return Err(Error::TooMany { what: "backups in one bucket", limit: BACKUPS });
        }
        let names = listed.into_iter().filter_map(|(key, _)| Some(key.strip_prefix(&folder)?.to_owned()));
        let mut names: Vec<_> = names.filter(|name| !name.is_empty() && !name.contains('/')).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn read(&self, name: &str) -> Result<Manifest, Error> {
        let wrong = |why: String| Error::Manifest { name: name.to_owned(), why };
        let bytes = self.requests.read(&self.key(&format!("manifests/{name}")), BYTES)?;
        Manifest::decode(name, &bytes.ok_or_else(|| wrong("it is not there".to_owned()))?)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let content = || Ok(Box::new(bytes) as Box<dyn Read>);
        let body = Body { bytes: bytes.len() as u64, digest: Digest::of(bytes), content: &content };
        self.requests.put(&self.key(name), &body)
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn object(&self, digest: &Digest) -> String {
        let hex = digest.hex();
        let folder: String = hex.chars().take(2).collect();
        self.key(&format!("objects/{folder}/{hex}"))
    }
}

impl Objects for Bucket {
    fn open_object(&self, file: &File) -> Result<impl Read, Error> {
        let damaged = |why: String| Error::Damaged { file: file.path.clone(), why };
        let key = self.object(&file.digest);
        let not_there = || damaged(format!("`{}` is not there", self.requests.shown(&key)));
        let object = self.requests.get(&key)?.ok_or_else(not_there)?;
        if object.length() != file.bytes {
            return Err(crate::verify::wrong_length(file, object.length()));
        }
        Ok(object)
    }

    fn place(&self, file: &File) -> PathBuf {
        self.requests.shown(&self.object(&file.digest)).into()
    }
}

/// The objects of a backup that is being made.
struct Adding<'b> {
    bucket: &'b Bucket,
    earlier: Earlier,
    /// Objects that are there, and their lengths.
    there: HashMap<String, u64>,
    new_files: u64,
    new_bytes: u64,
}

impl<'b> Adding<'b> {
    fn begin(bucket: &'b Bucket, reuse: Reuse) -> Result<Self, Error> {
        let (mut earlier, mut there) = (Earlier::default(), HashMap::new());
        if reuse == Reuse::Unchanged {
            match bucket.find_in(&bucket.names()?, None) {
                Ok(latest) => earlier = Earlier::of(latest.files),
                Err(Error::Empty(_)) => {}
                Err(error) => return Err(error),
            }
            let listed = bucket.requests.list(&bucket.key("objects/"), OBJECTS.saturating_add(1))?;
            if listed.len() > OBJECTS {
                return Err(Error::TooMany { what: "objects in one bucket", limit: OBJECTS });
            }
            there = listed.into_iter().collect();
        }
        Ok(Self { bucket, earlier, there, new_files: 0, new_bytes: 0 })
    }

    /// None where the file is not there any more.
    fn add(&mut self, found: &Found, path: String, progress: &Progress) -> Result<Option<File>, Error> {
        if let Some(same) = self.earlier.same(found, &path, |digest, bytes| self.has(digest, bytes)) {
            progress.advance(found.bytes)?;
            return Ok(Some(same));
        }
        let opened = gone(fs::File::open(&found.source)).map_err(Error::io("open", &found.source))?;
        let Some(mut source) = opened else { return Ok(None) };
        // By its digest it is known whether it is there, and the bucket checks what comes.
        let (bytes, digest) = files::copy((&mut source, &found.source), None, progress)?;
        if !self.has(&digest, bytes) {
            let key = self.bucket.object(&digest);
            let outgoing = Outgoing { file: &source, path: &found.source, bytes, digest, progress };
            let sent = outgoing.send(&self.bucket.requests, &key, self.bucket.part_bytes);
            if sent.is_err() {
                // Whoever ended it hears that, and not what became of the request.
                progress.advance(0)?;
            }
            sent?;
            self.there.insert(key, bytes);
            self.new_files += 1;
            self.new_bytes += bytes;
        }
        Ok(Some(File { stamp: stamp(found, &path), path, bytes, digest }))
    }

    fn has(&self, digest: &Digest, bytes: u64) -> bool {
        self.there.get(&self.bucket.object(digest)) == Some(&bytes)
    }
}

#[cfg(test)]
mod tests;
