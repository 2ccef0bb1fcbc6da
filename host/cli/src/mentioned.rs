//! Commands that documentation and packages name are there, with their flags.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};

/// The root of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// What is read, besides pages that are written from the program.
const READ: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs",
    "deploy",
    "plugins/README.md",
    "wit/README.md",
];

/// What may stand before the program where it is called.
const BEFORE: [&str; 9] = ["`", "$", "|", "&&", "--", "(", ";", "\"", "exec limpid"];

#[test]
fn commands_that_pages_and_packages_name_are_there() {
    let mut program = crate::Cli::command();
    program.build();
    let mut files = Vec::new();
    READ.iter().for_each(|path| find(&Path::new(ROOT).join(path), &mut files));
    let (mut count, mut problems) = (0, Vec::new());
    for file in files {
        // Pictures and the like name none.
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for call in calls(&text.replace("\\\n", " ")) {
            count += 1;
            if let Err(why) = check(&program, &call) {
                problems.push(format!("{}: `limpid {call}`: {why}", file.display()));
            }
        }
    }
    assert!(count > 200, "{count}");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn find(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() && !path.ends_with("docs/reference") {
        fs::read_dir(path).unwrap().for_each(|entry| find(&entry.unwrap().path(), files));
    } else if path.is_file() {
        files.push(path.to_owned());
    }
}

/// What the program is called with, wherever a text calls it.
fn calls(text: &str) -> Vec<String> {
    let mut calls = Vec::new();
    for (at, name) in text.match_indices("limpid ") {
        let line = text[..at].rsplit('\n').next().unwrap_or_default();
        let before = line.trim_end();
        if !before.is_empty() && !BEFORE.iter().any(|sign| before.ends_with(sign)) {
            continue;
        }
        let rest = &text[at + name.len()..];
        // What stands between signs in a sentence may go over lines.
        let is_quoted = line.matches('`').count() % 2 == 1;
        let call = rest.split(if is_quoted { '`' } else { '\n' }).next().unwrap_or_default();
        calls.push(call.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    calls
}

/// Whether these words call something that is there.
fn check(program: &Command, call: &str) -> Result<(), String> {
    let mut command = program;
    let mut words = call.split(' ');
    while let Some(word) = words.next() {
        if ["|", ">", ">>", "&&", "||", ";", "#", "2>", "<", "&"].contains(&word) || word.starts_with('#') {
            break;
        }
        let is_last = word.ends_with([';', ')', '`', '"']);
        let word = word.trim_end_matches([';', ')', '`', '"', ',', '.', ':']);
        if let Some(flag) = word.strip_prefix("--") {
            let (flag, value) =
                flag.split_once('=').map_or((flag, None), |(flag, value)| (flag, Some(value)));
            let mut known = command.get_arguments();
            let known = known.find(|known| known.get_long() == Some(flag));
            let known = known.ok_or_else(|| format!("`{}` takes no `--{flag}`", command.get_name()))?;
            if value.is_none() && known.get_action().takes_values() {
                words.next();
            }
        } else if command.has_subcommands() && is_name(word) {
            let found = |name| {
                let below = command.find_subcommand(name);
                below.ok_or_else(|| format!("`{}` has no `{name}`", command.get_name()))
            };
            let below = word.split('|').map(found).collect::<Result<Vec<_>, _>>()?;
            command = below[0];
        } else if command.has_subcommands() {
            break;
        }
        if is_last {
            break;
        }
    }
    Ok(())
}

/// Whether a word is no placeholder and no path.
fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || b"-|".contains(&byte))
}

#[test]
fn calls_are_found_and_held_against_the_program() {
    let mut program = crate::Cli::command();
    program.build();
    for (text, expected) in [
        ("Run `limpid scan image.tar --severity high`.", Ok(())),
        ("Run `limpid backup\ncreate DIR`, or `limpid backup list|verify`.", Ok(())),
        ("    limpid --wait 5 token list | head --nothing", Ok(())),
        ("    a | limpid scan - --service x", Err("`scan` takes no `--service`")),
        ("$ limpid subscription show NAME", Err("`subscription` has no `show`")),
        ("`limpid backup list|look`", Err("`backup` has no `look`")),
        ("limpid feed add debian --foo=bar", Err("`add` takes no `--foo`")),
    ] {
        let found: Vec<_> = calls(text).iter().map(|call| check(&program, call)).collect();
        let failed = found.iter().find_map(|found| found.as_ref().err().map(String::as_str));
        assert_eq!(failed.map_or(Ok(()), Err), expected, "{text}: {found:?}");
    }
}
