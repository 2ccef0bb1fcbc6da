use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::tcp::AsyncTcpStream;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{BasicProperties, Channel, Confirmation, ConnectionProperties};
use limpid_outbound::Unresolved;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::reactor::{Stream, TokioReactor, stream};
use crate::address::{Address, broker_uri};
use crate::guard::{Guard, refusal};
use crate::{Failure, Message};

/// A message that survives the broker.
const PERSISTENT: u8 = 2;

/// A connection to a broker, and a channel on it that confirms.
pub(super) struct Connection {
    channel: Channel,
    /// Closed with the last of its users.
    connection: lapin::Connection,
}

impl Connection {
    /// Connects to a broker at one of the numbers that the guard admits; its name must be resolved within a
    /// time.
    pub(super) async fn open(url: &str, guard: Guard, limit: Duration) -> Result<Self, Failure> {
        let uri = broker_uri(url)?;
        let numbers = resolve(uri.authority.port, Address::broker(url)?.host, guard, limit).await?;
        let connect = async move |uri: AMQPUri, _| -> lapin::Result<AsyncTcpStream<Stream>> {
            Ok(AsyncTcpStream::Plain(connect(&uri, &numbers).await?))
        };
        let tokio = Tokio::current();
        let runtime = Runtime::new(RuntimeParts::new(tokio.clone(), TokioReactor(tokio)));
        let properties = ConnectionProperties::default().with_connection_name("limpid".into());
        let connection =
            lapin::Connection::connector(uri, runtime, connect, properties).await.map_err(unreachable)?;
        let channel = connection.create_channel().await.map_err(unreachable)?;
        channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(unreachable)?;
        Ok(Self { channel, connection })
    }

    pub(super) fn is_open(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Publishes a message, and waits until the broker has it in a queue.
    pub(super) async fn publish(
        &self,
        exchange: &str,
        routing_key: &str,
        message: Message<'_>,
    ) -> Result<(), Failure> {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(message.id.into())
            .with_app_id("limpid".into());
        let confirm = self
            .channel
            .basic_publish(exchange.into(), routing_key.into(), options, message.body, properties)
            .await
            .map_err(refused)?;
        match confirm.await.map_err(refused)? {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(returned)) => Err(Failure::Failed(format!(
                "the broker has no queue for exchange `{exchange}` and routing key `{routing_key}`: {} {}",
                returned.reply_code, returned.reply_text
            ))),
            Confirmation::Nack(_) => Err(Failure::failed("the broker does not take the message")),
            Confirmation::NotRequested => Err(Failure::failed("the broker does not confirm messages")),
        }
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}

fn unreachable(error: lapin::Error) -> Failure {
    Failure::failed(format!("the broker cannot be reached: {error}"))
}

fn refused(error: lapin::Error) -> Failure {
    Failure::failed(format!("the broker does not take the message: {error}"))
}

/// The numbers of a broker, each of which the guard must admit.
async fn resolve(port: u16, host: String, guard: Guard, limit: Duration) -> Result<Vec<SocketAddr>, Failure> {
    let asked = host.clone();
    let resolving = move || guard.numbers().resolve(&asked, port, Some(limit));
    let resolved = tokio::task::spawn_blocking(resolving).await;
    let resolved = resolved.map_err(|_| Failure::failed("the thread that resolves names has ended"))?;
    resolved.map_err(|error| match error {
        Unresolved::Internal(internal) => refusal(internal),
        Unresolved::NotFound(error) => Failure::failed(format!("`{host}` is not found: {error}")),
        late @ Unresolved::TooLate(_) => Failure::failed(format!("`{host}`: {late}")),
    })
}

async fn connect(uri: &AMQPUri, numbers: &[SocketAddr]) -> std::io::Result<Stream> {
    let socket = TcpStream::connect(numbers).await?;
    socket.set_nodelay(true)?;
    if uri.scheme == AMQPScheme::AMQP {
        return Ok(stream(socket));
    }
    let host = uri.authority.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(host).map_err(std::io::Error::other)?;
    let encrypted = TlsConnector::from(tls()?).connect(name, socket).await?;
    Ok(stream(encrypted))
}

/// Encrypted as webhooks are: by `ring`, trusting whom the system trusts.
fn tls() -> std::io::Result<Arc<ClientConfig>> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(Arc::clone(config));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(std::io::Error::other)?
        .with_no_client_auth();
    Ok(Arc::clone(CONFIG.get_or_init(|| Arc::new(config))))
}
