//! Images by what they hold, in pages: as quick where a million images hold it as where one does.
//!
//! Where few layers hold it, the images of each are merged, and come by digest. Where many do, looking at each layer
//! for every page would take ever longer with their number: the rows of the inventory are visited one after the
//! other until a page is full, and an image comes with the first of its rows. Pages that follow go on in the order in
//! which the first one began.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;

use limpid_model::{Digest, Image, Page};
use limpid_store::key::{Key as _, Reader, Writer};
use limpid_store::tables::contexts::Contexts;
use limpid_store::tables::images::{self, Images};
use limpid_store::tables::inventory;
use limpid_store::tables::placements::{self, Placements};
use limpid_store::{Cursor, View};

use super::affected::{Context, KnownContexts};
use super::contexts::{NOTHING, Placed, by_image, images_of};
use super::layer;
use super::rows::{Go, Place, Rows};
use crate::Error;

/// Rows on which an image of a page may come, for the images to be merged by digest.
const MERGED_PER_IMAGE: usize = 4;
const MERGED: usize = 500;

/// How much is looked at for one page: rows and images, each of which counts once, and layers, each of which counts as
/// much as `LAYER` of them.
const LOOKED_AT: usize = 100_000;
const LAYER: usize = 20;

/// A layer, and a context in which it lies.
pub(crate) type Group = (Digest, u64);

/// Which images count, whatever they hold.
pub(crate) trait Admission {
    /// Whether all do, so that a page is full where it holds as many as are wanted.
    fn is_open(&self) -> bool;

    /// Whether one of such names and labels does.
    fn admits(&self, names: &[String], labels: &[(String, String)]) -> bool;
}

/// Where a page ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// Images are read by digest: the last one.
    Image(Digest),
    /// Images are read by what they hold.
    Row(Box<RowPosition>),
}

/// A row of the inventory, a context of its layer, and the last image that lies in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowPosition {
    key: inventory::Key,
    context: u64,
    image: Digest,
}

impl RowPosition {
    /// Behind all of a row.
    const fn behind(key: inventory::Key) -> Self {
        Self { key, context: u64::MAX, image: Digest::from_bytes([u8::MAX; 32]) }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = match self {
            Self::Image(digest) => return write!(f, "{digest}"),
            Self::Row(at) => at,
        };
        let mut bytes = Writer::default();
        at.key.encode(&mut bytes);
        bytes.number(at.context).digest(&at.image);
        bytes.finish().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        if let Ok(digest) = text.parse() {
            return Ok(Self::Image(digest));
        }
        row_position(text).map(|at| Self::Row(Box::new(at))).ok_or(NoPosition)
    }
}

/// A text is no position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a page begins after a digest, or after what `next` of the page before says")]
pub struct NoPosition;

fn row_position(text: &str) -> Option<RowPosition> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = text.as_bytes().chunks(2).map(byte).collect::<Option<_>>()?;
    let mut reader = Reader::new(&bytes);
    let key = inventory::Key::decode(&mut reader)?;
    let (context, image) = (reader.number()?, reader.digest()?);
    reader.is_empty().then_some(RowPosition { key, context, image })
}

/// An image, what it is called, and what it holds of what is asked for.
#[derive(Debug)]
pub(crate) struct Holder<T> {
    pub(crate) image: Digest,
    pub(crate) names: Vec<String>,
    pub(crate) found: Arc<[T]>,
}

/// A page of images, and where the next one begins.
type Holders<T> = Page<Holder<T>, Position>;

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) after: Option<&'a Position>,
    pub(crate) limit: usize,
    /// Where more rows than these may bring images in, images are not merged by digest.
    pub(crate) merged: usize,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(after: Option<&'a Position>, limit: usize) -> Self {
        Self { after, limit, merged: limit.saturating_mul(MERGED_PER_IMAGE).max(MERGED) }
    }
}

/// A page of the images that hold some rows. `within` says what counts of a row in a context of its layer.
pub(crate) fn page<T: Clone>(
    view: &View<'_>,
    rows: &impl Rows,
    mut within: impl FnMut(&Context, &inventory::Key, &inventory::Row) -> Result<Vec<T>, Error>,
    admission: &impl Admission,
    Asked { after, limit, merged: most }: Asked<'_>,
) -> Result<Holders<T>, Error> {
    let (after, most) = match after {
        Some(Position::Row(at)) => return ByRow::new(view, rows, within).page(admission, Some(at), limit),
        Some(Position::Image(last)) => (Some(last), usize::MAX),
        None => (None, most),
    };
    let mut few = BTreeMap::new();
    rows.visit(view, None, |key, row| {
        few.entry(Place::of(&key)).or_insert((key, row));
        Ok(if few.len() > most { Go::Stop } else { Go::On })
    })?;
    if few.len() > most {
        drop(few);
        return ByRow::new(view, rows, within).page(admission, None, limit);
    }
    let mut contexts = KnownContexts::new(view);
    let mut by_group: BTreeMap<Group, Vec<T>> = BTreeMap::new();
    for (key, row) in few.into_values() {
        for context in contexts.of(&key.diff_id)? {
            let found = within(context, &key, &row)?;
            if !found.is_empty() {
                by_group.entry((key.diff_id, context.id)).or_default().extend(found);
            }
        }
    }
    let (groups, found): (Vec<_>, Vec<_>) = by_group.into_iter().unzip();
    by_digest(view, &groups, &mut Shared::new(found), admission, (after, limit))
}

