//! Which versions are vulnerable, where it is said which ones are not: those between the requirements.

use std::cmp::Ordering;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Bound, Range};

/// Requirements of one document.
const MAX_REQUIREMENTS: usize = 1000;

/// Bytes of one version.
const MAX_VERSION: usize = 200;

/// Who orders the versions in the end. Here they are put in the order of RubyGems, which the documents are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The scheme `gem`.
    Gem,
    /// The scheme `generic`, which does not know what is before all pre-releases.
    Program,
}

/// The versions that are vulnerable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vulnerable {
    /// In ascending order.
    pub(crate) ranges: Vec<Range>,
    /// The first ones of some ranges, which are not vulnerable.
    pub(crate) spared: Vec<String>,
}

/// A version of RubyGems.
#[derive(Clone, Debug)]
struct Version {
    text: String,
    /// Without zeros before the first word and at the end.
    segments: Vec<Segment>,
}

/// A part of a version. A word is less than any number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Word(String),
    /// Its digits without leading zeros, by their count.
    Number(usize, String),
}

/// A place between two versions: before or behind one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cut {
    version: Version,
    side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Before,
    Behind,
}

/// Why versions are not vulnerable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Patched,
    Unaffected,
}

/// The versions that a requirement asks for; from the first, or without an end, where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Interval {
    low: Option<Cut>,
    high: Option<Cut>,
    why: Why,
}

/// The versions that meet none of these requirements.
///
/// # Errors
///
/// Where a requirement is none, or cannot be understood.
pub(crate) fn vulnerable(
    order: Order,
    patched: &[String],
    unaffected: &[String],
) -> Result<Vulnerable, Error> {
    if patched.len() + unaffected.len() > MAX_REQUIREMENTS {
        return Err(Error::malformed(format_args!("it has more than {MAX_REQUIREMENTS} requirements")));
    }
    let all = patched.iter().map(|text| (text, Why::Patched));
    let all = all.chain(unaffected.iter().map(|text| (text, Why::Unaffected)));
    let mut intervals = Vec::new();
    for (text, why) in all {
        intervals.extend(Interval::of(order, text, why)?);
    }
    intervals.sort_by(|a, b| (&a.low, a.why).cmp(&(&b.low, b.why)));
    let mut vulnerable = Vulnerable::default();
    // Behind all intervals that were passed.
    let mut start: Option<Cut> = None;
    for interval in intervals {
        if interval.low > start {
            vulnerable.push(start.as_ref(), interval.low.as_ref(), interval.why);
        }
        match interval.high {
            Some(high) => start = start.max(Some(high)),
            None => return Ok(vulnerable),
        }
    }
    vulnerable.push(start.as_ref(), None, Why::Unaffected);
    Ok(vulnerable)
}

impl Vulnerable {
    fn push(&mut self, from: Option<&Cut>, to: Option<&Cut>, why: Why) {
        if let Some(Cut { version, side: Side::Behind }) = from {
            self.spared.push(version.text.clone());
        }
        let until = to.map(|Cut { version, side }| match (side, why) {
            (Side::Behind, _) => Bound::Including(version.text.clone()),
            (Side::Before, Why::Patched) => Bound::Excluding(version.text.clone()),
            (Side::Before, Why::Unaffected) => Bound::Limit(version.text.clone()),
        });
        self.ranges.push(Range { introduced: from.map(|cut| cut.version.text.clone()), until });
    }
}

