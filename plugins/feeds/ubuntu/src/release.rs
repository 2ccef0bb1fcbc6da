//! Releases and pockets, as the team calls them: `jammy`, `esm-infra/xenial`, `trusty/esm`.

/// Series and versions. The tracker names series only; documents of OVAL name both, so that a series that is newer
/// than this list is known by these.
const SERIES: [(&str, &str); 42] = [
    ("dapper", "6.06"),
    ("edgy", "6.10"),
    ("feisty", "7.04"),
    ("gutsy", "7.10"),
    ("hardy", "8.04"),
    ("intrepid", "8.10"),
    ("jaunty", "9.04"),
    ("karmic", "9.10"),
    ("lucid", "10.04"),
    ("maverick", "10.10"),
    ("natty", "11.04"),
    ("oneiric", "11.10"),
    ("precise", "12.04"),
    ("quantal", "12.10"),
    ("raring", "13.04"),
    ("saucy", "13.10"),
    ("trusty", "14.04"),
    ("utopic", "14.10"),
    ("vivid", "15.04"),
    ("wily", "15.10"),
    ("xenial", "16.04"),
    ("yakkety", "16.10"),
    ("zesty", "17.04"),
    ("artful", "17.10"),
    ("bionic", "18.04"),
    ("cosmic", "18.10"),
    ("disco", "19.04"),
    ("eoan", "19.10"),
    ("focal", "20.04"),
    ("groovy", "20.10"),
    ("hirsute", "21.04"),
    ("impish", "21.10"),
    ("jammy", "22.04"),
    ("kinetic", "22.10"),
    ("lunar", "23.04"),
    ("mantic", "23.10"),
    ("noble", "24.04"),
    ("oracular", "24.10"),
    ("plucky", "25.04"),
    ("questing", "25.10"),
    ("resolute", "26.04"),
    ("stonking", "26.10"),
];

/// What stands in the place of a release and is none: the next one, which no image has yet, and whatever is not of
/// a release. `product` was the Ubuntu phone.
const OTHERS: [&str; 5] = ["devel", "upstream", "product", "snap", "debian"];

/// Extended security maintenance, in the order in which it follows upon standard support. These pockets go on from the
/// packages of their release.
pub(crate) const ESM: [&str; 3] = ["esm-infra", "esm-apps", "esm-infra-legacy"];

/// Where a package is from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// `22.04`
    pub(crate) version: String,
    /// `esm-infra`; none of the release itself.
    pub(crate) pocket: Option<String>,
}

/// What a name of the team's is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A place that images have packages from.
    Place(Place),
    /// Nothing that an image has.
    Other,
    /// A series that is not known.
    Unknown,
}

/// What the team calls so. `own` is the series of the document that is read, where it says which version it has.
pub(crate) fn named(name: &str, own: Option<(&str, &str)>) -> Name {
    let mut version = None;
    let mut pocket: Vec<&str> = Vec::new();
    for part in name.split('/') {
        match version_of(part, own).filter(|_| version.is_none()) {
            Some(known) => version = Some(known),
            None => pocket.push(part),
        }
    }
    let is_word = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    };
    match version {
        _ if OTHERS.iter().any(|other| name.split('/').next() == Some(other)) => Name::Other,
        Some(version) if pocket.iter().all(is_word) => Name::Place(Place {
            version: version.to_owned(),
            pocket: match pocket.as_slice() {
                [] => None,
                // As it was called before there were two of them.
                ["esm"] => Some("esm-infra".to_owned()),
                parts => Some(parts.join("-")),
            },
        }),
        _ => Name::Unknown,
    }
}

fn version_of<'a>(series: &str, own: Option<(&str, &'a str)>) -> Option<&'a str> {
    let known = SERIES.iter().find(|(known, _)| *known == series).map(|(_, version)| *version);
    known.or_else(|| own.filter(|(known, _)| *known == series).map(|(_, version)| version))
}

impl Place {
    /// `ubuntu:22.04`, `ubuntu:16.04:esm-infra`
    pub(crate) fn namespace(version: &str, pocket: Option<&str>) -> String {
        match pocket {
            Some(pocket) => format!("ubuntu:{version}:{pocket}"),
            None => format!("ubuntu:{version}"),
        }
    }
}

/// What a document of OVAL is about: `Ubuntu 22.04 LTS`, `Ubuntu Pro FIPS-updates 22.04 LTS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Platform {
    /// `22.04`
    pub(crate) version: String,
    /// `fips-updates`
    pub(crate) pocket: Option<String>,
}

impl Platform {
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        words.next().filter(|word| *word == "Ubuntu")?;
        let (versions, others): (Vec<&str>, Vec<&str>) = words.partition(|word| is_version(word));
        let &[version] = versions.as_slice() else { return None };
        let is_common = |word: &&str| matches!(*word, "Pro" | "LTS" | "Kernel");
        let pocket: Vec<_> =
            others.into_iter().filter(|word| !is_common(word)).map(str::to_ascii_lowercase).collect();
        let pocket = Some(pocket.join("-")).filter(|pocket| !pocket.is_empty());
        Some(Self { version: version.to_owned(), pocket })
    }
}

/// Whether it is a version of Ubuntu: `22.04`.
fn is_version(text: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    text.split_once('.').is_some_and(|(year, month)| {
        (1..=2).contains(&year.len()) && month.len() == 2 && is_number(year) && is_number(month)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_a_release_or_of_a_pocket() {
        let check = |name: &str, expected: &str| {
            let found = match named(name, Some(("zippy", "30.04"))) {
                Name::Place(Place { version, pocket }) => Place::namespace(&version, pocket.as_deref()),
                other => format!("{other:?}"),
            };
            assert_eq!(found, expected, "{name}");
        };
        check("jammy", "ubuntu:22.04");
        check("zippy", "ubuntu:30.04");
        check("trusty/esm", "ubuntu:14.04:esm-infra");
        check("esm-infra/xenial", "ubuntu:16.04:esm-infra");
        check("esm-infra-legacy/trusty", "ubuntu:14.04:esm-infra-legacy");
        check("esm-apps/noble", "ubuntu:24.04:esm-apps");
        check("fips-updates/jammy", "ubuntu:22.04:fips-updates");
        check("realtime/jammy", "ubuntu:22.04:realtime");
        check("ros-esm/focal/foxy", "ubuntu:20.04:ros-esm-foxy");
        check("vivid/stable-phone-overlay", "ubuntu:15.04:stable-phone-overlay");
        check("devel", "Other");
        check("upstream", "Other");
        check("zany", "Unknown");
        check("esm-apps/zany", "Unknown");
        check("jammy/", "Unknown");
        check("jammy/a b", "Unknown");
        check("", "Unknown");
    }

    #[test]
    fn a_platform_names_a_version_and_perhaps_a_pocket() {
        let check = |text: &str, expected: Option<(&str, Option<&str>)>| {
            let found = Platform::of(text);
            let found = found.as_ref().map(|it| (it.version.as_str(), it.pocket.as_deref()));
            assert_eq!(found, expected, "{text}");
        };
        check("Ubuntu 22.04 LTS", Some(("22.04", None)));
        check("Ubuntu 25.10", Some(("25.10", None)));
        check("Ubuntu Pro FIPS-updates 22.04 LTS", Some(("22.04", Some("fips-updates"))));
        check("Ubuntu Pro 24.04 LTS Realtime Kernel", Some(("24.04", Some("realtime"))));
        check("Ubuntu", None);
        check("Debian 12.00", None);
        check("Ubuntu 22.04 24.04", None);
    }
}
