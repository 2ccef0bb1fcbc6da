mod connection;
mod reactor;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::guard::Guard;
use crate::{Failure, Message, Settings};
use connection::Connection;

/// Longest name of an exchange, and longest routing key, in bytes: both are short strings
/// ([AMQP 0.9.1, section 4.2.5.3](https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf)).
const NAME_BYTES: usize = 255;

/// For how long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(120);

/// Where messages are put.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    url: String,
    exchange: String,
    routing_key: String,
}

impl Place {
    pub(crate) fn new(url: &str, exchange: &str, routing_key: &str) -> Self {
        Self { url: url.to_owned(), exchange: exchange.to_owned(), routing_key: routing_key.to_owned() }
    }
}

/// Whether names of exchanges and routing keys can be stated at all.
pub(crate) fn check_names(exchange: &str, routing_key: &str) -> Result<(), Failure> {
    for (name, what) in [(exchange, "exchange"), (routing_key, "routing key")] {
        if name.len() > NAME_BYTES {
            return Err(Failure::Never(format!("the {what} is over {NAME_BYTES} bytes, the limit of AMQP")));
        }
    }
    if exchange.is_empty() && routing_key.is_empty() {
        return Err(Failure::Never("neither an exchange nor a routing key is named".to_owned()));
    }
    Ok(())
}

/// Connections to brokers: one for each place, so that none waits for another's confirmation.
#[derive(Debug)]
pub(crate) struct Brokers {
    guard: Guard,
    settings: Settings,
    /// Connections that nobody uses at this moment, and since when.
    idle: Mutex<HashMap<Place, (Connection, Instant)>>,
    /// On which connections are served; none while this is being dropped.
    runtime: Option<Runtime>,
}

impl Brokers {
    pub(crate) fn new(guard: Guard, settings: Settings) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("amqp")
            .enable_all()
            .build()?;
        Ok(Self { guard, settings, idle: Mutex::default(), runtime: Some(runtime) })
    }

    /// Publishes a message. Acknowledged is what the broker has taken, and put into a queue.
    pub(crate) fn publish(&self, place: &Place, message: Message<'_>) -> Result<(), Failure> {
        let Some(runtime) = &self.runtime else { return Err(Failure::failed("the sender has ended")) };
        let used = self.take(place);
        let publishing = async {
            let connection = match used {
                Some(connection) => connection,
                None => self.connect(&place.url).await?,
            };
            connection.publish(&place.exchange, &place.routing_key, message).await?;
            Ok(connection)
        };
        let limit = self.settings.answer_time;
        let outcome = runtime.block_on(async { tokio::time::timeout(limit, publishing).await });
        // A connection on which something failed is not used again.
        let connection = outcome.unwrap_or_else(|_| {
            Err(Failure::failed(format!("the broker does not confirm within {} s", limit.as_secs())))
        })?;
        self.idle().insert(place.clone(), (connection, Instant::now()));
        Ok(())
    }

    async fn connect(&self, url: &str) -> Result<Connection, Failure> {
        let limit = self.settings.connect_time;
        let connected = tokio::time::timeout(limit, Connection::open(url, self.guard.clone(), limit)).await;
        connected.unwrap_or_else(|_| {
            Err(Failure::failed(format!("no connection to the broker within {} s", limit.as_secs())))
        })
    }

    /// Takes the connection that is kept for a place; forgets those that nobody used for long.
    fn take(&self, place: &Place) -> Option<Connection> {
        let mut idle = self.idle();
        let now = Instant::now();
        let kept = idle.remove(place).filter(|(connection, _)| connection.is_open());
        idle.retain(|_, (_, since)| now.duration_since(*since) < IDLE);
        kept.map(|(connection, _)| connection)
    }

    fn idle(&self) -> MutexGuard<'_, HashMap<Place, (Connection, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Brokers {
    fn drop(&mut self) {
        self.idle().clear();
        if let Some(runtime) = self.runtime.take() {
            // Whoever drops this may be in an async runtime of their own, where nothing may wait.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_cannot_be_stated_are_refused() {
        let check = |exchange: &str, key: &str, expected: bool| {
            assert_eq!(check_names(exchange, key).is_ok(), expected, "{exchange} {key}");
        };
        check("", "queue", true);
        check("exchange", "", true);
        check("", "", false);
        check(&"x".repeat(256), "key", false);
        check("x", &"k".repeat(256), false);
    }
}
