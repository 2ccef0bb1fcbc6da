use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use limpid_bytes::tar::{Kind, Member, Source, Walker};
use limpid_model::{EntryKind, InputError, Leads, Unread};

use super::entries::{Entries, There};
use super::originals::Originals;
use super::showing::Showing;
use super::stream::Wanted;
use super::{Collected, Ignored, Sink};
use crate::claims::Claimant;
use crate::files::{ClaimedFile, Content, Storage};
use crate::kinds::{Recognised, Search, Sought};
use crate::path::{Meaning, escape, meaning, normalise, why};
use crate::{ClaimSet, Error, Limits, Want};

/// Ingests the entries of a layer, one by one.
pub(super) struct Collector<'a> {
    what: &'a str,
    claims: &'a ClaimSet,
    limits: &'a Limits,
    entries: Entries,
    storage: Storage<'a>,
    showing: Showing<'a>,
    originals: Originals,
    /// Claimed hard links whose content is not at hand, by the entry that they lead to.
    links: BTreeMap<u64, Vec<Claimed>>,
    unread: Vec<(u64, usize, Unread)>,
    ignored: Vec<Ignored>,
    long_paths: u64,
    recognised: Recognised<'a>,
    path_bytes: u64,
    claimed_files: u64,
    claimed_bytes: u64,
    /// Used again for every entry.
    matched: Vec<usize>,
}

/// What an entry puts in its place, if it leads nowhere else.
fn there(member: &Member, kind: EntryKind) -> There {
    let ordinal = member.ordinal;
    There { kind, ordinal, origin: ordinal, leads: Leads::Nowhere, shown: false, listed: true }
}

/// How many bytes a name takes as text: what is not UTF-8 is escaped.
fn weight(name: &[u8]) -> usize {
    if std::str::from_utf8(name).is_ok() { name.len() } else { name.len() * 4 }
}

/// An entry that somebody claimed.
struct Claimed {
    path: Arc<str>,
    ordinal: u64,
    executable: bool,
    /// The claims that it matches, or does where it holds what they look for: their places.
    places: Vec<usize>,
}

impl<'a> Collector<'a> {
    pub(super) fn new(
        what: &'a str,
        claims: &'a ClaimSet,
        scratch: &'a Path,
        limits: &'a Limits,
        sink: &'a mut dyn Sink,
    ) -> Self {
        Self {
            what,
            claims,
            limits,
            entries: Entries::default(),
            storage: Storage::new(scratch, limits.alone_memory, limits.together_memory),
            showing: Showing::new(sink, limits, claims.claimants()),
            originals: Originals::new(limits.link_memory),
            links: BTreeMap::new(),
            unread: Vec::new(),
            ignored: Vec::new(),
            long_paths: 0,
            recognised: Recognised::new(claims.kinds(), limits.files_of_kind),
            path_bytes: 0,
            claimed_files: 0,
            claimed_bytes: 0,
            matched: Vec::new(),
        }
    }

    /// Ingests a whole layer.
    pub(super) fn read(&mut self, walker: &mut Walker<'_, impl Source>) -> Result<Wanted, Error> {
        while let Some(member) = walker.next()? {
            self.path_bytes += (weight(&member.name) + weight(&member.link)) as u64;
            let subject = format_args!("the length of all paths of {}", self.what);
            Error::check(subject, "layer_path_bytes", self.limits.layer_path_bytes, self.path_bytes)?;
            self.take(walker, &member)?;
        }
        self.showing.flush();
        Ok(Wanted::All)
    }

