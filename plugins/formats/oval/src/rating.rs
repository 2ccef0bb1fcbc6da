//! Ratings and days, in the forms in which advisories of definitions write them.

use limpid_plugin_sdk::feed::Rating;

use crate::definition::Cve;

/// The worst rating of each system, among those of several vulnerabilities.
pub fn worst<'a>(cves: impl IntoIterator<Item = &'a Cve>) -> Vec<Rating> {
    let mut worst: Vec<Rating> = Vec::new();
    for rating in cves.into_iter().flat_map(|cve| &cve.scores).filter_map(|(_, score)| rating(score)) {
        match worst.iter_mut().find(|known| known.system == rating.system) {
            Some(known) if known.score < rating.score => *known = rating,
            Some(_) => {}
            None => worst.push(rating),
        }
    }
    worst
}

/// `7.8/CVSS:3.1/AV:L/...`, or `7.8/AV:N/...` in version 2.
fn rating(text: &str) -> Option<Rating> {
    let (score, vector) = text.split_once('/')?;
    let system = match vector.strip_prefix("CVSS:") {
        Some(rest) => format!("CVSS:{}", rest.split_once('/')?.0),
        None => "CVSS:2.0".to_owned(),
    };
    let score = score.parse().ok().filter(|score| (0.0..=10.0).contains(score))?;
    Some(Rating { system, value: vector.to_owned(), score: Some(score) })
}

/// A day, `2007-06-26`, as the time at which it begins (RFC 3339); none where it is none.
pub fn day(text: &str) -> Option<String> {
    let is_day = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    is_day.then(|| format!("{text}T00:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_has_a_vector_of_its_system() {
        let check = |text: &str, expected: Option<(&str, &str, f32)>| {
            let rating = rating(text);
            let actual = rating.as_ref().map(|it| (it.system.as_str(), it.value.as_str(), it.score));
            assert_eq!(actual, expected.map(|(system, value, score)| (system, value, Some(score))), "{text}");
        };
        check("7.8/CVSS:3.1/AV:L/AC:L", Some(("CVSS:3.1", "CVSS:3.1/AV:L/AC:L", 7.8)));
        check("4.3/AV:N/AC:M", Some(("CVSS:2.0", "AV:N/AC:M", 4.3)));
        check("11/AV:N", None);
        check("7.8", None);
        check("/CVSS:3.1/AV:L", None);
        check("7.8/CVSS:3.1", None);
    }

    #[test]
    fn a_day_is_the_time_at_which_it_begins() {
        assert_eq!(day("2007-06-26").as_deref(), Some("2007-06-26T00:00:00Z"));
        for text in ["", "2007-06-26T00:00:00Z", "26.06.2007", "2007-06-2x"] {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
