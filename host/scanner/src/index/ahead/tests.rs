use std::sync::atomic::{AtomicUsize, Ordering};

use limpid_bytes::{Spool, unnamed};
use limpid_images::{Archive, Content, FoundImage, FoundLayer, ImageSource};
use limpid_model::{Image, ImageLayer};
use limpid_store::Store;

use super::*;
use crate::test_support::archive::{docker, tar};
use crate::test_support::scanner_with;
use crate::{ImageInput, Indexed, Progress};

/// An archive whose layers are counted as they are opened.
struct Opened<'a>(Archive, &'a AtomicUsize);

impl ImageSource for Opened<'_> {
    fn images(&self, stop: &Stop) -> Result<Vec<FoundImage>, ImageError> {
        self.0.images(stop)
    }

    fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, ImageError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.open(layer, stop)
    }
}

fn write(archive: &[u8]) -> std::fs::File {
    let file = tempfile::tempfile().unwrap();
    std::io::copy(&mut &archive[..], &mut &file).unwrap();
    file
}

/// Indexes an archive of which everything was read ahead. Returns how many layers were read again, too.
fn index(scanner: &Scanner, ahead: &Ahead, archive: &[u8]) -> (Result<Indexed, Error>, usize) {
    let (settings, opened) = (scanner.settings(), AtomicUsize::new(0));
    let archive = Archive::open_file(write(archive), &settings.scratch, &settings.limits).unwrap();
    let source = Opened(archive, &opened);
    let input = ImageInput { source: &source, stop: &Stop::default() };
    let indexed = scanner.indexer().index_with(input, Some(ahead), &Progress::default(), |_, _| Ok(()));
    (indexed, opened.load(Ordering::Relaxed))
}

fn begin(scanner: &Scanner, aheads: &Arc<Aheads>) -> (Spool, Ahead) {
    let (spool, part) = Spool::open_ended(unnamed(&scanner.settings().scratch).unwrap());
    (spool, Ahead::of_archive(scanner, aheads, part).unwrap())
}

/// Waits until so many layers were read ahead.
fn wait_for(ahead: &Ahead, layers: usize) {
    while ahead.0.state().read.len() < layers {
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn layers_are_read_before_their_archive_is_whole_and_not_again() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let (archive, image) = docker("a", &[tar(&[("etc/a", b"x")]), tar(&[("etc/b", b"y")])]);
    let aheads = Aheads::new(1);
    let (mut spool, ahead) = begin(&scanner, &aheads);
    // The manifest is not among these.
    let (layers, rest) = archive.split_at(archive.len() - 2_048);
    spool.write(layers).unwrap();
    wait_for(&ahead, 2);
    assert!(scanner.store().view().scan::<Layers>(|_| ()).next().is_none());
    spool.write(rest).unwrap();
    drop(spool);
    let (indexed, opened) = index(&scanner, &ahead, &archive);
    let indexed = indexed.unwrap();
    assert_eq!((indexed.images, indexed.layers_read, opened), (vec![image], 2, 0));

    // It is the same as what is read behind the manifest.
    let (other, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let settings = other.settings();
    let source = Archive::open_file(write(&archive), &settings.scratch, &settings.limits).unwrap();
    other.index(ImageInput { source: &source, stop: &Stop::default() }, &Progress::default()).unwrap();
    let layers = |scanner: &Scanner| -> Vec<_> {
        scanner.store().view().scan::<Layers>(|_| ()).map(Result::unwrap).collect()
    };
    assert_eq!(layers(&scanner), layers(&other));
}

#[test]
fn what_is_known_is_not_read_ahead_and_what_no_manifest_names_is_dropped() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let aheads = Aheads::new(1);
    let (known, stray) = (tar(&[("etc/a", b"x")]), tar(&[("etc/stray", b"y")]));
    let (archive, _) = docker("a", std::slice::from_ref(&known));
    for expected in [1, 0] {
        let named = format!("{}.tar", Digest::of(&known).hex());
        // As tools write it that name layers after their digests, with something else beside it.
        let mut whole = tar(&[(&named, &known), ("stray.tar", &stray)]);
        whole.truncate(whole.len() - 1_024);
        whole.extend_from_slice(&archive);
        let (mut spool, ahead) = begin(&scanner, &aheads);
        spool.write(&whole).unwrap();
        drop(spool);
        // The layer under its digest, the stray one, and the layer under another name.
        wait_for(&ahead, 2 + expected);
        let (indexed, _) = index(&scanner, &ahead, &whole);
        assert_eq!(indexed.unwrap().layers_read, expected as u64);
        drop(ahead);
        aheads.wait();
    }
    assert_eq!(scanner.store().view().scan::<Layers>(|_| ()).count(), 1);
}

#[test]
fn no_more_are_read_ahead_than_an_image_may_have() {
    let (scanner, _scratch) =
        scanner_with(Store::in_memory(), |settings| settings.limits.layers_per_image = 2);
    let aheads = Aheads::new(1);
    let (mut spool, ahead) = begin(&scanner, &aheads);
    let stray = tar(&[("etc/stray", b"y")]);
    let members: Vec<_> = (0..5).map(|n| format!("{n}.tar")).collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|name| (name.as_str(), stray.as_slice())).collect();
    let mut archive = tar(&members);
    archive.truncate(archive.len() - 1_024);
    archive.extend_from_slice(&docker("a", &[]).0);
    spool.write(&archive).unwrap();
    drop(spool);
    wait_for(&ahead, 2);
    while !ahead.0.state().is_whole {
        thread::sleep(Duration::from_millis(1));
    }
    let state = ahead.0.state();
    assert_eq!((state.read.len(), state.waiting.len(), state.under_way.len()), (2, 0, 0));
}

