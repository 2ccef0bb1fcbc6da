use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use limpid_scanner::backup::{BucketAccess, LEAST_PART, MOST_PART, PART_BYTES};
use serde::{Deserialize, Serialize};

/// Bytes of the file of a secret, at most.
const SECRET_BYTES: u64 = 4 << 10;

/// Where buckets lie unless a setting or a variable of AWS says so.
const REGION: &str = "us-east-1";

/// Backups of the data directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Backup {
    /// Where they lie, unless a command names another directory: a directory, or the address of a bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) directory: Option<PathBuf>,
    /// The storage in which buckets lie, which speaks the protocol of S3; where none is named, that of AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_endpoint: Option<String>,
    /// The region of buckets.
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_region: Option<String>,
    /// Whether it may be asked unencrypted.
    s3_plain_http: bool,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_key_id: Option<String>,
    /// The file of the secret of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_secret_file: Option<PathBuf>,
    /// Bytes of one request: a file that is longer is sent in parts.
    s3_part_bytes: u64,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            directory: None,
            s3_endpoint: None,
            s3_region: None,
            s3_plain_http: false,
            s3_key_id: None,
            s3_secret_file: None,
            s3_part_bytes: PART_BYTES,
        }
    }
}

impl Backup {
    /// Where buckets are and what lets into them: by these settings, or by the variables that programs for AWS read.
    ///
    /// # Errors
    /// The file of the secret cannot be read, only one of it and `key_id` is there, or parts have a length that storage
    /// does not take.
    pub(crate) fn access(&self) -> anyhow::Result<BucketAccess> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let (key_id, secret, token) = match (&self.s3_key_id, &self.s3_secret_file) {
            (Some(key_id), Some(file)) => (Some(key_id.clone()), Some(read(file)?), None),
            (None, None) => (
                variable("AWS_ACCESS_KEY_ID"),
                variable("AWS_SECRET_ACCESS_KEY"),
                variable("AWS_SESSION_TOKEN"),
            ),
            _ => bail!("settings: `backup.s3_key_id` and `backup.s3_secret_file` are set together"),
        };
        if !(LEAST_PART..=MOST_PART).contains(&self.s3_part_bytes) {
            bail!(
                "settings: `backup.s3_part_bytes` is {}: storage takes parts of {LEAST_PART} to {MOST_PART} bytes",
                self.s3_part_bytes
            );
        }
        let region = self.s3_region.clone().or_else(|| variable("AWS_REGION"));
        Ok(BucketAccess {
            endpoint: self.s3_endpoint.clone(),
            plain_http: self.s3_plain_http,
            region: region.or_else(|| variable("AWS_DEFAULT_REGION")).unwrap_or_else(|| REGION.to_owned()),
            key_id,
            secret,
            token,
            part_bytes: self.s3_part_bytes,
        })
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let what = || format!("file `{}` of setting `backup.s3_secret_file` cannot be read", path.display());
    let mut text = String::new();
    let file = std::fs::File::open(path).with_context(what)?;
    file.take(SECRET_BYTES + 1).read_to_string(&mut text).with_context(what)?;
    if text.len() as u64 > SECRET_BYTES {
        bail!("{}: it is longer than {SECRET_BYTES} bytes", what());
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_a_bucket_has_a_secret_in_a_file_that_is_not_shown() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, b"very secret\n").unwrap();
        let s3_secret_file = Some(file.path().to_owned());
        let backup = Backup { s3_key_id: Some("k".to_owned()), s3_secret_file, ..Backup::default() };
        let access = backup.access().unwrap();
        assert_eq!((access.key_id.as_deref(), access.secret.as_deref()), (Some("k"), Some("very secret")));
        assert!(!format!("{access:?} {backup:?}").contains("very secret"));
        let half = Backup { s3_secret_file: None, ..backup.clone() };
        assert!(half.access().unwrap_err().to_string().contains("set together"));
        std::io::Write::write_all(&mut file, &[b'x'; 5_000]).unwrap();
        assert!(backup.access().unwrap_err().to_string().contains("longer than"));
    }

    #[test]
    fn parts_have_a_length_that_storage_takes() {
        assert_eq!(Backup::default().access().unwrap().part_bytes, PART_BYTES);
        for s3_part_bytes in [0, LEAST_PART - 1, MOST_PART + 1] {
            let why = Backup { s3_part_bytes, ..Backup::default() }.access().unwrap_err().to_string();
            assert!(why.contains("`backup.s3_part_bytes`"), "{why}");
        }
    }
}
