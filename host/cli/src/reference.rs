//! Writes `docs/reference/commands.md`, the page of all commands, from what the parser of arguments knows.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/commands.md");

const HEAD: &str = "\
# The command line

<!-- Written by `LIMPID_UPDATE_GOLDEN=1 cargo test -p limpid reference`. Do not edit: change the commands. -->

Data goes to standard output, everything else to standard error. [Operating](../operating.md#exit-codes) has the exit codes, and \
[Settings](../settings.md) the environment variables and the file of settings.
";

#[test]
fn the_page_of_commands_says_what_the_program_takes() {
    let text = page();
    if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        fs::write(PAGE, &text).unwrap();
    }
    let written = fs::read_to_string(PAGE).unwrap_or_default();
    let missing = text.lines().find(|line| !written.lines().any(|other| other == *line));
    let page = Path::new(PAGE).display();
    assert!(
        written == text,
        "`{page}`: LIMPID_UPDATE_GOLDEN=1 writes it anew. It lacks, for instance: {missing:?}"
    );
}

fn page() -> String {
    let mut program = crate::Cli::command();
    program.build();
    let mut page = HEAD.to_owned();
    page.push_str("\n## Options of all commands\n\n");
    options(&mut page, program.get_arguments().filter(|arg| arg.is_global_set()));
    for command in program.get_subcommands() {
        describe(&mut page, command, "limpid");
    }
    page
}

/// A command, and those below it.
fn describe(page: &mut String, command: &Command, above: &str) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let name = format!("{above} {}", command.get_name());
    let below: Vec<&Command> = command.get_subcommands().collect();
    let level = if above.contains(' ') { "###" } else { "##" };
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(page, "\n{level} {name}\n\n{}", paragraph(&about));
    if below.is_empty() {
        let usage = command.clone().render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(page, "\n```text\n{usage}\n```");
        let own = || command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set());
        let own = || own().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()));
        if own().next().is_some() {
            page.push('\n');
            options(page, own());
        }
        if let Some(after) = command.get_after_long_help().or(command.get_after_help()) {
            // Tables are set with blanks.
            let _ = writeln!(page, "\n```text\n{}\n```", after.to_string().trim());
        }
    }
    for command in below {
        describe(page, command, &name);
    }
}

fn options<'a>(page: &mut String, arguments: impl Iterator<Item = &'a Arg>) {
    page.push_str("| Argument | Meaning |\n|---|---|\n");
    for arg in arguments {
        let _ = writeln!(page, "| `{}` | {} |", written(arg), meaning(arg));
    }
}

/// How an argument is written.
fn written(arg: &Arg) -> String {
    let values: Vec<_> =
        arg.get_value_names().unwrap_or_default().iter().map(|name| format!("<{name}>")).collect();
    let takes = arg.get_num_args().is_some_and(|count| count.takes_values());
    let value = if takes || arg.is_positional() { values.join(" ") } else { String::new() };
    let flags =
        [arg.get_short().map(|short| format!("-{short}")), arg.get_long().map(|long| format!("--{long}"))];
    let flags: Vec<String> = flags.into_iter().flatten().collect();
    let more = if arg.is_positional() && arg.get_num_args().is_some_and(|count| count.max_values() > 1) {
        "..."
    } else {
        ""
    };
    format!("{} {value}{more}", flags.join("`, `")).trim().replace('|', "\\|")
}

fn meaning(arg: &Arg) -> String {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut parts = vec![paragraph(&help)];
    let takes = arg.get_num_args().is_some_and(|count| count.takes_values());
    let possible: Vec<_> = if takes { arg.get_possible_values() } else { Vec::new() };
    let words: Vec<String> = possible
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| match value.get_help() {
            Some(help) => format!("`{}` ({})", value.get_name(), first_lower(&paragraph(&help.to_string()))),
            None => format!("`{}`", value.get_name()),
        })
        .collect();
    if !words.is_empty() {
        parts.push(format!("One of {}", words.join(", ")));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if takes && !defaults.is_empty() {
        parts.push(format!("Default: `{}`", defaults.join(" ")));
    }
    if let Some(variable) = arg.get_env() {
        parts.push(format!("Variable: `{}`", variable.to_string_lossy()));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(". ")
}

/// Text as one line of Markdown, in which nothing outside of backticks is markup.
fn paragraph(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts = line.split('`').enumerate().map(|(index, part)| match index % 2 {
        0 => part.replace('<', "\\<").replace('*', "\\*").replace('_', "\\_"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`").replace('|', "\\|")
}

fn first_lower(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}
