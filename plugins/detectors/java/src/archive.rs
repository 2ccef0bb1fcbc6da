//! Reads an archive, and those that lie in it.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Evidence, File, Package, Problems, Report};
use limpid_zip::{Budget, Entry, Member, ReadAt, Zip};
use sha1::{Digest as _, Sha1};

use crate::manifest::Manifest;
use crate::pom::Pom;
use crate::properties::{self, Place};
use crate::{
    Artifact, MAX_ARCHIVES, MAX_DEPTH, MAX_HASHED, MAX_MANIFEST, MAX_POM, MAX_PROPERTIES, MAX_STATED, OURS,
    SHARED, inferred, limits, name,
};

/// How much is hashed at a time, in bytes.
const PIECE: usize = 64 << 10;

/// Reads the archive that a file is.
pub(crate) fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    if file.size() == 0 {
        return Ok(());
    }
    let budget = Budget::new(limits(file.size()));
    let mut problems = Problems::default();
    let is_part = OF_DISTRIBUTIONS.iter().any(|folder| file.path().starts_with(folder));
    let mut walk = Walk {
        file,
        report,
        problems: &mut problems,
        budget: &budget,
        archives: 0,
        hashable: Cell::new(MAX_HASHED),
        room: MAX_STATED,
    };
    let read = walk.archive(file, &At { within: "", depth: 1, is_part });
    report.unread_parts(file.path(), problems);
    read
}

/// A file, and what was found in it so far.
struct Walk<'a> {
    file: &'a File,
    report: &'a mut Report,
    problems: &'a mut Problems,
    budget: &'a Budget,
    archives: usize,
    hashable: Cell<u64>,
    room: usize,
}

/// Where an archive lies.
#[derive(Clone, Copy, Debug)]
struct At<'a> {
    /// The path of the member that it is, empty for the file itself.
    within: &'a str,
    depth: usize,
    /// Whether it belongs to an artifact or a distribution that is known, where nothing says what it is itself.
    is_part: bool,
}

/// Folders in which distributions keep the archives of their own packages, without versions in their names: these are
/// for the distribution to know.
const OF_DISTRIBUTIONS: [&str; 5] = [
    "usr/share/java/",
    "usr/lib/java/",
    "usr/share/maven-repo/",
    "usr/share/ca-certificates-java/",
    "usr/lib/jvm/",
];

/// Folders in which archives bring others that are no parts of them.
const LIBRARIES: [&str; 6] = ["lib", "libs", "jars", "dependency", "dependencies", "plugins"];

/// What a member of an archive is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Manifest,
    Properties,
    Pom,
    Archive,
}

impl Role {
    fn of(path: &str) -> Option<Self> {
        if path.eq_ignore_ascii_case("META-INF/MANIFEST.MF") {
            return Some(Self::Manifest);
        }
        if properties::of_path(path).is_some() {
            return Some(Self::Properties);
        }
        if properties::place(path, "pom.xml").is_some() {
            return Some(Self::Pom);
        }
        (is_called(path, &OURS) || is_called(path, &SHARED)).then_some(Self::Archive)
    }
}

/// What an archive's directory says.
#[derive(Debug, Default)]
struct Seen {
    /// Whether there are classes of the archive's own, which are not those of an application beside its libraries.
    classes: bool,
    application: bool,
}

impl Seen {
    fn look(&mut self, entry: &Entry<'_>) -> bool {
        let name = entry.name();
        self.application |= name.starts_with("BOOT-INF/") || name.starts_with("WEB-INF/");
        if name.ends_with(".class") {
            self.classes |= !name.ends_with("module-info.class");
            return false;
        }
        Role::of(name).is_some()
    }
}