    fn take(&mut self, walker: &mut Walker<'_, impl Source>, member: &Member) -> Result<(), Error> {
        if member.kind == Kind::Note {
            return Ok(());
        }
        if member.name_is_cut {
            let why = format!("its path is over the limit `path_length` of {}", self.limits.path_length);
            self.long_paths += 1;
            self.ignore(member, why);
            return Ok(());
        }
        let path = match normalise(&member.name) {
            Ok(path) if !path.is_empty() => path,
            // The root is there anyway.
            Ok(_) => return Ok(()),
            Err(refusal) => {
                self.ignore(member, why(refusal).to_owned());
                return Ok(());
            }
        };
        match meaning(&path) {
            Meaning::Whiteout(removed) => self.entries.whiteout(removed, member.ordinal),
            Meaning::Opaque(directory) => self.entries.opaque(directory, member.ordinal),
            // Kept only because AUFS has hard links lead to such files.
            Meaning::Bookkeeping if member.kind == Kind::File => {
                let there = There { listed: false, ..there(member, EntryKind::File) };
                self.entries.put(path.into(), there);
            }
            Meaning::Bookkeeping => {}
            Meaning::Entry => match member.kind {
                Kind::File => self.file(walker, member, path.into())?,
                Kind::HardLink => self.hard_link(member, path.into())?,
                Kind::Directory => {
                    let path: Arc<str> = path.into();
                    self.entries.put(path.clone(), there(member, EntryKind::Directory));
                    if let Some(why) = &member.unread {
                        let claimants = self.claims.of_unread_directory(&path);
                        self.unread_by_maker(member, path, claimants, why)?;
                    }
                }
                Kind::Symlink => {
                    let leads = Leads::Symbolic(escape(&member.link));
                    self.entries.put(path.into(), There { leads, ..there(member, EntryKind::Other) });
                }
                _ => self.entries.put(path.into(), there(member, EntryKind::Other)),
            },
        }
        Ok(())
    }

    fn ignore(&mut self, member: &Member, why: String) {
        self.ignored.push(Ignored { path: escape(&member.name), why });
    }

    fn file(
        &mut self,
        walker: &mut Walker<'_, impl Source>,
        member: &Member,
        path: Arc<str>,
    ) -> Result<(), Error> {
        self.entries.put(path.clone(), there(member, EntryKind::File));
        if let Some(why) = &member.unread {
            let claimants = self.claims.of_unread_file(&path);
            return self.unread_by_maker(member, path, claimants, why);
        }
        // Some bytes of every file are copied, so that a magic that two buffers share is seen.
        let mut head = Vec::new();
        while head.len() < self.claims.longest_magic() {
            let chunk = walker.content(self.claims.longest_magic() - head.len())?;
            if chunk.is_empty() {
                break;
            }
            head.extend_from_slice(chunk);
        }
        let mut search = self.recognised.look(&path, member.ordinal, &head);
        let mut by_content = Vec::new();
        self.claims.by_content(&head, &mut by_content);
        let places = self.places(&path, &by_content);
        self.claims.look_for(&places, &mut search);
        search.feed(&head);
        if places.is_empty() {
            return self.search(walker, &path, member.ordinal, &mut search);
        }
        let claimed = Claimed { path, ordinal: member.ordinal, executable: member.executable, places };
        let size = member.size;
        // What somebody claims whatever it holds has its place before it is read; what else is claimed turns
        // out only then.
        let is_certain = self.is_certain(&claimed.places);
        let is_admitted = is_certain && {
            self.count_claimed()?;
            self.admit(&claimed, size)
        };
        let content = if is_admitted || !is_certain {
            self.content(walker, (size, &head), &claimed.places, &mut search)?
        } else {
            None
        };
        self.search(walker, &claimed.path, member.ordinal, &mut search)?;
        let is_found = |place| search.has_found(Sought::Claim(place));
        let wants = self.claims.settle(&claimed.places, is_found);
        if wants.is_empty() {
            return Ok(());
        }
        by_content.retain(|&place| self.claims.is_certain(place) || is_found(place));
        self.originals.add(member.ordinal, size, by_content);
        if !is_certain {
            self.count_claimed()?;
        }
        if is_admitted || (!is_certain && self.admit(&claimed, size)) {
            let Some(content) = content else { return Ok(()) };
            let content = self.settled(content, is_certain, &wants)?;
            self.originals.keep(member.ordinal, &content);
            self.show(&claimed, size, content, &wants);
        }
        Ok(())
    }

