//! The version that a linker was told to put into a variable, as programs do that print it.

use crate::modules::Modules;

/// The names of such variables, in lower case.
const NAMES: [&str; 7] =
    ["version", "ver", "buildversion", "appversion", "gitversion", "releaseversion", "programversion"];

/// How many flags are looked at.
const MAX_FLAGS: usize = 1024;

/// The version, with the `v` that Go's versions have; none where there is none, or variables differ.
///
/// Only variables of the program's own packages count, and only texts that are whole semantic versions.
pub(crate) fn version(modules: &Modules) -> Option<String> {
    let main = modules.main.as_ref()?.path.as_str();
    let words = words(modules.setting("-ldflags")?);
    let mut versions = variables(&words).filter_map(|variable| {
        let (name, value) = variable.split_once('=')?;
        let (package, name) = name.rsplit_once('.')?;
        let is_own = package == "main"
            || package.strip_prefix(main).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let is_version = NAMES.contains(&name.to_ascii_lowercase().as_str());
        if is_own && is_version { semver(value) } else { None }
    });
    let version = versions.next()?;
    versions.all(|other| other == version).then(|| format!("v{version}"))
}

/// What stands behind each `-X`, or `-X=`.
fn variables(words: &[String]) -> impl Iterator<Item = &str> {
    let named = |word: &str| word.trim_start_matches('-') == "X" && word.starts_with('-');
    let behind = words.iter().zip(words.iter().skip(1)).filter(move |(flag, _)| named(flag));
    let joined = words.iter().filter_map(|word| {
        let flag = word.strip_prefix('-')?;
        flag.strip_prefix('-').unwrap_or(flag).strip_prefix("X=")
    });
    behind.map(|(_, variable)| variable.as_str()).chain(joined)
}

/// Words as Go's commands read flags: between spaces, or in quotes, in which nothing else is special.
fn words(flags: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = flags.trim_start();
    while let Some(first) = rest.chars().next().filter(|_| words.len() < MAX_FLAGS) {
        let word = match first {
            '\'' | '"' => rest.strip_prefix(first).and_then(|inside| inside.split_once(first)),
            _ => Some(rest.split_once(char::is_whitespace).unwrap_or((rest, ""))),
        };
        let Some((word, after)) = word else { break };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

/// A whole semantic version, without a `v` before it.
fn semver(text: &str) -> Option<&str> {
    let version = text.strip_prefix('v').unwrap_or(text);
    let (core, _build) = version.split_once('+').unwrap_or((version, ""));
    let (numbers, pre_release) = core.split_once('-').map_or((core, None), |(core, rest)| (core, Some(rest)));
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_identifier = |identifier: &str| {
        !identifier.is_empty() && identifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let is_version = numbers.split('.').count() == 3
        && numbers.split('.').all(is_number)
        && pre_release.is_none_or(|rest| rest.split('.').all(is_identifier));
    is_version.then_some(version)
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Problems;

    use super::*;

    fn of(flags: &str) -> Option<String> {
        let text = format!("mod\texample.com/a\t(devel)\nbuild\t-ldflags={flags:?}\n");
        version(&Modules::parse(&text, &mut Problems::default()))
    }

    #[test]
    fn a_variable_that_is_called_version_has_it() {
        let found = |flags: &str, expected: &str| {
            assert_eq!(of(flags).as_deref(), Some(expected).filter(|it| !it.is_empty()), "{flags}");
        };
        found("-s -w -X main.version=1.2.3", "v1.2.3");
        found("-X=main.Version=v1.2.3-rc.1", "v1.2.3-rc.1");
        found("-X 'example.com/a/internal/build.Version=1.2.3+dirty' -s", "v1.2.3+dirty");
        found("--X \"main.version=1.2.3\" -X main.commit=abc -X main.buildVersion=v1.2.3", "v1.2.3");
        found("-X main.date='2024 01' -X main.version=1.2.3", "v1.2.3");
        for none in [
            "",
            "-X",
            "-X main.version",
            "-X main.version=",
            "-X main.version=1.2",
            "-X main.version=1.2.3.4",
            "-X main.version=1.2.x",
            "-X main.version=1.2.3-",
            "-X main.version=abcdef",
            "-X main.schema=1.2.3",
            "-X main.version=1.2.3 -X main.Version=1.2.4",
            "-X example.com/ab.version=1.2.3",
            "-X github.com/other/lib.Version=1.2.3",
            "-X 'main.version=1.2.3",
            "main.version=1.2.3",
        ] {
            found(none, "");
        }
    }

    #[test]
    fn without_a_main_module_there_is_no_version() {
        let text = "path\tcommand-line-arguments\nbuild\t-ldflags=\"-X main.version=1.2.3\"\n";
        assert_eq!(version(&Modules::parse(text, &mut Problems::default())), None);
    }
}