impl Walk<'_> {
    fn archive(&mut self, source: &dyn ReadAt, at: &At<'_>) -> Result<(), Error> {
        let within = at.within;
        let path = if within.is_empty() { self.file.path() } else { within };
        let is_ours = is_called(path, &OURS);
        let mut seen = Seen::default();
        let budget = self.budget;
        let zip = match Zip::open(source, budget, |entry| seen.look(entry)) {
            Ok(zip) => zip,
            Err(_) if !is_ours && !begins_as_zip(source) => return Ok(()),
            Err(error) => return Err(error),
        };
        let members = |role| zip.members().iter().filter(move |member| Role::of(member.name()) == Some(role));
        let manifest = match members(Role::Manifest).next() {
            Some(member) => match zip.read_head(member, MAX_MANIFEST, budget) {
                Ok(bytes) => Manifest::read(&bytes),
                Err(error) => {
                    self.problem(within, error);
                    Manifest::default()
                }
            },
            None => Manifest::default(),
        };
        let stated = self.stated(&zip, within, path, &manifest);
        let nested: Vec<&Member> = members(Role::Archive).filter(|member| member.size() > 0).collect();
        let states_any = self.state(source, within, path, &manifest, stated);
        let is_unknown = !states_any && seen.classes && !seen.application && nested.is_empty();
        if is_unknown && is_ours && !at.is_part && !manifest.is_of_runtime() {
            let why =
                "neither what the archive holds nor its name says which version of which artifact it is";
            self.problem(within, Error::unsupported(why));
        }
        for member in nested {
            let inner = joined(within, member.name());
            let folder = member.name().rsplit('/').nth(1).unwrap_or_default();
            let is_part = (states_any || at.is_part) && !LIBRARIES.contains(&folder);
            let at = At { within: &inner, depth: at.depth + 1, is_part };
            if let Err(error) = self.nested(&zip, member, &at) {
                self.problem(&inner, error);
            }
        }
        Ok(())
    }

    fn nested(&mut self, zip: &Zip<'_>, member: &Member, at: &At<'_>) -> Result<(), Error> {
        if at.depth > MAX_DEPTH {
            return Err(Error::unsupported(format_args!(
                "archives lie in each other, deeper than {MAX_DEPTH}"
            )));
        }
        self.archives += 1;
        if self.archives > MAX_ARCHIVES {
            return Err(Error::unsupported(format_args!("the file holds more archives than {MAX_ARCHIVES}")));
        }
        let held = zip.hold(member, self.budget)?;
        self.archive(&held, at)
    }

    /// What is wrong in a member of the file, or in the file itself.
    fn problem(&mut self, within: &str, error: Error) {
        let place = |why: String| if within.is_empty() { why } else { format!("`{within:.500}`: {why}") };
        self.problems.push(match error {
            Error::Malformed(why) => Error::Malformed(place(why)),
            Error::Unsupported(why) => Error::Unsupported(place(why)),
            Error::Other(why) => Error::Other(place(why)),
        });
    }

    /// The artifacts of which Maven left files, and the paths of those.
    fn stated(
        &mut self,
        zip: &Zip<'_>,
        within: &str,
        path: &str,
        manifest: &Manifest,
    ) -> BTreeMap<String, Artifact> {
        let mut files: BTreeMap<Folder<'_>, [Option<&Member>; 2]> = BTreeMap::new();
        for member in zip.members() {
            let name = member.name();
            let (which, place) = match Role::of(name) {
                Some(Role::Properties) => (0, properties::of_path(name)),
                Some(Role::Pom) => (1, properties::place(name, "pom.xml")),
                _ => continue,
            };
            let Some((place, (folder, _))) = place.zip(name.rsplit_once('/')) else { continue };
            if let Some(file) = files.entry(Folder { folder, place }).or_default().get_mut(which) {
                *file = Some(member);
            }
        }
        let (mut stated, mut known) = (BTreeMap::new(), BTreeSet::new());
        for (Folder { place, .. }, [properties, pom]) in files {
            let Some(member) = properties.or(pom) else { continue };
            match self.of_maven(zip, &place, properties, pom, path, manifest) {
                Ok(artifact) => {
                    let Artifact { group, artifact: name, version } = &artifact;
                    if known.insert((group.clone(), name.clone(), version.clone())) {
                        stated.insert(member.name().to_owned(), artifact);
                    }
                }
                Err(error) => self.problem(within, error),
            }
        }
        stated
    }

    /// The artifact of a folder of Maven's.
    fn of_maven(
        &self,
        zip: &Zip<'_>,
        place: &Place<'_>,
        properties: Option<&Member>,
        pom: Option<&Member>,
        path: &str,
        manifest: &Manifest,
    ) -> Result<Artifact, Error> {
        let by_properties = match properties {
            Some(member) => {
                properties::read(&zip.read_to_vec(member, MAX_PROPERTIES, self.budget)?).of(place)
            }
            None => Err(Error::malformed("no properties")),
        };
        match (by_properties, pom) {
            (Ok(artifact), _) => Ok(artifact),
            (Err(error), None) => Err(error),
            (Err(_), Some(member)) => {
                let pom = Pom::read(&zip.read_to_vec(member, MAX_POM, self.budget)?)?;
                // The archive's own version may stand elsewhere.
                let own = inferred::infer(path, manifest).filter(|own| own.artifact == place.artifact);
                pom.of(place, own.as_ref().map(|own| own.version.as_str()))
            }
        }
    }

    /// States the artifacts of an archive; whether there are any.
    fn state(
        &mut self,
        source: &dyn ReadAt,
        within: &str,
        path: &str,
        manifest: &Manifest,
        stated: BTreeMap<String, Artifact>,
    ) -> bool {
        let stem = name::stem(path);
        let own = stated.iter().filter(|(_, artifact)| name::is_of(stem, artifact));
        let own = own.max_by_key(|(_, artifact)| artifact.artifact.len()).map(|(file, _)| file.clone());
        let guess = match own {
            None if !manifest.is_of_runtime() && !name::is_of_people(stem) => inferred::infer(path, manifest),
            _ => None,
        };
        // An archive may be called as somebody likes: what it holds is itself where its version is that of the name.
        let guess = guess.filter(|guess| {
            let is_stated = stated.values().any(|it| it.artifact == guess.artifact);
            let is_renamed = stated.values().any(|it| it.version == guess.version);
            !is_stated && (!is_renamed || manifest.names(&guess.artifact))
        });
        let own = own.or_else(|| match stated.len() {
            1 if guess.is_none() => stated.keys().next().cloned(),
            _ => None,
        });
        let states_any = guess.is_some() || !stated.is_empty();
        if let Some(guess) = guess {
            let has_group = guess.group.is_some();
            let package = with_licenses(guess.package(Evidence::Inferred), manifest);
            let digest = if has_group { None } else { self.digest(source) };
            self.found(
                within,
                match digest {
                    Some(digest) => package.qualifier("sha1", digest),
                    None => package,
                },
            );
        }
        for (file, mut artifact) in stated {
            if let Some(version) =
                name::version_for_runtime(stem, &artifact).filter(|_| Some(&file) == own.as_ref())
            {
                artifact.version = version;
            }
            let package = artifact.package(Evidence::Installed);
            match Some(&file) == own.as_ref() {
                true => self.found(within, with_licenses(package, manifest)),
                false => self.found(&joined(within, &file), package),
            }
        }
        states_any
    }

    fn found(&mut self, within: &str, package: Package) {
        let Some(room) = self.room.checked_sub(within.len()) else {
            let why = format_args!("paths of members take more than the limit of {MAX_STATED} bytes");
            return self.problems.push(Error::unsupported(why));
        };
        self.room = room;
        match within.is_empty() {
            true => self.report.found(self.file.path(), package),
            false => self.report.found_in(self.file.path(), within, package),
        }
    }

    /// SHA-1 of all of an archive, as repositories state it; none where too much was hashed already.
    fn digest(&self, source: &dyn ReadAt) -> Option<String> {
        let left = self.hashable.get().checked_sub(source.size())?;
        self.hashable.set(left);
        let (mut hash, mut piece, mut offset) = (Sha1::new(), vec![0; PIECE], 0);
        loop {
            let read = source.read_at(offset, &mut piece);
            if read == 0 {
                break;
            }
            hash.update(piece.get(..read)?);
            offset += read as u64;
        }
        Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A folder of an archive in which Maven left files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Folder<'a> {
    folder: &'a str,
    place: Place<'a>,
}

fn with_licenses(package: Package, manifest: &Manifest) -> Package {
    manifest.licenses().into_iter().fold(package, Package::license)
}

/// The path of a member of a member.
fn joined(within: &str, member: &str) -> String {
    if within.is_empty() { member.to_owned() } else { format!("{within}!/{member}") }
}

fn is_called(path: &str, extensions: &[&str]) -> bool {
    let extension = name::extension(path);
    extensions.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn begins_as_zip(source: &dyn ReadAt) -> bool {
    let mut start = [0; 2];
    source.read_at(0, &mut start) == start.len() && &start == b"PK"
}
