use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::sync::Arc;

use limpid_bytes::tar::{Member, Source, Walker};
use limpid_bytes::{Compression, Job, Part};
use limpid_model::{Digest, InputError, Unread};

use super::{LinkedFile, Links};
use crate::files::{ClaimedFile, Content, Storage};
use crate::kinds::{Search, Sought};
use crate::layer::{Showing, Wanted, pass, reading, verify};
use crate::{ClaimSet, Error, Limits, Sink, StoredLayer, Want};

/// What came of showing files at the paths at which a container sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkedContents {
    /// The paths of files that were shown.
    pub paths: BTreeSet<String>,
    /// Their sizes together, in bytes.
    pub size: u64,
    /// Claimed paths of which nothing was shown, by index of the claimant, and why.
    pub unread: Vec<(usize, Unread)>,
}

/// Reads the layers that have files which links make claimed, and shows these files. Each of those layers is
/// read whole once more, so that what is shown has the layer's digest; no other is. `layers` holds those to
/// which links lead, by their place in the image.
///
/// # Errors
/// As [`read_layer`](crate::read_layer).
pub fn read_linked(
    layers: &BTreeMap<usize, StoredLayer>,
    links: &Links,
    claims: &ClaimSet,
    scratch: &Path,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<LinkedContents, Error> {
    let mut wanted: BTreeMap<Digest, (usize, BTreeSet<u64>)> = BTreeMap::new();
    for file in &links.files {
        if let Some(layer) = layers.get(&file.layer) {
            let (_, ordinals) = wanted.entry(layer.diff_id).or_insert((file.layer, BTreeSet::new()));
            ordinals.insert(file.ordinal);
        }
    }
    // All of them wait in memory, and then in a file, until they are shown.
    let mut reader = Reader { storage: Storage::new(scratch, 0, limits.together_memory), limits, bytes: 0 };
    let mut read: HashMap<(Digest, u64), Read> = HashMap::new();
    for (diff_id, (place, ordinals)) in wanted {
        let Some(layer) = layers.get(&place) else { continue };
        let found = match reader.layer(layer, &ordinals) {
            Ok(found) => found,
            // It was read before; what another archive has in its place costs only what is read of it.
            Err(Error::UnreadLayer(why)) => {
                let why = InputError::Other(why.to_string());
                ordinals.into_iter().map(|ordinal| (ordinal, Read::Unread(why.clone()))).collect()
            }
            Err(error) => return Err(error),
        };
        read.extend(found.into_iter().map(|(ordinal, file)| ((diff_id, ordinal), file)));
    }
    let mut contents = LinkedContents::default();
    let mut showing = Showing::new(sink, limits, claims.claimants());
    for (ordinal, file) in (0..).zip(&links.files) {
        let diff_id = layers.get(&file.layer).map(|layer| layer.diff_id);
        let found = diff_id.and_then(|diff_id| read.get(&(diff_id, file.ordinal)));
        let unread = match found {
            Some(Read::File { content, executable }) => {
                let path: Arc<str> = file.path.as_str().into();
                let shown = ClaimedFile::new(
                    Arc::clone(&path),
                    ordinal,
                    *executable,
                    content.size(),
                    content.clone(),
                );
                let wants = wants(claims, file, &shown).map_err(Error::io("reading a temporary file"))?;
                if !wants.is_empty() {
                    contents.paths.insert(file.path.clone());
                    contents.size += shown.size();
                    showing.add(&path, &shown, &wants);
                }
                continue;
            }
            Some(Read::Unread(error)) => error.clone(),
            None => InputError::Other(format!("what it leads to, `{}`, is no file of its layer", file.real)),
        };
        let mut indexes: Vec<_> = file.claimants.iter().map(|claimant| claimant.index).collect();
        indexes.dedup();
        let unread = |index| (index, Unread { path: file.path.clone(), error: unread.clone() });
        contents.unread.extend(indexes.into_iter().map(unread));
    }
    for unfollowed in &links.unfollowed {
        let error = InputError::Unsupported(unfollowed.why.clone());
        let unread = |&index: &usize| (index, Unread { path: unfollowed.path.clone(), error: error.clone() });
        contents.unread.extend(unfollowed.claimants.iter().map(unread));
    }
    showing.finish(|_| true);
    Ok(contents)
}

/// Bytes of a file that are searched at a time.
const PIECE: usize = 1 << 20;

/// Who wants a file under the path at which it is seen.
fn wants(claims: &ClaimSet, file: &LinkedFile, shown: &ClaimedFile) -> io::Result<Vec<Want>> {
    let head = shown.read(0, claims.longest_magic())?;
    let (mut by_content, mut places) = (Vec::new(), Vec::new());
    claims.by_content(&head, &mut by_content);
    claims.by_path(&file.path, &mut Vec::new(), &mut places);
    let mut search = Search::default();
    claims.look_for(&by_content, &mut search);
    claims.look_for(&places, &mut search);
    let mut position = 0;
    while search.goes_on() && position < shown.size() {
        let piece = shown.read(position, PIECE)?;
        search.feed(&piece);
        position += piece.len() as u64;
    }
    let is_found = |place| search.has_found(Sought::Claim(place));
    let by_content = claims.settle(&by_content, is_found);
    let mut wants = claims.settle(&places, is_found);
    wants.retain(|want| file.claimants.contains(&want.by));
    // Who claims it for what it holds sees it where it is, and once.
    if file.seen_as.is_none() && file.path == file.real {
        for mut of_content in by_content {
            match wants.iter_mut().find(|want| want.by == of_content.by) {
                Some(want) => want.add(&mut of_content),
                None => wants.push(of_content),
            }
        }
        wants.sort_unstable_by_key(|want| want.by);
    } else {
        wants.retain(|want| by_content.iter().all(|by| by.claimant() != want.claimant()));
    }
    Ok(wants)
}

/// A file as its layer has it.
enum Read {
    File { content: Content, executable: bool },
    Unread(InputError),
}

struct Reader<'a> {
    storage: Storage<'a>,
    limits: &'a Limits,
    bytes: u64,
}

