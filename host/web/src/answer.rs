use bytes::Bytes;

/// What a view gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A page.
    Page(Page),
    /// A table as a file.
    Csv {
        /// The name of the file, without its end.
        name: String,
        /// RFC 4180.
        text: String,
    },
    /// What the API answers, as it does.
    Json(Bytes),
    /// Where to look instead: a path of this service.
    Elsewhere(String),
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The status of the answer.
    pub status: u16,
    /// HTML.
    pub html: String,
    /// How long it says what is so.
    pub lasts: Lasts,
}

/// How long a page says what is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// As long as nothing is written of images or of what is stated: a browser that has it may keep it.
    Revision,
    /// No longer: it tells of runs, of failures, or of the time.
    Moment,
}