/// What images hold: what the groups hold in which they are. Images share it.
struct Shared<T> {
    of_group: Vec<Arc<[T]>>,
    of_several: HashMap<Vec<usize>, Arc<[T]>>,
}

impl<T: Clone> Shared<T> {
    fn new(of_group: Vec<Vec<T>>) -> Self {
        Self { of_group: of_group.into_iter().map(Arc::from).collect(), of_several: HashMap::new() }
    }

    fn of(&mut self, placed: &[Placed]) -> Arc<[T]> {
        if let [(_, group)] = placed
            && let Some(found) = self.of_group.get(*group)
        {
            return Arc::clone(found);
        }
        let groups = placed.iter().map(|(_, group)| *group).collect();
        let found = self.of_several.entry(groups).or_insert_with_key(|groups| {
            let found = groups.iter().filter_map(|group| self.of_group.get(*group));
            found.flat_map(|found| found.iter().cloned()).collect()
        });
        Arc::clone(found)
    }
}

fn by_digest<T: Clone>(
    view: &View<'_>,
    groups: &[Group],
    shared: &mut Shared<T>,
    admission: &impl Admission,
    (after, limit): (Option<&Digest>, usize),
) -> Result<Holders<T>, Error> {
    let mut items: Vec<Holder<T>> = Vec::new();
    let mut after = after.copied();
    // Only an image tells its names and labels: they are looked at until the page is full.
    let is_open = admission.is_open();
    let step = if is_open { limit } else { limit.saturating_mul(4).min(LOOKED_AT) };
    let mut images = view.stream::<Images>();
    loop {
        let found = images_of(view, groups, after.as_ref(), step.saturating_add(1))?;
        for (image, same) in by_image(&found).take(step) {
            if items.len() > limit {
                break;
            }
            after = Some(image);
            let Some(names) = names(&mut images, admission, &image)? else { continue };
            items.push(Holder { image, names, found: shared.of(same) });
        }
        let more = found.last().is_some_and(|(last, _)| after.is_some_and(|after| *last > after));
        if is_open || !more || items.len() > limit {
            let full = items.len() > limit;
            items.truncate(limit);
            let next = items.last().filter(|_| full || more).map(|last| Position::Image(last.image));
            return Ok(Page { items, next });
        }
    }
}

/// The names of an image that counts.
fn names(
    images: &mut Cursor<'_, Images>,
    admission: &impl Admission,
    image: &Digest,
) -> Result<Option<Vec<String>>, Error> {
    if admission.is_open() {
        return Ok(images.glance::<images::Called>(image)?.map(|called| called.names));
    }
    let known = images.glance::<images::Labelled>(image)?;
    Ok(known.filter(|it| admission.admits(&it.called.names, &it.labels)).map(|it| it.called.names))
}

/// Images in the order of the rows that they hold.
struct ByRow<'v, R, W, T> {
    view: &'v View<'v>,
    rows: &'v R,
    within: W,
    contexts: KnownContexts<'v>,
    images: Cursor<'v, Images>,
    /// The rows of layers.
    of_layers: HashMap<Digest, Rc<[(inventory::Key, inventory::Row)]>>,
    of_groups: HashMap<Group, Rc<Held<T>>>,
    looked_at: usize,
}

/// What a layer holds in one of its contexts.
struct Held<T> {
    /// The first row that counts.
    first: Option<inventory::Key>,
    found: Vec<T>,
}

