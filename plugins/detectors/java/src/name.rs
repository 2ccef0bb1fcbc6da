//! Names of archives: `artifact-version.jar`, `artifact-version-classifier.jar`, `group.artifact-version.jar`.

use crate::{Artifact, MAX_WORD, is_identifier, is_version};

/// Words that belong to a version, behind its number.
const QUALIFIERS: [&str; 24] = [
    "alpha",
    "beta",
    "cr",
    "rc",
    "m",
    "b",
    "build",
    "snapshot",
    "release",
    "final",
    "ga",
    "sp",
    "jre",
    "android",
    "incubating",
    "redhat",
    "jbossorg",
    "preview",
    "milestone",
    "ea",
    "pre",
    "dev",
    "rev",
    "p",
];

/// Words that do not: which of the archives of one version it is.
const CLASSIFIERS: [&str; 33] = [
    "linux",
    "osx",
    "macos",
    "windows",
    "win",
    "unix",
    "solaris",
    "natives",
    "native",
    "sources",
    "javadoc",
    "tests",
    "test",
    "all",
    "shaded",
    "exec",
    "fat",
    "uber",
    "standalone",
    "jar",
    "assembly",
    "nodep",
    "core",
    "no_aop",
    "noaop",
    "jdk15",
    "jdk14",
    "jdk5",
    "x86_64",
    "aarch_64",
    "aarch64",
    "boot",
    "runner",
];

/// The name of an archive without its folder and extension.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The extension of a path, empty where it has none.
pub(crate) fn extension(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The artifact and the version that a name states. `known` are versions that the archive states itself; where one
/// of them is in the name, that is where its version begins.
pub(crate) fn split<'a>(stem: &'a str, known: &[&str]) -> (&'a str, Option<String>) {
    if stem.len() > 2 * MAX_WORD {
        return (stem, None);
    }
    let at_known = known.iter().filter_map(|version| {
        let at = stem.rfind(&format!("-{version}"))?;
        let rest = stem.get(at + 1 + version.len()..)?;
        (rest.is_empty() || rest.starts_with(['-', '_'])).then_some(at)
    });
    let at = at_known.min().or_else(|| start_of_version(stem));
    if let Some((artifact, version)) = at.and_then(|at| Some((stem.get(..at)?, stem.get(at + 1..)?)))
        && is_identifier(artifact)
    {
        let version = without_classifier(version);
        return (artifact, is_version(&version).then_some(version));
    }
    // As OSGi names bundles: `org.a.b_1.2.3.v2022`.
    match stem.rsplit_once('_') {
        Some((artifact, version))
            if is_identifier(artifact) && begins_with_digit(version) && version.matches('.').count() > 1 =>
        {
            (artifact, is_version(version).then(|| version.to_owned()))
        }
        _ => (stem, None),
    }
}

/// Where a hyphen is behind which there are only parts of a version, and of a classifier: the first digit behind a
/// hyphen may be of the artifact (`log4j-1.2-api-2.17.1`).
fn start_of_version(stem: &str) -> Option<usize> {
    let hyphens = stem.match_indices('-').map(|(at, _)| at);
    let mut starts = hyphens.filter(|at| stem.get(at + 1..).is_some_and(begins_with_digit));
    starts.find(|at| {
        let mut is_behind_a_word = false;
        // Whether a word stands before a further number.
        stem.get(at + 1..).unwrap_or_default().split('-').skip(1).all(|part| {
            let is_number = begins_with_digit(part);
            is_behind_a_word |= !is_number && !is_one_of(part, &QUALIFIERS) && !is_one_of(part, &CLASSIFIERS);
            !(is_number && is_behind_a_word)
        })
    })
}

fn without_classifier(version: &str) -> String {
    let mut parts = version.split('-');
    let first = parts.next().unwrap_or_default();
    let more = parts.take_while(|part| !CLASSIFIERS.contains(&part.to_ascii_lowercase().as_str()));
    std::iter::once(first).chain(more).collect::<Vec<_>>().join("-")
}

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|character: char| character.is_ascii_digit())
}

/// Whether it is one of these words, perhaps with a number behind it.
fn is_one_of(part: &str, words: &[&str]) -> bool {
    let word = part.to_ascii_lowercase();
    let bare = word.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.');
    words.contains(&word.as_str()) || words.contains(&bare)
}

/// Whether an archive of this name is that of an artifact: it is called so, perhaps with the group before it, and a
/// version behind it.
pub(crate) fn is_of(stem: &str, artifact: &Artifact) -> bool {
    let is_named = |stem: &str| {
        let Some(rest) = stem.strip_prefix(artifact.artifact.as_str()) else { return false };
        let Some(behind) = rest.strip_prefix(['-', '_', '.']) else { return rest.is_empty() };
        behind.starts_with(artifact.version.as_str()) || begins_with_digit(behind)
    };
    let without_group =
        artifact.group.as_deref().and_then(|group| stem.strip_prefix(group)?.strip_prefix(['.', '-', '_']));
    is_named(stem) || without_group.is_some_and(is_named)
}