impl Reader<'_> {
    /// Some entries of a layer, once its digests were found right.
    fn layer(&mut self, layer: &StoredLayer, wanted: &BTreeSet<u64>) -> Result<Vec<(u64, Read)>, Error> {
        let what = format!("layer `{}`", layer.diff_id);
        reading(layer, &what, |part, compression| self.whole((&what, part, compression), layer, wanted))
    }

    fn whole(
        &mut self,
        (what, part, compression): (&str, &Part, Compression),
        layer: &StoredLayer,
        wanted: &BTreeSet<u64>,
    ) -> Result<Vec<(u64, Read)>, Error> {
        let limits = self.limits;
        let (decoding, inflation) = (limits.decoding(), limits.layer_inflation());
        let job = Job { what, part, compression, decoding, inflation };
        let mut found = Vec::new();
        let pass = pass(&job, limits, |walker| self.read(walker, wanted, &mut found))?;
        if let Some(totals) = &pass.totals {
            verify(layer, what, totals)?;
        }
        pass.walked?;
        Ok(found)
    }

    fn read(
        &mut self,
        walker: &mut Walker<'_, impl Source>,
        wanted: &BTreeSet<u64>,
        found: &mut Vec<(u64, Read)>,
    ) -> Result<Wanted, Error> {
        let last = wanted.last().copied().unwrap_or_default();
        while let Some(member) = walker.next()? {
            if wanted.contains(&member.ordinal) {
                found.push((member.ordinal, self.file(walker, &member)?));
            }
            if member.ordinal >= last {
                break;
            }
        }
        // The rest is read for its digest alone.
        Ok(Wanted::All)
    }

    fn file(&mut self, walker: &mut Walker<'_, impl Source>, member: &Member) -> Result<Read, Error> {
        let Limits { claimed_file_bytes, claimed_bytes, .. } = *self.limits;
        let size = member.size;
        if let Some(why) = &member.unread {
            return Ok(Read::Unread(InputError::Other(why.clone())));
        }
        if size > claimed_file_bytes {
            let why =
                format!("its {size} bytes are over the limit `claimed_file_bytes` of {claimed_file_bytes}");
            return Ok(Read::Unread(InputError::Other(why)));
        }
        if self.bytes.saturating_add(size) > claimed_bytes {
            let why = format!(
                "with its {size} bytes, files behind links are over the limit `claimed_bytes` of {claimed_bytes}"
            );
            return Ok(Read::Unread(InputError::Other(why)));
        }
        self.bytes += size;
        let mut writer = self.storage.together(size)?;
        loop {
            let chunk = walker.content(usize::MAX)?;
            if chunk.is_empty() {
                return Ok(Read::File { content: writer.finish(), executable: member.executable });
            }
            writer.write(chunk)?;
        }
    }
}
