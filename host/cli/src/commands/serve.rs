use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use limpid_scanner::runtime::Watch;
use limpid_scanner::{Delivery, Jobs, Refresh, Scanner, Updates};
use limpid_server::Workers;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::courier::Post;
use crate::open;
use crate::settings::Settings;
use crate::turn::{Outcome, Turn};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address to listen on [default: 127.0.0.1:6060]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
}

/// How often the plugins directory is looked at.
const WATCH: Duration = Duration::from_millis(500);

pub(crate) fn run(settings: Settings) -> anyhow::Result<ExitCode> {
    let mut turn = turn(&settings)?;
    let scanner = open::scanner(&settings, &open::ALL)?;
    let plugins = scanner.plugins();
    for plugin in plugins.plugins() {
        let roles: Vec<_> = plugin.roles().iter().map(|role| role.as_str()).collect();
        tracing::info!("plugin {} is loaded: {}", plugin.id(), roles.join(", "));
    }
    let _refresh = Refresh::start(scanner.clone())?;
    let _watch = Watch::start(scanner.registry().clone(), WATCH)?;
    let jobs = Jobs::start(scanner.clone(), limpid_server::code)?;
    let updates = Updates::start(scanner.clone())?;
    let delivery = deliver(&settings, &scanner)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("nothing can listen on `{}`", settings.listen))?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        turn.answers_at(asked_at(listener.local_addr()?))
            .context("nobody can be told where the service is")?;
        tracing::info!("listening on http://{}", listener.local_addr()?);
        let stop = async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("stopping: requests under way may end");
        };
        let workers = Workers { jobs, updates, delivery };
        limpid_server::serve(listener, scanner, workers, settings.http, stop).await?;
        Ok(ExitCode::SUCCESS)
    })
}

/// The data directory, for as long as the service runs.
fn turn(settings: &Settings) -> anyhow::Result<Turn> {
    match Turn::take(&settings.data_dir, "limpid serve", settings.waits())? {
        Outcome::Turn(turn) => Ok(turn),
        Outcome::Service(service) => bail!(
            "data directory `{}` is in use by the service at {}: stop that one, or choose another directory with `--data-dir`",
            settings.data_dir.display(),
            service.address()
        ),
    }
}

/// The address at which commands of this machine ask the service.
fn asked_at(listens: SocketAddr) -> String {
    let ip = match listens.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    format!("http://{}", SocketAddr::new(ip, listens.port()))
}

/// Delivers notices, to the subscriptions of the settings among others.
fn deliver(settings: &Settings, scanner: &Scanner) -> anyhow::Result<Delivery> {
    let courier = Post::new(settings.notices.sending()).context("notices cannot be delivered")?;
    let delivery = Delivery::start(scanner.clone(), Arc::new(courier))?;
    for (name, subscription) in &settings.subscriptions {
        let what = || format!("settings: subscription `{name}`");
        let target = subscription.target().map_err(anyhow::Error::msg).with_context(what)?;
        if subscription.webhook.as_ref().is_some_and(|webhook| webhook.secret.is_none()) {
            bail!("{} needs a `secret`: one that is made here would be shown to nobody", what());
        }
        let (filter, period) = (subscription.filter.clone().into(), subscription.period);
        delivery.subscribe(name, target, filter, period, subscription.enabled).with_context(what)?;
    }
    Ok(delivery)
}
