use std::fmt::Write as _;

use super::Ownership;
use crate::Error;

/// The paths that packages put into a layer, as the host writes those of a layer: bounded, however long the lists
/// are.
///
/// ```
/// use limpid_plugin_sdk::detector::Paths;
///
/// let mut paths = Paths::default();
/// paths.push(b"/usr/bin/pad")?;
/// paths.push(b"/lib/libpad.so.1")?;
/// let ownership = paths.owned_by("left-pad").unwrap();
/// // In an image whose `/lib` is a link into `/usr`, a file of `/lib` lies there.
/// assert_eq!(ownership.paths, ["usr/bin/pad", "lib/libpad.so.1", "usr/lib/libpad.so.1"]);
/// assert_eq!(paths.owned_by("another"), None);
/// # Ok::<(), limpid_plugin_sdk::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Paths {
    paths: Vec<String>,
    /// What those of all packages so far take, as [`Paths::MAX_BYTES`] counts it.
    bytes: usize,
}

/// What a path takes in memory beside its text, in bytes.
const OVERHEAD: usize = 32;

impl Paths {
    /// How many bytes the paths of all packages may take together: those of their texts, and 32 for each, so that many
    /// short ones take no more of a plugin's memory than few long ones.
    pub const MAX_BYTES: usize = 64 << 20;

    /// One more path of the present package, absolute or relative to the root. One that no layer can hold, because it
    /// leads up or is too long, is left out. A path in a directory that may be one of `/usr` is there under both
    /// names.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where they take more than [`Paths::MAX_BYTES`]: this path is left out.
    pub fn push(&mut self, path: &[u8]) -> Result<(), Error> {
        let Some(path) = normal(path) else { return Ok(()) };
        let merged = is_merged(&path).then(|| format!("usr/{path}"));
        for path in [Some(path), merged].into_iter().flatten().filter(|it| it.len() <= Ownership::MAX_PATH) {
            let bytes = OVERHEAD + path.len();
            if self.bytes + bytes > Self::MAX_BYTES {
                return Err(Error::unsupported(format_args!(
                    "the paths that packages own take more than {} MiB",
                    Self::MAX_BYTES >> 20
                )));
            }
            self.bytes += bytes;
            self.paths.push(path);
        }
        Ok(())
    }

    /// What was pushed since the last package is this one's; none where that is nothing.
    pub fn owned_by(&mut self, package: impl Into<String>) -> Option<Ownership> {
        let paths = std::mem::take(&mut self.paths);
        (!paths.is_empty()).then(|| Ownership { package: package.into(), paths })
    }
}

/// A path without a leading slash and without what leads nowhere.
fn normal(bytes: &[u8]) -> Option<String> {
    let mut path = String::with_capacity(bytes.len().min(Ownership::MAX_PATH));
    for component in bytes.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => return None,
            _ if path.len() + component.len() > Ownership::MAX_PATH => return None,
            name => {
                if !path.is_empty() {
                    path.push('/');
                }
                escape(name, &mut path);
            }
        }
    }
    (1..=Ownership::MAX_PATH).contains(&path.len()).then_some(path)
}

/// Writes a name as the contract does, where it is not UTF-8: `caf\xE9`.
fn escape(name: &[u8], text: &mut String) {
    for chunk in name.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _infallible = write!(text, "\\x{byte:02X}");
        }
    }
}

/// Whether a path lies in a directory that is one of `/usr` where that is merged.
fn is_merged(path: &str) -> bool {
    const MERGED: [&str; 6] = ["bin/", "sbin/", "lib/", "lib32/", "lib64/", "libx32/"];
    MERGED.iter().any(|directory| path.starts_with(directory))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn owned(paths: &[&[u8]]) -> Vec<String> {
        let mut owned = Paths::default();
        for path in paths {
            owned.push(path).unwrap();
        }
        owned.owned_by("a").map(|ownership| ownership.paths).unwrap_or_default()
    }

    #[test]
    fn paths_are_those_of_a_layer() {
        assert_eq!(owned(&[b"/usr//share/./x", b"./etc/y", b"var/z/"]), ["usr/share/x", "etc/y", "var/z"]);
        assert_eq!(owned(&[b"/usr/caf\xe9"]), ["usr/caf\\xE9"]);
        assert_eq!(owned(&[b"/usr/etc/..", b"", b"/", b"/."]), [""; 0]);
        let (long, longest) = ("b/".repeat(2049), "b".repeat(Ownership::MAX_PATH));
        assert_eq!(owned(&[long.as_bytes(), longest.as_bytes()]), [longest]);
    }

    #[test]
    fn a_path_that_may_lie_below_usr_is_owned_there_as_well() {
        assert_eq!(owned(&[b"/lib64/x", b"/libexec/y"]), ["lib64/x", "usr/lib64/x", "libexec/y"]);
    }

    #[test]
    fn the_paths_of_all_packages_are_bounded_together() {
        for length in [1, 100, Ownership::MAX_PATH] {
            let mut paths = Paths::default();
            let path = "a".repeat(length);
            for _ in 0..Paths::MAX_BYTES / (OVERHEAD + length) {
                paths.push(path.as_bytes()).unwrap();
                paths.owned_by("a").unwrap();
            }
            let error = paths.push(path.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), "unsupported: the paths that packages own take more than 64 MiB");
            assert_eq!(paths.owned_by("a"), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_a_path_that_the_host_refuses(path in prop::collection::vec(any::<u8>(), 0..100)) {
            for path in owned(&[&path]) {
                prop_assert!((1..=Ownership::MAX_PATH).contains(&path.len()) && !path.starts_with('/'));
            }
        }
    }
}
