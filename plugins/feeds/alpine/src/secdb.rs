use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::Sink;
use limpid_secdb::{Head, Publisher, is_word};

use crate::index;

/// Where Alpine's security team shows what it knows of one vulnerability.
const TRACKER: &str = "https://security.alpinelinux.org/vuln";

/// Reads one repository of one release.
///
/// # Errors
///
/// Those of [`limpid_secdb::read`].
pub(crate) fn read(source: &str, document: impl BufRead, sink: &mut dyn Sink) -> Result<(), Error> {
    let head = limpid_secdb::read(&Alpine, document, sink)?;
    let release = head.release.unwrap_or_default();
    match head.repository.filter(|name| is_word(name)) {
        Some(repository) => sink.identify(&index::source_name(&release, &repository)),
        None if is_of(source, &release) => sink.identify(source),
        None => {}
    }
    Ok(())
}

/// Whether a source is named for a repository of a release: `v3.20/main.json`.
fn is_of(source: &str, distroversion: &str) -> bool {
    let repository = source.strip_prefix(distroversion).and_then(|rest| rest.strip_prefix('/'));
    repository.and_then(|name| name.strip_suffix(".json")).is_some_and(is_word)
}

struct Alpine;

impl Publisher for Alpine {
    /// `alpine:3.20` for `v3.20`, `alpine:edge` for `edge`.
    fn namespace(&self, head: &Head) -> Result<String, Error> {
        let Some(release) = &head.release else {
            return Err(Error::malformed(
                "the document is no secdb of Alpine: missing field `distroversion`",
            ));
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if !(1..=32).contains(&release.len()) || !release.bytes().all(allowed) {
            let shown: String = release.chars().take(80).collect();
            return Err(Error::malformed(format!("`distroversion` names no release: `{shown}`")));
        }
        let number = release.strip_prefix('v').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        Ok(format!("alpine:{}", number.unwrap_or(release)))
    }

    fn page(&self, id: &str) -> Option<String> {
        Some(format!("{TRACKER}/{id}"))
    }
}
