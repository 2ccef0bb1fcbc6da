use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;

use limpid_layers::{ClaimedFile, Kind, Kinds, LayerContents, Rule, Sink, links, read_layer, read_linked};
use limpid_model::{Claim, EntryKind, Grouping, Pattern};
use tempfile::TempDir;

use super::machine::tests::program;
use super::*;
use crate::{Archive, FoundImage, ImageSource, stored};

/// A file system, and what is read of it.
struct Root(TempDir);

#[derive(Debug, Default)]
struct Seen(BTreeMap<(usize, String), (String, bool)>);

impl Sink for Seen {
    fn alone(&mut self, claimant: usize, batch: Vec<ClaimedFile>) {
        for file in batch {
            let bytes = file.read(0, usize::try_from(file.size()).unwrap()).unwrap();
            let content = (String::from_utf8_lossy(&bytes).into_owned(), file.executable());
            self.0.insert((claimant, file.path().to_owned()), content);
        }
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        self.alone(claimant, files);
    }
}

/// What came of packing a directory and reading the archive.
struct Read {
    found: FoundImage,
    contents: LayerContents,
    seen: Seen,
    /// Of files behind links.
    linked_unread: Vec<String>,
}

impl Root {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), content).unwrap();
        self
    }

    fn link(self, path: &str, target: &str) -> Self {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        symlink(target, self.at(path)).unwrap();
        self
    }

    fn pack(&self, claims: &ClaimSet, limits: &Limits) -> Result<File, Error> {
        pack_directory(self.0.path(), claims, &std::env::temp_dir(), limits, &Stop::default())
    }

    fn read(&self, claims: &ClaimSet, limits: &Limits) -> Read {
        let (scratch, stop) = (std::env::temp_dir(), Stop::default());
        let archive = Archive::open_file(self.pack(claims, limits).unwrap(), &scratch, limits).unwrap();
        let [found] = archive.images(&stop).unwrap().try_into().unwrap();
        let layer = stored(&archive, &found.layers[0], &scratch, &stop).unwrap();
        let mut seen = Seen::default();
        let contents = read_layer(&layer, claims, &scratch, limits, &mut seen).unwrap();
        let links = links(&[&contents.entries], &std::collections::BTreeSet::new(), claims, limits);
        let layers = BTreeMap::from([(0, layer)]);
        let linked = read_linked(&layers, &links, claims, &scratch, limits, &mut seen).unwrap();
        let linked_unread =
            linked.unread.iter().map(|(_, it)| format!("{}: {}", it.path, it.error)).collect();
        Read { found, contents, seen, linked_unread }
    }
}

impl Read {
    fn files(&self) -> Vec<(&str, &str)> {
        self.seen.0.iter().map(|((_, path), (content, _))| (path.as_str(), content.as_str())).collect()
    }

    fn unread(&self) -> Vec<String> {
        let unread = self.contents.unread.iter();
        unread.map(|(claimant, unread)| format!("{claimant} {}: {}", unread.path, unread.error)).collect()
    }
}

fn claim(pattern: Pattern) -> Claim {
    Claim::new(pattern, Grouping::Alone)
}

fn claims(paths: &[&str]) -> ClaimSet {
    let claims: Vec<_> = paths.iter().map(|path| claim(Pattern::Path((*path).to_owned()))).collect();
    ClaimSet::new([claims.as_slice()].into_iter()).unwrap()
}

#[test]
fn what_is_claimed_is_seen_and_nothing_else_is_copied() {
    let root = Root::new()
        .file("etc/os-release", "ID=x")
        .file("etc/passwd", "a secret of the host")
        .file("opt/tool", "MAGIC tool")
        .file("srv/app.jar", "PK and much more that nobody reads")
        .link("lib", "usr/lib")
        .file("usr/lib/apk/db/installed", "P:a");
    fs::set_permissions(root.at("opt/tool"), fs::Permissions::from_mode(0o700)).unwrap();
    let paths = ["etc/os-release", "lib/apk/db/installed"];
    let mut all: Vec<_> = paths.iter().map(|path| claim(Pattern::Path((*path).to_owned()))).collect();
    all.push(claim(Pattern::Magic(b"MAGIC".to_vec())));
    let rule =
        Rule { paths: vec!["**/*.jar".to_owned()], starts: vec!["504b".to_owned()], ..Rule::default() };
    let kind = Kind { code: "jar".to_owned(), one: "".to_owned(), many: "".to_owned(), rules: vec![rule] };
    let set = ClaimSet::new([all.as_slice()].into_iter()).unwrap();
    let set = set.with_kinds(Arc::new(Kinds::new(vec![kind]).unwrap()));
    let read = root.read(&set, &Limits::default());
    assert_eq!(
        read.files(),
        [("etc/os-release", "ID=x"), ("lib/apk/db/installed", "P:a"), ("opt/tool", "MAGIC tool")]
    );
    assert!(read.seen.0[&(0, "opt/tool".to_owned())].1, "whether it can be executed is kept");
    assert_eq!(read.contents.kinds[0].paths, ["srv/app.jar"]);
    let entries: Vec<_> = read.contents.entries.last.iter().map(|entry| entry.path.as_str()).collect();
    assert!(entries.contains(&"etc/passwd") && entries.contains(&"usr/lib/apk/db"), "{entries:?}");
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut root.pack(&set, &Limits::default()).unwrap(), &mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("a secret") && !text.contains("much more"), "nobody claims it");
}