/// Whether an archive of this name is for people to read, and holds nothing that runs.
pub(crate) fn is_of_people(stem: &str) -> bool {
    ["-sources", "-javadoc"].iter().any(|classifier| stem.ends_with(classifier))
}

/// The version of an archive that is published once for each version of the runtime, `12.2.0.jre11`, of which
/// its `pom.properties` leave that out: the driver of SQL Server is such.
pub(crate) fn version_for_runtime(stem: &str, artifact: &Artifact) -> Option<String> {
    let (_, version) = split(stem, &[]);
    let version = version?;
    let runtime = version.strip_prefix(artifact.version.as_str())?.strip_prefix(".jre")?;
    (!runtime.is_empty() && runtime.bytes().all(|byte| byte.is_ascii_digit())).then_some(version)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_has_an_artifact_and_a_version() {
        let check = |stem: &str, artifact: &str, version: &str| {
            let expected = (artifact, (!version.is_empty()).then(|| version.to_owned()));
            assert_eq!(split(stem, &[]), expected, "{stem}");
        };
        check("guava-31.1-jre", "guava", "31.1-jre");
        check("log4j-1.2.17", "log4j", "1.2.17");
        check("log4j-1.2-api-2.17.1", "log4j-1.2-api", "2.17.1");
        check("kafka_2.13-3.3.1", "kafka_2.13", "3.3.1");
        check("commons-lang3-3.12.0", "commons-lang3", "3.12.0");
        check("geronimo-annotation-1.3-spec-1.3", "geronimo-annotation-1.3-spec", "1.3");
        check(
            "netty-transport-native-epoll-4.1.94.Final-linux-x86_64",
            "netty-transport-native-epoll",
            "4.1.94.Final",
        );
        check("a-1.0-20230101.123456-1", "a", "1.0-20230101.123456-1");
        check("protobuf-java-3.0.0-beta-1", "protobuf-java", "3.0.0-beta-1");
        check("guice-4.0-no_aop", "guice", "4.0");
        check("postgresql-9.1-901-1.jdbc4", "postgresql", "9.1-901-1.jdbc4");
        check("javassist-3.27.0-GA", "javassist", "3.27.0-GA");
        check("app-1.0-SNAPSHOT-jar-with-dependencies", "app", "1.0-SNAPSHOT");
        check("org.eclipse.osgi_3.18.0.v20220516", "org.eclipse.osgi", "3.18.0.v20220516");
        check("akka-actor_2.13", "akka-actor_2.13", "");
        check("catalina", "catalina", "");
        check("-1.0", "-1.0", "");
        check("a-1.0-${x}", "a", "");
        let long = "-1".repeat(MAX_WORD + 1);
        check(&long, &long, "");
    }

    #[test]
    fn a_version_that_is_known_says_where_it_begins() {
        assert_eq!(split("x-3-client-1.0", &["1.0"]), ("x-3-client", Some("1.0".to_owned())));
        assert_eq!(split("bcprov-1.68", &["1.68.0"]), ("bcprov", Some("1.68".to_owned())));
        assert_eq!(split("a-r12-tests", &["r12"]), ("a", Some("r12".to_owned())));
    }

    #[test]
    fn an_archive_is_called_as_its_artifact_is() {
        let is_of = |stem: &str| {
            let group = Some("org.a".to_owned());
            super::is_of(stem, &Artifact { group, artifact: "b".to_owned(), version: "r1".to_owned() })
        };
        for stem in ["b", "b-1.0", "b-r1", "org.a.b-1.0", "org.a.b", "b-1.0-tests", "b_1.0.0"] {
            assert!(is_of(stem), "{stem}");
        }
        for stem in ["bc-1.0", "b-c-1.0", "org.b-1.0", "c", ""] {
            assert!(!is_of(stem), "{stem}");
        }
    }

    #[test]
    fn an_archive_for_one_runtime_has_a_version_of_its_own() {
        let version = |stem: &str| {
            let artifact = Artifact { group: None, artifact: "a".to_owned(), version: "12.2.0".to_owned() };
            version_for_runtime(stem, &artifact)
        };
        assert_eq!(version("a-12.2.0.jre11"), Some("12.2.0.jre11".to_owned()));
        for stem in ["a-12.2.0", "a-12.2.0.1", "a-12.2.0-x", "a-12.2.0.jre", "a"] {
            assert_eq!(version(stem), None, "{stem}");
        }
    }

    proptest! {
        #[test]
        fn what_maven_calls_an_archive_is_read(
            artifact in "[a-z]{1,8}(-[a-z]{2,8}[0-9]?){0,2}",
            version in "[0-9]{1,2}(\\.[0-9]{1,3}){1,3}(-SNAPSHOT|-rc1|-beta-2|\\.Final)?",
            classifier in "(-sources|-linux-x86_64|-jar-with-dependencies)?",
        ) {
            let stem = format!("{artifact}-{version}{classifier}");
            prop_assert_eq!(split(&stem, &[]), (artifact.as_str(), Some(version)));
        }

        #[test]
        fn any_name_is_read(stem in ".{0,40}", known in ".{0,4}") {
            let (artifact, _version) = split(&stem, &[&known]);
            prop_assert!(stem.starts_with(artifact));
        }
    }
}
