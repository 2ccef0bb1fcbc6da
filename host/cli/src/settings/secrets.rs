use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use limpid_scanner::SecretKeys;
use serde::{Deserialize, Serialize};

/// How secrets are kept in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Secrets {
    /// A file of keys under which they are encrypted, one on each line, the newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<PathBuf>,
}

impl Secrets {
    /// The file of keys.
    pub(super) fn key_file(&self) -> Option<&Path> {
        self.key_file.as_deref()
    }

    /// The keys; none where no file is named.
    ///
    /// # Errors
    /// The file cannot be read, or holds something else. Nothing is to be kept as it is then.
    pub(crate) fn keys(&self) -> anyhow::Result<SecretKeys> {
        let Some(path) = &self.key_file else { return Ok(SecretKeys::default()) };
        let what = || format!("file `{}` of setting `secrets.key_file` cannot be used", path.display());
        let mut text = String::new();
        let file = File::open(path).with_context(what)?;
        file.take(limpid_seal::FILE_BYTES as u64 + 1).read_to_string(&mut text).with_context(what)?;
        text.parse().with_context(what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_used_is_an_error_and_not_no_key() {
        assert!(Secrets::default().keys().unwrap().is_empty());
        let file = tempfile::NamedTempFile::new().unwrap();
        let secrets = |path: &Path| Secrets { key_file: Some(path.to_owned()) };
        let error = format!("{:#}", secrets(file.path()).keys().unwrap_err());
        assert!(error.contains("`secrets.key_file`") && error.contains("openssl rand"), "{error}");
        assert!(secrets(Path::new("/nowhere")).keys().is_err());
        std::fs::write(file.path(), "A".repeat(43) + "=\n").unwrap();
        assert!(!secrets(file.path()).keys().unwrap().is_empty());
    }
}