#[test]
fn an_image_of_a_directory_has_its_path_as_name_and_the_machine_of_its_programs() {
    let root = Root::new().file("usr/bin/a", program(2, 1, 183));
    let found = root.read(&claims(&["x"]), &Limits::default()).found;
    let path = root.0.path().canonicalize().unwrap();
    assert_eq!(found.image.names, [format!("dir:{}", path.display())]);
    assert_eq!(found.image.platform.to_string(), "linux/arm64");
    assert_eq!(found.image.layers[0].created_by.as_deref(), Some(MADE_BY));
    let unknown = Root::new().file("a", "").read(&claims(&["x"]), &Limits::default()).found;
    assert_eq!(unknown.image.platform, limpid_model::Platform::default());
}

#[test]
fn the_same_content_is_the_same_image() {
    let names = ["b/c", "a", "b-c", "b/a/d", "z"];
    let id = |order: &mut dyn Iterator<Item = &&str>| {
        let root = order.fold(Root::new(), |root, name| root.file(name, name));
        root.read(&claims(&["**"]), &Limits::default()).found.image.id
    };
    assert_eq!(id(&mut names.iter()), id(&mut names.iter().rev()));
    let (one, other) = (Root::new().file("a", "1"), Root::new().file("a", "2"));
    let id = |root: Root, claimed| root.read(&claims(&[claimed]), &Limits::default()).found.image.id;
    assert_ne!(id(one, "a"), id(other, "a"));
    let (one, other) = (Root::new().file("a", "1"), Root::new().file("a", "2"));
    assert_eq!(id(one, "b"), id(other, "b"), "nobody reads what differs");
}

