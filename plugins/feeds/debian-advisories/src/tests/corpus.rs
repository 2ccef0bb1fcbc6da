//! The lists of the corpus.

use std::collections::BTreeSet;

use super::parse;

/// Entries, entries of which nothing is stated, statements, identifiers of vulnerabilities.
type Counts = (usize, usize, usize, usize);

fn check(name: &str, file: &str, expected: Counts, rejected: usize) {
    let list = limpid_test_corpus::read(&format!("feeds/debian/{file}.zst"));
    let text = String::from_utf8(list.clone()).unwrap();
    let is_statement = |line: &&str| {
        let line = line.trim_start();
        line.starts_with('-') || line.starts_with('[') && line.contains(']')
    };
    let begins = text.lines().filter(|line| line.starts_with('[')).count();
    let sink = parse(name, list).unwrap();
    assert_eq!(sink.rejected.len(), rejected, "{file}: {:?}", sink.rejected);
    // The version in DSA-423 is a package's name, and it is all that the entry states.
    assert!(
        sink.rejected.iter().all(|(path, _)| path.contains("kernel-image-2.4.17-ia64")),
        "{:?}",
        sink.rejected
    );
    // Of an entry that is passed over, lines count all the same.
    let stated: BTreeSet<_> = sink.advisories.iter().map(|it| it.id.as_str()).collect();
    let (mut lines, mut of_stated) = (0, false);
    for line in text.lines() {
        if line.starts_with('[') {
            of_stated = line.split([' ', '\t', ']']).any(|word| stated.contains(word));
        } else if of_stated {
            lines += usize::from(is_statement(&line));
        }
    }
    let affected = sink.advisories.iter().map(|it| it.affected.len()).sum::<usize>();
    let aliases: BTreeSet<_> = sink.advisories.iter().flat_map(|it| &it.aliases).collect();
    assert_eq!(affected, lines, "{file}");
    assert_eq!((begins, begins - sink.advisories.len(), affected, aliases.len()), expected, "{file}");
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn nothing_of_the_lists_is_lost() {
    check("DSA", "DSA-list", (5909, 127, 7582, 17307), 1);
    check("DSA", "DSA-list.2023-04-02", (5406, 114, 6881, 14748), 1);
    check("DLA", "DLA-list", (4224, 165, 4064, 11632), 0);
    check("DLA", "DLA-list.2023-04-02", (3534, 144, 3395, 8690), 0);
}
