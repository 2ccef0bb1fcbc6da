//! Into which layers entries go.

use limpid_bytes::Limit;
use limpid_layers::Limits;

use super::walk::Entry;
use crate::Error;

/// What fits into one layer.
struct Room {
    entries: u64,
    path_bytes: u64,
}

impl Room {
    const fn of(limits: &Limits) -> Self {
        Self { entries: limits.layer_entries, path_bytes: limits.layer_path_bytes }
    }

    /// Whether there is room for an entry, which then takes it.
    fn take(&mut self, entry: &Entry) -> bool {
        let entries = self.entries.checked_sub(1);
        let Some((entries, path_bytes)) = entries.zip(self.path_bytes.checked_sub(entry.path_bytes())) else {
            return false;
        };
        *self = Self { entries, path_bytes };
        true
    }
}

/// Splits entries, in their order, into layers of which each is within the limits: one, where they fit. What detectors
/// look at stays together in the first, for they see files of one layer at a time.
///
/// # Errors
/// What must be in the first layer is over a limit, or an entry fits into none.
pub(super) fn split(entries: Vec<Entry>, what: &str, limits: &Limits) -> Result<Vec<Vec<Entry>>, Error> {
    let mut first = Room::of(limits);
    if entries.iter().all(|entry| first.take(entry)) {
        return Ok(vec![entries]);
    }
    let mut room = Room::of(limits);
    if !entries.iter().filter(|entry| !entry.is_plain()).all(|entry| room.take(entry)) {
        return Err(over(&entries, what, limits));
    }
    let (mut looked_at, mut layers, mut above) = (Vec::new(), Vec::new(), Vec::new());
    let mut above_room = Room::of(limits);
    for entry in entries {
        if !entry.is_plain() || room.take(&entry) {
            looked_at.push(entry);
            continue;
        }
        if !above_room.take(&entry) {
            layers.push(std::mem::take(&mut above));
            above_room = Room::of(limits);
            let subject = format_args!("the length of a path of {what}");
            let path_bytes = Limit::of("layers.layer_path_bytes", limits.layer_path_bytes);
            path_bytes.check(subject, entry.path_bytes())?;
            above_room.take(&entry);
        }
        above.push(entry);
    }
    layers.push(above);
    layers.insert(0, looked_at);
    Ok(layers)
}

/// Which limit is passed by what must be in one layer.
fn over(entries: &[Entry], what: &str, limits: &Limits) -> Error {
    let needed = || entries.iter().filter(|entry| !entry.is_plain());
    let subject = format_args!("the number of directories, links and files that are looked at of {what}");
    let entries = Limit::of("layers.layer_entries", limits.layer_entries);
    let over = entries.check(subject, needed().count() as u64).err();
    let path_bytes = Limit::of("layers.layer_path_bytes", limits.layer_path_bytes);
    let subject =
        format_args!("the length of the paths of directories, links and files that are looked at of {what}");
    let found = needed().map(Entry::path_bytes).sum();
    let of_paths = || path_bytes.check(subject, found).err();
    match over.or_else(of_paths) {
        Some(error) => error.into(),
        None => Error::unsupported(what, "its entries fit into no layer"),
    }
}
