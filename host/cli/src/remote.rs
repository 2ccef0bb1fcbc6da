//! Which service commands ask: the one that flags name, or the environment, or the user's profiles; none where
//! they work on a data directory.
//!
//! Profiles are in `limpid/config.toml` of the user's configuration directory, beside which the files that they
//! name are looked for.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use limpid_client::{Certificates, Client, Options};
use serde::Deserialize;

use crate::settings::Shown;

/// What flags say of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// `--server`.
    pub(crate) server: Option<String>,
    /// `--profile`.
    pub(crate) profile: Option<String>,
    /// Whether there is a `--data-dir`.
    pub(crate) names_data_dir: bool,
}

/// A service elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    /// What says so: `--server`, `LIMPID_SERVER`, ``profile `work` ``.
    pub(crate) named_by: String,
    profile: Profile,
}

/// The user's configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    /// The profile that counts where nothing else is stated.
    default: Option<String>,
    profiles: BTreeMap<String, Profile>,
}

/// A service, and how it is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    /// Where it is, as `https://limpid.example`.
    server: String,
    /// A file that holds the token.
    #[serde(default)]
    token_file: Option<PathBuf>,
    /// Who may vouch for the service, in place of whom the system trusts, as PEM.
    #[serde(default)]
    ca_file: Option<PathBuf>,
    /// The certificate that is shown to the service, and its chain, as PEM.
    #[serde(default)]
    certificate_file: Option<PathBuf>,
    /// The key of that, as PEM.
    #[serde(default)]
    key_file: Option<PathBuf>,
}

impl Asked {
    /// Whether a service is named.
    pub(crate) const fn names_a_service(&self) -> bool {
        self.server.is_some() || self.profile.is_some()
    }
}

impl Remote {
    /// The service that is asked; none where commands work on a data directory. Flags outweigh the environment, and
    /// that outweighs the configuration; `--data-dir` and `LIMPID_DATA_DIR` say that no service is asked.
    ///
    /// # Errors
    /// There is no such profile, the configuration cannot be read, or an address is none.
    pub(crate) fn find(
        asked: &Asked,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Option<Self>> {
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
        if let Some(server) = &asked.server {
            return Self::at(server, "`--server`").map(Some);
        }
        let file = config_file(&variable);
        let of_profile = |name: &str, by: &str| {
            let Some(file) = &file else {
                bail!("{by} names profile `{name}`, and there is no configuration: `HOME` is not set")
            };
            Config::read(file)?.profile(name, file, by).map(Some)
        };
        if let Some(name) = &asked.profile {
            return of_profile(name, "`--profile`");
        }
        if asked.names_data_dir {
            return Ok(None);
        }
        if let Some(server) = variable("LIMPID_SERVER") {
            return Self::at(&server, "`LIMPID_SERVER`").map(Some);
        }
        if let Some(name) = variable("LIMPID_PROFILE") {
            return of_profile(&name, "`LIMPID_PROFILE`");
        }
        if variable("LIMPID_DATA_DIR").is_some() {
            return Ok(None);
        }
        let Some(file) = &file else { return Ok(None) };
        let config = Config::read(file)?;
        match config.default.clone() {
            Some(name) => config.profile(&name, file, "`default`").map(Some),
            None => Ok(None),
        }
    }

    fn at(address: &str, by: &str) -> anyhow::Result<Self> {
        check(address).with_context(|| format!("{by} is `{address}`"))?;
        let server = address.to_owned();
        let profile =
            Profile { server, token_file: None, ca_file: None, certificate_file: None, key_file: None };
        Ok(Self { named_by: by.to_owned(), profile })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &str {
        &self.profile.server
    }

    /// A client of the service. What the profile says is shown to it; `shown` where that says nothing.
    ///
    /// # Errors
    /// A file of the profile cannot be read or used.
    pub(crate) fn client(&self, shown: &Shown) -> anyhow::Result<Client> {
        let of = |what: &str, path: &Option<PathBuf>| {
            let Some(path) = path else { return Ok(None) };
            std::fs::read(path).map(Some).with_context(|| {
                format!("`{what}` of {}: `{}` cannot be read", self.named_by, path.display())
            })
        };
        let Profile { server, token_file, ca_file, certificate_file, key_file } = &self.profile;
        let authorities = of("ca_file", ca_file)?;
        let certificate = of("certificate_file", certificate_file)?;
        let key = of("key_file", key_file)?;
        let token = of("token_file", token_file)?;
        let token = token.map(|token| String::from_utf8_lossy(&token).trim().to_owned());
        let mut options = Options::new(server).certificates(Certificates {
            authorities: authorities.as_deref(),
            client: certificate.as_deref(),
            client_key: key.as_deref(),
        });
        if let Some(token) = token.as_deref().or_else(|| shown.token()) {
            options = options.token(token);
        }
        Ok(options.client()?)
    }

    /// Files of the profile that nobody else is to read, by the key that names each.
    pub(crate) fn secret_files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let Profile { token_file, key_file, .. } = &self.profile;
        named([("token_file", token_file), ("key_file", key_file)])
    }

    /// Its files of certificates, likewise.
    pub(crate) fn certificate_files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let Profile { ca_file, certificate_file, .. } = &self.profile;
        named([("ca_file", ca_file), ("certificate_file", certificate_file)])
    }
}

/// Those that are named.
fn named<'p>(
    files: [(&'static str, &'p Option<PathBuf>); 2],
) -> impl Iterator<Item = (&'static str, &'p Path)> {
    files.into_iter().filter_map(|(key, path)| Some((key, path.as_deref()?)))
}

