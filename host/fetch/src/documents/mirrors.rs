use std::collections::BTreeMap;

/// What to ask for a document, in this order: its mirrors where it has some, or else its publisher.
/// Of several beginnings that it has, the longest counts.
pub(super) fn addresses(url: &str, mirrors: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let beginnings =
        mirrors.iter().filter_map(|(beginning, to)| Some((url.strip_prefix(beginning.as_str())?, to)));
    match beginnings.min_by_key(|(rest, _)| rest.len()) {
        Some((rest, to)) if !to.is_empty() => to.iter().map(|to| format!("{to}{rest}")).collect(),
        _ => vec![url.to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_stand_in_the_place_of_the_publisher() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mirrors = BTreeMap::from([
            ("https://a.example/".to_owned(), texts(&["https://b.example/a/", "https://a.example/"])),
            ("https://a.example/x/".to_owned(), texts(&["https://c.example/"])),
            ("https://none.example/".to_owned(), Vec::new()),
        ]);
        let check =
            |url: &str, expected: &[&str]| assert_eq!(addresses(url, &mirrors), texts(expected), "{url}");
        check("https://a.example/y", &["https://b.example/a/y", "https://a.example/y"]);
        check("https://a.example/x/y", &["https://c.example/y"]);
        check("https://a.example.org/y", &["https://a.example.org/y"]);
        check("https://none.example/y", &["https://none.example/y"]);
    }
}
