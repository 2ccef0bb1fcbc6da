//! `versions.txt`: versions in ascending order, one a line; those that are equal on one line with
//! ` = ` between them; after `!`, what is no version. Empty lines and those after `#` say nothing.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use limpid_scanner::runtime::Scheme;

use super::Outcome;

/// How many of the things that are wrong are told.
const TOLD: usize = 20;

/// What a case lists.
#[derive(Debug, Default, PartialEq, Eq)]
struct Listed<'a> {
    /// Groups of equal versions, in ascending order.
    groups: Vec<Vec<&'a str>>,
    invalid: Vec<&'a str>,
}

pub(super) fn check(scheme: Scheme<'_>, path: &Path) -> anyhow::Result<Outcome> {
    let text = fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let listed = read(&text);
    let versions = listed.versions();
    if versions.is_empty() {
        bail!("`{}` lists no version", path.display());
    }
    let keys = scheme.keys("a test case", &versions)?;
    let mut wrong = listed.wrong(keys.iter());
    for (version, key) in versions.iter().zip(keys.iter()) {
        // In an instance of its own, and so without what was asked before it.
        if scheme.keys("a test case", &[*version])?.get(0) != Some(key) {
            wrong.push(format!("`{version}` has another key where it is asked about alone"));
        }
    }
    if wrong.is_empty() {
        return Ok(Outcome::Passed);
    }
    let others = wrong.len().saturating_sub(TOLD);
    wrong.truncate(TOLD);
    if others > 0 {
        wrong.push(format!("and {others} more"));
    }
    Ok(Outcome::Failed(wrong.join("\n")))
}

fn read(text: &str) -> Listed<'_> {
    let mut listed = Listed::default();
    for line in text.lines() {
        match line.strip_prefix('!') {
            Some(invalid) => listed.invalid.push(invalid.trim()),
            None if line.trim().is_empty() || line.starts_with('#') => {}
            None => listed.groups.push(line.split(" = ").map(str::trim).collect()),
        }
    }
    listed
}

impl<'a> Listed<'a> {
    /// All of them: the groups, then what is none.
    fn versions(&self) -> Vec<&'a str> {
        self.groups.iter().flatten().chain(&self.invalid).copied().collect()
    }

    /// What the keys of [`versions`](Self::versions) say otherwise.
    fn wrong<'k>(&self, mut keys: impl Iterator<Item = Result<&'k [u8], &'k str>>) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut before: Option<(&str, &[u8])> = None;
        for group in &self.groups {
            let mut first: Option<(&str, &[u8])> = None;
            for (version, key) in group.iter().copied().zip(keys.by_ref()) {
                match (key, first) {
                    (Err(why), _) => wrong.push(format!("`{version}` has no key: {why}")),
                    (Ok(key), None) => first = Some((version, key)),
                    (Ok(key), Some((other, equal))) if key != equal => {
                        wrong.push(format!("`{other}` is not equal to `{version}`"));
                    }
                    (Ok(_), Some(_)) => {}
                }
            }
            if let (Some((lower, less)), Some((upper, more))) = (before, first)
                && less >= more
            {
                wrong.push(format!("`{lower}` does not come before `{upper}`"));
            }
            before = first.or(before);
        }
        for (version, key) in self.invalid.iter().zip(keys) {
            if key.is_ok() {
                wrong.push(format!("`{version}` has a key"));
            }
        }
        wrong
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds a list against a scheme by which a version is its last character.
    fn check(list: &'static str, expected: &[&str]) {
        let listed = read(list);
        let key = |version: &'static str| match version.as_bytes() {
            [.., b'?'] => Err("is a question"),
            bytes => Ok(bytes.last_chunk::<1>().map_or(&[][..], |last| last)),
        };
        assert_eq!(listed.wrong(listed.versions().into_iter().map(key)), expected, "{list}");
    }

    #[test]
    fn what_the_keys_say_otherwise_is_told() {
        check("# letters\na\n\nb = xb\nc\n! d?\n", &[]);
        check("a\na", &["`a` does not come before `a`"]);
        check("b\na", &["`b` does not come before `a`"]);
        check("a = b", &["`a` is not equal to `b`"]);
        check("b\nc?\na", &["`c?` has no key: is a question", "`b` does not come before `a`"]);
        check("a\n!b", &["`b` has a key"]);
    }
}