impl Config {
    /// Where there is no file, there is no profile.
    fn read(file: &Path) -> anyhow::Result<Self> {
        let what = || format!("configuration `{}`", file.display());
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", what())),
        };
        let config = toml::from_str(&text);
        config.map_err(|error| anyhow::anyhow!("{}: {}", what(), error.to_string().trim_end()))
    }

    fn profile(mut self, name: &str, file: &Path, by: &str) -> anyhow::Result<Remote> {
        let Some(mut profile) = self.profiles.remove(name) else {
            let known: Vec<_> = self.profiles.keys().map(|name| format!("`{name}`")).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            bail!("{by} names profile `{name}`, and `{}` has {known}", file.display());
        };
        check(&profile.server)
            .with_context(|| format!("`server` of profile `{name}` is `{}`", profile.server))?;
        let folder = file.parent().unwrap_or(Path::new("."));
        let Profile { token_file, ca_file, certificate_file, key_file, .. } = &mut profile;
        for path in [token_file, ca_file, certificate_file, key_file].into_iter().flatten() {
            *path = folder.join(&path);
        }
        Ok(Remote { named_by: format!("profile `{name}`"), profile })
    }
}

/// # Errors
/// It is no address of a service.
fn check(address: &str) -> anyhow::Result<()> {
    let rest = ["https://", "http://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    match rest {
        Some(rest) if !rest.is_empty() => Ok(()),
        _ => {
            bail!("an address of a service begins with `https://` or `http://`, as `https://limpid.example`")
        }
    }
}

/// `$XDG_CONFIG_HOME/limpid/config.toml`, or `~/.config/limpid/config.toml`.
fn config_file(variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| variable("HOME").map(|home| Path::new(&home).join(".config")))?;
    Some(folder.join("limpid/config.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "default = \"home\"\n\
        [profiles.home]\nserver = \"http://127.0.0.1:6060\"\ntoken_file = \"home.token\"\n\
        [profiles.work]\nserver = \"https://limpid.example\"\n";

    fn find(config: &str, asked: Asked, environment: &[(&str, &str)]) -> Result<Option<Remote>, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("limpid")).unwrap();
        std::fs::write(folder.path().join("limpid/config.toml"), config).unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let variable = |name: &str| {
            let given = environment.iter().find(|(known, _)| *known == name);
            given.map(|(_, value)| (*value).to_owned()).or((name == "XDG_CONFIG_HOME").then(|| home.clone()))
        };
        Remote::find(&asked, &variable).map_err(|error| format!("{error:#}"))
    }

    fn named_by(asked: Asked, environment: &[(&str, &str)]) -> Option<String> {
        find(CONFIG, asked, environment).unwrap().map(|remote| remote.named_by)
    }

    #[test]
    fn flags_outweigh_the_environment_and_that_the_configuration() {
        let by = |name: &str| Some(name.to_owned());
        assert_eq!(named_by(Asked::default(), &[]), by("profile `home`"));
        let environment = [("LIMPID_PROFILE", "work")];
        assert_eq!(named_by(Asked::default(), &environment), by("profile `work`"));
        let environment = [("LIMPID_PROFILE", "work"), ("LIMPID_SERVER", "http://a")];
        assert_eq!(named_by(Asked::default(), &environment), by("`LIMPID_SERVER`"));
        let directory = Asked { names_data_dir: true, ..Asked::default() };
        assert_eq!(named_by(directory.clone(), &environment), None);
        assert_eq!(named_by(Asked::default(), &[("LIMPID_DATA_DIR", "/srv")]), None);
        let profile = Asked { profile: by("home"), ..directory };
        assert_eq!(named_by(profile.clone(), &environment), by("profile `home`"));
        let server = Asked { server: by("http://b"), ..profile };
        assert_eq!(named_by(server, &environment), by("`--server`"));
        assert_eq!(named_by(Asked::default(), &[("LIMPID_SERVER", "")]), by("profile `home`"));
    }

    #[test]
    fn files_of_a_profile_are_looked_for_beside_the_configuration() {
        let home = find(CONFIG, Asked::default(), &[]).unwrap().unwrap();
        assert_eq!(home.address(), "http://127.0.0.1:6060");
        assert!(home.profile.token_file.as_ref().unwrap().ends_with("limpid/home.token"));
        let error = format!("{:#}", home.client(&Shown::default()).unwrap_err());
        assert!(error.contains("`token_file` of profile `home`"), "{error}");
    }

    #[test]
    fn what_makes_no_sense_is_told_with_what_would() {
        let asked = |profile: &str| Asked { profile: Some(profile.to_owned()), ..Asked::default() };
        let error = find(CONFIG, asked("wrok"), &[]).unwrap_err();
        assert!(error.contains("`wrok`") && error.contains("`home`, `work`"), "{error}");
        let error = find("defualt = \"x\"", Asked::default(), &[]).unwrap_err();
        assert!(error.contains("config.toml") && error.contains("`default`"), "{error}");
        let error = find("", Asked::default(), &[("LIMPID_SERVER", "limpid.example")]).unwrap_err();
        assert!(error.contains("`LIMPID_SERVER`") && error.contains("https://"), "{error}");
        assert!(find("", asked("x"), &[]).unwrap_err().contains("has none"));
        assert!(find("", Asked::default(), &[]).unwrap().is_none());
    }
}
