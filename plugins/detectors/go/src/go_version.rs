//! What Go calls its own version, and what its database calls it.

/// A version of Go as a semantic version, as [`STDLIB`](crate::STDLIB) and [`TOOLCHAIN`](crate::TOOLCHAIN) have it:
/// `1.21.5` for `go1.21.5`, `1.22.0-rc.1` for `go1.22rc1`. What whoever built Go added (`go1.21.5 X:boringcrypto`,
/// `go1.20.12-fips`, `go1.18.4b7`) is left out. A version in development is no version: it stays as it is.
pub(crate) fn as_semver(go: &str) -> String {
    parse(go).unwrap_or_else(|| go.to_owned())
}

fn parse(go: &str) -> Option<String> {
    let version = go.strip_prefix("go")?;
    if version.contains("devel") {
        return None;
    }
    let end =
        version.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.').unwrap_or(version.len());
    let (numbers, rest) = version.split_at_checked(end)?;
    let is_number = |number: &str| !number.is_empty();
    if !numbers.split('.').all(is_number) || numbers.split('.').count() > 3 {
        return None;
    }
    let Some((kind, number)) = pre_release(rest) else {
        return (rest.is_empty() || is_addition(rest)).then(|| numbers.to_owned());
    };
    let zeros = [".0.0", ".0", ""].get(numbers.matches('.').count())?;
    Some(format!("{numbers}{zeros}-{kind}.{number}"))
}

/// `rc1`, `beta2`, with whatever was added behind.
fn pre_release(rest: &str) -> Option<(&str, &str)> {
    let kind = ["rc", "beta"].into_iter().find(|kind| rest.starts_with(kind))?;
    let after = rest.strip_prefix(kind)?;
    let end = after.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(after.len());
    let (number, more) = after.split_at_checked(end)?;
    (!number.is_empty() && (more.is_empty() || is_addition(more))).then_some((kind, number))
}

/// Whether a text goes on after a version without being of it.
fn is_addition(text: &str) -> bool {
    let is_boring = |rest: &str| rest.starts_with(|digit: char| digit.is_ascii_digit());
    text.starts_with([' ', '-', '+', '_']) || text.strip_prefix('b').is_some_and(is_boring)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_those_of_the_database() {
        for (go, expected) in [
            ("go1.21.5", "1.21.5"),
            ("go1.20", "1.20"),
            ("go1", "1"),
            ("go1.22rc1", "1.22.0-rc.1"),
            ("go1.21.0rc2", "1.21.0-rc.2"),
            ("go1.9.2rc2", "1.9.2-rc.2"),
            ("go1.10beta2", "1.10.0-beta.2"),
            ("go1.21.5 X:boringcrypto", "1.21.5"),
            ("go1.22rc1 X:rangefunc", "1.22.0-rc.1"),
            ("go1.19.13 (Red Hat 1.19.13-1.el9)", "1.19.13"),
            ("go1.20.12-fips", "1.20.12"),
            ("go1.18.4b7", "1.18.4"),
        ] {
            assert_eq!(as_semver(go), expected, "{go}");
        }
    }

    #[test]
    fn what_is_no_release_stays_as_it_is() {
        for go in [
            "devel go1.22-ad23428 Tue Nov 7",
            "devel +b84a53d",
            "go1.26-devel_0a8b3bd",
            "go",
            "go1..2",
            "go1.2.3.4",
            "go1.2x",
            "go1.2rc",
            "gopher",
            "1.21.5",
            "",
        ] {
            assert_eq!(as_semver(go), go);
        }
    }
}
