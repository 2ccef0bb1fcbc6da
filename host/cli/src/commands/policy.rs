use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::ValueEnum;
use limpid_formats::{json as api, printable, table};
use limpid_model::{DecisionDocument, DecisionKind};
use limpid_policy::{Imported, grype, trivy};

use super::{Format, page, print, print_json, show};
use crate::deciding;
use crate::holder::Holder;
use crate::open::OF_STORE;
use crate::settings::Settings;

/// How long a policy may be that somebody else's tool reads, in bytes.
const IMPORTED_BYTES: u64 = 16 << 20;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Put a policy in force for all reports, in the place of the one of that name
    Add {
        /// How the policy is called
        name: String,
        /// The policy, in TOML or in JSON (`*.json`)
        file: PathBuf,
    },
    /// Show the policies that are in force
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Print a policy as it was handed in
    Show {
        /// The policy
        name: String,
    },
    /// Take a policy out of force; reports on the past still know it
    Remove {
        /// The policy
        name: String,
    },
    /// Say whether a file is a policy, without putting it in force
    Check {
        /// The file
        #[arg(default_value = ".limpid.toml")]
        file: PathBuf,
    },
    /// Print what another scanner is told to ignore, as a policy
    Import {
        /// Whose file it is
        #[arg(value_enum)]
        tool: Tool,
        /// The file, such as `.trivyignore`, `.trivyignore.yaml` or `.grype.yaml`
        file: PathBuf,
    },
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Vex {
    /// Put a VEX document (OpenVEX, CSAF, CycloneDX) in force for all reports, in the place of the one of that name
    Add {
        /// How the document is called
        name: String,
        /// The document
        file: PathBuf,
    },
    /// Show the VEX documents that are in force
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Print a VEX document as it was handed in
    Show {
        /// The document
        name: String,
    },
    /// Take a VEX document out of force; reports on the past still know it
    Remove {
        /// The document
        name: String,
    },
    /// Repositories of VEX documents, whose documents are in force while they are known
    #[command(subcommand)]
    Repository(VexRepository),
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum VexRepository {
    /// Add a repository, or give the one of that name another address; the service fetches it at once
    Add {
        /// How the repository is called
        name: String,
        /// Its address: `https://github.com/ORG/REPOSITORY`, or one with `.well-known/vex-repository.json` below it
        url: String,
    },
    /// Show the repositories, and how their updates go
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Fetch a repository: here, or by the service
    Update {
        /// The repository
        name: String,
    },
    /// Remove a repository with its documents
    Remove {
        /// The repository
        name: String,
    },
}

/// Whose file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tool {
    /// Trivy
    Trivy,
    /// Grype
    Grype,
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let holder = |what: &str| Holder::of(settings, &format!("limpid policy {what}"), &OF_STORE);
    match command {
        Command::Add { name, file } => {
            let bytes = deciding::read(file, settings)?;
            let document = document(name, deciding::kind_of(file), bytes);
            let policy = holder("add")?.put_decision_document(document)?;
            let rules = match policy.content {
                Some(api::PolicyContent::Policy { rules, .. }) => table::count(rules, "rule", "rules"),
                _ => "its rules".to_owned(),
            };
            print(&format!("policy `{}` is in force: {rules}", policy.name))
        }
        Command::List { format } => {
            let policies =
                api::Policies { policies: holder("list")?.decision_documents(DecisionKind::PolicyToml)? };
            listed(*format, &policies, &policies.policies)
        }
        Command::Show { name } => shown(&holder("show")?, DecisionKind::PolicyToml, name),
        Command::Remove { name } => {
            holder("remove")?.remove_decision_document(DecisionKind::PolicyToml, name)?;
            print(&format!("policy `{name}` is no longer in force"))
        }
        Command::Check { file } => {
            let policy = deciding::read_policy(file, settings)?;
            for bar in policy.bars() {
                let bar = bar.parse::<limpid_formats::gate::Bar>().map_err(anyhow::Error::msg);
                bar.with_context(|| format!("policy `{}`: `fail_on`", file.display()))?;
            }
            let (rules, bars) = (policy.rules(), policy.bars().len());
            let (rules, bars) = (table::count(rules, "rule", "rules"), table::count(bars, "bar", "bars"));
            print(&format!("`{}` is a policy: {rules}, {bars}", file.display()))
        }
        Command::Import { tool, file } => import(*tool, file),
    }
}