#[test]
fn no_link_leads_out_and_nothing_special_is_opened() {
    let outside = Root::new().file("secret", "outside");
    let target = outside.at("secret");
    let root = Root::new()
        .file("real/a", "inside")
        .link("absolute", target.to_str().unwrap())
        .link("upwards", "../../../../../../etc/passwd")
        .link("folder", outside.0.path().to_str().unwrap())
        .link("loop", "loop");
    let _socket = UnixListener::bind(root.at("socket")).unwrap();
    // Opening a pipe that nobody writes to would wait for ever.
    let made = rustix::fs::mknodat(
        rustix::fs::CWD,
        root.at("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    );
    made.unwrap();
    let read = root.read(&claims(&["**"]), &Limits::default());
    assert_eq!(read.files(), [("real/a", "inside")]);
    let kind = |path: &str| read.contents.entries.last.iter().find(|entry| entry.path == path).unwrap().kind;
    for other in ["absolute", "pipe", "socket"] {
        assert_eq!(kind(other), EntryKind::Other, "{other}");
    }
}

#[test]
fn a_directory_that_is_replaced_by_a_link_is_not_entered() {
    let outside = Root::new().file("secret", "outside");
    let root = Root::new().link("a/b", outside.0.path().to_str().unwrap());
    let top = open::root(root.0.path()).unwrap();
    for path in ["a/b", "a/b/c", "a/../a", "nothing"] {
        let opened = open::directory(&top, path.as_bytes());
        assert!(opened.is_err() || path == "a/../a", "{path}");
    }
    assert!(open::directory(&top, b"a").is_ok());
    let a = open::directory(&top, b"a").unwrap();
    assert!(open::file(&a, b"b").unwrap().is_none(), "a link is no file");
}

#[test]
fn windows_to_the_kernel_are_not_entered() {
    let top = open::root(Path::new("/")).unwrap();
    assert!(open::is_pseudo(&top, b"proc", "proc").unwrap());
    assert!(open::is_pseudo(&top, b"dev", "dev").unwrap());
    assert!(!open::is_pseudo(&top, b"usr", "usr").unwrap());
}

#[test]
fn names_of_every_kind_are_packed() {
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(120));
    let root = Root::new().file(&long, "long").file("new\nline", "line").file("höhe", "umlaut");
    fs::write(root.0.path().join(OsStr::from_bytes(b"caf\xe9")), "latin").unwrap();
    let target = "t".repeat(300);
    let root = root.link("link", &target);
    let read = root.read(&claims(&["**"]), &Limits::default());
    assert_eq!(
        read.files(),
        [("caf\\xE9", "latin"), (long.as_str(), "long"), ("höhe", "umlaut"), ("new\nline", "line")]
    );
    let link = read.contents.entries.last.iter().find(|entry| entry.path == "link").unwrap();
    assert_eq!(link.leads, limpid_model::Leads::Symbolic(target));
}

#[test]
fn what_is_over_a_limit_is_unread_and_said_to_be() {
    let root = Root::new().file("a", "123456").file("b", "1").link("l", "d").file("d/c", "1234567");
    let limits = Limits { claimed_file_bytes: 5, ..Limits::default() };
    let read = root.read(&claims(&["a", "b", "l/c"]), &limits);
    assert_eq!(read.files(), [("b", "1")]);
    assert_eq!(read.unread(), ["0 a: its 6 bytes are over the limit `claimed_file_bytes` of 5"]);
    assert_eq!(read.linked_unread, ["l/c: its 7 bytes are over the limit `claimed_file_bytes` of 5"]);
    let limits = Limits { claimed_bytes: 6, ..Limits::default() };
    let read = root.read(&claims(&["a", "b"]), &limits);
    assert_eq!(read.files(), [("a", "123456")]);
    assert!(
        read.unread()[0].contains("b: with its 1 bytes, claimed files are over the limit `claimed_bytes`")
    );
    let check = |limits: Limits, expected: &str| {
        let error = root.pack(&claims(&["a"]), &limits).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(Limits { image_entries: 3, ..Limits::default() }, "over the limit `layers.image_entries` of 3");
    check(Limits { layer_entries: 2, ..Limits::default() }, "over the limit `layers.layer_entries` of 2");
    let paths =
        |layer_path_bytes, image_entries| Limits { layer_path_bytes, image_entries, ..Limits::default() };
    check(paths(3, 1_000_000), "over the limit `layers.layer_path_bytes` of 3");
    check(paths(3, 4_000_000), "over the limit `layers.layer_path_bytes` of");
}

#[test]
fn a_directory_of_more_than_a_layer_may_have_is_several_layers() {
    let mut root = Root::new().file("a", "claimed").file("z", "claimed").link("l", "a");
    for at in 0..40 {
        root = root.file(&format!("plain-{at:02}"), "x");
    }
    let claims = claims(&["a", "z"]);
    let one = root.read(&claims, &Limits::default());
    assert_eq!(one.found.layers.len(), 1);
    for (limits, layers) in [
        (Limits { layer_entries: 10, image_entries: 100, ..Limits::default() }, 5),
        // 8 bytes each, and 4 of what is claimed or a link.
        (Limits { layer_path_bytes: 44, image_entries: 8_000_000, ..Limits::default() }, 8),
    ] {
        let several = root.read(&claims, &limits);
        assert_eq!((several.found.layers.len(), several.files()), (layers, one.files()));
        let archive =
            Archive::open_file(root.pack(&claims, &limits).unwrap(), &std::env::temp_dir(), &limits);
        let archive = archive.unwrap();
        let mut paths = 0;
        for layer in &several.found.layers {
            let layer = stored(&archive, layer, &std::env::temp_dir(), &Stop::default()).unwrap();
            let sink = &mut Seen::default();
            paths +=
                read_layer(&layer, &claims, &std::env::temp_dir(), &limits, sink).unwrap().entries.last.len();
        }
        assert_eq!(paths, one.contents.entries.last.len());
    }
}

#[test]
fn a_directory_that_cannot_be_taken_whole_is_unread() {
    let root = Root::new().file("a/.wh.b", "").file("a/c", "c").file("d/e", "e");
    let read = root.read(&claims(&["a/*", "d/*"]), &Limits::default());
    assert_eq!(read.files(), [("a/c", "c"), ("d/e", "e")]);
    assert_eq!(read.unread(), ["0 a: `.wh.b` in it would mean a whiteout in a layer"]);
    let deep = Root::new().file(&format!("{0}/{0}/{0}/x", "d".repeat(50)), "");
    let read = deep.read(&claims(&["**/x"]), &Limits { path_length: 80, ..Limits::default() });
    assert!(read.files().is_empty(), "it is longer than is read");
    assert_eq!(read.contents.long_paths, 1);
}

#[test]
fn packing_ends_when_it_is_no_longer_wanted() {
    let (root, stop) = (Root::new().file("a", ""), Stop::default());
    stop.stop();
    let packed =
        pack_directory(root.0.path(), &claims(&["a"]), &std::env::temp_dir(), &Limits::default(), &stop);
    assert!(matches!(packed, Err(Error::Interrupted { .. })));
}
