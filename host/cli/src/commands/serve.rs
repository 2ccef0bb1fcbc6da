use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use limpid_fetch::Registries;
use limpid_scanner::runtime::Watch;
use limpid_scanner::{
    BackupSettings, Backups, Current, Delivery, Jobs, KeepingFailures, Refresh, Retention, Scanner, Submit,
    Summarizing, Timekeeping, Updates, VexUpdates, Watching,
};
use limpid_server::{Listeners, Reload, SharedSecret, Starting, Workers};
use sd_notify::NotifyState;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

use crate::lister::Lister;
use crate::log::ChangeFilter;
use crate::packaged;
use crate::reloading::{self, Reloader, Running};
use crate::settings::{Given, Settings, Sources};
use crate::sources::Elsewhere;
use crate::transport::Post;
use crate::turn::{Outcome, Turn};
use crate::{open, operator};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address to listen on [default: 127.0.0.1:6060]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
}

/// How often the plugins directory is looked at.
const WATCH: Duration = Duration::from_millis(500);

/// Connections that wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4_096;

/// How long what is under way when the service ends may take to let go of its threads.
const LETTING_GO: Duration = Duration::from_secs(2);

pub(crate) fn run(
    sources: Sources,
    given: Given,
    settings: Settings,
    log: ChangeFilter,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(Start { sources, given, settings, log }));
    // Where it ends while it starts, a plugin may still be on its way.
    runtime.shutdown_timeout(LETTING_GO);
    served.map(|()| ExitCode::SUCCESS)
}

/// What the service starts with.
struct Start {
    sources: Sources,
    given: Given,
    settings: Settings,
    log: ChangeFilter,
}

/// The port is taken first, so that whoever looks after the service sees that it lives while it starts.
async fn serve(Start { sources, given, settings, log }: Start) -> anyhow::Result<()> {
    let listener =
        listen(settings.listen).with_context(|| format!("nothing can listen on `{}`", settings.listen))?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let address = listener.local_addr()?;
    let tls = settings.tls.load()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!("listening on {scheme}://{address}");
    let local = tls.as_ref().map(|_| listen((Ipv4Addr::LOCALHOST, 0).into())).transpose();
    let local = local.context("commands of this machine have no port to ask at")?;
    let asked_at = asked_at(local.as_ref().map(TcpListener::local_addr).transpose()?.unwrap_or(address));
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tell_manager(&[NotifyState::Stopping]);
        tracing::info!("stopping: requests under way may end");
    };
    let (operator, secret) = SharedSecret::random().context("no secret can be made")?;
    let identities = settings.access.identities()?.map(Arc::new);
    let http = reloading::http(&settings, &operator, identities.clone())?;
    let required = http.access.required;
    if !required {
        tracing::warn!(
            "nobody needs a token: everybody on this machine may do everything, and so may whom it forwards for. Setting \
             `access.required` changes that"
        );
    }
    if required && tls.is_none() && settings.is_reached() {
        tracing::warn!(
            "tokens come unencrypted: settings `tls.certificate` and `tls.key` change that, or a proxy before the service"
        );
    }
    let registries = Registries::new(settings.registries.clone()).context("settings: `registries`")?;
    let registries = Current::new(registries);
    let running = Mutex::new(Running { given, settings: settings.clone() });
    let reloader = Reloader { sources, running, log, registries: registries.clone(), operator, identities };
    let (hangups, reload) = mpsc::channel(1);
    let hangups = tokio::spawn(hang_up(signal(SignalKind::hangup())?, hangups));
    let data_dir = settings.data_dir.clone();
    // The data directory is the service's until it has ended.
    let kept: Arc<Mutex<Option<Turn>>> = Arc::default();
    let open = {
        let kept = Arc::clone(&kept);
        move |starting: &Starting| {
            starting.begin("it waits for the data directory");
            let turn = turn(&settings)?;
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = kept.insert(turn);
            operator::write(&settings.data_dir, &secret)
                .context("commands of this machine cannot be let in")?;
            let opened = opened(&settings, starting, registries, reloader)?;
            turn.answers_at(asked_at).context("nobody can be told where the service is")?;
            tell_manager(&[NotifyState::Ready]);
            Ok(opened)
        }
    };
    let served = limpid_server::serve(Listeners { listener, tls, local }, open, http, stop, reload).await;
    hangups.abort();
    // Whoever never had the directory removes nothing of whoever has it.
    if kept.lock().unwrap_or_else(PoisonError::into_inner).take().is_some() {
        operator::remove(&data_dir);
    }
    served
}

/// Has settings read again whenever the process is told to.
async fn hang_up(mut hangup: Signal, reload: mpsc::Sender<Reload>) {
    while hangup.recv().await.is_some() {
        // The manager wants to know when, so as not to take an earlier word for the answer.
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            tell_manager(&[NotifyState::Reloading, now]);
        }
        let (done, read) = oneshot::channel();
        if reload.send(Reload(done)).await.is_err() {
            return;
        }
        let _ = read.await;
        tell_manager(&[NotifyState::Ready]);
    }
}