pub(crate) fn run_vex(settings: &Settings, command: &Vex) -> anyhow::Result<ExitCode> {
    let holder = |what: &str| Holder::of(settings, &format!("limpid vex {what}"), &OF_STORE);
    match command {
        Vex::Add { name, file } => {
            let bytes = deciding::read(file, settings)?;
            let vex = holder("add")?.put_decision_document(document(name, DecisionKind::Vex, bytes))?;
            let Some(api::PolicyContent::Vex { statements, inapplicable, author, .. }) = &vex.content else {
                return print(&format!("VEX document `{name}` is in force"));
            };
            let by = if author.is_empty() { String::new() } else { format!(" by {author}") };
            let statements = table::count(*statements, "statement", "statements");
            let others = match inapplicable {
                0 => String::new(),
                count => format!("; {count} on products that nothing can be recognised by"),
            };
            print(&format!("VEX document `{}` is in force: {statements}{by}{others}", vex.name))
        }
        Vex::List { format } => {
            let all = holder("list")?.vex_documents()?;
            match format {
                Format::Json => print_json(&all),
                Format::Table => {
                    let mut page = page();
                    table::policies(&mut page, &all.documents);
                    if !all.repositories.is_empty() {
                        page.blank();
                        table::vex_repositories(&mut page, &all.repositories);
                    }
                    show(page)
                }
            }
        }
        Vex::Show { name } => shown(&holder("show")?, DecisionKind::Vex, name),
        Vex::Remove { name } => {
            holder("remove")?.remove_decision_document(DecisionKind::Vex, name)?;
            print(&format!("VEX document `{name}` is no longer in force"))
        }
        Vex::Repository(command) => repository(command, &|what| holder(&format!("repository {what}"))),
    }
}

fn repository(
    command: &VexRepository,
    holder: &dyn Fn(&str) -> anyhow::Result<Holder>,
) -> anyhow::Result<ExitCode> {
    match command {
        VexRepository::Add { name, url } => {
            let repository = holder("add")?.put_vex_repository(name, url)?;
            let next = "the service fetches it at once, or when it starts; `limpid vex repository update` does so, too";
            print(&format!("VEX repository `{}` is added: {next}", repository.name))
        }
        VexRepository::List { format } => {
            let repositories = holder("list")?.vex_documents()?.repositories;
            match format {
                Format::Json => print_json(&repositories),
                Format::Table => {
                    let mut page = page();
                    table::vex_repositories(&mut page, &repositories);
                    show(page)
                }
            }
        }
        VexRepository::Update { name } => match holder("update")?.update_vex_repository(name)? {
            None => print(&format!("VEX repository `{name}` is fetched by the service at once")),
            Some(api::VexRepository { failure: Some(why), .. }) => {
                bail!("VEX repository `{name}` is as it was before: {why}")
            }
            Some(repository) => {
                let documents = table::count(repository.documents, "document", "documents");
                let unread = match repository.unread {
                    0 => String::new(),
                    unread => format!("; {unread} could not be used"),
                };
                print(&format!("VEX repository `{name}` is in force: {documents}{unread}"))
            }
        },
        VexRepository::Remove { name } => {
            holder("remove")?.remove_vex_repository(name)?;
            print(&format!("VEX repository `{name}` is removed"))
        }
    }
}

fn document(name: &str, kind: DecisionKind, bytes: Vec<u8>) -> DecisionDocument {
    DecisionDocument { name: name.to_owned(), kind, since: 0, bytes }
}

fn listed(
    format: Format,
    all: &impl serde::Serialize,
    documents: &[api::PolicyDocument],
) -> anyhow::Result<ExitCode> {
    match format {
        Format::Json => print_json(all),
        Format::Table => {
            let mut page = page();
            table::policies(&mut page, documents);
            show(page)
        }
    }
}

fn shown(holder: &Holder, kind: DecisionKind, name: &str) -> anyhow::Result<ExitCode> {
    let document = holder.decision_document(kind, name)?;
    for idle in document.idle.iter().flatten() {
        let what =
            if idle.has_expired { "has expired" } else { "is about nothing that affects a known image" };
        eprintln!("{}: {} {what}", printable(name), printable(&idle.rule));
    }
    super::write_out(&document.text.unwrap_or_default())
}

/// The policy to standard output, what it could not say to standard error.
fn import(tool: Tool, file: &Path) -> anyhow::Result<ExitCode> {
    let cannot = || format!("`{}` cannot be read", file.display());
    if fs::metadata(file).with_context(cannot)?.len() > IMPORTED_BYTES {
        bail!("`{}` is over {IMPORTED_BYTES} bytes", file.display());
    }
    let text = fs::read_to_string(file).with_context(cannot)?;
    let is_yaml = file.extension().is_some_and(|it| it == "yaml" || it == "yml");
    let imported = match tool {
        Tool::Trivy => trivy(&text, is_yaml),
        Tool::Grype => grype(&text),
    };
    let Imported { policy, rules, left_out } = imported.map_err(anyhow::Error::msg).with_context(cannot)?;
    let mut errors = std::io::stderr().lock();
    for why in &left_out {
        writeln!(errors, "left out: {}", printable(why))?;
    }
    writeln!(errors, "{}, {} left out", table::count(rules, "rule", "rules"), left_out.len())?;
    super::write_out(&policy)
}
