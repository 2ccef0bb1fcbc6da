//! The documentation: all commands of its pages are run as they stand there, and print what the pages show.
//!
//! A page is run from its top to its end in one shell, in a home of its own with what [`World`] prepares. Commands
//! are the blocks of language `console`, in which lines after `$ ` are typed (`> ` goes on) and the others are what
//! is printed; those of language `sh`, of which nothing is printed; and blocks that are indented. In what is shown, `…`
//! stands for anything within a line, and for any lines where it stands alone. What ends with another code than 0
//! must be followed by `$ echo $?`.
//!
//! Comments say what readers do not see: `<!-- run: COMMANDS -->` prepares something, and `<!-- not run: REASON -->`
//! says why the block that follows is not run here, or, where the reason begins with `the whole page`, no block of the page.
//! `limpid serve` goes on behind the commands that follow it. Commands that change the machine are refused.
//!
//! `LIMPID_DOCS=docs/feeds.md` runs that page alone. `LIMPID_UPDATE_GOLDEN=1` writes what is printed into the pages.

mod blocks;
mod picture;
mod requests;
mod session;
mod world;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::{fs, thread};

use crate::golden;

use blocks::Block;
use world::World;

/// How many blocks are not run, over all pages. Fewer are better.
const NOT_RUN: usize = 21;

/// How many pages are run at a time.
const AT_A_TIME: usize = 2;

/// Pages that are not below `docs`.
const OTHERS: [&str; 1] = ["README.md"];

/// A page, by its path in the repository.
struct Page {
    name: String,
    path: PathBuf,
    blocks: Vec<Block>,
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn pages() -> Vec<Page> {
    let mut names: Vec<String> = OTHERS.map(str::to_owned).into();
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                names.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    names.sort_unstable();
    names
        .into_iter()
        .map(|name| {
            let path = root().join(&name);
            let blocks = blocks::of(&fs::read_to_string(&path).unwrap());
            Page { name, path, blocks }
        })
        .collect()
}

#[test]
fn commands_of_the_docs_do_what_the_pages_show() {
    let mut pages = pages();
    match std::env::var("LIMPID_DOCS") {
        Ok(only) => {
            pages.retain(|page| page.name == only);
            assert_eq!(pages.len(), 1, "there is no page `{only}`");
        }
        Err(_) => pages.retain(|page| page.blocks.iter().any(Block::is_run)),
    }
    let world = World::shared();
    let (pages, failures) = (Mutex::new(pages), Mutex::new(Vec::new()));
    let next = || pages.lock().unwrap().pop();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some(page) = next() {
                    if let Err(failure) = run(&page, &world) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs a page; where something is not as it is shown, says what, or writes it into the page.
fn run(page: &Page, world: &World) -> Result<(), String> {
    let differences = session::run(&page.blocks, world).map_err(|why| format!("{}: {why}", page.name))?;
    if differences.is_empty() {
        return Ok(());
    }
    if golden::updates() {
        let mut text = fs::read_to_string(&page.path).unwrap();
        // From the end, so that what is before stays where it is.
        for difference in differences.iter().rev() {
            text.replace_range(difference.range.clone(), &difference.found);
        }
        fs::write(&page.path, text).unwrap();
        return Ok(());
    }
    Err(differences.iter().map(|difference| format!("{}:{difference}", page.name)).collect())
}

#[test]
fn few_blocks_of_the_docs_are_not_run_and_each_says_why() {
    let mut not_run = Vec::new();
    for page in pages() {
        for block in page.blocks {
            if let Block::NotRun { line, reason } = block {
                assert!(reason.len() > 10, "{}:{line}: it is not said why the block is not run", page.name);
                not_run.push(format!("{}:{line}: {reason}", page.name));
            }
        }
    }
    assert_eq!(not_run.len(), NOT_RUN, "`NOT_RUN` says how many there are:\n{}", not_run.join("\n"));
}
