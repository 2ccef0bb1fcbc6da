//! The page as text.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::bail;
use limpid_releases::{ALL, KnownDistribution, KnownRelease, MAJOR, MINOR, OTHERS};

use super::COMMAND;
use super::golden::Golden;

/// The day of which the page speaks: what is supported until an earlier one has ended. It is written here so that the
/// same plugins give the same page on every day.
const AS_OF: &str = "2026-11-29";

/// The page.
///
/// # Errors
/// Where a feed orders the versions of a release in another way than all detectors of its packages do.
pub(super) fn page(distributions: &[KnownDistribution], golden: &Golden) -> anyhow::Result<String> {
    let mut page = format!(
        "# Distributions\n\n\
         <!-- Written by `{COMMAND}`. Do not edit: change the plugins and their golden cases. -->\n\n\
         What Limpid knows of each distribution and each release. `{COMMAND}` writes this page from what the\n\
         plugins say: distributions, releases and ends of support are those of the detector `os-release`; who reads packages,\n\
         and who states advisories, is what the golden cases of detectors and feeds expect.\n\n\
         | Column | What it says |\n\
         |---|---|\n\
         | Distribution | its name, and the `ID` in os-release by which it is detected; older images are recognised by files of their own |\n\
         | Release | `{ALL}`: it rolls, or advisories are for all of its releases; `{OTHERS}`: any other release, by the numbers `{MAJOR}` and `{MINOR}` of its `VERSION_ID` (of CoreOS: of its `RHEL_VERSION`) |\n\
         | Detected as | the namespaces in which its advisories are looked up, best first; `CODENAME` is what os-release calls the release to come |\n\
         | Packages | the detectors that read the packages that the distribution installs |\n\
         | Scheme | how their versions are ordered |\n\
         | Feeds | who states advisories for it. **Bold**: golden cases of the feed have advisories of this very release; otherwise they have some of other releases of the distribution, and it is for the publisher to say of which releases it speaks |\n\
         | Support | the last day of the publisher's support for all; it has `ended` where that was before {AS_OF}. Where an image states another day (`SUPPORT_END`), that counts |\n\n\
         A distribution that is not here is detected by its os-release, and its advisories are looked up under its `ID` and\n\
         release. Packages of languages are found in all distributions alike.\n\n\
         | Distribution | Release | Detected as | Packages | Scheme | Feeds | Support |\n\
         |---|---|---|---|---|---|---|\n"
    );
    for distribution in distributions {
        for release in &distribution.releases {
            row(&mut page, distribution, release, golden)?;
        }
    }
    Ok(page)
}

fn row(
    page: &mut String,
    distribution: &KnownDistribution,
    release: &KnownRelease,
    golden: &Golden,
) -> anyhow::Result<()> {
    let namespaces = &release.distribution.namespaces;
    let readers: BTreeSet<_> = release.packages.iter().flat_map(|kind| golden.readers(kind)).collect();
    let schemes: BTreeSet<_> = readers.iter().map(|reader| reader.scheme.as_str()).collect();
    let mut feeds = Vec::new();
    for (feed, speaker) in golden.speakers(namespaces) {
        if let Some(scheme) = speaker.schemes.iter().find(|it| !schemes.contains(it.as_str())) {
            bail!(
                "feed `{feed}` orders versions of {} {} by `{scheme}`, but its packages are ordered by {schemes:?}",
                distribution.name,
                release.name
            );
        }
        feeds.push(if speaker.names_the_release { format!("**`{feed}`**") } else { format!("`{feed}`") });
    }
    let packages = match readers.is_empty() {
        true => format!("not read: no detector knows {}", code(release.packages)),
        false => code(readers.iter().map(|reader| reader.detector.as_str()).collect::<BTreeSet<_>>()),
    };
    let feeds = match (feeds.is_empty(), readers.is_empty()) {
        (false, _) => feeds.join(", "),
        (true, false) => "none: packages are listed, but no feed states advisories for them".to_owned(),
        (true, true) => "none".to_owned(),
    };
    let support = match release.distribution.supported_until.as_deref() {
        Some(day) if day < AS_OF => format!("ended {day}"),
        Some(day) => format!("until {day}"),
        None => "no end known".to_owned(),
    };
    writeln!(
        page,
        "| {} (`{}`) | {} | {} | {packages} | {} | {feeds} | {support} |",
        distribution.name,
        distribution.id,
        release.name,
        code(namespaces),
        if schemes.is_empty() { "–".to_owned() } else { code(schemes) },
    )?;
    Ok(())
}

/// Texts as code, with commas between them.
fn code(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let texts: Vec<_> = texts.into_iter().map(|text| format!("`{}`", text.as_ref())).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use limpid_releases::distributions;

    use super::*;

    /// The row of a release, as it is where nothing but this is expected of plugins.
    fn check(id: &str, release: &str, cases: &[(&str, &str)], expected: &str) {
        let mut golden = Golden::default();
        for (plugin, text) in cases {
            golden.add(plugin, serde_json::from_str(text).unwrap());
        }
        let known = distributions().into_iter().find(|known| known.id == id).unwrap();
        let mut text = String::new();
        let outcome = known
            .releases
            .iter()
            .filter(|known| known.name == release)
            .try_for_each(|release| row(&mut text, &known, release, &golden));
        let seen = outcome.map_or_else(|error| error.to_string(), |()| text);
        assert_eq!(seen.trim_end(), expected);
    }

    const DPKG: (&str, &str) = (
        "dpkg",
        r#"{"findings": [{"path": "a", "package": {"name": "a", "version": "1", "scheme": "dpkg", "purl": "pkg:deb/a@1"}}]}"#,
    );
    const TRACKER: (&str, &str) = (
        "tracker",
        r#"{"advisories": [{"id": "A", "affected": [{"namespace": "debian:bookworm", "scheme": "dpkg"}]}]}"#,
    );

    #[test]
    fn a_row_says_who_reads_packages_and_who_speaks_of_them() {
        let both = [DPKG, TRACKER];
        let bookworm = "| Debian GNU/Linux (`debian`) | 12 (bookworm) | `debian:bookworm`, `debian:12`, `osv/debian:12` \
                        | `dpkg` | `dpkg` | **`tracker`** | until 2028-06-30 |";
        check("debian", "12 (bookworm)", &both, bookworm);
        let wheezy = "| Debian GNU/Linux (`debian`) | 7 (wheezy) | `debian:wheezy`, `debian:7`, `osv/debian:7` \
                      | `dpkg` | `dpkg` | `tracker` | ended 2018-05-31 |";
        check("debian", "7 (wheezy)", &both, wheezy);
        let kali = "| Kali GNU/Linux (`kali`) | all | `kali` | `dpkg` | `dpkg` \
                    | none: packages are listed, but no feed states advisories for them | no end known |";
        check("kali", ALL, &both, kali);
        let void = "| Void Linux (`void`) | all | `void` | not read: no detector knows `xbps` | – | none | no end known |";
        check("void", ALL, &both, void);
    }

    #[test]
    fn a_feed_that_orders_versions_otherwise_than_detectors_do_is_refused() {
        let refused = "feed `tracker` orders versions of Debian GNU/Linux 12 (bookworm) by `dpkg`, but its packages are \
                       ordered by {}";
        check("debian", "12 (bookworm)", &[TRACKER], refused);
    }

    #[test]
    fn the_day_of_the_page_is_one() {
        assert_eq!(AS_OF.split('-').map(str::len).collect::<Vec<_>>(), [4, 2, 2]);
    }
}
