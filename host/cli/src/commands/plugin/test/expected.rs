use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;

use super::Outcome;

const EXPECTED: &str = "expected.json";

/// Holds what a plugin says against `expected.json`, or writes it there.
pub(super) fn hold(case: &Path, message: &impl Serialize, update: bool) -> anyhow::Result<Outcome> {
    let path = case.join(EXPECTED);
    let stated_text = serde_json::to_string_pretty(message)? + "\n";
    let expected = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("`{EXPECTED}` cannot be read")),
    };
    // How it is laid out is its author's own. Both sides are read from text: a value
    // made straight from the message would hold a 32-bit 6.3 as another number.
    let same = serde_json::from_str::<Value>(&expected).ok() == Some(serde_json::from_str(&stated_text)?);
    if same {
        return Ok(Outcome::Passed);
    }
    if update {
        fs::write(&path, stated_text).with_context(|| format!("`{}` cannot be written", path.display()))?;
        return Ok(Outcome::Updated);
    }
    Ok(Outcome::Failed(difference(&expected, &stated_text)))
}

fn difference(expected: &str, message: &str) -> String {
    let advice = if expected.is_empty() {
        "(there is none yet; `--update` writes what the plugin says)\n"
    } else {
        ""
    };
    let difference = TextDiff::from_lines(expected, message);
    let hunks =
        difference.unified_diff().context_radius(3).header(EXPECTED, "what the plugin says").to_string();
    format!("{advice}{hunks}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_score_of_32_bits_is_the_number_that_is_written() {
        let case = tempfile::tempdir().unwrap();
        assert_eq!(hold(case.path(), &[6.3_f32], true).unwrap(), Outcome::Updated);
        assert_eq!(hold(case.path(), &[6.3_f32], false).unwrap(), Outcome::Passed);
    }

    #[test]
    fn a_difference_shows_only_the_lines_around_it() {
        let case = tempfile::tempdir().unwrap();
        let findings: Vec<String> = (0..50).map(|number| format!("package {number}")).collect();
        assert_eq!(hold(case.path(), &findings, true).unwrap(), Outcome::Updated);
        assert_eq!(hold(case.path(), &findings, false).unwrap(), Outcome::Passed);
        let mut others = findings;
        others[25] = "another".to_owned();
        let Outcome::Failed(text) = hold(case.path(), &others, false).unwrap() else { panic!("passed") };
        assert!(text.contains("-  \"package 25\"") && text.contains("+  \"another\""), "{text}");
        assert!(!text.contains("package 30"), "{text}");
    }

    #[test]
    fn layout_does_not_count_and_what_is_not_there_fails() {
        let case = tempfile::tempdir().unwrap();
        let Outcome::Failed(text) = hold(case.path(), &json!({}), false).unwrap() else { panic!("passed") };
        assert!(text.contains("`--update`"), "{text}");
        fs::write(case.path().join(EXPECTED), "{ \"b\": [ ],\n\"a\":1 }").unwrap();
        assert_eq!(hold(case.path(), &json!({"a": 1, "b": []}), false).unwrap(), Outcome::Passed);
    }
}
