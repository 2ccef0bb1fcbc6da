//! Docker's configuration file: what it keeps of who asks a registry; see
//! [`docker login`](https://docs.docker.com/reference/cli/docker/login/).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// The name that Docker's own registry has in the file.
const HUB: &str = "https://index.docker.io/v1/";

/// What is read of the file.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Config {
    auths: BTreeMap<String, Entry>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    /// `user:password` in base64.
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// What is kept for one registry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Nothing,
    Password {
        username: String,
        password: String,
    },
    /// A token for which others are given.
    Identity(String),
    /// A token that is shown as it is.
    Token(String),
    /// The program `docker-credential-NAME` has it under this name.
    Helper {
        name: String,
        server: String,
    },
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong with it, by line and column: what stands there may be a secret.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| {
            let what = match error.classify() {
                serde_json::error::Category::Data => "not of the form that Docker writes",
                _ => "no JSON",
            };
            format!("it is {what} at line {}, column {}", error.line(), error.column())
        })
    }

    /// What it keeps for a registry: what a helper of just that registry has before all else, and what the
    /// helper of all registries has where nothing is written down.
    ///
    /// # Errors
    /// What is wrong with it, without what it holds.
    pub(crate) fn kept(&self, registry: &str) -> Result<Kept, String> {
        let server = if registry == "docker.io" { HUB } else { registry };
        let helper = |name: &String| Kept::Helper { name: name.clone(), server: server.to_owned() };
        if let Some(name) = find(&self.cred_helpers, registry).filter(|name| !name.is_empty()) {
            return Ok(helper(name));
        }
        let written = find(&self.auths, registry).map_or(Ok(Kept::Nothing), |entry| entry.kept(registry))?;
        let store = self.creds_store.as_ref().filter(|name| !name.is_empty());
        Ok(match (written, store) {
            (Kept::Nothing, Some(name)) => helper(name),
            (written, _) => written,
        })
    }
}

impl Entry {
    fn kept(&self, registry: &str) -> Result<Kept, String> {
        let stated = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = stated(&self.identitytoken) {
            return Ok(Kept::Identity(token));
        }
        if let Some(token) = stated(&self.registrytoken) {
            return Ok(Kept::Token(token));
        }
        if let Some(auth) = stated(&self.auth) {
            return decode(&auth)
                .ok_or_else(|| format!("`auth` of `{registry}` is not base64 of `user:password`"));
        }
        match (stated(&self.username), stated(&self.password)) {
            // What follows a colon would be taken for a part of the password (RFC 7617, section 2).
            (Some(username), Some(_)) if username.contains(':') => {
                Err(format!("`username` of `{registry}` has a colon"))
            }
            (Some(username), Some(password)) => Ok(Kept::Password { username, password }),
            _ => Ok(Kept::Nothing),
        }
    }
}

/// What is kept under the name of a registry, as it is or as a part of an address.
fn find<'a, T>(map: &'a BTreeMap<String, T>, registry: &str) -> Option<&'a T> {
    map.get(registry).or_else(|| map.iter().find(|(key, _)| host_of(key) == registry).map(|(_, kept)| kept))
}

/// The registry that a key names: `https://r.example/v1/` and `r.example` are one.
fn host_of(key: &str) -> &str {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    match rest.split('/').next().unwrap_or_default() {
        "index.docker.io" | "registry-1.docker.io" => "docker.io",
        host => host,
    }
}

fn decode(auth: &str) -> Option<Kept> {
    let text = String::from_utf8(STANDARD.decode(auth.trim()).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    // As helpers write them, and Docker copies them.
    Some(match username {
        "<token>" => Kept::Identity(password.to_owned()),
        _ => Kept::Password {
            username: username.to_owned(),
            password: password.trim_end_matches('\0').to_owned(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(config: &str, registry: &str, expected: Kept) {
        assert_eq!(Config::parse(config.as_bytes()).unwrap().kept(registry), Ok(expected), "{registry}");
    }

    fn password(username: &str, password: &str) -> Kept {
        Kept::Password { username: username.to_owned(), password: password.to_owned() }
    }

    fn helper(name: &str, server: &str) -> Kept {
        Kept::Helper { name: name.to_owned(), server: server.to_owned() }
    }

    #[test]
    fn each_registry_is_shown_its_own_credentials_only() {
        // `user:pass:word`
        let config = r#"{"auths": {"a.example": {"auth": "dXNlcjpwYXNzOndvcmQ="},
            "https://c.example/v2/": {"username": "c", "password": "d"},
            "https://index.docker.io/v1/": {"auth": "aHViOng="}}, "HttpHeaders": {}}"#;
        check(config, "a.example", password("user", "pass:word"));
        check(config, "docker.io", password("hub", "x"));
        check(config, "c.example", password("c", "d"));
        check(config, "b.example", Kept::Nothing);
        check(config, "a.example:5000", Kept::Nothing);
    }

    #[test]
    fn tokens_and_helpers_are_told_apart_from_passwords() {
        let config = r#"{"auths": {"a.example": {"auth": "dXNlcjpw", "identitytoken": "i"},
            "b.example": {"registrytoken": "t"}, "c.example": {}, "d.example": {"auth": "dXNlcjpw"},
            "e.example": {"auth": "PHRva2VuPjp4"}},
            "credHelpers": {"d.example": "vault", "https://index.docker.io/v1/": "hub"},
            "credsStore": "desktop"}"#;
        check(config, "a.example", Kept::Identity("i".to_owned()));
        check(config, "b.example", Kept::Token("t".to_owned()));
        check(config, "c.example", helper("desktop", "c.example"));
        check(config, "d.example", helper("vault", "d.example"));
        check(config, "e.example", Kept::Identity("x".to_owned()));
        check(config, "docker.io", helper("hub", HUB));
    }

    #[test]
    fn a_damaged_file_is_an_error_without_its_content() {
        for config in [
            "secret",
            r#"{"auths": "secret"}"#,
            r#"{"auths": {"a.example": {"auth": "secret!"}}}"#,
            r#"{"auths": {"a.example": {"username": "secret:x", "password": "y"}}}"#,
        ] {
            let kept = Config::parse(config.as_bytes()).and_then(|config| config.kept("a.example"));
            let error = kept.unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
