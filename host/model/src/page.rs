/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins; none where this is the last.
    pub next: Option<K>,
}