/// Tells the service manager how the service is, where there is one that wants to know (`Type=notify` and `notify-reload` of
/// systemd).
fn tell_manager(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "the service manager cannot be told how the service is");
    }
}

/// Takes a port. Many may come at once: those that find no place in the queue would only come again after
/// a second.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What does the work.
fn opened(
    settings: &Settings,
    starting: &Starting,
    registries: Current<Registries>,
    reloader: Reloader,
) -> anyhow::Result<(Scanner, Workers)> {
    if let Some(directory) = &settings.packaged_plugins_dir {
        packaged::link(directory, &settings.plugins_dir)?;
    }
    let scanner = open::scanner_telling(settings, &open::ALL, |what| starting.begin(what))?;
    if let Err(error) = scanner.registry().remove_left_over() {
        tracing::warn!("what is left over in the plugins directory cannot be removed: {error}");
    }
    tell_plugins(settings, &scanner);
    tell_secrets(&scanner)?;
    starting.begin("its workers are being started");
    let refresh = Refresh::start(scanner.clone())?;
    let watch = Watch::start(scanner.registry().clone(), WATCH)?;
    let elsewhere = Elsewhere { registries: registries.clone(), scanner: scanner.clone() };
    let jobs = Arc::new(Jobs::start(scanner.clone(), Arc::new(elsewhere), limpid_server::code)?);
    let updates = Updates::start(scanner.clone())?;
    let vex = VexUpdates::start(scanner.clone())?;
    let watching = watch_registries(settings, &scanner, registries, &jobs)?;
    let delivery = deliver(settings, &scanner)?;
    let retention = Retention::start(scanner.clone())?;
    let summaries = Summarizing::start(scanner.clone())?;
    let failures = KeepingFailures::start(scanner.clone())?;
    let timekeeping = Timekeeping::start(scanner.clone())?;
    let backups = Backups::start(scanner.clone(), backups(settings)?);
    let configuration = Arc::new(reloader);
    Ok((
        scanner,
        Workers {
            watching,
            jobs,
            updates,
            vex,
            delivery,
            watch,
            refresh,
            retention,
            summaries,
            failures,
            backups,
            timekeeping,
            configuration,
        },
    ))
}

/// What backups are made of, and where.
fn backups(settings: &Settings) -> anyhow::Result<BackupSettings> {
    let directory = settings.backup.directory.as_deref().map(super::backup::whole).transpose()?;
    let access = settings.backup.access()?;
    Ok(BackupSettings { sources: settings.backed_up()?, directory, access })
}

/// Says once what is loaded, or why nothing is.
fn tell_plugins(settings: &Settings, scanner: &Scanner) {
    let plugins = scanner.plugins();
    let directory = settings.plugins_dir.display();
    let loaded: Vec<_> = plugins
        .plugins()
        .iter()
        .map(|plugin| format!("{} {}", plugin.id().name, plugin.id().version))
        .collect();
    if loaded.is_empty() {
        let refused = plugins.refused().len();
        tracing::warn!(
            "no plugin is loaded: plugins directory `{directory}` holds {}; build the plugins with \
             `cargo xtask build-plugins`, or name their directory with `--plugins-dir`",
            match refused {
                0 => "none".to_owned(),
                refused => format!("{refused} files that are refused"),
            }
        );
        return;
    }
    tracing::info!("{} plugins are loaded: {}", loaded.len(), loaded.join(", "));
    if plugins.detectors().next().is_none() {
        tracing::warn!(
            "no detector is loaded from plugins directory `{directory}`: submissions wait until one is"
        );
    }
}

/// Says which secrets are kept as they are, and which nobody can read.
fn tell_secrets(scanner: &Scanner) -> anyhow::Result<()> {
    let secrets = scanner.secrets_at_rest()?;
    if !secrets.plain.is_empty() {
        tracing::warn!(
            "secrets of {} subscriptions are kept unencrypted in the data directory: setting `secrets.key_file` changes \
             that",
            secrets.plain.len()
        );
    }
    for (subscription, why) in &secrets.locked {
        tracing::warn!(subscription, "subscription `{subscription}`: {why}");
    }
    Ok(())
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

/// Watches registries, those of the settings among others.
fn watch_registries(
    settings: &Settings,
    scanner: &Scanner,
    registries: Current<Registries>,
    jobs: &Arc<Jobs>,
) -> anyhow::Result<Watching> {
    reloading::put_watches(settings, scanner)?;
    // Who watches does not keep those alive to whom it submits.
    let submit: Arc<dyn Submit> = Arc::new(Arc::downgrade(jobs));
    let lister = Lister { registries, limits: settings.layers.clone() };
    Ok(Watching::start(scanner.clone(), Arc::new(lister), submit)?)
}

/// Delivers notices, to the subscriptions of the settings among others.
fn deliver(settings: &Settings, scanner: &Scanner) -> anyhow::Result<Delivery> {
    let transport = Post::new(settings.notices.sending()).context("notices cannot be delivered")?;
    let delivery = Delivery::start(scanner.clone(), Arc::new(transport))?;
    reloading::put_subscriptions(settings, &delivery)?;
    Ok(delivery)
}
