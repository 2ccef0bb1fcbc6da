use std::collections::BTreeSet;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};

/// Where the security database is published, and where the index stands.
pub(crate) const SECDB: &str = "https://secdb.alpinelinux.org/";

/// What the source of the index is called.
pub(crate) const SOURCE: &str = "index";

/// The repositories of a release for which fixes are published.
const REPOSITORIES: [&str; 2] = ["main", "community"];

/// Releases that one index may name; there are two new ones a year.
const MAX_RELEASES: usize = 256;

/// What the source of a repository's document is called: its path at the publisher.
pub(crate) fn source_name(release: &str, repository: &str) -> String {
    format!("{release}/{repository}.json")
}

/// Asks for the documents of each release that a directory listing names.
///
/// # Errors
///
/// [`Error::Malformed`] where it names none, as the page of a proxy or of an error does, or more
/// than 256.
pub(crate) fn follow(html: &str, sink: &mut dyn Sink) -> Result<(), Error> {
    let releases: BTreeSet<&str> = links(html).filter_map(release).collect();
    if releases.is_empty() {
        return Err(Error::malformed("the document is HTML, but no directory listing that names releases"));
    }
    if releases.len() > MAX_RELEASES {
        let count = releases.len();
        return Err(Error::malformed(format!(
            "the index names {count} releases, over the limit of {MAX_RELEASES}"
        )));
    }
    for release in releases {
        for repository in REPOSITORIES {
            let name = source_name(release, repository);
            let url = format!("{SECDB}{name}");
            sink.follow(Source::whole(name, url));
        }
    }
    Ok(())
}

/// The values of all `href` attributes.
fn links(html: &str) -> impl Iterator<Item = &str> {
    html.match_indices("href").filter_map(|(at, found)| {
        let value = html.get(at + found.len()..)?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        value.get(1..)?.split(quote).next()
    })
}

/// The release that a link leads to: `v3.20/`, `edge/`, but not `../`, `?C=M;O=D` or a file.
fn release(link: &str) -> Option<&str> {
    let path = link.strip_prefix(SECDB).unwrap_or(link);
    let name = path.trim_start_matches("./").trim_start_matches('/').strip_suffix('/')?;
    let is_number = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let numbered = name
        .strip_prefix('v')
        .and_then(|version| version.split_once('.'))
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor));
    (numbered || name == "edge").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_a_release_or_does_not() {
        let check = |link: &str, expected: Option<&str>| assert_eq!(release(link), expected, "`{link}`");
        check("v3.20/", Some("v3.20"));
        check("./edge/", Some("edge"));
        check("/v3.9/", Some("v3.9"));
        check("https://secdb.alpinelinux.org/v10.0/", Some("v10.0"));
        check("https://example.org/v3.20/", None);
        check("../", None);
        check("?C=M;O=D", None);
        check("v3.20", None);
        check("last-update", None);
        check("v3.20/../", None);
        check("v3./", None);
        check("v3.2x/", None);
        check("/", None);
    }

    #[test]
    fn links_are_found_however_their_value_is_quoted() {
        let html = "<a href=\"a\">x</a> <a class=y href = 'b'>x</a> <a href=c> href <a href='d";
        assert_eq!(links(html).collect::<Vec<_>>(), ["a", "b", "d"]);
    }
}
