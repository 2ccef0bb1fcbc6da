use std::process::ExitCode;

use limpid_formats::{json as api, table};
use limpid_model::AccessRole;

use super::{Format, page, print_json, show};
use crate::holder::Holder;
use crate::open::OF_STORE;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make a token, and print it: it is shown this once
    Create {
        /// What it is called
        name: String,
        /// What its holder may: `read`, `submit` (and read), `operate` (and that), `admin` (everything)
        #[arg(long)]
        role: AccessRole,
        /// A glob of repositories that its holder sees, as `registry.example/shop/*`; may be given several times
        /// [default: everything]
        #[arg(long = "repository", value_name = "GLOB")]
        repositories: Vec<String>,
        /// From when on it is no longer taken, as `2027-01-31T00:00:00Z` [default: never]
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show the tokens that there are, without their secrets
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Take a token no longer
    Revoke {
        /// The token's name, or its identifier
        name: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Audit {
    /// How many changes are shown
    #[arg(long, default_value_t = 100)]
    limit: usize,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let holder = |what: &str| Holder::of(settings, &format!("limpid token {what}"), &OF_STORE);
    match command {
        Command::Create { name, role, repositories, expires, format } => {
            let wanted = api::TokenWanted {
                name: name.clone(),
                role: role.to_string(),
                repositories: repositories.clone(),
                expires: expires.clone(),
            };
            let made = holder("create")?.create_token(wanted)?;
            match format {
                Format::Json => print_json(&made),
                // Alone, so that it can be put where it is needed: `limpid token create ... > file`.
                Format::Table => {
                    eprintln!(
                        "token `{}` of role `{}`; it is shown this once, and sent as `Authorization: Bearer …` or \
                         in `LIMPID_TOKEN`:",
                        made.token.name, made.token.role
                    );
                    super::write_out(&made.secret)
                }
            }
        }
        Command::List { format } => {
            let tokens = holder("list")?.tokens()?;
            match format {
                Format::Json => print_json(&tokens),
                Format::Table => {
                    let mut page = page();
                    table::tokens(&mut page, &tokens.tokens);
                    show(page)
                }
            }
        }
        Command::Revoke { name } => {
            holder("revoke")?.revoke_token(name)?;
            super::print(&format!("token `{name}` is no longer taken"))
        }
    }
}

pub(crate) fn audit(settings: &Settings, args: &Audit) -> anyhow::Result<ExitCode> {
    let holder = Holder::of(settings, "limpid audit", &OF_STORE)?;
    let audit = holder.audit(args.limit)?;
    match args.format {
        Format::Json => print_json(&audit),
        Format::Table => {
            let mut page = page();
            table::audit(&mut page, &audit.records);
            show(page)
        }
    }
}
