//! `limpid`: the service and its command line.
//!
//! Data goes to standard output, everything else to standard error. Exit codes: 0 done, 1 failed,
//! 2 wrong usage; of `explain`, 0 not affected, 1 affected, 2 wrong usage or failed, 3 it is unknown; of `diff`,
//! 0 nothing differs, 1 something does, 2 wrong usage or failed, 3 nothing differs as far as is known.

mod attaching;
mod commands;
mod deciding;
mod descriptors;
mod filter;
mod forms;
mod holder;
mod input;
mod lister;
mod log;
#[cfg(test)]
mod mentioned;
mod open;
mod operator;
mod packaged;
mod progress;
#[cfg(test)]
mod reference;
mod reloading;
mod remote;
mod service;
mod settings;
mod sources;
mod transport;
mod turn;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{CommandFactory as _, Parser, Subcommand};
use limpid_telemetry::Traces;
use remote::{Asked, Remote};
use settings::{Given, Overrides, Sources};

/// Decoding rows makes many small strings, and gives them back a moment later; the C library's allocator
/// takes half of the time of that. mimalloc is as fast, but keeps for each thread what it once needed of each
/// size: a hundred megabytes where 64 clients are served, which still grew after 800 changes of plugins.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const EXIT_CODES: &str = "\
Exit codes: 0 done, whatever was found; 1 failed; 2 wrong usage. Of `explain`: 0 not affected, 1 affected, \
2 wrong usage or failed, 3 it is unknown. Of `diff`: 0 nothing differs, 1 something does, 2 wrong usage or failed, 3 \
nothing differs as far as is known.";

/// Finds what container images hold, and which published vulnerabilities affect it.
#[derive(Parser)]
#[command(name = "limpid", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Cli {
    /// Settings file (TOML)
    #[arg(long, global = true, env = "LIMPID_SETTINGS", value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Directory of the store [default: ~/.local/share/limpid]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Directory of the plugins [default: `plugins` beside the program or one directory up, or `lib/limpid/plugins` there]
    #[arg(long, global = true, value_name = "DIR")]
    plugins_dir: Option<PathBuf>,
    /// What to log: `info`, `debug`, `warn,limpid_server=debug` [default: `warn`; of `serve`, what it does]
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// How long to wait for a process that has the data directory open, in seconds [default: 60]
    #[arg(long, global = true, value_name = "SECONDS")]
    wait: Option<u64>,
    /// Ask this service instead of working on a data directory, as `https://limpid.example`
    /// [env: LIMPID_SERVER]
    #[arg(long, global = true, alias = "service", value_name = "URL")]
    server: Option<String>,
    /// Ask the service of this profile, of `limpid/config.toml` in the user's configuration directory
    /// [env: LIMPID_PROFILE]
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "server")]
    profile: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service
    Serve(commands::serve::Args),
    /// Report on an image: an archive, one of a registry or a daemon, or one that was scanned before
    Scan(commands::scan::Args),
    /// Report on an image that is known, without looking into it again
    Report(commands::report::Args),
    /// Images: show those that are known, delete them
    #[command(subcommand)]
    Image(commands::image::Command),
    /// Vulnerabilities: what is stated of one, and which images it affects
    #[command(subcommand)]
    Vulnerability(commands::vulnerability::Command),
    /// Write reports that were stored as JSON in any other form
    Convert(commands::convert::Args),
    /// Say why a vulnerability affects an image, why it does not, or why that is unknown
    Explain(commands::explain::Args),
    /// List the packages of an image: of an archive, which leaves nothing behind, or one that was scanned
    Packages(commands::packages::Args),
    /// Draw the layers of an image: what each brought, removed, introduced and fixed, and what is of its base
    Layers(commands::layers::Args),
    /// Say which packages of an image to update, to what, and how
    Plan(commands::plan::Args),
    /// Say in which packages and findings two images differ
    Diff(commands::diff::Args),
    /// Feeds of advisories: fetch them, add documents, carry bundles, show what is kept
    #[command(subcommand)]
    Feed(commands::feed::Command),
    /// Subscriptions: who is told of what, and how deliveries go
    #[command(subcommand)]
    Subscription(commands::subscription::Command),
    /// Harbor: make the service one of its scanners
    #[command(subcommand)]
    Harbor(commands::harbor::Command),
    /// Watches: which repositories of registries are followed
    #[command(subcommand)]
    Watch(commands::watch::Command),
    /// Policies: which findings do not count, and what no image may have
    #[command(subcommand)]
    Policy(commands::policy::Command),
    /// VEX documents: what makers of software say of their products
    #[command(subcommand)]
    Vex(commands::policy::Vex),
    /// Tokens: who may do what with the service
    #[command(subcommand)]
    Token(commands::token::Command),
    /// Show who changed what over HTTP, the last first
    Audit(commands::token::Audit),
    /// Make a profile of the service: where it spends its time (setting `profiles.enabled`)
    Profile(commands::profile::Args),
    /// Remove images that have expired by the settings, or say which have
    Retention(commands::retention::Args),
    /// Backups: make, list, verify, restore and remove them
    #[command(subcommand)]
    Backup(commands::backup::Command),
    /// The store: whether it is whole
    #[command(subcommand)]
    Store(commands::store::Command),
    /// Plugins: show, add, replace and remove them; make and test your own
    #[command(subcommand)]
    Plugin(commands::plugin::Command),
    /// Versions: compare them as a scheme does
    #[command(subcommand)]
    Version(commands::version::Command),
    /// Settings: show them and where they come from, check a file of them
    #[command(subcommand)]
    Config(commands::config::Command),
    /// Look into everything that is often wrong, and say what to do: settings, disk, port, clock, plugins, feeds
    Doctor(commands::doctor::Args),
    /// Print the effective settings as TOML
    #[command(hide = true)]
    Settings,
    /// Print what completes commands in a shell
    Completions(commands::completions::Args),
    /// Write the pages of the manual
    Man(commands::man::Args),
    /// Compile the component on standard input; what the service calls in a process of its own
    #[command(name = commands::COMPILE, hide = true)]
    CompileComponent {
        /// Settings of plugins, as JSON
        limits: String,
    },
}