impl Interval {
    /// What all parts of a requirement ask for: `~> 5.2.6, >= 5.2.6.2`. None where no version is all of that.
    fn of(order: Order, text: &str, why: Why) -> Result<Option<Self>, Error> {
        let (mut low, mut high): (Option<Cut>, Option<Cut>) = (None, None);
        let lower = |high: &mut Option<Cut>, cut: Cut| {
            if high.as_ref().is_none_or(|known| cut < *known) {
                *high = Some(cut);
            }
        };
        for part in text.split(',').map(str::trim) {
            let end = part.find(|c: char| !"<>=!~".contains(c)).unwrap_or(part.len());
            let (operator, version) = part.split_at_checked(end).unwrap_or((part, ""));
            let version = Version::parse(version.trim())?;
            let cut = |side: Side| Cut { version: version.clone(), side };
            match operator {
                ">=" => low = low.max(Some(cut(Side::Before))),
                ">" => low = low.max(Some(cut(Side::Behind))),
                "<" => lower(&mut high, cut(Side::Before)),
                "<=" => lower(&mut high, cut(Side::Behind)),
                "=" | "" => {
                    low = low.max(Some(cut(Side::Before)));
                    lower(&mut high, cut(Side::Behind));
                }
                "~>" => {
                    low = low.max(Some(cut(Side::Before)));
                    lower(&mut high, Cut { version: version.bumped(order)?, side: Side::Before });
                }
                other => {
                    return Err(Error::unsupported(format_args!(
                        "`{other:.20}` in the requirement `{text:.200}`"
                    )));
                }
            }
        }
        let is_empty = low.as_ref().zip(high.as_ref()).is_some_and(|(low, high)| low >= high);
        Ok((!is_empty).then_some(Self { low, high, why }))
    }
}

impl Version {
    fn parse(text: &str) -> Result<Self, Error> {
        let is_version = (1..=MAX_VERSION).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte))
            && text.split(['.', '-']).all(|part| !part.is_empty());
        if !is_version {
            return Err(Error::malformed(format_args!("`{text:.200}` is no version")));
        }
        let mut segments = segments(text);
        let word = segments.iter().position(|segment| matches!(segment, Segment::Word(_)));
        let mut behind = segments.split_off(word.unwrap_or(segments.len()));
        for part in [&mut segments, &mut behind] {
            let end = part.iter().rposition(|segment| !segment.is_zero()).map_or(0, |last| last + 1);
            part.truncate(end);
        }
        segments.append(&mut behind);
        Ok(Self { text: text.to_owned(), segments })
    }

    /// The version before which `~>` ends: `5.3` of `5.2.6`, and of that what is before all of its pre-releases.
    fn bumped(&self, order: Order) -> Result<Self, Error> {
        let numbers = segments(&self.text).into_iter().map_while(|segment| match segment {
            Segment::Number(0, _) => Some("0".to_owned()),
            Segment::Number(_, digits) => Some(digits),
            Segment::Word(_) => None,
        });
        let mut numbers: Vec<String> = numbers.collect();
        if numbers.len() > 1 {
            numbers.pop();
        }
        let last = numbers.last_mut().and_then(|last| {
            *last = last.parse::<u64>().ok()?.checked_add(1)?.to_string();
            Some(())
        });
        last.ok_or_else(|| {
            Error::malformed(format_args!("`{:.200}` has a number that is too great", self.text))
        })?;
        let release = numbers.join(".");
        // Capital letters are before small ones, and this one is the first.
        let first = Self::parse(&format!("{release}.A"))?;
        Ok(match order {
            Order::Gem => first,
            Order::Program => Self { text: release, ..first },
        })
    }
}

/// The parts of a text that is a version, in which a hyphen stands for `.pre.`.
fn segments(text: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    for (place, part) in text.split('-').enumerate() {
        if place > 0 {
            segments.push(Segment::Word("pre".to_owned()));
        }
        for mut rest in part.split('.') {
            while let Some(first) = rest.chars().next() {
                let is_other = |c: char| c.is_ascii_digit() != first.is_ascii_digit();
                let end = rest.find(is_other).unwrap_or(rest.len());
                let (run, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
                segments.push(Segment::of(run));
                rest = behind;
            }
        }
    }
    segments
}

impl Segment {
    const fn is_zero(&self) -> bool {
        matches!(self, Self::Number(0, _))
    }

    fn of(run: &str) -> Self {
        match run.bytes().all(|byte| byte.is_ascii_digit()) {
            true => {
                let digits = run.trim_start_matches('0');
                Self::Number(digits.len(), digits.to_owned())
            }
            false => Self::Word(run.to_owned()),
        }
    }
}

impl Ord for Version {
    /// What is not there is 0.
    fn cmp(&self, other: &Self) -> Ordering {
        let zero = Segment::Number(0, String::new());
        let length = self.segments.len().max(other.segments.len());
        let of = |version: &Self, place: usize| version.segments.get(place).unwrap_or(&zero).clone();
        let orders = (0..length).map(|place| of(self, place).cmp(&of(other, place)));
        orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

#[cfg(test)]
pub(crate) mod tests;
