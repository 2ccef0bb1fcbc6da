/// How bytes are compressed, or that they are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    None,
    /// [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952), any number of members
    Gzip,
    /// any number of streams
    Bzip2,
    /// [The .xz file format](https://tukaani.org/xz/xz-file-format.txt), any number of streams
    Xz,
    /// [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878), any number of frames
    Zstd,
}

pub(crate) const GZIP: &[u8] = &[0x1f, 0x8b];
const BLOCK: &[u8] = &[0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const NO_BLOCK: &[u8] = &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

impl Compression {
    /// Longest beginning by which one is recognised, in bytes.
    pub const HEAD: usize = 10;

    /// What the first bytes say.
    pub fn of(head: &[u8]) -> Self {
        match head {
            head if head.starts_with(GZIP) => Self::Gzip,
            // Not by its first three letters alone, with which a text may begin.
            [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
                if rest.starts_with(BLOCK) || rest.starts_with(NO_BLOCK) =>
            {
                Self::Bzip2
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            // `zstd:chunked` and `pzstd` put skippable frames among the others (RFC 8878, 3.1.2),
            // possibly first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            _ => Self::None,
        }
    }

    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "plain",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
        }
    }
}
