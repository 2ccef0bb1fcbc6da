use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Command;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Directory for the pages, `limpid.1` and one for each command, as `/usr/share/man/man1`
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub(crate) fn run(args: &Args, command: Command) -> anyhow::Result<ExitCode> {
    let directory = &args.directory;
    let what = || format!("pages cannot be written to `{}`", directory.display());
    std::fs::create_dir_all(directory).with_context(what)?;
    clap_mangen::generate_to(command, directory).with_context(what)?;
    super::print(&format!("the pages are in `{0}`: `man {0}/limpid.1`", directory.display()))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use super::*;

    /// All commands with those above them, as `limpid`, `image`, `list`.
    pub(crate) fn all() -> Vec<Vec<String>> {
        fn below(command: &Command, above: &[String], found: &mut Vec<Vec<String>>) {
            let mut path = above.to_vec();
            path.push(command.get_name().to_owned());
            let shown = command.get_subcommands().filter(|it| !it.is_hide_set() && it.get_name() != "help");
            shown.for_each(|it| below(it, &path, found));
            found.push(path);
        }
        let mut found = Vec::new();
        below(&crate::command(), &[], &mut found);
        assert!(found.len() > 40, "{found:?}");
        found
    }

    pub(crate) fn hidden() -> Vec<String> {
        vec![crate::commands::COMPILE.to_owned()]
    }

    #[test]
    fn every_command_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let args = Args { directory: folder.path().join("man1") };
        run(&args, crate::command()).unwrap();
        for path in all() {
            let page = args.directory.join(format!("{}.1", path.join("-")));
            let text =
                fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            assert!(text.contains(".TH "), "{text}");
        }
        for name in hidden() {
            assert!(!args.directory.join(format!("limpid-{name}.1")).exists(), "{name}");
        }
    }
}
