//! Which files a package put there: `info/NAME.list`, and `NAME.md5sums` where there is no list.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, BufRead};

use limpid_plugin_sdk::detector::Ownership;
use limpid_plugin_sdk::text::{Line, Lines};

use crate::MAX_LINE;

/// The length of a checksum in `md5sums`, in hex digits.
const CHECKSUM: usize = 32;

/// How many diversions are kept.
const MAX_DIVERSIONS: usize = 100_000;

/// The paths in a `.list`: one a line, absolute, each directory before what is in it. A directory
/// is left out where the next line goes on below it; one that is empty cannot be told from a file.
pub(crate) fn of_list(reader: impl BufRead) -> io::Result<Vec<String>> {
    let mut paths: Vec<String> = Vec::new();
    let mut lines = Lines::new(reader, MAX_LINE);
    while let Some(line) = lines.next()? {
        let Some(path) = path_of(line, line.bytes) else { continue };
        if paths.last().is_some_and(|last| is_below(&path, last)) {
            paths.pop();
        }
        paths.push(path);
    }
    Ok(paths)
}

/// The paths in an `md5sums`, files only: `<32 hex digits>  <path>`, or ` *<path>` as `md5sum --binary` writes it.
pub(crate) fn of_md5sums(reader: impl BufRead) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut lines = Lines::new(reader, MAX_LINE);
    while let Some(line) = lines.next()? {
        let Some((checksum, rest)) = line.split_once(b' ') else { continue };
        let is_checksum = checksum.len() == CHECKSUM && checksum.iter().all(u8::is_ascii_hexdigit);
        if let [b' ' | b'*', path @ ..] = rest
            && is_checksum
        {
            paths.extend(path_of(line, path));
        }
    }
    Ok(paths)
}

/// Where files lie that another package, or the administrator, moved out of the way.
#[derive(Debug, Default)]
pub(crate) struct Diversions(BTreeMap<String, Diversion>);

#[derive(Debug)]
struct Diversion {
    to: String,
    /// The package whose own file is not moved; none where all are.
    by: Option<String>,
}

impl Diversions {
    /// Reads `var/lib/dpkg/diversions`: three lines for each, the path, where it is instead, and the package that
    /// diverts it, or `:`.
    pub(crate) fn read(reader: impl BufRead) -> io::Result<Self> {
        let mut diversions = BTreeMap::new();
        let mut lines = Lines::new(reader, MAX_LINE);
        while diversions.len() < MAX_DIVERSIONS {
            let Some(from) = lines.next()?.map(|line| path_of(line, line.bytes)) else { break };
            let Some(to) = lines.next()?.map(|line| path_of(line, line.bytes)) else { break };
            let Some(by) = lines.next()?.map(|line| line.text().into_owned()) else { break };
            if let (Some(from), Some(to)) = (from, to) {
                diversions.insert(from, Diversion { to, by: Some(by).filter(|by| by != ":") });
            }
        }
        Ok(Self(diversions))
    }

    /// Puts the paths of a package where they are.
    pub(crate) fn apply(&self, package: &str, paths: &mut [String]) {
        if self.0.is_empty() {
            return;
        }
        for path in paths {
            if let Some(diversion) = self.0.get(path).filter(|it| it.by.as_deref() != Some(package)) {
                diversion.to.clone_into(path);
            }
        }
    }
}

/// Adds where files lie in an image whose `/bin`, `/sbin` and `/lib` are links into `/usr`: lists name them as
/// their packages do, which is not always so.
pub(crate) fn with_merged_usr(paths: &mut Vec<String>) {
    const MERGED: [&str; 6] = ["bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/"];
    let is_merged = |path: &&String| MERGED.iter().any(|directory| path.starts_with(directory));
    let also: Vec<_> = paths.iter().filter(is_merged).map(|path| format!("usr/{path}")).collect();
    paths.extend(also.into_iter().filter(|path| path.len() <= Ownership::MAX_PATH));
}

