//! Lists of all files of a mirror, as [quick-fedora-mirror](https://pagure.io/quick-fedora-mirror) defines them:
//! `fullfiletimelist-fedora`. They name repositories, among hundreds of thousands of other files.

use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::text::Lines;

/// Bytes of a line.
const MAX_LINE: usize = 4096;

/// What the path of a repository's index ends in.
const INDEX: &str = "/repodata/repomd.xml";

/// Calls `found` with the path of each repository in a list: `updates/40/Everything/x86_64`.
///
/// # Errors
///
/// [`Error::Malformed`] where it is no such list, or ends before its end; those of the reader.
pub fn repositories(list: impl BufRead, mut found: impl FnMut(&str)) -> Result<(), Error> {
    let mut lines = Lines::new(list, MAX_LINE);
    let mut section = None;
    while let Some(line) = lines.next()? {
        let text = line.text();
        let text = text.trim();
        if let Some(name) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            section = Some(match name {
                "Files" => Section::Files,
                "End" => Section::End,
                _ => Section::Other,
            });
        } else if section == Some(Section::Files) {
            // Time, kind, size, path.
            let mut words = text.splitn(4, '\t');
            let (kind, path) = (words.nth(1), words.nth(1));
            let repository = path.and_then(|path| path.strip_suffix(INDEX)).filter(|_| kind == Some("f"));
            if let Some(repository) = repository.filter(|path| !line.cut && is_plain(path)) {
                found(repository);
            }
        } else if section.is_none() && !text.is_empty() {
            return Err(Error::malformed(
                "the document is no list of files: it does not begin with `[Version]`",
            ));
        }
    }
    match section {
        Some(Section::End) => Ok(()),
        _ => Err(Error::malformed("the list of files does not end in `[End]`")),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Files,
    End,
    Other,
}

fn is_plain(path: &str) -> bool {
    (1..=150).contains(&path.len())
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._+-".contains(&byte))
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &str) -> Result<Vec<String>, Error> {
        let mut found = Vec::new();
        repositories(list.as_bytes(), |path| found.push(path.to_owned())).map(|()| found)
    }

    #[test]
    fn repositories_are_the_folders_of_indexes() {
        let list = "[Version]\n2\n\n[Files]\n1\td\t6144\t9/BaseOS/x86_64/os/repodata\n\
                    1\tf\t627\t9/BaseOS/x86_64/os/repodata/repomd.xml\n\
                    1\tl\t627\t8/BaseOS/x86_64/os/repodata/repomd.xml\n\
                    1\tf\t627\t../x/repodata/repomd.xml\n1\tf\t627\n1\tf\t627\ta b/repodata/repomd.xml\n\
                    [Checksums SHA256]\n1\tf\t627\t7/os/repodata/repomd.xml\n[End]\n";
        assert_eq!(read(list).unwrap(), ["9/BaseOS/x86_64/os"]);
    }

    #[test]
    fn what_is_no_whole_list_is_refused() {
        let check = |list: &str, expected: &str| {
            let why = read(list).unwrap_err().to_string();
            assert!(why.contains(expected), "{list}: {why}");
        };
        check("", "does not end in");
        check("<html>", "does not begin with");
        check("[Version]\n2\n[Files]\n1\tf\t1\tx/repodata/repomd.xml\n", "does not end in");
    }
}
