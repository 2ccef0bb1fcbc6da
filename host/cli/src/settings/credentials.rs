//! Secrets that a service manager hands over: [systemd's credentials](https://systemd.io/CREDENTIALS/).
//!
//! A credential is a file of `$CREDENTIALS_DIRECTORY` that is called `limpid.` and the key of a setting. A setting that
//! names a file is set to the credential's own; of a secret that has such a setting beside itself, that is; any other is
//! set to what the file holds.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::problem::{Problem, Problems};
use super::tree::{self, Branch, Node, Origin};

/// What names begin with that are ours.
const PREFIX: &str = "limpid.";

/// Longest credential, in bytes; systemd allows no more.
const CREDENTIAL_BYTES: u64 = 1 << 20;

/// Most files of the directory.
const FILES: usize = 10_000;

/// Adds what credentials say.
///
/// # Errors
/// One that names no setting that can be a credential, or cannot be read.
pub(super) fn add(given: &mut Branch, directory: &Path) -> Result<(), Problems> {
    let unread = |error: io::Error| {
        Problem::new(format!("credentials cannot be read from `{}`: {error}", directory.display()))
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(unread)?.take(FILES) {
        let name = entry.map_err(unread)?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_prefix(PREFIX)).map(str::to_owned));
    }
    names.sort_unstable();
    let mut problems = Vec::new();
    for name in names {
        let file = directory.join(format!("{PREFIX}{name}"));
        let origin = Origin::Credential(file.clone());
        let Some((path, kind)) = setting(&name) else {
            let why = "no setting of this name can be a credential; there are `limpid.token`, `limpid.events.secret`, \
                       `limpid.secrets.key`, `limpid.tls.certificate`, `limpid.tls.key`, `limpid.tls.client_ca`, \
                       `limpid.registries.HOST.password` and `limpid.subscriptions.NAME.webhook.secret`, among others";
            problems.push(Problem::new(why).or_at(&origin));
            continue;
        };
        let text = match kind {
            Kind::Path => Ok(file.to_string_lossy().into_owned()),
            Kind::Text => text(&file),
        };
        let put =
            text.map_err(|error| Problem::new(format!("it cannot be read: {error}"))).and_then(|text| {
                let node = Node::text(origin.clone(), text);
                tree::put(given, &path, node)
                    .map_err(|taken| Problem::new(format!("{taken} gives a value to what is a table")))
            });
        problems.extend(put.err().map(|problem| problem.or_at(&origin)));
    }
    if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
}

/// What a setting is set to.
#[derive(Clone, Copy)]
enum Kind {
    /// The path of the credential.
    Path,
    /// What the credential holds.
    Text,
}

/// The setting that a credential is for.
fn setting(name: &str) -> Option<(Vec<&str>, Kind)> {
    if let Some((host, key)) = name.strip_prefix("registries.").and_then(|rest| rest.rsplit_once('.')) {
        let (key, kind) = match key {
            "password" => ("password_file", Kind::Path),
            "token" => ("token", Kind::Text),
            "ca" => ("ca", Kind::Path),
            "client_certificate" => ("client_certificate", Kind::Path),
            "client_key" => ("client_key", Kind::Path),
            _ => return None,
        };
        return Some((vec!["registries", host, key], kind));
    }
    let parts: Vec<_> = name.split('.').collect();
    Some(match parts.as_slice() {
        ["token"] => (vec!["token_file"], Kind::Path),
        ["events", "secret"] => (vec!["events", "secret_file"], Kind::Path),
        ["secrets", "key"] => (vec!["secrets", "key_file"], Kind::Path),
        ["tls", "certificate" | "key" | "client_ca"] => (parts, Kind::Path),
        ["subscriptions", _, "webhook", "secret"]
        | ["subscriptions", _, "amqp", "url"]
        | ["subscriptions", _, "harbor", "password"]
        | ["subscriptions", _, "clair", "key"] => (parts, Kind::Text),
        _ => return None,
    })
}

fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let length = File::open(path)?.take(CREDENTIAL_BYTES + 1).read_to_string(&mut text)?;
    if length as u64 > CREDENTIAL_BYTES {
        return Err(io::Error::other(format!("it is longer than {CREDENTIAL_BYTES} bytes")));
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{Given, Overrides, Sources};

    fn load(file: &str, credentials: &[(&str, &str)]) -> Result<super::super::Settings, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("limpid.toml");
        std::fs::write(&path, file).unwrap();
        let held = directory.path().join("credentials");
        std::fs::create_dir(&held).unwrap();
        for (name, text) in credentials {
            std::fs::write(held.join(name), text).unwrap();
        }
        let environment = Vec::new();
        let overrides = Overrides::default();
        let sources = Sources { file: Some(path), credentials: Some(held), environment, overrides };
        let settings = Given::read(&sources).and_then(|given| given.settings());
        let settings = settings.map_err(|problems| problems.to_string())?;
        // As long as the credential is there.
        if credentials.iter().any(|(name, _)| *name == "limpid.token") {
            assert_eq!(settings.shown().unwrap().token(), Some("limpid_a"));
        }
        Ok(settings)
    }

    #[test]
    fn credentials_are_settings_by_their_name() {
        assert!(load("", &[("limpid.token", "limpid_a\n"), ("of-somebody-else", "x")]).is_ok());
        let both = [("limpid.registries.registry.example.password", "p"), ("limpid.events.secret", "s")];
        let settings = load("[registries.\"registry.example\"]\nusername = 'u'", &both).unwrap();
        let registry = &settings.registries.each["registry.example"];
        assert_eq!(registry.username.as_deref(), Some("u"));
        assert!(
            registry.password_file.as_ref().unwrap().ends_with("limpid.registries.registry.example.password")
        );
        let error = load("", &[("limpid.http.wait", "3")]).unwrap_err();
        assert!(error.contains("limpid.http.wait") && error.contains("limpid.events.secret"), "{error}");
    }

    #[test]
    fn a_credential_completes_a_subscription() {
        let file = "[subscriptions.a]\nwebhook = { url = 'https://a.example' }";
        let settings = load(file, &[("limpid.subscriptions.a.webhook.secret", "whsec_hidden\n")]).unwrap();
        let webhook = settings.subscriptions["a"].webhook.as_ref().unwrap();
        assert_eq!(webhook.secret.as_deref(), Some("whsec_hidden"));
    }
}
