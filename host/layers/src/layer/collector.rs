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
use crate::kinds::{Recognised, Search};
use crate::path::{Meaning, escape, meaning, normalise, why};
use crate::{ClaimSet, Error, Limits};

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
    claimants: Vec<Claimant>,
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
        let claimants = self.claimants(&path, &by_content);
        if claimants.is_empty() {
            return self.search(walker, &path, member.ordinal, &mut search);
        }
        self.count_claimed()?;
        self.originals.add(member.ordinal, by_content);
        let claimed = Claimed { path, ordinal: member.ordinal, executable: member.executable, claimants };
        if !self.admit(&claimed, member.size) {
            return self.search(walker, &claimed.path, member.ordinal, &mut search);
        }
        let content = self.content(walker, member.size, &head, &claimed.claimants, &mut search)?;
        self.recognised.found(&claimed.path, member.ordinal, &search);
        self.originals.keep(member.ordinal, &content);
        self.show(&claimed, content);
        Ok(())
    }

    /// Goes through the rest of a file that nobody is shown, as far as something is looked for in it.
    fn search(
        &mut self,
        walker: &mut Walker<'_, impl Source>,
        path: &Arc<str>,
        ordinal: u64,
        search: &mut Search<'_>,
    ) -> Result<(), Error> {
        while search.goes_on() {
            let chunk = walker.content(usize::MAX)?;
            if chunk.is_empty() {
                break;
            }
            search.feed(chunk);
            // Between the edges of a hole there is nothing to find.
            search.pass(walker.pass_hole(search.longest()));
        }
        self.recognised.found(path, ordinal, search);
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
        let original = self.originals.get(origin);
        let by_content = original.map(|original| original.by_content.clone()).unwrap_or_default();
        let content = original.and_then(|original| original.content.clone());
        self.recognised.link(origin, &path, member.ordinal);
        let claimants = self.claimants(&path, &by_content);
        if claimants.is_empty() {
            return Ok(());
        }
        self.count_claimed()?;
        let claimed = Claimed { path, ordinal: member.ordinal, executable: member.executable, claimants };
        match content {
            Some(content) => {
                if self.admit(&claimed, content.size()) {
                    self.show(&claimed, content);
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
        let claimed = Claimed { path, ordinal: member.ordinal, executable: member.executable, claimants };
        self.leave_unread(&claimed, &InputError::Other(why.to_owned()));
        Ok(())
    }

    /// A hard link out of the layer leads nowhere in an image either.
    fn leads_nowhere(&mut self, member: &Member, path: Arc<str>) -> Result<(), Error> {
        let claimants = self.claimants(&path, &[]);
        if claimants.is_empty() {
            return Ok(());
        }
        self.count_claimed()?;
        let claimed = Claimed { path, ordinal: member.ordinal, executable: member.executable, claimants };
        let why = format!("a hard link to `{}`, which is no path of the image", escape(&member.link));
        self.leave_unread(&claimed, &InputError::Unsupported(why));
        Ok(())
    }

    fn count_claimed(&mut self) -> Result<(), Error> {
        self.claimed_files += 1;
        let subject = format_args!("the number of claimed files of {}", self.what);
        Error::check(subject, "claimed_files", self.limits.claimed_files, self.claimed_files)
    }

    /// Everybody who wants a file, once each.
    fn claimants(&mut self, path: &str, by_content: &[Claimant]) -> Vec<Claimant> {
        let mut claimants = by_content.to_vec();
        self.claims.by_path(path, &mut self.matched, &mut claimants);
        claimants.sort_unstable();
        claimants.dedup();
        claimants
    }

    /// Whether a claimed file is within the limits; otherwise it is unread.
    fn admit(&mut self, claimed: &Claimed, size: u64) -> bool {
        let Limits { claimed_file_bytes, claimed_bytes, .. } = *self.limits;
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
        self.leave_unread(claimed, &InputError::Other(why));
        false
    }

    fn leave_unread(&mut self, claimed: &Claimed, error: &InputError) {
        let mut indexes: Vec<_> = claimed.claimants.iter().map(|claimant| claimant.index).collect();
        indexes.dedup();
        let unread = || Unread { path: claimed.path.to_string(), error: error.clone() };
        self.unread.extend(indexes.into_iter().map(|index| (claimed.ordinal, index, unread())));
    }

    /// Copies the content of the walker's member, of which `head` was read.
    fn content(
        &mut self,
        walker: &mut Walker<'_, impl Source>,
        size: u64,
        head: &[u8],
        claimants: &[Claimant],
        search: &mut Search<'_>,
    ) -> Result<Content, Error> {
        let mut writer = if claimants.iter().any(|claimant| claimant.together) {
            self.storage.together(size)?
        } else {
            self.storage.alone(size)?
        };
        writer.write(head)?;
        loop {
            let chunk = walker.content(usize::MAX)?;
            if chunk.is_empty() {
                return Ok(writer.finish());
            }
            search.feed(chunk);
            writer.write(chunk)?;
        }
    }

    fn show(&mut self, claimed: &Claimed, content: Content) {
        if claimed.claimants.iter().any(|claimant| !claimant.together) {
            self.entries.show(&claimed.path);
        }
        let file = ClaimedFile::new(claimed.path.clone(), claimed.ordinal, claimed.executable, content);
        self.showing.add(&claimed.path, &file, &claimed.claimants);
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
            let mut admitted = Vec::new();
            for link in links {
                if self.admit(&link, member.size) {
                    admitted.push(link);
                }
            }
            if admitted.is_empty() {
                continue;
            }
            let all: Vec<_> = admitted.iter().flat_map(|link| &link.claimants).copied().collect();
            let content = self.content(walker, member.size, &[], &all, &mut Search::default())?;
            for link in admitted {
                self.show(&link, content.clone());
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