    /// Goes through the rest of a file, as far as something is looked for in it, and notes its kinds.
    fn search(
        &mut self,
        walker: &mut Walker<'_, impl Source>,
        path: &Arc<str>,
        ordinal: u64,
        search: &mut Search<'_>,
    ) -> Result<(), Error> {
        Self::look(walker, search)?;
        self.recognised.found(path, ordinal, search);
        Ok(())
    }

    /// Goes through the rest of the walker's member, as far as something is looked for in it.
    fn look(walker: &mut Walker<'_, impl Source>, search: &mut Search<'_>) -> Result<(), Error> {
        while search.goes_on() {
            let chunk = walker.content(usize::MAX)?;
            if chunk.is_empty() {
                break;
            }
            search.feed(chunk);
            // Between the edges of a hole there is nothing to find.
            search.pass(walker.pass_hole(search.longest()));
        }
        Ok(())
    }

    fn hard_link(&mut self, member: &Member, path: Arc<str>) -> Result<(), Error> {
        let file = there(member, EntryKind::File);
        let Ok(target) = normalise(&member.link) else {
            self.entries.put(path.clone(), file);
            return self.leads_nowhere(member, path);
        };
        let origin = match self.entries.get(&target) {
            Some(there) if there.kind == EntryKind::File && !matches!(there.leads, Leads::Below(_)) => {
                there.origin
            }
            // Another name of a symbolic link.
            Some(known) if matches!(known.leads, Leads::Symbolic(_)) => {
                let there = There { ordinal: member.ordinal, shown: false, listed: true, ..known.clone() };
                self.entries.put(path, there);
                return Ok(());
            }
            Some(known) if known.kind == EntryKind::Other => {
                self.entries.put(path, there(member, EntryKind::Other));
                return Ok(());
            }
            // Only all layers together tell whether there is such a file below.
            _ => {
                self.entries.put(path, There { leads: Leads::Below(target), ..file });
                return Ok(());
            }
        };
        self.entries.put(path.clone(), There { leads: Leads::Within(target, origin), origin, ..file });
        self.recognised.link(origin, &path, member.ordinal);
        let original = self.originals.get(origin);
        let by_content = original.map(|original| original.by_content.clone()).unwrap_or_default();
        let places = self.places(&path, &by_content);
        if places.is_empty() {
            return Ok(());
        }
        self.count_claimed()?;
        // What is at hand serves where it is all that is wanted, and whether it is needs no further look.
        let is_known = |place: &usize| self.claims.is_certain(*place) || by_content.contains(place);
        let at_hand = self.originals.get(origin).filter(|_| places.iter().all(is_known));
        let at_hand = at_hand.and_then(|original| Some((original.size, original.content.clone()?)));
        let most = self.claims.head(&places).unwrap_or(u64::MAX);
        let at_hand = at_hand.filter(|(size, content)| content.size() >= most.min(*size));
        let claimed = Claimed { path, ordinal: member.ordinal, executable: member.executable, places };
        match at_hand {
            Some((size, content)) => {
                if self.admit(&claimed, size) {
                    let wants = self.claims.settle(&claimed.places, |_| true);
                    self.show(&claimed, size, content, &wants);
                }
            }
            None => self.links.entry(origin).or_default().push(claimed),
        }
        Ok(())
    }

    /// What whoever made the tar could not read is unread for all who may claim it.
    fn unread_by_maker(
        &mut self,
        member: &Member,
        path: Arc<str>,
        claimants: Vec<Claimant>,
        why: &str,
    ) -> Result<(), Error> {
        if claimants.is_empty() {
            return Ok(());
        }
        self.count_claimed()?;
        self.leave_unread(&path, member.ordinal, &claimants, &InputError::Other(why.to_owned()));
        Ok(())
    }