/// A path as the host writes those of a layer, from a line or what is left of one; none where a layer cannot hold it.
fn path_of(line: Line<'_>, bytes: &[u8]) -> Option<String> {
    if line.cut {
        return None;
    }
    let mut path = String::with_capacity(bytes.len());
    for component in bytes.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => return None,
            name => {
                if !path.is_empty() {
                    path.push('/');
                }
                match str::from_utf8(name) {
                    Ok(name) => path.push_str(name),
                    Err(_) => escape(name, &mut path),
                }
            }
        }
    }
    (1..=Ownership::MAX_PATH).contains(&path.len()).then_some(path)
}

/// Writes a name that is not UTF-8 as the contract does: `caf\xE9`.
fn escape(name: &[u8], text: &mut String) {
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _infallible = write!(text, "\\x{byte:02X}");
        }
    }
}

fn is_below(path: &str, directory: &str) -> bool {
    // What is cheap to see is looked at first: few of the paths that follow a path go on below it.
    path.as_bytes().get(directory.len()) == Some(&b'/') && path.starts_with(directory)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EMPTY: &str = "d41d8cd98f00b204e9800998ecf8427e";

    #[test]
    fn a_list_gives_files_without_their_directories() {
        let text = "/.\n/usr\n/usr/bin\n/usr/bin/a\n/usr/bin/b c\n/usr/binary\n/var/empty/\n";
        let expected = ["usr/bin/a", "usr/bin/b c", "usr/binary", "var/empty"];
        assert_eq!(of_list(text.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn md5sums_give_their_paths() {
        let text =
            format!("{EMPTY}  usr/share/a b\nrubbish\n{EMPTY}  ./etc/x\n{EMPTY} *bin/y\n0  z\n{EMPTY}  \n");
        assert_eq!(of_md5sums(text.as_bytes()).unwrap(), ["usr/share/a b", "etc/x", "bin/y"]);
    }

    #[test]
    fn paths_are_those_of_a_layer() {
        let check = |text: &[u8], expected: &[&str]| assert_eq!(of_list(text).unwrap(), expected);
        check(b"/./usr//share/./x\n", &["usr/share/x"]);
        check(b"/usr/caf\xe9\n", &["usr/caf\\xE9"]);
        check(b"/usr/../etc/x\n", &[]);
    }

    #[test]
    fn a_path_that_no_layer_can_hold_costs_no_other() {
        let text = format!("/usr\n/{}\n//\n/etc/x\n", "a".repeat(4097));
        assert_eq!(of_list(text.as_bytes()).unwrap(), ["usr", "etc/x"]);
        let text = format!("{EMPTY}  usr/a\n{EMPTY}  {}\n{EMPTY}  ./\n", "a".repeat(4097));
        assert_eq!(of_md5sums(text.as_bytes()).unwrap(), ["usr/a"]);
    }

    #[test]
    fn a_diverted_file_is_where_the_diversion_says_but_for_that_of_the_package_that_diverts() {
        let text = "/bin/sh\n/bin/sh.distrib\ndash\n/etc/x\n/etc/y\n:\n/cut/off\n";
        let diversions = Diversions::read(text.as_bytes()).unwrap();
        let check = |package: &str, expected: [&str; 3]| {
            let mut paths = ["bin/sh", "etc/x", "etc/z"].map(str::to_owned);
            diversions.apply(package, &mut paths);
            assert_eq!(paths, expected, "{package}");
        };
        check("bash", ["bin/sh.distrib", "etc/y", "etc/z"]);
        check("dash", ["bin/sh", "etc/y", "etc/z"]);
    }

    #[test]
    fn what_lies_in_a_directory_that_may_be_merged_is_owned_under_both_names() {
        let mut paths = ["lib/x", "usr/lib/y", "libexec/z", "bin/a"].map(str::to_owned).to_vec();
        with_merged_usr(&mut paths);
        assert_eq!(paths, ["lib/x", "usr/lib/y", "libexec/z", "bin/a", "usr/lib/x", "usr/bin/a"]);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            of_list(bytes.as_slice()).unwrap();
            of_md5sums(bytes.as_slice()).unwrap();
            Diversions::read(bytes.as_slice()).unwrap();
        }
    }
}
