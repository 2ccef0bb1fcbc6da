//! Which files a package put there: `info/NAME.list` and the `md5sums` of distroless images.

use std::io::{self, BufRead};

use limpid_plugin_sdk::detector::Ownership;
use limpid_plugin_sdk::text::Lines;

use crate::MAX_LINE;

/// The paths in a `.list`: one a line, absolute, each directory before what is in it. A directory
/// is left out where the next line goes on below it; one that is empty cannot be told from a file.
pub(crate) fn of_list(reader: impl BufRead) -> io::Result<Vec<String>> {
    let mut paths: Vec<String> = Vec::new();
    let mut lines = Lines::new(reader, MAX_LINE);
    while let Some(line) = lines.next()? {
        let text = line.text();
        let path = text.trim_start_matches('/');
        if line.cut || path == "." || !is_usable(path) {
            continue;
        }
        if paths.last().is_some_and(|last| is_below(path, last)) {
            paths.pop();
        }
        paths.push(path.to_owned());
    }
    Ok(paths)
}

/// The paths in an `md5sums`: `<32 hex digits>  <path>`, files only.
pub(crate) fn of_md5sums(reader: impl BufRead) -> io::Result<Vec<String>> {
    let mut paths = Vec::new();
    let mut lines = Lines::new(reader, MAX_LINE);
    while let Some(line) = lines.next()? {
        let text = line.text();
        if let Some((_, path)) = text.split_once("  ").filter(|_| !line.cut) {
            let path = path.trim_start_matches("./").trim_start_matches('/');
            if is_usable(path) {
                paths.push(path.to_owned());
            }
        }
    }
    Ok(paths)
}

/// Whether a layer can hold it.
fn is_usable(path: &str) -> bool {
    (1..=Ownership::MAX_PATH).contains(&path.len())
}

fn is_below(path: &str, directory: &str) -> bool {
    // What is cheap to see is looked at first: few of the paths that follow a path go on below it.
    path.as_bytes().get(directory.len()) == Some(&b'/') && path.starts_with(directory)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_gives_files_without_their_directories() {
        let text = "/.\n/usr\n/usr/bin\n/usr/bin/a\n/usr/bin/b c\n/usr/binary\n/var/empty\n";
        let expected = ["usr/bin/a", "usr/bin/b c", "usr/binary", "var/empty"];
        assert_eq!(of_list(text.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn md5sums_give_their_paths() {
        let text = "d41d8cd98f00b204e9800998ecf8427e  usr/share/a b\nrubbish\nd41d8cd98f00b204e9800998ecf8427e  ./etc/x\n";
        assert_eq!(of_md5sums(text.as_bytes()).unwrap(), ["usr/share/a b", "etc/x"]);
    }

    #[test]
    fn a_path_that_no_layer_can_hold_costs_no_other() {
        let text = format!("/usr\n/{}\n//\n/etc/x\n", "a".repeat(4097));
        assert_eq!(of_list(text.as_bytes()).unwrap(), ["usr", "etc/x"]);
        let text = format!("0  usr/a\n0  {}\n0  ./\n", "a".repeat(4097));
        assert_eq!(of_md5sums(text.as_bytes()).unwrap(), ["usr/a"]);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd_to_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            of_list(bytes.as_slice()).unwrap();
            of_md5sums(bytes.as_slice()).unwrap();
        }
    }
}
