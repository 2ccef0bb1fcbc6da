use limpid_scanner::store::tables::subscriptions::{Filter as StoredFilter, Row, Target as StoredTarget};
use limpid_scanner::{Subscribed, SubscriptionState};
use serde::{Deserialize, Serialize, Serializer};

use super::time;

/// Subscriptions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscriptions {
    /// By name.
    pub subscriptions: Vec<Subscription>,
}

/// A subscription as it is wanted: what `PUT` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// A webhook; this or `amqp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// An exchange of a broker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amqp: Option<Amqp>,
    /// Which notices; all where nothing is said.
    #[serde(default)]
    pub filter: Filter,
    /// Notices of this many seconds come together; each by itself where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<u64>,
    /// Whether notices are sent; where not, they wait.
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// A webhook in the form of [Standard Webhooks](https://www.standardwebhooks.com).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where notices are posted. Shown without its query, in which many services have keys.
    #[serde(serialize_with = "shown")]
    pub url: String,
    /// `whsec_` and base64, by which they are signed. Where none is given, it stays as it is, or one
    /// is made. Never shown again.
    #[serde(default, skip_serializing)]
    pub secret: Option<String>,
}

/// An exchange of an AMQP 0.9.1 broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amqp {
    /// The broker, `amqp://` or `amqps://`. Shown without credentials.
    #[serde(serialize_with = "shown")]
    pub url: String,
    /// The exchange; the default one where nothing is said.
    #[serde(default)]
    pub exchange: String,
    /// The routing key; of the default exchange, the queue.
    #[serde(default)]
    pub routing_key: String,
}

/// Which notices are wanted: those that all of these admit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Kinds: `newly-affected` and so on; empty: all.
    pub kinds: Vec<String>,
    /// Globs of which one matches a name of the image; empty: any image.
    pub names: Vec<String>,
    /// Labels of the image, `key` or `key=value`, of which one is there; empty: any image.
    pub labels: Vec<String>,
    /// Namespaces of advisories; empty: all.
    pub namespaces: Vec<String>,
    /// Least severity.
    pub severity: Option<String>,
    /// Only what an update mends, or only what none does.
    pub fixable: Option<bool>,
    /// Only what is exploited.
    pub exploited: bool,
    /// Whether `severity` leaves out what nobody has rated, too; otherwise that passes.
    pub leave_out_unrated: bool,
}

/// A subscription, and how its deliveries go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscription {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: String,
    /// What it is.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// Notices that wait.
    pub pending: u64,
    /// When the oldest of these was raised.
    pub oldest_pending: Option<String>,
    /// When it is tried.
    pub next_attempt: Option<String>,
    /// Why its last attempt failed.
    pub failure: Option<String>,
}

/// A subscription that was made or changed.
#[derive(Clone, Debug, Serialize)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: String,
    /// What it is.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// The secret that was made for it. It is shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl Wanted {
    /// Where notices go.
    ///
    /// # Errors
    /// There are none or two of these places.
    pub fn target(&self) -> Result<StoredTarget, &'static str> {
        match (&self.webhook, &self.amqp) {
            (Some(webhook), None) => Ok(StoredTarget::Webhook {
                url: webhook.url.clone(),
                secret: webhook.secret.clone().unwrap_or_default(),
            }),
            (None, Some(amqp)) => Ok(StoredTarget::Amqp {
                url: amqp.url.clone(),
                exchange: amqp.exchange.clone(),
                routing_key: amqp.routing_key.clone(),
            }),
            (Some(_), Some(_)) => Err("a subscription has one of `webhook` and `amqp`, not both"),
            (None, None) => Err("a subscription has one of `webhook` and `amqp`"),
        }
    }
}

fn shown<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&without_credentials(url))
}

/// An address as it may be shown: with `***` in the place of user, password and query.
pub fn without_credentials(url: &str) -> String {
    let (url, query) = url.split_once('?').map_or((url, ""), |(url, _)| (url, "?***"));
    let Some((scheme, rest)) = url.split_once("://") else { return format!("{url}{query}") };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}{path}{query}"),
        None => format!("{scheme}://{authority}{path}{query}"),
    }
}

impl From<Row> for Wanted {
    fn from(row: Row) -> Self {
        let (webhook, amqp) = match row.target {
            StoredTarget::Webhook { url, secret: _ } => (Some(Webhook { url, secret: None }), None),
            StoredTarget::Amqp { url, exchange, routing_key } => {
                (None, Some(Amqp { url, exchange, routing_key }))
            }
        };
        let (filter, period, enabled) = (row.filter.into(), row.period, row.enabled);
        Self { webhook, amqp, filter, period, enabled }
    }
}

impl From<StoredFilter> for Filter {
    fn from(filter: StoredFilter) -> Self {
        let StoredFilter {
            kinds,
            names,
            labels,
            namespaces,
            severity,
            fixable,
            exploited,
            leave_out_unrated,
        } = filter;
        Self { kinds, names, labels, namespaces, severity, fixable, exploited, leave_out_unrated }
    }
}

impl From<Filter> for StoredFilter {
    fn from(filter: Filter) -> Self {
        let Filter { kinds, names, labels, namespaces, severity, fixable, exploited, leave_out_unrated } =
            filter;
        Self { kinds, names, labels, namespaces, severity, fixable, exploited, leave_out_unrated }
    }
}

impl From<SubscriptionState> for Subscription {
    fn from(state: SubscriptionState) -> Self {
        Self {
            name: state.subscription.name,
            created: time(state.subscription.row.created),
            wanted: state.subscription.row.into(),
            pending: state.pending,
            oldest_pending: state.oldest.map(time),
            next_attempt: state.next_attempt.map(time),
            failure: state.failure,
        }
    }
}

impl From<Subscribed> for Made {
    fn from(made: Subscribed) -> Self {
        Self {
            name: made.subscription.name,
            created: time(made.subscription.row.created),
            wanted: made.subscription.row.into(),
            secret: made.secret,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_lets_in_is_shown() {
        let row = |target| Row {
            created: 0,
            enabled: true,
            target,
            filter: StoredFilter::default(),
            period: None,
            next: 1,
        };
        let check = |target, expected: &str| {
            let shown = serde_json::to_string(&Wanted::from(row(target))).unwrap();
            assert!(shown.contains(expected) && !shown.contains("hidden"), "{shown}");
        };
        let webhook =
            |url: &str| StoredTarget::Webhook { url: url.to_owned(), secret: "whsec_hidden".to_owned() };
        check(webhook("https://a.example/b"), "\"https://a.example/b\"");
        check(webhook("https://a.example/b?token=hidden"), "\"https://a.example/b?***\"");
        let amqp = |url: &str| StoredTarget::Amqp {
            url: url.to_owned(),
            exchange: String::new(),
            routing_key: "queue".to_owned(),
        };
        check(amqp("amqp://user:hidden@a.example:5672/v"), "\"amqp://***@a.example:5672/v\"");
    }

    #[test]
    fn a_subscription_has_one_target() {
        let parse = |text: &str| serde_json::from_str::<Wanted>(text).unwrap();
        assert!(parse(r#"{"webhook": {"url": "https://a.example"}}"#).target().is_ok());
        assert!(parse(r#"{"amqp": {"url": "amqp://a", "routing_key": "q"}}"#).target().is_ok());
        assert!(parse("{}").target().is_err());
        let both = r#"{"webhook": {"url": "https://a.example"}, "amqp": {"url": "amqp://a"}}"#;
        assert!(parse(both).target().is_err());
    }
}
