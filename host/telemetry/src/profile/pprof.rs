//! A profile as [pprof](https://github.com/google/pprof/blob/main/proto/profile.proto) has it.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::{PERIOD, Profile, Spent, Stack};
use crate::protobuf::Message;

/// Fields of `Profile`.
mod of_profile {
    pub(super) const SAMPLE_TYPE: u32 = 1;
    pub(super) const SAMPLE: u32 = 2;
    pub(super) const LOCATION: u32 = 4;
    pub(super) const FUNCTION: u32 = 5;
    pub(super) const STRING_TABLE: u32 = 6;
    pub(super) const TIME_NANOS: u32 = 9;
    pub(super) const DURATION_NANOS: u32 = 10;
    pub(super) const PERIOD_TYPE: u32 = 11;
    pub(super) const PERIOD: u32 = 12;
    pub(super) const COMMENT: u32 = 13;
    pub(super) const DEFAULT_SAMPLE_TYPE: u32 = 14;
}

/// What is told of each stack, and its unit, in this order. The first one is what the period is of.
const VALUES: [(&str, &str); 3] = [("samples", "count"), ("cpu", "nanoseconds"), ("wall", "nanoseconds")];

/// Texts, each once; the first one is empty.
struct Strings<'t> {
    numbers: HashMap<&'t str, u64>,
    all: Vec<&'t str>,
}

impl<'t> Strings<'t> {
    fn number(&mut self, text: &'t str) -> u64 {
        let next = self.all.len() as u64;
        *self.numbers.entry(text).or_insert_with(|| {
            self.all.push(text);
            next
        })
    }
}

pub(super) fn encode(profile: &Profile) -> Vec<u8> {
    let comment = comment(profile);
    let mut strings = Strings { numbers: HashMap::new(), all: Vec::new() };
    strings.number("");
    let mut message = Message::default();
    for (kind, unit) in VALUES {
        let (kind, unit) = (strings.number(kind), strings.number(unit));
        message.message(of_profile::SAMPLE_TYPE, |value| {
            value.number(1, kind);
            value.number(2, unit);
        });
    }
    // A name is a function, and a function is a location: what is known of code is what it is called.
    let (mut places, mut names) = (HashMap::new(), Vec::new());
    let mut place = |name| {
        *places.entry(name).or_insert_with(|| {
            names.push(name);
            names.len() as u64
        })
    };
    for (Stack { thread, spans }, spent) in &profile.stacks {
        // The innermost first.
        let locations: Vec<u64> =
            spans.iter().rev().chain([thread]).map(|name| place(name.as_ref())).collect();
        message.message(of_profile::SAMPLE, |sample| {
            sample.packed(1, &locations);
            sample.packed(2, &values(spent));
        });
    }
    for (name, number) in names.into_iter().zip(1..) {
        let name = strings.number(name);
        message.message(of_profile::LOCATION, |location| {
            location.number(1, number);
            location.message(4, |line| line.number(1, number));
        });
        message.message(of_profile::FUNCTION, |function| {
            function.number(1, number);
            function.number(2, name);
        });
    }
    message.number(of_profile::TIME_NANOS, since_1970(profile.began));
    message.number(of_profile::DURATION_NANOS, nanoseconds(profile.took));
    let (wall, unit) = (strings.number("wall"), strings.number("nanoseconds"));
    message.message(of_profile::PERIOD_TYPE, |value| {
        value.number(1, wall);
        value.number(2, unit);
    });
    message.number(of_profile::PERIOD, nanoseconds(PERIOD));
    message.number(of_profile::COMMENT, strings.number(&comment));
    message.number(of_profile::DEFAULT_SAMPLE_TYPE, strings.number("cpu"));
    for text in strings.all {
        message.one_of_bytes(of_profile::STRING_TABLE, text.as_bytes());
    }
    message.into_bytes()
}

fn values(Spent { seen, cpu, wall }: &Spent) -> [u64; VALUES.len()] {
    [*seen, nanoseconds(*cpu), nanoseconds(*wall)]
}

/// What whoever reads it is to know.
fn comment(profile: &Profile) -> String {
    let mut comment = format!("{} looks at threads and the spans that they were in", profile.looks);
    if profile.threads_left_out > 0 {
        comment.push_str(&format!("; {} threads are left out", profile.threads_left_out));
    }
    comment
}

fn since_1970(at: SystemTime) -> u64 {
    nanoseconds(at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn nanoseconds(time: Duration) -> u64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX).cast_unsigned()
}
