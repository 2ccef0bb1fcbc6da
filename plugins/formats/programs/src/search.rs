//! Looks for versions in a file, as a stream.

use std::io::{self, BufRead};
use std::ops::Range;

use memchr::memmem::{Finder, find_iter};

use crate::text::{MAX_LITERAL, MAX_VERSION, Place, Text};
use crate::{Named, Program};

/// How many versions of one text are kept: a second one is enough to see that a file does not tell.
pub const MAX_VERSIONS: usize = 8;

/// Bytes on either side of a literal that are looked at with it: the version, what a packager wrote behind it, and the
/// other literal.
const AROUND: usize = 2 * MAX_VERSION + 2 * MAX_LITERAL;

/// How much is searched at a time, in bytes, besides what is around.
const CHUNK: usize = 256 << 10;

/// A search for the version of a program in one file.
#[derive(Debug)]
pub struct Search<'a> {
    program: &'a Program,
    /// How the version begins by the name of the file: `3.11`.
    series: Option<String>,
    finders: Vec<(&'a Text, Vec<Finder<'a>>)>,
    /// The versions of each text.
    versions: Vec<Vec<String>>,
}

impl<'a> Search<'a> {
    /// A search in the file of this path.
    pub fn new(program: &'a Program, path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let finders: Vec<(&Text, Vec<Finder<'_>>)> = program
            .texts
            .iter()
            .map(|text| (text, text.anchors().iter().map(Finder::new).collect()))
            .collect();
        let series = (program.named == Named::Series).then(|| series(name)).flatten();
        Self { program, series, versions: vec![Vec::new(); finders.len()], finders }
    }

    /// Reads a file to its end and gives the versions of the first text that has any, each once, as the program's
    /// publisher writes them: none where there are none, and several where it cannot be told which is the program's.
    /// Memory does not grow with the file.
    ///
    /// # Errors
    /// Those of `file`.
    pub fn read(mut self, mut file: impl BufRead) -> io::Result<Vec<String>> {
        let mut window: Vec<u8> = Vec::new();
        // What of the window was searched before, and whether it begins as the file does.
        let (mut searched, mut is_start) = (0, true);
        loop {
            let count = {
                let chunk = file.fill_buf()?;
                let chunk = chunk.get(..CHUNK).unwrap_or(chunk);
                window.extend_from_slice(chunk);
                chunk.len()
            };
            file.consume(count);
            let is_end = count == 0;
            let limit = if is_end { window.len() } else { window.len().saturating_sub(AROUND) };
            if limit <= searched && !is_end {
                continue;
            }
            self.search(&Window { bytes: &window, part: searched..limit, is_start });
            if is_end {
                break;
            }
            let kept = limit.saturating_sub(AROUND);
            is_start &= kept == 0;
            window.drain(..kept);
            searched = limit - kept;
        }
        Ok(self.versions.into_iter().find(|versions| !versions.is_empty()).unwrap_or_default())
    }

    /// Looks for literals that begin within that part.
    fn search(&mut self, window: &Window<'_>) {
        let Window { bytes: window, part, is_start } = window;
        for ((text, finders), versions) in self.finders.iter().zip(&mut self.versions) {
            for finder in finders {
                let length = finder.needle().len();
                let end = part.end.saturating_add(length.saturating_sub(1)).min(window.len());
                let end = if text.place == Place::Start { end.min(length) } else { end };
                let Some(bytes) = window.get(part.start..end) else { continue };
                if text.place == Place::Start && !(*is_start && part.start == 0) {
                    continue;
                }
                for at in finder.find_iter(bytes) {
                    if versions.len() >= MAX_VERSIONS {
                        break;
                    }
                    let found = text.version(window, part.start + at, length);
                    let is_of_series = |version: &String| {
                        let rest =
                            self.series.as_ref().map_or(Some("."), |it| version.strip_prefix(it.as_str()));
                        rest.is_some_and(|rest| rest.starts_with('.'))
                    };
                    if let Some(version) = found.filter(is_of_series) {
                        let version = self.program.version_of_file(&version);
                        if !versions.contains(&version) {
                            versions.push(version);
                        }
                    }
                }
            }
        }
    }
}

/// What of a file is looked at.
struct Window<'b> {
    bytes: &'b [u8],
    /// Where literals are looked for; what is around it was searched before, or will be.
    part: Range<usize>,
    /// Whether it begins as the file does.
    is_start: bool,
}

/// The first two numbers with a dot between in a name.
fn series(name: &str) -> Option<String> {
    let start = name.find(|character: char| character.is_ascii_digit())?;
    let mut numbers = name.get(start..)?.split('.');
    let (first, second) = (numbers.next()?, numbers.next()?);
    let digits = second.bytes().take_while(u8::is_ascii_digit).count();
    let is_number = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit()) && digits > 0;
    is_number.then(|| format!("{first}.{}", second.get(..digits).unwrap_or_default()))
}

impl Program {
    /// Whether these bytes hold one of its marks.
    pub fn is_marked(&self, bytes: &[u8]) -> bool {
        self.marks.is_empty() || self.marks.iter().any(|mark| find_iter(bytes, mark).next().is_some())
    }
}
