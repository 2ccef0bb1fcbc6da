use std::cmp::Ordering;
use std::io::{BufRead, BufWriter, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use limpid_scanner::Scanner;

use super::print;
use crate::open;
use crate::settings::Settings;

/// Pairs whose keys are asked for in one call.
const PAIRS: usize = 4_096;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print `<`, `=` or `>`; without A and B, one line for each line `A<TAB>B` of standard input
    Compare {
        /// Name of the scheme: `dpkg`, `apk`
        scheme: String,
        #[arg(requires = "b")]
        a: Option<String>,
        b: Option<String>,
    },
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Compare { scheme, a, b } = command;
    let scratch = tempfile::tempdir()?;
    let scanner = open::passing_scanner(settings, scratch.path(), &open::OF_STORE)?;
    match (a, b) {
        (Some(a), Some(b)) => {
            let answers = compare(&scanner, scheme, &[(a.clone(), b.clone())])?;
            match answers.into_iter().next() {
                Some(Ok(ordering)) => print(sign(ordering)),
                Some(Err(why)) => bail!("{why}"),
                None => bail!("the scheme gave no answer"),
            }
        }
        _ => lines(&scanner, scheme),
    }
}

/// Answers line by line; a version that cannot be read is answered by `error: ...` in its line.
fn lines(scanner: &Scanner, scheme: &str) -> anyhow::Result<ExitCode> {
    let mut input = std::io::stdin().lock();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut failed = false;
    let mut number = 0_u64;
    loop {
        let pairs = read_pairs(&mut input, &mut number)?;
        if pairs.is_empty() {
            break;
        }
        for answer in compare(scanner, scheme, &pairs)? {
            match answer {
                Ok(ordering) => writeln!(out, "{}", sign(ordering))?,
                Err(why) => {
                    failed = true;
                    writeln!(out, "error: {why}")?;
                }
            }
        }
    }
    out.flush()?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn read_pairs(input: &mut impl BufRead, number: &mut u64) -> anyhow::Result<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    let mut line = String::new();
    while pairs.len() < PAIRS {
        line.clear();
        if input.read_line(&mut line).context("standard input cannot be read")? == 0 {
            break;
        }
        *number += 1;
        let text = line.trim_end_matches(['\n', '\r']);
        let Some((a, b)) = text.split_once('\t') else {
            bail!("line {number} is `{text}`, not two versions with a tab between them");
        };
        pairs.push((a.to_owned(), b.to_owned()));
    }
    Ok(pairs)
}

type Answer = Result<Ordering, String>;

fn compare(scanner: &Scanner, scheme: &str, pairs: &[(String, String)]) -> anyhow::Result<Vec<Answer>> {
    let versions: Vec<String> = pairs.iter().flat_map(|(a, b)| [a.clone(), b.clone()]).collect();
    let keys = scanner.keys(scheme, &versions)?;
    let keys: Vec<_> = keys.iter().collect();
    let answers = versions.chunks_exact(2).zip(keys.chunks_exact(2));
    Ok(answers.map(|(versions, keys)| answer(versions, keys)).collect())
}

fn answer(versions: &[String], keys: &[Result<&[u8], &str>]) -> Answer {
    match (versions, keys) {
        (_, [Ok(a), Ok(b)]) => Ok(a.cmp(b)),
        ([a, _], [Err(why), _]) => Err(format!("version `{a}` cannot be read: {why}")),
        ([_, b], [_, Err(why)]) => Err(format!("version `{b}` cannot be read: {why}")),
        _ => Err("the scheme gave no answer".to_owned()),
    }
}

const fn sign(ordering: Ordering) -> &'static str {
    match ordering {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    }
}
