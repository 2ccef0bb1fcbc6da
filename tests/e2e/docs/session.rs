//! Runs a page as somebody would who types it into a terminal.

use std::fmt::{self, Write as _};
use std::fs;
use std::ops::Range;
use std::process::{Command, Stdio};

use super::blocks::{Block, Step};
use super::world::World;

/// A command that does something else than the page shows.
pub(super) struct Difference {
    line: usize,
    command: String,
    why: String,
    /// What of the page is wrong, and what belongs there.
    pub(super) range: Range<usize>,
    pub(super) found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}: `{}`: {}\n{}", self.line, self.command, self.why, self.found)
    }
}

/// What the shell does before the first command. Each one runs in this shell, so that what it sets is there for the
/// next; a service is started where its command stands, and ended with the shell.
const PRELUDE: &str = r#"
__port=none
__pids=()
trap 'kill "${__pids[@]}" 2>/dev/null; wait' EXIT
__serve() {
    "$@" </dev/null >serve.out 2>serve.log &
    __pids+=($!)
    for _ in $(seq 1200); do
        __port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' serve.log | head -n 1)
        if curl --silent --fail --insecure --output ready "http://127.0.0.1:${__port:-1}/readyz"; then rm ready; return 0; fi
        if ! kill -0 "${__pids[-1]}" 2>/dev/null; then break; fi
        sleep 0.1
    done
    cat serve.log >&2
    return 1
}
__read() {
    __command=$(sed -E 's/^((target\/dist\/)?limpid serve)/__serve \1/' "$__steps/$1.command")
    __command=${__command//https:\/\/limpid.example/http://127.0.0.1:6060}
    __command=${__command//localhost:5000/localhost:$__registry}
    [ "$__port" = none ] || __command=${__command//:6060/:$__port}
}
stty cols 100 rows 50 -echo
__status=0
"#;

/// How words begin that speak to the machine, and not to a home of a test: pages are run by whoever runs tests, which
/// may be root.
const OF_THE_MACHINE: [&str; 11] = [
    "apt",
    "systemctl",
    "sudo",
    "runuser",
    "useradd",
    "kubectl",
    "helm",
    "podman",
    "/etc/",
    "/usr/",
    "/var/",
];

/// How long a page may take.
const LIMIT: &str = "300";

/// Runs the blocks of a page, and says where something else comes of them than is shown.
pub(super) fn run(blocks: &[Block], world: &World) -> Result<Vec<Difference>, String> {
    for block in blocks {
        let commands: Vec<(usize, &str)> = match block {
            Block::NotRun { .. } => continue,
            Block::Script { line, text } => vec![(*line, text)],
            Block::Console(steps) => steps.iter().map(|step| (step.line, step.command.as_str())).collect(),
        };
        for (line, text) in commands {
            if let Some(word) = of_the_machine(text) {
                return Err(format!(
                    "line {line}: `{word}` is for the machine of whoever reads: a comment `<!-- not run: ... -->` before \
                     the block says so"
                ));
            }
        }
    }
    let home = world.home();
    let steps = tempfile::tempdir().unwrap();
    let mut script = String::from(PRELUDE);
    let mut shown: Vec<&Step> = Vec::new();
    for (number, block) in blocks.iter().filter(|block| block.is_run()).enumerate() {
        match block {
            Block::NotRun { .. } => {}
            Block::Script { line, text } => {
                let name = format!("script-{number}");
                fs::write(steps.path().join(format!("{name}.command")), text).unwrap();
                let _ = writeln!(
                    script,
                    "__read {name}; set -e; eval \"$__command\" </dev/null >\"$__steps/{name}.out\" \
                     2>\"$__steps/{name}.err\"; set +e; touch \"$__steps/{name}.done\" # {line}"
                );
            }
            Block::Console(console) => {
                for step in console {
                    let name = shown.len().to_string();
                    shown.push(step);
                    fs::write(steps.path().join(format!("{name}.command")), &step.command).unwrap();
                    let _ = writeln!(
                        script,
                        "__read {name}; printf '\\036'; (exit $__status); \
                         eval \"$__command\" </dev/null 2>\"$__steps/{name}.err\"; __status=$?; \
                         echo $__status >\"$__steps/{name}.status\"; printf '\\036'"
                    );
                }
            }
        }
    }
    script.push_str("printf '\\036%s' \"$__port\"; exit 0\n");
    fs::write(steps.path().join("page"), script).unwrap();

    let mut terminal = Command::new("timeout");
    terminal.args(["--kill-after=5", LIMIT, "script", "--quiet", "--return", "--command"]);
    terminal.arg("bash \"$__steps/page\"").arg("/dev/null");
    world.equip(&mut terminal, home.path());
    let registry = world.registry_port();
    terminal
        .env("__registry", &registry)
        .env("__steps", steps.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = terminal.output().map_err(|error| format!("`script` (of util-linux): {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).replace('\r', "");

    for (number, block) in blocks.iter().filter(|block| block.is_run()).enumerate() {
        let Block::Script { line, text } = block else { continue };
        let file = |kind: &str| steps.path().join(format!("script-{number}.{kind}"));
        if !file("done").exists() {
            let read = |kind: &str| fs::read_to_string(file(kind)).unwrap_or_default();
            let (out, err) = (read("out"), read("err"));
            let log = fs::read_to_string(home.path().join("serve.log")).unwrap_or_default();
            return Err(format!("line {line}: these commands fail:\n{text}---\n{out}{err}---\n{log}"));
        }
    }
    // Before, within and after each command.
    let parts: Vec<&str> = printed.split('\u{1e}').collect();
    if parts.len() != 2 * shown.len() + 2 || !output.status.success() {
        return Err(format!("{}: the page was not run to its end:\n{printed}", output.status));
    }
    // As they are in the pages.
    let port = parts.last().unwrap_or(&"");
    let usual = |text: &str| {
        let hosts =
            [("127.0.0.1", *port, "6060"), ("localhost", *port, "6060"), ("localhost", &registry, "5000")];
        hosts.iter().fold(text.to_owned(), |text, (host, port, usual)| {
            text.replace(&format!("{host}:{port}"), &format!("{host}:{usual}"))
        })
    };
    let mut differences = Vec::new();
    for (index, step) in shown.iter().enumerate() {
        let read = |kind: &str| fs::read_to_string(steps.path().join(format!("{index}.{kind}"))).unwrap();
        let (out, errors) = (usual(parts[2 * index + 1]), usual(&read("err")));
        let status = read("status");
        let expected = shown.get(index + 1).is_some_and(|next| next.command == "echo $?");
        let failed = (!expected && status.trim() != "0").then(|| status.trim().to_owned());
        differences.extend(difference(step, &out, &errors, failed));
    }
    Ok(differences)
}

fn of_the_machine(commands: &str) -> Option<&str> {
    // Names of programs stand alone, paths may follow a sign.
    let ends = |letter: char| letter.is_whitespace() || "<>=(`\"';|&".contains(letter);
    commands.split(ends).find(|word| {
        let is_program = OF_THE_MACHINE.contains(word) || word.starts_with("apt-");
        is_program || OF_THE_MACHINE.iter().any(|path| path.starts_with('/') && word.starts_with(path))
    })
}

/// What differs of a command that printed this. `failed` is the code with which it ended and should not have.
fn difference(step: &Step, out: &str, errors: &str, failed: Option<String>) -> Option<Difference> {
    let why = match failed {
        Some(status) => format!("it ends with {status}"),
        None if step.shown.iter().all(String::is_empty) || is_shown(&step.shown, out, errors) => return None,
        None => "it prints:".to_owned(),
    };
    let found = errors.lines().chain(out.lines()).map(str::trim_end);
    let mut text: String = found
        .map(
            |line| {
                if line.is_empty() { "\n".to_owned() } else { format!("{}{}\n", step.indent, masked(line)) }
            },
        )
        .collect();
    if step.shown.last().is_some_and(String::is_empty) {
        text.push('\n');
    }
    Some(Difference {
        line: step.line,
        command: step.command.clone(),
        why,
        range: step.range.clone(),
        found: text,
    })
}

/// Whether these lines show what a command printed. Both of its streams come into a terminal: in what order, is not
/// asked.
fn is_shown(shown: &[String], out: &str, errors: &str) -> bool {
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    let (out, errors) = (lines(out), lines(errors));
    let end = shown.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let last = |lines: &[String]| lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    matches(&shown[..end], &out[..last(&out)], &errors[..last(&errors)])
}

fn matches(shown: &[String], out: &[String], errors: &[String]) -> bool {
    let Some((first, rest)) = shown.split_first() else { return out.is_empty() && errors.is_empty() };
    if first.trim() == "…" {
        // Of one stream as many lines as it takes, and of the other, too.
        return (0..=out.len()).any(|skipped| {
            (0..=errors.len()).any(|others| matches(rest, &out[skipped..], &errors[others..]))
        });
    }
    let begins = |lines: &[String]| lines.first().is_some_and(|line| fits(first, line));
    (begins(out) && matches(rest, &out[1..], errors)) || (begins(errors) && matches(rest, out, &errors[1..]))
}

/// Whether a line is as it is shown, where `…` stands for anything.
fn fits(shown: &str, line: &str) -> bool {
    let mut parts = shown.trim_end().split('…');
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else { return false };
    let Some((last, between)) =
        parts.collect::<Vec<_>>().split_last().map(|(last, all)| (*last, all.to_vec()))
    else {
        return rest.is_empty();
    };
    for part in between {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// A line in which nothing differs from run to run: digests and moments are left out.
fn masked(line: &str) -> String {
    let mut masked = String::new();
    for (index, word) in line.split("sha256:").enumerate() {
        let hexadecimal = word.bytes().take_while(u8::is_ascii_hexdigit).count();
        match index {
            0 => masked.push_str(word),
            _ if hexadecimal >= 12 => {
                masked.push_str("sha256:…");
                masked.push_str(&word[hexadecimal..]);
            }
            _ => {
                masked.push_str("sha256:");
                masked.push_str(word);
            }
        }
    }
    masked
}

#[test]
fn ellipses_stand_for_anything_and_nothing_else_does() {
    let check = |shown: &[&str], out: &str, errors: &str, expected: bool| {
        let shown: Vec<String> = shown.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(is_shown(&shown, out, errors), expected, "{shown:?} {out:?} {errors:?}");
    };
    check(&["a…c", "d"], "abbc\nd\n", "", true);
    check(&["a…c", "d"], "abb\nd\n", "", false);
    check(&["a"], "a\nb\n", "", false);
    check(&["a", "…"], "a\nb\nc\n", "", true);
    check(&["…", "c"], "a\nb\nc\n", "", true);
    check(&["…", "b"], "a\nb\nc\n", "", false);
    check(&["warning", "a", ""], "a\n", "warning\n", true);
    check(&["a"], "a\n", "warning\n", false);
    check(&["a…", "b"], "a\nb", "", true);
}

#[test]
fn digests_are_masked() {
    assert_eq!(masked("sha256:0123456789abcdef is sha256: of"), "sha256:… is sha256: of");
}

#[test]
fn commands_that_change_the_machine_are_told_from_others() {
    for (commands, expected) in [
        ("apt-get install x", Some("apt-get")),
        ("cat >/etc/limpid.toml", Some("/etc/limpid.toml")),
        ("a | sudo tee b", Some("sudo")),
        ("limpid serve --data-dir=/var/lib/limpid", Some("/var/lib/limpid")),
        ("mkdir -p odd/etc; limpid scan dir:odd", None),
        ("limpid version compare dpkg 1 2 # helmet", None),
    ] {
        assert_eq!(of_the_machine(commands), expected, "{commands}");
    }
}
