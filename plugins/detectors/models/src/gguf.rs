//! The metadata of [GGUF](https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): pairs of keys and values, which say
//! of which type they are.
//!
//! | Version | Counts and lengths | Since |
//! |---|---|---|
//! | 1 | 32 bits | August 2023 |
//! | 2 | 64 bits | August 2023 |
//! | 3 | 64 bits; of either order of bytes, which the version itself tells | October 2023 |

use limpid_plugin_sdk::Error;

use crate::cursor::{Cursor, Order, Stop};
use crate::{HEAD, MAX_LISTED, Model, text};

pub(crate) const MAGIC: [u8; 4] = *b"GGUF";

/// How deep arrays may lie in arrays. Nobody writes any.
const MAX_DEPTH: usize = 4;

/// Types of values: a text, an array; the others have so many bytes.
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// What the head says, and why more of it could not be read.
pub(crate) fn read(head: &[u8], is_whole: bool) -> Result<(Model, Option<Error>), Error> {
    let mut reader = Reader { cursor: Cursor::new(head), is_narrow: false };
    let mut model = Pairs::default();
    let stopped = reader.read(&mut model);
    let problem = match stopped {
        Ok(Ok(())) => None,
        Ok(Err(version)) => {
            return Err(Error::unsupported(format_args!("GGUF of version {version}: 1 to 3 are read")));
        }
        Err(Stop::Malformed(why)) => Some(Error::malformed(why)),
        Err(Stop::End) if is_whole => Some(Error::malformed("it ends within its metadata")),
        // What identifies a model was there before.
        Err(Stop::End) if model.is_identified() => None,
        Err(Stop::End) => {
            let why = format_args!("its metadata goes beyond the first {HEAD} bytes, which are read");
            Some(Error::unsupported(why))
        }
    };
    Ok((model.into_model(), problem))
}

/// What is kept of the pairs.
#[derive(Default)]
struct Pairs {
    model: Model,
    /// The repository that is the model's own, and what it was made from, best first.
    repositories: [Option<String>; 3],
    base: Option<Base>,
}

/// A base model, whose fields stand one after the other: its number, and what it is called.
struct Base {
    number: String,
    text: String,
    is_repository: bool,
}

impl Pairs {
    fn is_identified(&self) -> bool {
        self.model.name.is_some() || self.repositories.iter().any(Option::is_some)
    }

    fn add(&mut self, key: &str, value: String) {
        let Some(key) = key.strip_prefix("general.") else { return };
        let [own, repository, address] = &mut self.repositories;
        let field = match key {
            "name" => &mut self.model.name,
            "version" => &mut self.model.version,
            "architecture" => &mut self.model.architecture,
            "repo_url" => own,
            "source.huggingface.repository" => repository,
            "source.repo_url" => address,
            "license" => {
                if self.model.licenses.len() < MAX_LISTED {
                    self.model.licenses.push(value);
                }
                return;
            }
            _ => {
                if let Some(rest) = key.strip_prefix("base_model.") {
                    self.add_base(rest, value);
                }
                return;
            }
        };
        *field = Some(value);
    }

    /// `0.name`, `0.repo_url`
    fn add_base(&mut self, key: &str, value: String) {
        let Some((number, field)) = key.split_once('.') else { return };
        let is_repository = field == "repo_url";
        if !is_repository && field != "name" {
            return;
        }
        match &mut self.base {
            Some(base) if base.number == number => {
                if is_repository || !base.is_repository {
                    (base.text, base.is_repository) = (value, is_repository);
                }
            }
            base => {
                let next = Base { number: number.to_owned(), text: value, is_repository };
                if let Some(before) = base.replace(next)
                    && self.model.bases.len() < MAX_LISTED
                {
                    self.model.bases.push(before.text);
                }
            }
        }
    }

    fn into_model(self) -> Model {
        let Self { mut model, repositories, base } = self;
        model.bases.extend(base.map(|base| base.text));
        model.repositories = repositories.into_iter().flatten().collect();
        model
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    /// Whether counts and lengths have 32 bits.
    is_narrow: bool,
}

impl<'a> Reader<'a> {
    /// The version, where it is none that is read.
    fn read(&mut self, pairs: &mut Pairs) -> Result<Result<(), u32>, Stop> {
        self.cursor.take(MAGIC.len() as u64)?;
        let mut version = self.cursor.u32()?;
        if version.trailing_zeros() >= 16 && version != 0 {
            version = version.swap_bytes();
            self.cursor.order = Order::Big;
        }
        if !(1..=3).contains(&version) {
            return Ok(Err(version));
        }
        self.is_narrow = version == 1;
        let _tensors = self.len()?;
        let count = self.len()?;
        // Each takes some bytes: the head ends before the count does, whatever it is.
        for _ in 0..count {
            self.pair(pairs)?;
        }
        Ok(Ok(()))
    }

    fn pair(&mut self, pairs: &mut Pairs) -> Result<(), Stop> {
        let key = str::from_utf8(self.string()?)
            .map_err(|_| Stop::Malformed("a key of its metadata is no text"))?;
        match self.cursor.u32()? {
            STRING => {
                let value = self.string()?;
                if let Some(value) = str::from_utf8(value).ok().and_then(text) {
                    pairs.add(key, value);
                }
            }
            ARRAY => self.array(0, |value| {
                if let Some(value) = str::from_utf8(value).ok().and_then(text)
                    && key == "general.license"
                {
                    pairs.add(key, value);
                }
            })?,
            kind => {
                let value = self.cursor.take(size(kind)?)?;
                // Of several files, the first is 0.
                pairs.model.is_part |= key == "split.no" && value.iter().any(|&byte| byte != 0);
            }
        }
        Ok(())
    }

    /// Passes over an array, and shows its texts.
    fn array(&mut self, depth: usize, mut each: impl FnMut(&'a [u8])) -> Result<(), Stop> {
        // Where they lie in each other, nobody looks at what they hold.
        let mut open = vec![self.head_of_array()?];
        while let Some((kind, left)) = open.last_mut() {
            if *left == 0 {
                open.pop();
                continue;
            }
            match *kind {
                STRING => {
                    *left -= 1;
                    let value = self.string()?;
                    each(value);
                }
                ARRAY => {
                    *left -= 1;
                    if depth + open.len() >= MAX_DEPTH {
                        return Err(Stop::Malformed("arrays of its metadata are nested too deep"));
                    }
                    let inner = self.head_of_array()?;
                    open.push(inner);
                }
                kind => {
                    let bytes = size(kind)?.checked_mul(*left).ok_or(Stop::End)?;
                    *left = 0;
                    self.cursor.take(bytes)?;
                }
            }
        }
        Ok(())
    }

    fn head_of_array(&mut self) -> Result<(u32, u64), Stop> {
        Ok((self.cursor.u32()?, self.len()?))
    }

    fn string(&mut self) -> Result<&'a [u8], Stop> {
        let len = self.len()?;
        self.cursor.take(len)
    }

    fn len(&mut self) -> Result<u64, Stop> {
        if self.is_narrow { self.cursor.u32().map(u64::from) } else { self.cursor.u64() }
    }
}

/// How many bytes a number takes.
fn size(kind: u32) -> Result<u64, Stop> {
    Ok(match kind {
        // Of 8 bits, and a truth value.
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return Err(Stop::Malformed("a value of its metadata is of a type that is none")),
    })
}