    /// A hard link out of the layer leads nowhere in an image either.
    fn leads_nowhere(&mut self, member: &Member, path: Arc<str>) -> Result<(), Error> {
        let claimants = self.claims.of_path(&path);
        if claimants.is_empty() {
            return Ok(());
        }
        self.count_claimed()?;
        let why = format!("a hard link to `{}`, which is no path of the image", escape(&member.link));
        self.leave_unread(&path, member.ordinal, &claimants, &InputError::Unsupported(why));
        Ok(())
    }

    fn count_claimed(&mut self) -> Result<(), Error> {
        self.claimed_files += 1;
        let subject = format_args!("the number of claimed files of {}", self.what);
        Error::check(subject, "claimed_files", self.limits.claimed_files, self.claimed_files)
    }

    /// All claims that a file matches, or does where it holds what they look for, once each.
    fn places(&mut self, path: &str, by_content: &[usize]) -> Vec<usize> {
        let mut places = by_content.to_vec();
        self.claims.by_path(path, &mut self.matched, &mut places);
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Whether one of some claims holds whatever is in the file.
    fn is_certain(&self, places: &[usize]) -> bool {
        places.iter().any(|&place| self.claims.is_certain(place))
    }

    /// How much is wanted of a file of so many bytes.
    fn most(&self, places: &[usize], size: u64) -> u64 {
        self.claims.head(places).unwrap_or(u64::MAX).min(size)
    }

    /// Whether a claimed file is within the limits; otherwise it is unread.
    fn admit(&mut self, claimed: &Claimed, size: u64) -> bool {
        let Limits { claimed_file_bytes, claimed_bytes, .. } = *self.limits;
        let size = self.most(&claimed.places, size);
        let why = if size > claimed_file_bytes {
            format!("its {size} bytes are over the limit `claimed_file_bytes` of {claimed_file_bytes}")
        } else if self.claimed_bytes + size > claimed_bytes {
            format!(
                "with its {size} bytes, claimed files are over the limit `claimed_bytes` of {claimed_bytes}"
            )
        } else {
            self.claimed_bytes += size;
            return true;
        };
        let claimants: Vec<_> = self.claims.settle(&claimed.places, |_| true);
        let claimants: Vec<_> = claimants.iter().map(|want| want.by).collect();
        self.leave_unread(&claimed.path, claimed.ordinal, &claimants, &InputError::Other(why));
        false
    }

    fn leave_unread(&mut self, path: &Arc<str>, ordinal: u64, claimants: &[Claimant], error: &InputError) {
        let mut indexes: Vec<_> = claimants.iter().map(|claimant| claimant.index).collect();
        indexes.dedup();
        let unread = || Unread { path: path.to_string(), error: error.clone() };
        self.unread.extend(indexes.into_iter().map(|index| (ordinal, index, unread())));
    }

    /// Copies what is wanted of the walker's member, of whose bytes `head` was read, and looks for what is
    /// sought meanwhile. None where it turns out that nothing is, or that more is than one file may have.
    fn content(
        &mut self,
        walker: &mut Walker<'_, impl Source>,
        (size, head): (u64, &[u8]),
        places: &[usize],
        search: &mut Search<'_>,
    ) -> Result<Option<Content>, Error> {
        let most = self.most(places, size);
        let is_certain = self.is_certain(places);
        let mut writer = if is_certain {
            let wants = self.claims.settle(places, |_| true);
            if wants.iter().any(|want| want.by.together) {
                self.storage.together(most)?
            } else {
                self.storage.alone(most)?
            }
        } else if most > self.limits.claimed_file_bytes {
            return Ok(None);
        } else {
            self.storage.for_now(most)?
        };
        let mut left = most;
        let mut chunk = head;
        loop {
            let taken = chunk.get(..usize::try_from(left).unwrap_or(usize::MAX)).unwrap_or(chunk);
            writer.write(taken)?;
            left -= taken.len() as u64;
            let may_be_wanted = is_certain || search.goes_on() || search.has_found_claim();
            if left == 0 || !may_be_wanted {
                break;
            }
            chunk = walker.content(usize::MAX)?;
            if chunk.is_empty() {
                break;
            }
            search.feed(chunk);
        }
        if is_certain {
            return Ok(Some(writer.finish()));
        }
        if search.has_found_claim() {
            return Ok(Some(self.storage.settle(writer)));
        }
        self.storage.give_back(writer);
        Ok(None)
    }

    /// Content that was kept until somebody turned out to want it, in the place where it waits from then on: files that
    /// belong together share the memory that is theirs.
    fn settled(&mut self, content: Content, is_certain: bool, wants: &[Want]) -> Result<Content, Error> {
        let Content::Memory(bytes) = &content else { return Ok(content) };
        if is_certain || wants.iter().all(|want| !want.by.together) {
            return Ok(content);
        }
        let mut writer = self.storage.together(bytes.len() as u64)?;
        writer.write(bytes)?;
        Ok(writer.finish())
    }

    fn show(&mut self, claimed: &Claimed, size: u64, content: Content, wants: &[Want]) {
        if wants.iter().any(|want| !want.by.together) {
            self.entries.show(&claimed.path);
        }
        let Claimed { path, ordinal, executable, .. } = claimed;
        let file = ClaimedFile::new(path.clone(), *ordinal, *executable, size, content);
        self.showing.add(path, &file, wants);
    }

    /// Whether hard links are left whose content only a second reading can tell.
    pub(super) fn needs_second_reading(&mut self) -> bool {
        let entries = &self.entries;
        self.links.retain(|_, links| {
            links.retain(|link| entries.holds(&link.path, link.ordinal));
            !links.is_empty()
        });
        !self.links.is_empty()
    }

    /// Ingests what those links lead to, from a second reading of the same layer.
    pub(super) fn read_links(&mut self, walker: &mut Walker<'_, impl Source>) -> Result<Wanted, Error> {
        while !self.links.is_empty() {
            let Some(member) = walker.next()? else { break };
            let Some(links) = self.links.remove(&member.ordinal) else { continue };
            let mut places: Vec<_> = links.iter().flat_map(|link| &link.places).copied().collect();
            places.sort_unstable();
            places.dedup();
            let is_certain = self.is_certain(&places);
            let most = self.most(&places, member.size);
            let mut search = Search::default();
            self.claims.look_for(&places, &mut search);
            let content = if is_certain && most > self.limits.claimed_file_bytes {
                None
            } else {
                self.content(walker, (member.size, &[]), &places, &mut search)?
            };
            Self::look(walker, &mut search)?;
            for link in links {
                let is_found = |place| search.has_found(Sought::Claim(place));
                let wants = self.claims.settle(&link.places, is_found);
                if wants.is_empty() || !self.admit(&link, member.size) {
                    continue;
                }
                if let Some(content) = &content {
                    let content = self.settled(content.clone(), is_certain, &wants)?;
                    self.show(&link, member.size, content, &wants);
                }
            }
        }
        Ok(Wanted::Enough)
    }

    /// Shows what belongs together and sums up.
    pub(super) fn finish(self) -> Collected {
        let Self { entries, showing, unread, ignored, long_paths, recognised, .. } = self;
        showing.finish(|file| entries.holds(file.path(), file.ordinal()));
        let unread = unread
            .into_iter()
            .filter(|(ordinal, _, unread)| entries.holds(&unread.path, *ordinal))
            .map(|(_, claimant, unread)| (claimant, unread))
            .collect();
        let kinds = recognised.finish(|path, ordinal| entries.holds(path, ordinal));
        let (entries, superseded) = entries.finish();
        Collected { entries, superseded, unread, ignored, long_paths, kinds }
    }
}
