//! The lines of build info: [what Go prints of it](https://pkg.go.dev/runtime/debug#BuildInfo.String).
//!
//! ```text
//! path    PACKAGE
//! mod     MODULE  VERSION SUM
//! dep     MODULE  VERSION SUM
//! =>      MODULE  VERSION SUM     in the place of the module before
//! build   KEY=VALUE               either may be quoted
//! ```

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;

use crate::UNKNOWN;

/// How many settings are kept; Go writes about twenty.
const MAX_SETTINGS: usize = 1024;

/// The longest path or version of a module, in bytes: the host takes no longer one.
const MAX_NAME: usize = 4096;

/// What the lines state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modules {
    /// The package that was built: `example.com/app/cmd/app`, `command-line-arguments`, `cmd/go`.
    pub path: String,
    /// The module of that package.
    pub main: Option<Module>,
    /// The other modules of which packages are in it.
    pub dependencies: Vec<Module>,
    /// How it was built, by keys: `GOOS`, `-ldflags`, `vcs.revision`.
    settings: Vec<(String, String)>,
}

/// A module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Its path.
    pub path: String,
    /// Its version; [`UNKNOWN`] where it has none.
    pub version: String,
    /// What was taken in its place: another module, or a folder, which has no version.
    pub replaced: Option<(String, String)>,
}

impl Module {
    /// Path and version of what is in the executable. A folder has neither: it is the module, in an unknown version.
    pub fn code(&self) -> (&str, &str) {
        match &self.replaced {
            None => (&self.path, &self.version),
            Some((path, version)) if is_folder(path, version) => (&self.path, UNKNOWN),
            Some((path, version)) => (path, version),
        }
    }
}

/// Whether what was taken in a module's place is a folder.
fn is_folder(path: &str, version: &str) -> bool {
    let is_drive = path.get(1..3).is_some_and(|after| after == ":\\" || after == ":/");
    version == UNKNOWN && (path.starts_with(['.', '/', '\\']) || is_drive)
}

impl Modules {
    /// Reads the lines. One that is damaged costs its module only.
    pub fn parse(text: &str, problems: &mut Problems) -> Self {
        let mut modules = Self::default();
        let mut last = Last::None;
        for (number, line) in text.split('\n').enumerate() {
            let (kind, rest) = line.split_once('\t').unwrap_or((line, ""));
            let mut damaged = |why: &str| {
                problems.push(Error::malformed(format_args!("line {} of the build info {why}", number + 1)));
            };
            match kind {
                "path" => modules.path = rest.to_owned(),
                "mod" | "dep" => {
                    last = Last::Lost;
                    let Some(module) = module(rest) else {
                        damaged("names no module and version");
                        continue;
                    };
                    if kind == "mod" {
                        modules.main = Some(module);
                        last = Last::Main;
                    } else {
                        modules.dependencies.push(module);
                        last = Last::Dependency;
                    }
                }
                "=>" => {
                    let replaced = match last {
                        Last::Main => modules.main.as_mut(),
                        Last::Dependency => modules.dependencies.last_mut(),
                        Last::Lost => continue,
                        Last::None => None,
                    };
                    match (replaced, module(rest)) {
                        (Some(replaced), Some(by)) => replaced.replaced = Some((by.path, by.version)),
                        (Some(replaced), None) => {
                            // It is not the module that the line before names.
                            UNKNOWN.clone_into(&mut replaced.version);
                            damaged("names no module in the place of the one before");
                        }
                        (None, _) => damaged("replaces no module"),
                    }
                    last = Last::None;
                }
                "build" if modules.settings.len() < MAX_SETTINGS => modules.settings.extend(setting(rest)),
                _ => {}
            }
        }
        modules
    }

    /// Whether it is one of Go's own tools, which are of no module.
    pub fn is_of_go(&self) -> bool {
        self.main.is_none() && self.path.starts_with("cmd/")
    }

    /// How something was set in the build; none where that is empty.
    pub fn setting(&self, key: &str) -> Option<&str> {
        let value = self.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }
}

/// What a line that replaces speaks of.
enum Last {
    None,
    Main,
    Dependency,
    /// A module whose line is damaged.
    Lost,
}

/// Path, version and perhaps a sum, between tabulators.
fn module(columns: &str) -> Option<Module> {
    let mut columns = columns.split('\t');
    let (path, version) = (columns.next()?, columns.next()?);
    let is_name = |text: &str| text.len() <= MAX_NAME && text.trim() == text;
    let is_module = !path.is_empty() && is_name(path) && is_name(version);
    let version = if version.is_empty() { UNKNOWN } else { version };
    (is_module && columns.count() <= 1).then(|| Module {
        path: path.to_owned(),
        version: version.to_owned(),
        replaced: None,
    })
}

/// Key and value. One that is quoted in a way that Go does not write is none: no module rests on it.
fn setting(text: &str) -> Option<(String, String)> {
    let (key, rest) = if text.starts_with(['"', '`']) { quoted(text)? } else { unquoted(text, '=')? };
    let value = rest.strip_prefix('=')?;
    let (value, _) = if value.starts_with(['"', '`']) { quoted(value)? } else { (value.to_owned(), "") };
    Some((key, value))
}

/// A text up to a character, and what follows from there.
fn unquoted(text: &str, end: char) -> Option<(String, &str)> {
    let (before, after) = text.split_at_checked(text.find(end)?)?;
    Some((before.to_owned(), after))
}

/// A [string literal of Go](https://go.dev/ref/spec#String_literals), and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    if let Some(raw) = text.strip_prefix('`') {
        let (raw, rest) = raw.split_once('`')?;
        return Some((raw.to_owned(), rest));
    }
    let inside = text.strip_prefix('"')?;
    let mut bytes = Vec::new();
    let mut characters = inside.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let rest = inside.get(at + 1..)?;
                return Some((String::from_utf8_lossy(&bytes).into_owned(), rest));
            }
            '\\' => {
                let escaped = characters.next()?.1;
                let mut digits = |count: usize, radix: u32| {
                    (0..count)
                        .try_fold(0, |number, _| Some(number * radix + characters.next()?.1.to_digit(radix)?))
                };
                match escaped {
                    'a' => bytes.push(7),
                    'b' => bytes.push(8),
                    'f' => bytes.push(12),
                    'n' => bytes.push(b'\n'),
                    'r' => bytes.push(b'\r'),
                    't' => bytes.push(b'\t'),
                    'v' => bytes.push(11),
                    'x' => bytes.push(u8::try_from(digits(2, 16)?).ok()?),
                    'u' => push(&mut bytes, char::from_u32(digits(4, 16)?)?),
                    'U' => push(&mut bytes, char::from_u32(digits(8, 16)?)?),
                    '0'..='7' => {
                        let number = escaped.to_digit(8)? * 64 + digits(2, 8)?;
                        bytes.push(u8::try_from(number).ok()?);
                    }
                    '\\' | '\'' | '"' => push(&mut bytes, escaped),
                    _ => return None,
                }
            }
            _ => push(&mut bytes, character),
        }
    }
    None
}

fn push(bytes: &mut Vec<u8>, character: char) {
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests;
