use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use super::print;

mod api;

use api::{Harbor, Registration};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make the service a scanner of a Harbor, or change the scanner of that name
    Register(Box<Register>),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Register {
    /// The Harbor, as `https://harbor.example`
    #[arg(long, value_name = "URL")]
    harbor: String,
    /// A system administrator of Harbor
    #[arg(long, value_name = "USER")]
    username: String,
    /// File with the administrator's password
    #[arg(long, value_name = "FILE", required_unless_present = "password_stdin")]
    password_file: Option<PathBuf>,
    /// Read the administrator's password from standard input
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// The service as Harbor reaches it, as `https://limpid.example`
    #[arg(long, value_name = "URL")]
    limpid: String,
    /// File with a token of role `submit`, which Harbor shows to the service [default: none]
    #[arg(long, value_name = "FILE")]
    limpid_token_file: Option<PathBuf>,
    /// How Harbor shows the token
    #[arg(long, value_enum, default_value_t, requires = "limpid_token_file")]
    auth: Auth,
    /// What the scanner is called in Harbor
    #[arg(long, value_name = "NAME", default_value = "Limpid")]
    name: String,
    /// Scan with it wherever a project does not name another
    #[arg(long)]
    default: bool,
    /// Have the service pull from Harbor's internal address
    #[arg(long)]
    internal_address: bool,
    /// Have Harbor take any certificate of the service
    #[arg(long)]
    skip_certificate_check: bool,
    /// File with certificates, as PEM, that may vouch for Harbor in place of those of the system
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Send the password unencrypted to another machine, too
    #[arg(long)]
    plain_http: bool,
}

/// How Harbor shows a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Auth {
    #[default]
    Bearer,
    Basic,
    ApiKey,
}

/// The user whose password the token is, to Harbor.
const USER: &str = "harbor";

/// Below which the service has what Harbor asks.
const PATH: &str = "/harbor";

pub(crate) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Register(register) = command;
    let harbor = Harbor::new(&api::Asked {
        url: &register.harbor,
        username: &register.username,
        password: match &register.password_file {
            Some(path) => api::secret_of(path)?,
            None => api::secret_of_stdin()?,
        },
        ca_file: register.ca_file.as_deref(),
        plain_http: register.plain_http,
    })?;
    let registration = register.registration()?;
    harbor.ping(&registration)?;
    let known = harbor.find(&registration.name)?;
    let what = match &known {
        Some(id) => {
            harbor.change(id, &registration)?;
            "changed"
        }
        None => {
            harbor.create(&registration)?;
            "made"
        }
    };
    let name = &registration.name;
    if register.default {
        let id = known.map_or_else(|| harbor.find(name), |id| Ok(Some(id)))?;
        let id = id.ok_or_else(|| anyhow::anyhow!("Harbor made scanner `{name}`, and does not list it"))?;
        harbor.make_default(&id)?;
    }
    let default = if register.default { ", and the default" } else { "" };
    print(&format!("scanner `{name}` of `{}` is {what}{default}: `{}`", harbor.address(), registration.url))
}

impl Register {
    fn registration(&self) -> anyhow::Result<Registration> {
        let base = self.limpid.trim_end_matches('/');
        let url = if base.ends_with(PATH) { base.to_owned() } else { format!("{base}{PATH}") };
        let token = self.limpid_token_file.as_deref().map(api::secret_of).transpose()?;
        let (auth, access_credential) = match (token, self.auth) {
            (None, _) => (String::new(), String::new()),
            (Some(token), Auth::Bearer) => ("Bearer".to_owned(), token),
            (Some(token), Auth::Basic) => ("Basic".to_owned(), format!("{USER}:{token}")),
            (Some(token), Auth::ApiKey) => ("X-ScannerAdapter-API-Key".to_owned(), token),
        };
        Ok(Registration {
            name: self.name.clone(),
            description: "Limpid".to_owned(),
            url,
            auth,
            access_credential,
            skip_cert_verify: self.skip_certificate_check,
            use_internal_addr: self.internal_address,
            disabled: false,
        })
    }
}
