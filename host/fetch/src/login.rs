use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::Error;

/// Longest configuration file that is read, in bytes.
const CONFIG_BYTES: u64 = 4 << 20;

/// The name that Docker's own registry has in its configuration file.
const DOCKER: &str = "https://index.docker.io/v1/";

/// A user and a password. Lives as long as the request, and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub username: String,
    /// The password, or an access token.
    pub password: String,
}

impl Login {
    /// The value of an `Authorization` header.
    pub(crate) fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.username, self.password)))
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Whose credentials a registry is shown.
#[derive(Clone, Debug, Default)]
pub enum Logins {
    /// Nobody's.
    #[default]
    Anonymous,
    /// These, whichever registry it is.
    Given(Login),
    /// Those that Docker's configuration file has for the registry; nobody's where the file is not
    /// there.
    Docker(PathBuf),
}

/// What is known of who asks a registry.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) login: Option<Login>,
    /// Why there is no login, where one is kept and cannot be used.
    pub(crate) unusable: Option<String>,
}

impl Logins {
    /// Docker's configuration file: in `$DOCKER_CONFIG`, or in `~/.docker`.
    pub fn docker() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let directory = variable("DOCKER_CONFIG").or_else(|| Some(variable("HOME")?.join(".docker")));
        directory.map_or(Self::Anonymous, |directory| Self::Docker(directory.join("config.json")))
    }

    /// Who asks that registry.
    pub(crate) fn asker(&self, registry: &str) -> Result<Asker, Error> {
        match self {
            Self::Anonymous => Ok(Asker::default()),
            Self::Given(login) => Ok(Asker { login: Some(login.clone()), unusable: None }),
            Self::Docker(path) => Config::read(path)?.asker(registry).map_err(|why| no_config(path, why)),
        }
    }
}

/// What is read of Docker's configuration file; see
/// [`docker login`](https://docs.docker.com/reference/cli/docker/login/).
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    auths: BTreeMap<String, Entry>,
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    /// `user:password` in base64.
    auth: Option<String>,
    identitytoken: Option<String>,
}

impl Config {
    fn read(path: &Path) -> Result<Self, Error> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(Error::File { path: path.to_owned(), source }),
        };
        serde_json::from_reader(file.take(CONFIG_BYTES)).map_err(|error| no_config(path, error.to_string()))
    }

    fn asker(&self, registry: &str) -> Result<Asker, String> {
        if let Some(helper) = self.cred_helpers.get(registry) {
            return Ok(unusable(format!("helper `{helper}` of Docker keeps its credentials")));
        }
        let Some(entry) = self.entry(registry) else { return Ok(Asker::default()) };
        if let Some(auth) = entry.auth.as_deref().filter(|auth| !auth.is_empty()) {
            let login = decode(auth)
                .ok_or_else(|| format!("`auth` of `{registry}` is not base64 of `user:password`"))?;
            return Ok(Asker { login: Some(login), unusable: None });
        }
        let token = entry.identitytoken.as_deref().is_some_and(|token| !token.is_empty());
        let why = match &self.creds_store {
            _ if token => "Docker has an identity token for it".to_owned(),
            Some(store) => format!("helper `{store}` of Docker keeps its credentials"),
            None => return Ok(Asker::default()),
        };
        Ok(unusable(why))
    }

    fn entry(&self, registry: &str) -> Option<&Entry> {
        let known = if registry == "docker.io" { DOCKER } else { registry };
        self.auths.get(known).or_else(|| self.auths.get(&format!("https://{registry}")))
    }
}

fn unusable(why: String) -> Asker {
    Asker { login: None, unusable: Some(why) }
}

fn decode(auth: &str) -> Option<Login> {
    let text = String::from_utf8(STANDARD.decode(auth.trim()).ok()?).ok()?;
    let (username, password) = text.split_once(':')?;
    Some(Login { username: username.to_owned(), password: password.to_owned() })
}

fn no_config(path: &Path, why: String) -> Error {
    Error::DockerConfig { path: path.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(config: &str, registry: &str) -> Result<Asker, Error> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        std::fs::write(&path, config).unwrap();
        Logins::Docker(path).asker(registry)
    }

    fn login(username: &str, password: &str) -> Asker {
        let login = Login { username: username.to_owned(), password: password.to_owned() };
        Asker { login: Some(login), unusable: None }
    }

    #[test]
    fn each_registry_is_shown_its_own_credentials_only() {
        // `user:pass:word`
        let config = r#"{"auths": {"a.example": {"auth": "dXNlcjpwYXNzOndvcmQ="},
            "https://index.docker.io/v1/": {"auth": "aHViOng="}}, "HttpHeaders": {}}"#;
        assert_eq!(asker(config, "a.example").unwrap(), login("user", "pass:word"));
        assert_eq!(asker(config, "docker.io").unwrap(), login("hub", "x"));
        assert_eq!(asker(config, "b.example").unwrap(), Asker::default());
        assert_eq!(asker(config, "a.example:5000").unwrap(), Asker::default());
    }

    #[test]
    fn credentials_that_cannot_be_used_are_told() {
        let check = |config: &str, expected: &str| {
            let asker = asker(config, "a.example").unwrap();
            assert_eq!((asker.login, asker.unusable.as_deref()), (None, Some(expected)), "{config}");
        };
        check(r#"{"credHelpers": {"a.example": "gcr"}}"#, "helper `gcr` of Docker keeps its credentials");
        check(
            r#"{"auths": {"a.example": {}}, "credsStore": "desktop"}"#,
            "helper `desktop` of Docker keeps its credentials",
        );
        check(r#"{"auths": {"a.example": {"identitytoken": "x"}}}"#, "Docker has an identity token for it");
    }

    #[test]
    fn a_file_that_is_not_there_is_nobodys() {
        let nowhere = Logins::Docker(PathBuf::from("/nowhere/config.json"));
        assert_eq!(nowhere.asker("a.example").unwrap(), Asker::default());
    }

    #[test]
    fn a_damaged_file_is_an_error_without_its_content() {
        for config in ["secret", r#"{"auths": {"a.example": {"auth": "secret!"}}}"#] {
            let error = asker(config, "a.example").unwrap_err().to_string();
            assert!(error.contains("config.json") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let shown = format!("{:?}", login("user", "hunter2"));
        assert!(shown.contains("user") && !shown.contains("hunter2"));
    }
}
