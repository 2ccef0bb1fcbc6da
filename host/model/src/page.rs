/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins; none where this is the last.
    pub next: Option<K>,
}

impl<T, K> Page<T, K> {
    /// The first `limit` of some items, of which one more is there where another page follows. `position` says where
    /// that begins, by the last item of this one.
    pub fn of(mut items: Vec<T>, limit: usize, position: impl FnOnce(&T) -> K) -> Self {
        let is_last = items.len() <= limit;
        items.truncate(limit);
        let next = items.last().filter(|_| !is_last).map(position);
        Self { items, next }
    }
}
