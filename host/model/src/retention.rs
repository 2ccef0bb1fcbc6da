use crate::Digest;

/// An image that the rules of retention remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpiredImage {
    /// The image.
    pub image: Digest,
    /// What it is called.
    pub names: Vec<String>,
    /// When it was last submitted, in milliseconds since 1970.
    pub indexed_at: u64,
    /// Which rule removes it, and why.
    pub why: String,
}
