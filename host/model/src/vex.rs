//! Repositories of VEX documents, as they are kept.

/// A repository of VEX documents, and how its updates go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexRepository {
    /// What it is called here.
    pub name: String,
    /// Its address, below which its manifest is.
    pub url: String,
    /// Since when it is asked, in milliseconds since 1970.
    pub added: u64,
    /// What is kept of it.
    pub state: VexRepositoryState,
}

/// What is kept of a repository of VEX documents. Times are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VexRepositoryState {
    /// What it calls itself; empty before it was fetched.
    pub title: String,
    /// Since when its documents are in force as they are; none before it was fetched.
    pub since: Option<u64>,
    /// When it was last seen that they are as its publisher has them.
    pub confirmed: Option<u64>,
    /// When it is fetched next; none: as soon as possible.
    pub next: Option<u64>,
    /// How many updates have failed since the last one that did not.
    pub failures: u32,
    /// Why the last one failed; none where it did not.
    pub failure: Option<String>,
    /// How many of its documents are in force.
    pub documents: usize,
    /// How many of its documents could not be used.
    pub unread: usize,
    /// The first of those, and why.
    pub first_unread: Option<String>,
    /// By what its archive is known to its publisher.
    pub archive: Option<VexArchive>,
}

/// The archive of a repository, as its publisher knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VexArchive {
    /// The location in the manifest, with the folder inside of the archive.
    pub location: String,
    /// The address that answered.
    pub address: String,
    /// `ETag`.
    pub etag: Option<String>,
    /// `Last-Modified`, as it came.
    pub modified: Option<String>,
}

/// A document of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VexRepositoryDocument {
    /// Where it lies in the repository.
    pub location: String,
    /// The packages of which it may state something, as package URLs without versions.
    pub packages: Vec<String>,
    /// As it came.
    pub bytes: Vec<u8>,
}
