/// The numbers of a version, each of digits; one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version(pub(crate) Vec<String>);

/// How many digits of a fraction are a number of the dotted form.
const GROUP: usize = 3;

impl Version {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let numbers = match text.strip_prefix('v') {
            Some(rest) => dotted(rest, true),
            None if text.bytes().filter(|byte| *byte == b'.').count() > 1 => dotted(text, false),
            None => decimal(text),
        };
        numbers.map(Self).map_err(|why| format!("version `{text}` {why}"))
    }
}

/// `1.2.3_4`. Without a `v`, the first number may be missing.
fn dotted(text: &str, has_v: bool) -> Result<Vec<String>, &'static str> {
    let (numbers, trial) = trial(text)?;
    let mut numbers: Vec<String> = numbers.split('.').map(str::to_owned).collect();
    if let Some(first) = numbers.first_mut().filter(|first| first.is_empty() && !has_v) {
        first.push('0');
    }
    if numbers.iter().any(String::is_empty) {
        return Err("has no number before or after a dot");
    }
    if let Some(trial) = trial {
        if numbers.len() < 2 {
            return Err("has an underscore before any dot");
        }
        // Perl lets it be empty here.
        numbers.last_mut().into_iter().for_each(|last| last.push_str(trial));
    }
    Ok(numbers)
}

/// `1.234_5`: either side of the dot may be missing.
fn decimal(text: &str) -> Result<Vec<String>, &'static str> {
    let (number, trial) = trial(text)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err("has no number");
    }
    let fraction = match trial {
        None => fraction.to_owned(),
        Some(_) if fraction.is_empty() => return Err("has an underscore before any fraction"),
        Some("") => return Err("has an underscore at its end"),
        Some(trial) => format!("{fraction}{trial}"),
    };
    let mut numbers = vec![if whole.is_empty() { "0" } else { whole }.to_owned()];
    let digits = fraction.as_bytes();
    numbers.extend(digits.chunks(GROUP).map(|group| {
        let digit = |place: usize| char::from(*group.get(place).unwrap_or(&b'0'));
        (0..GROUP).map(digit).collect::<String>()
    }));
    Ok(numbers)
}

/// Splits at the underscore of a version for trial. Both sides have digits and dots only, and no dot follows the underscore.
fn trial(text: &str) -> Result<(&str, Option<&str>), &'static str> {
    let (numbers, trial) = match text.split_once('_') {
        Some((numbers, trial)) => (numbers, Some(trial)),
        None => (text, None),
    };
    let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if text.is_empty() || !numbers.bytes().all(is_number) {
        return Err("is not of numbers and dots");
    }
    if !trial.unwrap_or_default().bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("has more than digits behind its underscore");
    }
    Ok((numbers, trial))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_dotted_or_decimal() {
        let check = |text: &str, expected: &str| {
            let version = Version::parse(text).unwrap();
            assert_eq!(version.0.join(" "), expected, "{text}");
        };
        check("v1.2.3", "1 2 3");
        check("v1", "1");
        check("v1.2", "1 2");
        check("1.2.3", "1 2 3");
        check(".1.2", "0 1 2");
        check("1.2.3_4", "1 2 34");
        check("v1.2_3", "1 23");
        check("1", "1");
        check("1.5", "1 500");
        check("1.", "1");
        check(".5", "0 500");
        check("1.2345", "1 234 500");
        check("0.040_01", "0 040 010");
        check("20240101.001", "20240101 001");
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        let check = |text: &str, expected: &str| {
            let why = Version::parse(text).unwrap_err();
            assert_eq!(why, format!("version `{text}` {expected}"));
        };
        check("", "is not of numbers and dots");
        check("v", "is not of numbers and dots");
        check("1.2a", "is not of numbers and dots");
        check("1.0-TRIAL", "is not of numbers and dots");
        check("undef", "is not of numbers and dots");
        check(" 1", "is not of numbers and dots");
        check(".", "has no number");
        check("_1", "has no number");
        check("1_0", "has an underscore before any fraction");
        check("1.2_", "has an underscore at its end");
        check("1.2_3_4", "has more than digits behind its underscore");
        check("1.2.3_4.5", "has more than digits behind its underscore");
        check("v1_2", "has an underscore before any dot");
        check("1.2.", "has no number before or after a dot");
        check("v.1", "has no number before or after a dot");
        check("1..2", "has no number before or after a dot");
    }
}
