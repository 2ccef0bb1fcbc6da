use std::process::ExitCode;

use clap::{Command, ValueEnum};
use clap_complete::Shell;

/// How completions are put in place.
const HELP: &str = "\
bash: limpid completions bash > /usr/share/bash-completion/completions/limpid
zsh:  limpid completions zsh > /usr/share/zsh/vendor-completions/_limpid
fish: limpid completions fish > /usr/share/fish/vendor_completions.d/limpid.fish
Of one user: ~/.local/share/bash-completion/completions/limpid, a directory of `fpath`, ~/.config/fish/completions";

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// Whose completions
    #[arg(value_enum)]
    shell: Completed,
}

/// A shell that completes commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Completed {
    Bash,
    Zsh,
    Fish,
}

pub(crate) fn run(args: &Args, command: Command) -> anyhow::Result<ExitCode> {
    super::write_out(&String::from_utf8(written(args.shell, command))?)
}

fn written(shell: Completed, mut command: Command) -> Vec<u8> {
    let shell = match shell {
        Completed::Bash => Shell::Bash,
        Completed::Zsh => Shell::Zsh,
        Completed::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "limpid", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::process::Stdio;

    use super::*;
    use crate::commands::man::tests::{all, hidden};

    fn script(shell: Completed) -> String {
        String::from_utf8(written(shell, crate::command())).unwrap()
    }

    #[test]
    fn every_command_is_completed_in_every_shell() {
        for shell in Completed::value_variants() {
            let script = script(*shell);
            for path in all() {
                let name = path.last().unwrap();
                assert!(script.contains(name.as_str()), "{shell:?}: {path:?}");
            }
            for name in hidden() {
                assert!(!script.contains(&name), "{shell:?}: {name} is no command for people");
            }
        }
    }

    /// As bash itself asks, below each command that has others below it.
    #[test]
    fn bash_offers_what_is_below_a_command() {
        let mut asked = script(Completed::Bash);
        let mut expected = Vec::new();
        for above in all() {
            let is_below = |path: &Vec<String>| path.len() == above.len() + 1 && path.starts_with(&above);
            let below: Vec<_> =
                all().into_iter().filter(is_below).filter_map(|mut path| path.pop()).collect();
            if below.is_empty() {
                continue;
            }
            let (words, count, last) = (above.join(" "), above.len(), above.last().unwrap());
            asked.push_str(&format!(
                "\nCOMP_WORDS=({words} \"\"); COMP_CWORD={count}; _limpid limpid \"\" {last}; echo \" ${{COMPREPLY[*]}} \"\n"
            ));
            expected.push((words, below));
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(asked.as_bytes()).unwrap();
        let output = std::process::Command::new("bash").arg(file.path()).output().unwrap();
        let offered = String::from_utf8(output.stdout).unwrap();
        assert_eq!(offered.lines().count(), expected.len(), "{}", String::from_utf8_lossy(&output.stderr));
        for (offered, (above, below)) in offered.lines().zip(expected) {
            for name in below {
                assert!(offered.contains(&format!(" {name} ")), "{above}: {name} is not in {offered}");
            }
        }
    }

    /// Shells that are not there are not asked; `bash` is in every build of this program.
    #[test]
    fn shells_read_what_is_written_for_them() {
        let mut asked = Vec::new();
        for shell in Completed::value_variants() {
            let name = format!("{shell:?}").to_ascii_lowercase();
            let child = std::process::Command::new(&name).arg("-n").stdin(Stdio::piped()).spawn();
            let Ok(mut child) = child else { continue };
            child.stdin.take().unwrap().write_all(script(*shell).as_bytes()).unwrap();
            assert!(child.wait().unwrap().success(), "{name}");
            asked.push(name);
        }
        assert!(asked.contains(&"bash".to_owned()), "{asked:?}");
    }
}
