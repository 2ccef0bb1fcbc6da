use limpid_bytes::tar::{self, Kind, PartSource, Walker};
use limpid_bytes::{Compression, Limit, Part};
use limpid_layers::Limits;
use limpid_model::Digest;

use crate::{Error, Location};

/// A member of an archive that may be a layer, by how it begins: no manifest has said yet whether it is.
#[derive(Clone, Debug)]
pub struct ArrivingLayer {
    /// Where it is, as [`FoundLayer::location`](crate::FoundLayer::location) of the archive will have it.
    pub location: Location,
    /// Its bytes, of which not all may be there yet.
    pub part: Part,
    /// The digest by which it is named, which may be that of its stored form or of its tar.
    pub named: Option<Digest>,
}

/// Walks an archive while it is being written, and tells of members that may be layers as their first bytes
/// come. Waits for what is not written yet.
///
/// # Errors
/// It is no tar, is damaged, is over a limit, or is not written to its end. Nothing is lost by that: what is
/// wrong with an archive is told by [`Archive::open`](crate::Archive::open).
pub fn arriving(archive: &Part, limits: &Limits, mut tell: impl FnMut(ArrivingLayer)) -> Result<(), Error> {
    let what = "the archive";
    let limits = limits.tar(Limit::of("archive_members", limits.archive_members));
    let mut walker = Walker::new(PartSource::new(archive, what), what, limits);
    while let Some(entry) = walker.next()? {
        let (Kind::File, Some(offset)) = (entry.kind, entry.offset) else { continue };
        let Some(part) = archive.section(offset, entry.size).filter(|part| !part.is_empty()) else {
            continue;
        };
        let head = part.head(what)?;
        let may_be_layer = match Compression::of(&head) {
            Compression::Gzip | Compression::Zstd => true,
            _ => tar::is_meant_by(&head),
        };
        if may_be_layer {
            let location = Location::Member { offset, size: entry.size };
            tell(ArrivingLayer { location, part, named: digest(&entry.name) });
        }
    }
    Ok(())
}

/// The digest that a member's name holds: `blobs/sha256/HEX`, `HEX.tar`, `HEX.tar.gz`.
fn digest(name: &[u8]) -> Option<Digest> {
    let name = std::str::from_utf8(name).ok()?;
    let file = name.rsplit('/').next()?;
    format!("sha256:{}", file.split('.').next()?).parse().ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use limpid_bytes::{Spool, unnamed};
    use limpid_test_archives::{Tar, docker_archive, gzip};

    use super::super::test_support::{images, open, scratch};
    use super::*;

    #[test]
    fn layers_are_told_of_as_they_begin_and_lie_where_the_archive_has_them() {
        let first = Tar::default().file("a", &[b'x'; 5_000]).end();
        let second = gzip(&Tar::default().file("b", b"y").end());
        let archive = docker_archive(&[&first, &second]);
        let (mut spool, part) = Spool::open_ended(unnamed(&scratch()).unwrap());
        let (sender, told) = mpsc::channel();
        let walking =
            thread::spawn(move || arriving(&part, &Limits::default(), |layer| sender.send(layer).unwrap()));
        // No more than the first layer's beginning is there.
        let (start, rest) = archive.split_at(3_000);
        spool.write(start).unwrap();
        let layer = told.recv().unwrap();
        spool.write(rest).unwrap();
        assert_eq!(Digest::of(&first), layer.part.digest("it").unwrap());
        drop(spool);
        walking.join().unwrap().unwrap();
        let found: Vec<_> = [layer].into_iter().chain(told).map(|layer| layer.location).collect();
        let layers = images(&open(&archive).unwrap()).unwrap().remove(0).layers;
        assert_eq!(found, layers.into_iter().map(|layer| layer.location).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_archive_or_ends_early_is_walked_no_further() {
        let archive = docker_archive(&[&Tar::default().file("a", b"x").end()]);
        for bytes in [&archive[..archive.len() / 2], &gzip(&archive)[..], b"{}", b""] {
            let (mut spool, part) = Spool::open_ended(unnamed(&scratch()).unwrap());
            spool.write(bytes).unwrap();
            drop(spool);
            assert!(arriving(&part, &Limits::default(), |_| ()).is_err());
        }
    }

    #[test]
    fn the_digest_of_a_name_is_found_in_every_form() {
        let hex = "ab".repeat(32);
        let expected = Some(format!("sha256:{hex}").parse().unwrap());
        for name in
            [format!("blobs/sha256/{hex}"), format!("{hex}.tar"), format!("./{hex}.tar.gz"), hex.clone()]
        {
            assert_eq!(digest(name.as_bytes()), expected, "{name}");
        }
        for name in ["0/layer.tar", "manifest.json", "", "abc.tar", "blobs/sha256/"] {
            assert_eq!(digest(name.as_bytes()), None, "{name}");
        }
        // Docker's old archives name a directory after an identifier that is no digest of a layer.
        assert_eq!(digest(format!("{hex}/layer.tar").as_bytes()), None);
    }
}
