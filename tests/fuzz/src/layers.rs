//! Reads layers, and checks what must hold of whatever is in them.

use std::collections::HashSet;
use std::env;

use limpid_bytes::Stop;
use limpid_images::{Archive, Error, FoundLayer, stored};
use limpid_layers::{ClaimSet, ClaimedFile, LayerContents, Limits, Overlay, Sink, read_layer};
use limpid_model::{Claim, EntryKind, Grouping, Pattern};

/// Claims of every kind; those of the last claimant take almost every file.
///
/// # Panics
/// Never: the claims are right.
pub fn claims() -> ClaimSet {
    let path = |glob: &str, grouping| Claim::new(Pattern::Path(glob.to_owned()), grouping);
    let magic = |bytes: &[u8], grouping| Claim::new(Pattern::Magic(bytes.to_owned()), grouping);
    let claimants = [
        vec![path("etc/os-release", Grouping::Alone), path("etc/*", Grouping::Together)],
        vec![magic(b"\x7fELF", Grouping::Alone), magic(b"SQLite", Grouping::Together)],
        vec![path("**/*", Grouping::Alone)],
    ];
    ClaimSet::new(claimants.iter().map(Vec::as_slice)).expect("the claims are right")
}

/// A file that was shown: to whom, which, and what it holds.
type Shown = (usize, String, u64, Vec<u8>);

/// What a layer was found to hold, and the files that were shown of it.
#[derive(Debug)]
pub struct Reading {
    contents: LayerContents,
    shown: Showings,
}

#[derive(Debug, Default)]
struct Showings {
    alone: Vec<Shown>,
    together: Vec<Shown>,
}

fn read(claimant: usize, file: &ClaimedFile) -> Shown {
    let size = usize::try_from(file.size()).expect("a file that was claimed is within the limit");
    let content = file.read(0, size).expect("a file that is shown can be read");
    assert_eq!(content.len(), size, "`{}` is shorter than it says", file.path());
    (claimant, file.path().to_owned(), file.ordinal(), content.into_owned())
}

impl Sink for Showings {
    fn alone(&mut self, claimant: usize, batch: Vec<ClaimedFile>) {
        let paths: HashSet<&str> = batch.iter().map(ClaimedFile::path).collect();
        assert_eq!(paths.len(), batch.len(), "a path twice in one batch: {batch:?}");
        self.alone.extend(batch.iter().map(|file| read(claimant, file)));
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        assert!(!files.is_empty(), "shown no files");
        assert!(files.is_sorted_by(|left, right| left.path() < right.path()), "not by path: {files:?}");
        self.together.extend(files.iter().map(|file| read(claimant, file)));
    }
}

/// Reads a layer.
///
/// # Errors
/// Those of [`read_layer`].
pub fn read_one(archive: &Archive, layer: &FoundLayer, limits: &Limits) -> Result<Reading, Error> {
    let mut shown = Showings::default();
    let layer = stored(archive, layer, &env::temp_dir(), &Stop::default())?;
    let contents = read_layer(&layer, &claims(), &env::temp_dir(), limits, &mut shown)?;
    Ok(Reading { contents, shown })
}

impl Reading {
    /// Checks what must hold of a layer that was read within these limits.
    ///
    /// # Panics
    /// Where a rule is broken.
    pub fn check(&self, limits: &Limits) {
        let entries = &self.contents.entries.last;
        assert!(entries.is_sorted_by(|left, right| left < right), "not sorted, or twice: {entries:?}");
        assert!(entries.len() as u64 <= 2 * limits.layer_entries, "{} entries", entries.len());
        for entry in entries {
            check_path(&entry.path);
        }
        for (_, path, _, content) in self.shown.alone.iter().chain(&self.shown.together) {
            check_path(path);
            assert!(content.len() as u64 <= limits.claimed_file_bytes, "`{path}` is over the limit");
        }
        self.check_superseded();
        self.check_overlay();
    }

    fn check_superseded(&self) {
        for superseded in &self.contents.superseded {
            let mut alone = self.shown.alone.iter();
            let was_shown = alone.any(|shown| shown.1 == superseded.path && shown.2 == superseded.ordinal);
            assert!(was_shown, "superseded, but never shown: {superseded:?}");
        }
    }

    /// What a layer holds hides what is below it, and so does what it removes.
    fn check_overlay(&self) {
        let overlay = Overlay::new(&self.contents.entries.last);
        for entry in &self.contents.entries.last {
            let path = &entry.path;
            match entry.kind {
                EntryKind::Opaque => assert!(overlay.hides(&below(path)), "{entry:?} hides nothing"),
                EntryKind::Directory => assert!(overlay.hides(path), "{entry:?} does not replace a file"),
                EntryKind::File | EntryKind::Other | EntryKind::Whiteout => {
                    let hides = overlay.hides(path) && overlay.hides(&below(path));
                    assert!(hides, "{entry:?} does not replace what is below it");
                }
            }
        }
    }

    /// Checks that another reading of the same layer, within limits that differ only in memory, gave
    /// the same.
    ///
    /// # Panics
    /// Where it did not.
    pub fn check_same_as(&self, other: &Self) {
        assert_eq!(self.contents.entries, other.contents.entries, "entries");
        assert_eq!(self.contents.ignored, other.contents.ignored, "ignored entries");
        assert_eq!(self.valid(), other.valid(), "files that stand alone");
        assert_eq!(self.shown.together, other.shown.together, "files that belong together");
    }

    /// Files that stand alone and were not superseded, in some order that both readings have.
    fn valid(&self) -> Vec<&Shown> {
        let is_superseded = |shown: &Shown| {
            let mut superseded = self.contents.superseded.iter();
            superseded.any(|superseded| superseded.path == shown.1 && superseded.ordinal == shown.2)
        };
        let mut valid: Vec<&Shown> = self.shown.alone.iter().filter(|shown| !is_superseded(shown)).collect();
        valid.sort();
        valid
    }
}

fn below(path: &str) -> String {
    if path.is_empty() { "x".to_owned() } else { format!("{path}/x") }
}

/// A path within a layer; empty for its root.
fn check_path(path: &str) {
    let is_component = |component: &str| !matches!(component, "" | "." | "..");
    assert!(path.is_empty() || path.split('/').all(is_component), "`{path}` is not normalised");
    assert!(!path.contains('\0'), "`{path}` holds a NUL byte");
}
