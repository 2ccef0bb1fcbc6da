use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Error;
use crate::docker_config::{Config, Kept};

/// Longest configuration file that is read, in bytes.
const CONFIG_BYTES: u64 = 4 << 20;

/// Who asks a registry. Lives in memory only, as long as it is needed, and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// A user and a password, or an access token in its place.
    Password {
        /// The user.
        username: String,
        /// The password.
        password: String,
    },
    /// An identity token, for which the registry's token service gives others (OAuth2's refresh token).
    Identity(String),
    /// A token that is shown as it is.
    Token(String),
}

impl Login {
    /// A user and a password.
    pub fn password(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self::Password { username: username.into(), password: password.into() }
    }

    /// An identity token.
    pub fn identity(token: impl Into<String>) -> Self {
        Self::Identity(token.into())
    }

    /// A token that is shown as it is.
    pub fn token(token: impl Into<String>) -> Self {
        Self::Token(token.into())
    }

    /// The value of an `Authorization` header, for a user with a password.
    pub(crate) fn basic(&self) -> Option<String> {
        let Self::Password { username, password } = self else { return None };
        Some(format!("Basic {}", STANDARD.encode(format!("{username}:{password}"))))
    }

    /// Whom a message names.
    pub(crate) fn who(&self) -> String {
        match self {
            Self::Password { username, .. } => format!("user `{username}`"),
            Self::Identity(_) => "the owner of the identity token".to_owned(),
            Self::Token(_) => "the owner of the token".to_owned(),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { username, .. } => {
                f.debug_struct("Password").field("username", username).finish_non_exhaustive()
            }
            Self::Identity(_) => f.debug_struct("Identity").finish_non_exhaustive(),
            Self::Token(_) => f.debug_struct("Token").finish_non_exhaustive(),
        }
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

impl Logins {
    /// Docker's configuration file: in `$DOCKER_CONFIG`, or in `~/.docker`.
    pub fn docker() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let directory = variable("DOCKER_CONFIG").or_else(|| Some(variable("HOME")?.join(".docker")));
        directory.map_or(Self::Anonymous, |directory| Self::Docker(directory.join("config.json")))
    }
}

/// What Docker's configuration file keeps for a registry; nothing where the file is not there.
pub(crate) fn kept(path: &Path, registry: &str) -> Result<Kept, Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::Nothing),
        Err(source) => return Err(failed(source)),
    };
    let mut bytes = Vec::new();
    file.take(CONFIG_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    let kept = Config::parse(&bytes).and_then(|config| config.kept(registry));
    kept.map_err(|why| Error::DockerConfig { path: path.to_owned(), why })
}

/// What is known of who asks a registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asker {
    pub(crate) login: Option<Login>,
    /// Why there is no login, where one is kept and cannot be used.
    pub(crate) unusable: Option<String>,
}

impl From<Option<Login>> for Asker {
    fn from(login: Option<Login>) -> Self {
        Self { login, unusable: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_nobodys() {
        assert_eq!(kept(Path::new("/nowhere/config.json"), "a.example").unwrap(), Kept::Nothing);
    }

    #[test]
    fn a_damaged_file_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "secret").unwrap();
        let error = kept(file.path(), "a.example").unwrap_err().to_string();
        assert!(error.contains(&file.path().display().to_string()) && !error.contains("secret"), "{error}");
    }

    #[test]
    fn a_secret_is_not_shown() {
        for login in [Login::password("user", "hunter2"), Login::identity("hunter2"), Login::token("hunter2")]
        {
            let shown = format!("{login:?} {}", login.who());
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