impl<'v, R, W, T> ByRow<'v, R, W, T>
where
    R: Rows,
    W: FnMut(&Context, &inventory::Key, &inventory::Row) -> Result<Vec<T>, Error>,
    T: Clone,
{
    fn new(view: &'v View<'v>, rows: &'v R, within: W) -> Self {
        Self {
            view,
            rows,
            within,
            contexts: KnownContexts::new(view),
            images: view.stream(),
            of_layers: HashMap::new(),
            of_groups: HashMap::new(),
            looked_at: 0,
        }
    }

    fn page(
        mut self,
        admission: &impl Admission,
        after: Option<&RowPosition>,
        limit: usize,
    ) -> Result<Holders<T>, Error> {
        let (mut items, mut last, mut next) = (Vec::new(), None, None);
        let mut placements = self.view.stream::<Placements>();
        self.rows.visit(self.view, after.map(|after| &after.key), |key, _| {
            let begun = after.filter(|after| after.key == key);
            self.looked_at += 1;
            for context in self.contexts_of(&key.diff_id, begun.map_or(0, |begun| begun.context))? {
                // Images come with the first row of theirs.
                if self.held((key.diff_id, context))?.first.as_ref() != Some(&key) {
                    continue;
                }
                let diff_id = key.diff_id;
                let place = |image| placements::Key { diff_id, context, image };
                let before = begun.filter(|begun| begun.context == context).map(|begun| place(begun.image));
                let prefix = move |of: &mut Writer| {
                    of.digest(&diff_id).number(context);
                };
                for placed in placements.keys(prefix, before.as_ref()) {
                    let image = placed?.image;
                    self.looked_at += 1;
                    if let Some(holder) = self.holder(image, (&key, context), admission)? {
                        if items.len() == limit {
                            next = last.take();
                            return Ok(Go::Stop);
                        }
                        items.push(holder);
                        last = Some(RowPosition { key: key.clone(), context, image });
                    }
                    if self.looked_at > LOOKED_AT {
                        next = Some(RowPosition { key: key.clone(), context, image });
                        return Ok(Go::Stop);
                    }
                }
            }
            if self.looked_at > LOOKED_AT {
                next = Some(RowPosition::behind(key));
                return Ok(Go::Stop);
            }
            Ok(Go::On)
        })?;
        Ok(Page { items, next: next.map(Box::new).map(Position::Row) })
    }

    /// The contexts in which a layer lies, from one on, in their order.
    fn contexts_of(&self, diff_id: &Digest, from: u64) -> Result<Vec<u64>, Error> {
        let keys = self.view.keys::<Contexts>(|key| {
            key.digest(diff_id);
        });
        let contexts = keys.map(|key| key.map(|key| key.context));
        Ok(contexts.filter(|it| it.as_ref().map_or(true, |it| *it >= from)).collect::<Result<_, _>>()?)
    }

    /// An image, unless it came with an earlier row or does not count.
    fn holder(
        &mut self,
        image: Digest,
        at: (&inventory::Key, u64),
        admission: &impl Admission,
    ) -> Result<Option<Holder<T>>, Error> {
        let Some(row) = self.images.get(&image)? else { return Ok(None) };
        let (Image { names, labels, layers, .. }, indexing) = row.into_parts(image);
        if !admission.is_open() && !admission.admits(&names, &labels) {
            return Ok(None);
        }
        let layers = layers.iter().map(|layer| layer.diff_id).zip(indexing.contexts);
        let linked = indexing.linked.map(|linked| (linked.diff_id, linked.context));
        let groups: BTreeSet<Group> =
            layers.chain(linked).filter(|(_, context)| *context != NOTHING).collect();
        let mut found = Vec::new();
        for group in groups {
            let held = self.held(group)?;
            if held.first.as_ref().is_some_and(|first| (first, group.1) < at) {
                return Ok(None);
            }
            found.extend(held.found.iter().cloned());
        }
        Ok(Some(Holder { image, names, found: found.into() }))
    }

    fn held(&mut self, group: Group) -> Result<Rc<Held<T>>, Error> {
        if let Some(known) = self.of_groups.get(&group) {
            return Ok(Rc::clone(known));
        }
        let rows = self.rows_of(&group.0)?;
        let mut held = Held { first: None, found: Vec::new() };
        if !rows.is_empty()
            && let Some(context) = self.contexts.one(group)?
        {
            let mut places = BTreeMap::new();
            for (key, row) in &*rows {
                if let Entry::Vacant(place) = places.entry(Place::of(key)) {
                    let found = (self.within)(context, key, row)?;
                    if held.first.is_none() && !found.is_empty() {
                        held.first = Some(key.clone());
                    }
                    place.insert(found);
                }
            }
            held.found = places.into_values().flatten().collect();
        }
        let held = Rc::new(held);
        self.of_groups.insert(group, Rc::clone(&held));
        Ok(held)
    }

    fn rows_of(&mut self, diff_id: &Digest) -> Result<Rc<[(inventory::Key, inventory::Row)]>, Error> {
        if let Some(known) = self.of_layers.get(diff_id) {
            return Ok(Rc::clone(known));
        }
        self.looked_at += LAYER;
        let found = layer::found(self.view, diff_id)?;
        let rows: Rc<[_]> = layer::rows_of(diff_id, found, |key| self.rows.has(key)).into_iter().collect();
        self.of_layers.insert(*diff_id, Rc::clone(&rows));
        Ok(rows)
    }
}
