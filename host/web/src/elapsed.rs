use crate::shown::Count;

/// How long ago something was, in seconds, as people say it: `3 h`, `2 days`.
pub(crate) fn elapsed(span: impl Count) -> String {
    let seconds = span.count();
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / MINUTE),
        7_200..172_800 => format!("{} h", seconds / HOUR),
        _ => format!("{} days", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_in_one_unit() {
        let check = |seconds: u64, expected: &str| assert_eq!(elapsed(seconds), expected);
        check(0, "0 s");
        check(119, "119 s");
        check(120, "2 min");
        check(7_199, "119 min");
        check(7_200, "2 h");
        check(172_799, "47 h");
        check(172_800, "2 days");
        check(u64::MAX, "213503982334601 days");
    }
}