impl Command {
    /// Whether it works the same with a service elsewhere.
    const fn asks_a_service(&self) -> bool {
        match self {
            Self::Scan(_)
            | Self::Report(_)
            | Self::Image(_)
            | Self::Vulnerability(_)
            | Self::Explain(_)
            | Self::Packages(_)
            | Self::Layers(_)
            | Self::Plan(_)
            | Self::Diff(_)
            | Self::Feed(_)
            | Self::Subscription(_)
            | Self::Watch(_)
            | Self::Policy(_)
            | Self::Vex(_)
            | Self::Token(_)
            | Self::Audit(_)
            | Self::Profile(_)
            | Self::Retention(_)
            | Self::Doctor(_) => true,
            Self::Backup(command) => command.asks_a_service(),
            Self::Serve(_)
            | Self::Convert(_)
            | Self::Harbor(_)
            | Self::Store(_)
            | Self::Config(_)
            | Self::Plugin(_)
            | Self::Version(_)
            | Self::Settings
            | Self::Completions(_)
            | Self::Man(_)
            | Self::CompileComponent { .. } => false,
        }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let failure = match &cli.command {
        Command::Explain(_) => commands::explain::FAILED.into(),
        Command::Diff(_) => commands::diff::FAILED.into(),
        Command::Scan(args) => args.failed(),
        Command::Report(args) => args.failed(),
        Command::Convert(args) => args.failed(),
        _ => ExitCode::FAILURE,
    };
    match run(cli) {
        Ok(code) => code,
        // Whoever reads our output has had enough, as in `limpid packages x.tar | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", shown(&chain(&error)));
            if let Some(next) = next_step(&error) {
                eprintln!("hint: {next}");
            }
            failure
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    if let Command::CompileComponent { limits } = &cli.command {
        return commands::compile::run(limits);
    }
    let asked = Asked { server: cli.server, profile: cli.profile, names_data_dir: cli.data_dir.is_some() };
    let overrides = Overrides {
        data_dir: cli.data_dir,
        plugins_dir: cli.plugins_dir,
        log: cli.log,
        wait: cli.wait,
        listen: match &cli.command {
            Command::Serve(args) => args.listen,
            _ => None,
        },
    };
    if !cli.command.asks_a_service() && asked.names_a_service() {
        bail!("this command works on this machine alone: `--server` and `--profile` are for others");
    }
    if let Command::Completions(args) = &cli.command {
        return commands::completions::run(args, command());
    }
    if let Command::Man(args) = &cli.command {
        return commands::man::run(args, command());
    }
    let sources = Sources::of_process(cli.settings, overrides);
    // Settings that cannot be used are what these commands are for.
    if let Command::Config(command) = &cli.command {
        return commands::config::run(sources, command);
    }
    let read = Given::read(&sources).map_err(anyhow::Error::from).and_then(|given| {
        let mut settings = given.settings()?;
        if cli.command.asks_a_service() {
            settings.remote = Remote::find(&asked, &|name| std::env::var(name).ok())?;
        }
        Ok((given, settings))
    });
    let (given, settings) = match (&cli.command, read) {
        (Command::Doctor(args), Err(error)) => return commands::doctor::unreadable(args, &error),
        (_, read) => read?,
    };
    // A command that prints data is quiet unless asked; a service tells what it does.
    let is_service = matches!(cli.command, Command::Serve(_));
    // What is traced are requests and what they lead to; a command is over in a moment.
    let traces = match is_service {
        true => Traces::start(&settings.telemetry).context("settings: `telemetry`")?,
        false => None,
    };
    let filter =
        if is_service { log::of_service(&settings) } else { settings.log.as_deref().unwrap_or("warn") };
    let is_profiled = is_service && settings.profiles.enabled;
    let log = log::start(filter, settings.log_format, traces.as_ref(), is_profiled)?;
    if let Some(traces) = &traces {
        tracing::info!("traces are sent to `{}`", traces.address());
    }
    match cli.command {
        Command::Serve(_) => commands::serve::run(sources, given, settings, log),
        Command::Scan(args) => commands::scan::run(&settings, &args),
        Command::Report(args) => commands::report::run(&settings, &args),
        Command::Image(command) => commands::image::run(&settings, &command),
        Command::Vulnerability(command) => commands::vulnerability::run(&settings, &command),
        Command::Convert(args) => commands::convert::run(&args),
        Command::Explain(args) => commands::explain::run(&settings, &args),
        Command::Packages(args) => commands::packages::run(&settings, &args),
        Command::Layers(args) => commands::layers::run(&settings, &args),
        Command::Plan(args) => commands::plan::run(&settings, &args),
        Command::Diff(args) => commands::diff::run(&settings, &args),
        Command::Feed(command) => commands::feed::run(&settings, &command),
        Command::Subscription(command) => commands::subscription::run(&settings, &command),
        Command::Harbor(command) => commands::harbor::run(&command),
        Command::Watch(command) => commands::watch::run(&settings, &command),
        Command::Policy(command) => commands::policy::run(&settings, &command),
        Command::Vex(command) => commands::policy::run_vex(&settings, &command),
        Command::Token(command) => commands::token::run(&settings, &command),
        Command::Audit(args) => commands::token::audit(&settings, &args),
        Command::Profile(args) => commands::profile::run(&settings, &args),
        Command::Retention(args) => commands::retention::run(&settings, &args),
        Command::Backup(command) => commands::backup::run(&settings, &command),
        Command::Store(command) => commands::store::run(&settings, &command),
        Command::Plugin(command) => commands::plugin::run(&settings, &command),
        Command::Version(command) => commands::version::run(&settings, &command),
        Command::Doctor(args) => commands::doctor::run(&settings, &args),
        // These were seen to above: they know no settings.
        Command::Completions(args) => commands::completions::run(&args, command()),
        Command::Man(args) => commands::man::run(&args, command()),
        Command::CompileComponent { limits } => commands::compile::run(&limits),
        Command::Config(command) => commands::config::run(sources, &command),
        Command::Settings => commands::print(&toml::to_string_pretty(&settings)?),
    }
}

/// All that there is on the command line, but for what the program calls itself.
fn command() -> clap::Command {
    let command = Cli::command();
    let shown = command.get_subcommands().filter(|it| !it.is_hide_set()).cloned().collect::<Vec<_>>();
    let mut all = clap::Command::new("limpid").version(env!("CARGO_PKG_VERSION")).after_help(EXIT_CODES);
    if let Some(about) = command.get_about() {
        all = all.about(about.clone());
    }
    all.args(command.get_arguments().cloned()).subcommands(shown)
}

/// An error and what lies beneath it, each once.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// What helps where a service was asked in vain.
fn next_step(error: &anyhow::Error) -> Option<&'static str> {
    let of_client = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<limpid_client::Error>().map(|error| match error {
            limpid_client::Error::NoAnswer { .. } | limpid_client::Error::NotLimpid { .. } => {
                Some("`limpid doctor` looks into why, with the same `--server` or `--profile`")
            }
            error if error.is("unauthorized") => Some(
                "set `LIMPID_TOKEN`, or `token_file` of a profile; `limpid token create` makes a token where the service runs",
            ),
            _ => None,
        })
    };
    error.chain().find_map(of_client).flatten()
}

/// A message, each line of which is shown as it is and no command to a build service that reads it.
pub(crate) fn shown(message: &str) -> String {
    message.lines().map(limpid_formats::printable_line).collect::<Vec<_>>().join("\n")
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
