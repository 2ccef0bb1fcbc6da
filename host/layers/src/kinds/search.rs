use memchr::memmem::Finder;

/// Looks for texts in a file that comes piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Search<'a> {
    wanted: Vec<Wanted<'a>>,
    /// The end of what came, as long as the longest text less one byte.
    tail: Vec<u8>,
    longest: usize,
    /// How much came.
    position: u64,
    /// How much had come when something was found last.
    found_within: u64,
}

/// For whom something is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sought {
    /// A kind of files, by its place.
    Kind(usize),
    /// A claim, by its place.
    Claim(usize),
}

#[derive(Debug)]
struct Wanted<'a> {
    of: Sought,
    finders: &'a [Finder<'static>],
    within: u64,
    is_found: bool,
}

impl<'a> Search<'a> {
    /// Looks for one of some texts, within so many first bytes.
    pub(crate) fn add(&mut self, of: Sought, finders: &'a [Finder<'static>], within: u64) {
        self.longest = finders.iter().map(|finder| finder.needle().len()).fold(self.longest, usize::max);
        self.wanted.push(Wanted { of, finders, within, is_found: false });
    }

    /// Whether more of the file could tell more.
    pub(crate) fn goes_on(&self) -> bool {
        self.wanted.iter().any(|wanted| !wanted.is_found && self.position < wanted.within)
    }

    /// Ingests the next piece.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        if piece.is_empty() || !self.goes_on() {
            return;
        }
        // What begins in one piece and ends in the next.
        let seam_start = self.position - self.tail.len() as u64;
        let mut seam = std::mem::take(&mut self.tail);
        seam.extend_from_slice(
            piece.get(..piece.len().min(self.longest.saturating_sub(1))).unwrap_or_default(),
        );
        let end = self.position + piece.len() as u64;
        for wanted in &mut self.wanted {
            if !wanted.is_found {
                wanted.is_found = wanted.is_in(&seam, seam_start) || wanted.is_in(piece, self.position);
                self.found_within = if wanted.is_found { end } else { self.found_within };
            }
        }
        self.position = end;
        let keep = self.longest.saturating_sub(1);
        let source = if piece.len() >= keep { piece } else { &seam };
        let end = source.get(source.len().saturating_sub(keep)..).unwrap_or_default().to_vec();
        self.tail = end;
    }

    /// Passes over bytes of a hole: zeros came before them, and as many zeros as the longest text has come after.
    pub(crate) fn pass(&mut self, count: u64) {
        self.position += count;
    }

    /// Length of the longest text in bytes.
    pub(crate) fn longest(&self) -> u64 {
        self.longest as u64
    }

    /// How many first bytes of the file hold all that was found.
    pub(crate) const fn found_within(&self) -> u64 {
        self.found_within
    }

    /// Those of whom a text was found.
    pub(crate) fn found(&self) -> impl Iterator<Item = Sought> {
        self.wanted.iter().filter(|wanted| wanted.is_found).map(|wanted| wanted.of)
    }

    /// Whether something was found that somebody claims the file for.
    pub(crate) fn has_found_claim(&self) -> bool {
        self.found().any(|found| matches!(found, Sought::Claim(_)))
    }

    /// Whether something was found for one of them.
    pub(crate) fn has_found(&self, of: Sought) -> bool {
        self.found().any(|found| found == of)
    }
}

impl Wanted<'_> {
    /// Whether one of the texts is in a piece that begins at a place of the file.
    fn is_in(&self, piece: &[u8], start: u64) -> bool {
        let left = usize::try_from(self.within.saturating_sub(start)).unwrap_or(usize::MAX);
        let piece = piece.get(..left.min(piece.len())).unwrap_or_default();
        self.finders.iter().any(|finder| finder.find(piece).is_some())
    }
}