#[test]
fn a_layer_that_is_not_what_its_manifest_says_is_an_error_as_ever() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let (mut archive, _) = docker("a", &[tar(&[("etc/a", b"right")])]);
    let at = archive.windows(5).position(|bytes| bytes == b"right").unwrap();
    archive[at..at + 5].copy_from_slice(b"wrong");
    let aheads = Aheads::new(1);
    let (mut spool, ahead) = begin(&scanner, &aheads);
    spool.write(&archive).unwrap();
    drop(spool);
    wait_for(&ahead, 1);
    let (indexed, opened) = index(&scanner, &ahead, &archive);
    let error = indexed.unwrap_err();
    assert!(chain(&error).contains("uncompressed"), "{}", chain(&error));
    assert_eq!(opened, 1);
}

#[test]
fn an_upload_that_is_cut_leaves_nothing_and_its_room_to_others() {
    let (scanner, scratch) = scanner_with(Store::in_memory(), |_| ());
    let (archive, _) = docker("a", &[tar(&[("etc/a", &[b'x'; 100_000])])]);
    let aheads = Aheads::new(1);
    let (mut spool, ahead) = begin(&scanner, &aheads);
    spool.write(&archive[..50_000]).unwrap();
    let (_, part) = Spool::open_ended(unnamed(scratch.path()).unwrap());
    assert!(Ahead::of_archive(&scanner, &aheads, part).is_none(), "there is room for one");
    drop((spool, ahead));
    aheads.wait();
    assert!(scanner.store().view().scan::<Layers>(|_| ()).next().is_none());
    begin(&scanner, &aheads);
}

/// A source that knows its one layer by what is stored, and the image when it is told what that is.
struct Nameless {
    layer: Part,
    stored: Digest,
    known: Mutex<Option<KnownLayer>>,
    opened: AtomicUsize,
}

impl Nameless {
    fn new(tar: &[u8]) -> Self {
        let (known, opened) = (Mutex::default(), AtomicUsize::new(0));
        Self { layer: Part::whole(write(tar)).unwrap(), stored: Digest::of(tar), known, opened }
    }
}

impl ImageSource for Nameless {
    fn images(&self, _: &Stop) -> Result<Vec<FoundImage>, ImageError> {
        let KnownLayer { diff_id, size } = self.known.lock().unwrap().expect("somebody has read it");
        let image = Image {
            id: Digest::of(diff_id.hex().as_bytes()),
            manifests: Vec::new(),
            names: Vec::new(),
            platform: "linux/amd64".parse().unwrap(),
            created: None,
            labels: Vec::new(),
            layers: vec![ImageLayer { diff_id, created_by: None }],
        };
        let layer = FoundLayer {
            diff_id,
            digest: Some(self.stored),
            size,
            media_type: String::new(),
            stored_as: None,
            location: Location::Digest,
        };
        Ok(vec![FoundImage { image, layers: vec![layer] }])
    }

    fn fetch_ahead(&self, _: usize, _: &Stop, tell: &(dyn Fn(ArrivingLayer) + Sync)) {
        let (location, part) = (Location::Digest, self.layer.clone());
        tell(ArrivingLayer { location, part, named: Some(self.stored) });
    }

    fn unnamed(&self) -> usize {
        usize::from(self.known.lock().unwrap().is_none())
    }

    fn name(&self, _: &Digest, known: KnownLayer) {
        *self.known.lock().unwrap() = Some(known);
    }

    fn open(&self, _: &FoundLayer, _: &Stop) -> Result<Content, ImageError> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(Content::Part(self.layer.clone()))
    }
}

#[test]
fn layers_that_say_which_image_it_is_are_read_once_and_by_nobody_where_they_are_known() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let layer = tar(&[("etc/a", b"x")]);
    for expected in [1, 0] {
        let source = Arc::new(Nameless::new(&layer));
        let shared: Arc<dyn ImageSource> = Arc::clone(&source) as _;
        let (aheads, stop) = (Aheads::new(1), Stop::default());
        let ahead = Ahead::of_source(&scanner, &aheads, &shared, 1, &stop).unwrap();
        assert!(Ahead::of_source(&scanner, &aheads, &shared, 1, &stop).is_none(), "there is room for one");
        let input = ImageInput { source: &*source, stop: &stop };
        let progress = Progress::default();
        let indexed = scanner.indexer().index_with(input, Some(&ahead), &progress, |_, _| Ok(())).unwrap();
        assert_eq!((indexed.images.len(), indexed.layers_read), (1, expected));
        assert_eq!(source.opened.load(Ordering::Relaxed), 0);
    }
}

#[test]
fn a_job_reads_what_says_which_image_it_is_by_itself() {
    let (scanner, _scratch) = scanner_with(Store::in_memory(), |_| ());
    let (source, stop) = (Nameless::new(&tar(&[("etc/a", b"x")])), Stop::default());
    let ahead = Ahead::now(&scanner, &source, &stop).unwrap();
    let input = ImageInput { source: &source, stop: &stop };
    let indexed = scanner.indexer().index_with(input, Some(&ahead), &Progress::default(), |_, _| Ok(()));
    assert_eq!((indexed.unwrap().layers_read, source.opened.load(Ordering::Relaxed)), (1, 0));
    assert!(Ahead::now(&scanner, &source, &stop).is_none(), "it has a name by now");
}
