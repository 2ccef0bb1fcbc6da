use std::borrow::Cow;

use super::{Header, PROVIDE_NAME, REQUIRE_FLAGS, REQUIRE_NAME};

/// What is wanted where it is there, and not needed otherwise.
const MISSING_OK: u32 = 1 << 19;

/// What rpm itself must be able to do: `rpmlib(CompressedFileNames)`.
const OF_RPM: &str = "rpmlib(";

/// What is needed under conditions: `(a if b)`.
const RICH: char = '(';

/// How many relations of a kind are read of a package.
const MAX_RELATIONS: usize = 100_000;

/// What a package provides or needs: names of packages, capabilities (`libc.so.6()(64bit)`) and paths of files. What is
/// needed of rpm itself is passed over, and so is what is needed under conditions only.
pub struct Relations<'a> {
    /// What is left of the names, each with its end.
    names: &'a [u8],
    count: usize,
    index: usize,
    flags: &'a [u8],
    is_broken: bool,
}

impl<'a> Relations<'a> {
    pub(super) fn provided(header: &Header<'a>) -> Self {
        Self::of(header, PROVIDE_NAME, &[])
    }

    pub(super) fn required(header: &Header<'a>) -> Self {
        let flags = header.array(REQUIRE_FLAGS, &[super::Kind::Int32], 4).unwrap_or_default();
        Self::of(header, REQUIRE_NAME, flags)
    }

    fn of(header: &Header<'a>, tag: u32, flags: &'a [u8]) -> Self {
        let is_there = header.find(tag).is_some();
        let names = header.texts(tag);
        let is_broken = is_there && names.is_none();
        let (count, names) = names.unwrap_or_default();
        Self { names, count, index: 0, flags, is_broken }
    }

    /// Whether there are more than could be read: to be asked behind the last.
    pub const fn is_broken(&self) -> bool {
        self.is_broken
    }
}

impl<'a> Iterator for Relations<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        while self.index < self.count {
            let index = self.index;
            self.index += 1;
            let end = memchr::memchr(0, self.names).filter(|_| index < MAX_RELATIONS);
            let Some((name, rest)) = end.and_then(|end| self.names.split_at_checked(end)) else {
                self.is_broken = true;
                self.index = self.count;
                break;
            };
            self.names = rest.get(1..).unwrap_or_default();
            let flags = super::be32(self.flags, 4 * index).unwrap_or(0);
            let name = String::from_utf8_lossy(name);
            if flags & MISSING_OK == 0
                && !name.starts_with(OF_RPM)
                && !name.starts_with(RICH)
                && !name.is_empty()
            {
                return Some(name);
            }
        }
        None
    }
}

impl std::fmt::Debug for Relations<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relations").field("count", &self.count).finish_non_exhaustive()
    }
}
