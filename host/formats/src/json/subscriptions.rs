use limpid_model::{
    HarborTarget, NoticeFilter, NoticeKind, Severity, Subscribed, SubscriptionSpec, SubscriptionState, Target,
};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use super::time;
use super::words::{NoticeKindWord, SeverityWord};

/// Subscriptions.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Subscriptions {
    /// By name.
    pub subscriptions: Vec<Subscription>,
}

/// A subscription as it is wanted: what `PUT` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WantedSubscription)]
pub struct Wanted {
    /// A webhook; this, `amqp`, `harbor` or `clair`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Webhook>,
    /// An exchange of a broker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amqp: Option<Amqp>,
    /// A Harbor, which is asked to scan again what notices are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub harbor: Option<Harbor>,
    /// A receiver of Clair's notifications, such as Quay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clair: Option<Clair>,
    /// Which notices; all where nothing is stated.
    #[serde(default)]
    pub filter: Filter,
    /// Notices of this many seconds come together; each by itself where nothing is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub period: Option<u64>,
    /// Whether notices are sent; where not, they wait.
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// A webhook in the form of [Standard Webhooks](https://www.standardwebhooks.com).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where notices are posted: `https`; `http` on loopback, or where setting `notices.unencrypted` allows it. Shown
    /// without its query, in which many services have keys.
    #[serde(serialize_with = "shown")]
    pub url: String,
    /// `whsec_` and base64 of 24 to 64 bytes, by which they are signed. Where none is given, it stays as it is, or one
    /// is made. Never shown again.
    #[serde(default, skip_serializing_if = "is_secret")]
    #[schema(write_only)]
    pub secret: Option<String>,
}

/// An exchange of an AMQP 0.9.1 broker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amqp {
    /// The broker, `amqp://` or `amqps://`. Shown without credentials.
    #[serde(serialize_with = "shown")]
    pub url: String,
    /// The exchange; the default one where nothing is stated.
    #[serde(default)]
    pub exchange: String,
    /// The routing key; of the default exchange, the queue.
    #[serde(default)]
    pub routing_key: String,
}

/// A Harbor, which is asked to scan again what notices are about: each artifact once for each change.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HarborToScan)]
pub struct Harbor {
    /// Its address: `https`; `http` on loopback, or where setting `notices.unencrypted` allows it.
    #[serde(serialize_with = "shown")]
    pub url: String,
    /// The registry as names of images begin; the host of `url` where nothing is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub registry: Option<String>,
    /// A robot account that may scan.
    pub username: String,
    /// Its secret. Where none is given, it stays as it is. Never shown again.
    #[serde(default, skip_serializing_if = "is_secret")]
    #[schema(write_only)]
    pub password: Option<String>,
    /// How many scans are asked for in a minute, at most.
    #[serde(default = "rate")]
    #[schema(minimum = 1, maximum = 60000, default = 60)]
    pub rate: u32,
}

/// Secrets are taken, and never shown. (What serde may never write, utoipa does not describe.)
const fn is_secret<T>(_: &T) -> bool {
    true
}

const fn rate() -> u32 {
    60
}

impl std::fmt::Debug for Harbor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Harbor").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Harbor {
    fn target(&self) -> HarborTarget {
        let host = || {
            let rest = self.url.split_once("://").map_or("", |(_, rest)| rest);
            rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
        };
        HarborTarget {
            url: self.url.clone(),
            registry: self.registry.clone().unwrap_or_else(host),
            username: self.username.clone(),
            password: self.password.clone().unwrap_or_default(),
            rate: self.rate,
        }
    }
}

/// A receiver of Clair's notifications, which is told that some are there and fetches them: where setting
/// `clair.enabled` has this service answer Clair's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClairReceiver)]
pub struct Clair {
    /// Where it is told, as of a webhook: of Quay, `https://quay.example/secscan/notification`.
    #[serde(serialize_with = "shown")]
    pub url: String,
    /// The address below which it fetches notifications, as it sees this service, with a slash at its end:
    /// `https://limpid.example/notifier/api/v1/notification/`.
    pub callback: String,
    /// Base64 of the key with which requests are signed (HS256), at least 32 bytes: Clair's `auth.psk.key`. Where none is
    /// given, it stays as it is. Never shown again.
    #[serde(default, skip_serializing_if = "is_secret")]
    #[schema(write_only)]
    pub key: Option<String>,
}

/// Which notices are wanted: those that all of these admit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// What changed; empty: all.
    #[schema(inline, value_type = Vec<NoticeKindWord>)]
    pub kinds: Vec<String>,
    /// Globs of which one matches a name of the image; empty: any image.
    pub names: Vec<String>,
    /// Labels of the image, `key` or `key=value`, of which one is there; empty: any image.
    pub labels: Vec<String>,
    /// Namespaces of advisories; empty: all.
    pub namespaces: Vec<String>,
    /// Least severity.
    #[schema(inline, value_type = Option<SeverityWord>)]
    pub severity: Option<String>,
    /// Only what an update fixes, or only what none does.
    pub fixable: Option<bool>,
    /// Only what is exploited.
    pub exploited: bool,
    /// Whether `severity` leaves out what nobody has rated, too; otherwise that passes.
    #[schema(default = false)]
    pub leave_out_unrated: bool,
    /// Watches of which one follows a name of the image, or has followed it; empty: any image.
    pub watches: Vec<String>,
    /// An expression of the Common Expression Language over `finding` and `image` that is true of one of the findings.
    /// Where that cannot be said, the notice is sent, and says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2048)]
    pub expression: Option<String>,
}

/// A subscription, and how its deliveries go.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Subscription {
    /// Its name.
    pub name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// What it is.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// Notices that wait.
    pub pending: u64,
    /// When the oldest of these was raised.
    #[schema(required)]
    pub oldest_pending: Option<String>,
    /// When it is tried.
    #[schema(required)]
    pub next_attempt: Option<String>,
    /// Why its last attempt failed.
    #[schema(required)]
    pub failure: Option<String>,
}

/// A subscription that was made or changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MadeSubscription)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created: String,
    /// What it is.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// The secret that was made for it. It is shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub secret: Option<String>,
}

impl Wanted {
    /// What it asks for.
    ///
    /// # Errors
    /// A sentence on what cannot be understood: no target or two of them, a kind or a severity that there
    /// is not.
    pub fn spec(&self) -> Result<SubscriptionSpec, String> {
        let (target, mut filter) = (self.target()?, self.filter.read()?);
        if matches!(target, Target::Clair { .. }) {
            if let Some(other) = filter.kinds.iter().find(|kind| kind.affected_after().is_none()) {
                return Err(format!("Clair's notifications know nothing of `{}`", other.as_str()));
            }
            if filter.kinds.is_empty() {
                filter.kinds =
                    NoticeKind::ALL.into_iter().filter(|kind| kind.affected_after().is_some()).collect();
            }
        }
        Ok(SubscriptionSpec { target, filter, period: self.period, enabled: self.enabled })
    }

    /// The address of whom notices go to; it may hold credentials.
    pub fn url(&self) -> Option<&str> {
        let webhook = self.webhook.as_ref().map(|webhook| &*webhook.url);
        let amqp = self.amqp.as_ref().map(|amqp| &*amqp.url);
        let harbor = self.harbor.as_ref().map(|harbor| &*harbor.url);
        let clair = self.clair.as_ref().map(|clair| &*clair.url);
        webhook.or(amqp).or(harbor).or(clair)
    }

    fn target(&self) -> Result<Target, &'static str> {
        match (&self.webhook, &self.amqp, &self.harbor, &self.clair) {
            (Some(webhook), None, None, None) => Ok(Target::Webhook {
                url: webhook.url.clone(),
                secret: webhook.secret.clone().unwrap_or_default(),
            }),
            (None, Some(amqp), None, None) => Ok(Target::Amqp {
                url: amqp.url.clone(),
                exchange: amqp.exchange.clone(),
                routing_key: amqp.routing_key.clone(),
            }),
            (None, None, Some(harbor), None) => Ok(Target::Harbor(harbor.target())),
            (None, None, None, Some(clair)) => Ok(Target::Clair {
                url: clair.url.clone(),
                callback: clair.callback.clone(),
                key: clair.key.clone().unwrap_or_default(),
            }),
            (None, None, None, None) => {
                Err("a subscription has one of `webhook`, `amqp`, `harbor` and `clair`")
            }
            _ => Err("a subscription has one of `webhook`, `amqp`, `harbor` and `clair`, not more"),
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

impl From<SubscriptionSpec> for Wanted {
    fn from(spec: SubscriptionSpec) -> Self {
        let of = Self {
            filter: spec.filter.into(),
            period: spec.period,
            enabled: spec.enabled,
            ..Self::default()
        };
        match spec.target {
            Target::Webhook { url, secret: _ } => Self { webhook: Some(Webhook { url, secret: None }), ..of },
            Target::Amqp { url, exchange, routing_key } => {
                Self { amqp: Some(Amqp { url, exchange, routing_key }), ..of }
            }
            Target::Harbor(HarborTarget { url, registry, username, password: _, rate }) => {
                let registry = Some(registry);
                Self { harbor: Some(Harbor { url, registry, username, password: None, rate }), ..of }
            }
            Target::Clair { url, callback, key: _ } => {
                Self { clair: Some(Clair { url, callback, key: None }), ..of }
            }
            // Its `failure` says so.
            Target::Sealed(_) => of,
        }
    }
}

impl From<NoticeFilter> for Filter {
    fn from(filter: NoticeFilter) -> Self {
        Self {
            kinds: filter.kinds.iter().map(|kind| kind.as_str().to_owned()).collect(),
            names: filter.names,
            labels: filter.labels,
            namespaces: filter.namespaces,
            severity: filter.severity.map(|severity| severity.as_str().to_owned()),
            fixable: filter.fixable,
            exploited: filter.exploited,
            leave_out_unrated: filter.leave_out_unrated,
            watches: filter.watches,
            expression: filter.expression,
        }
    }
}

impl Filter {
    fn read(&self) -> Result<NoticeFilter, String> {
        let kind = |word: &String| {
            NoticeKind::from_word(word).ok_or_else(|| {
                let known = NoticeKind::ALL.map(NoticeKind::as_str).join(", ");
                format!("`{word}` is no kind of notice; there are: {known}")
            })
        };
        let severity = |word: &String| {
            Severity::from_word(word).ok_or_else(|| {
                let known = Severity::WORST_FIRST.map(Severity::as_str).join(", ");
                format!("`{word}` is no severity; there are: {known}")
            })
        };
        Ok(NoticeFilter {
            kinds: self.kinds.iter().map(kind).collect::<Result<_, _>>()?,
            names: self.names.clone(),
            labels: self.labels.clone(),
            namespaces: self.namespaces.clone(),
            severity: self.severity.as_ref().map(severity).transpose()?,
            fixable: self.fixable,
            exploited: self.exploited,
            leave_out_unrated: self.leave_out_unrated,
            watches: self.watches.clone(),
            expression: self.expression.clone(),
        })
    }
}

impl From<SubscriptionState> for Subscription {
    fn from(state: SubscriptionState) -> Self {
        Self {
            name: state.subscription.name,
            created: time(state.subscription.created),
            wanted: state.subscription.spec.into(),
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
            created: time(made.subscription.created),
            wanted: made.subscription.spec.into(),
            secret: made.secret,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_lets_in_is_shown() {
        let spec = |target| SubscriptionSpec {
            target,
            filter: NoticeFilter::default(),
            period: None,
            enabled: true,
        };
        let check = |target, expected: &str| {
            let shown = serde_json::to_string(&Wanted::from(spec(target))).unwrap();
            assert!(shown.contains(expected) && !shown.contains("hidden"), "{shown}");
        };
        let webhook = |url: &str| Target::Webhook { url: url.to_owned(), secret: "whsec_hidden".to_owned() };
        check(webhook("https://a.example/b"), "\"https://a.example/b\"");
        check(webhook("https://a.example/b?token=hidden"), "\"https://a.example/b?***\"");
        let amqp = |url: &str| Target::Amqp {
            url: url.to_owned(),
            exchange: String::new(),
            routing_key: "queue".to_owned(),
        };
        let clair = |url: &str| Target::Clair {
            url: url.to_owned(),
            callback: "https://l.example/n/".to_owned(),
            key: "hidden".to_owned(),
        };
        check(clair("https://a.example/b?key=hidden"), "\"https://a.example/b?***\"");
        check(amqp("amqp://user:hidden@a.example:5672/v"), "\"amqp://***@a.example:5672/v\"");
        let harbor =
            r#"{"harbor": {"url": "https://h.example:8443/x", "username": "u", "password": "hidden"}}"#;
        let harbor = serde_json::from_str::<Wanted>(harbor).unwrap();
        assert!(!format!("{harbor:?}").contains("hidden"));
        check(harbor.spec().unwrap().target, "\"registry\":\"h.example:8443\"");
    }

    #[test]
    fn a_subscription_has_one_target() {
        let parse = |text: &str| serde_json::from_str::<Wanted>(text).unwrap();
        assert!(parse(r#"{"webhook": {"url": "https://a.example"}}"#).spec().is_ok());
        assert!(parse(r#"{"amqp": {"url": "amqp://a", "routing_key": "q"}}"#).spec().is_ok());
        assert!(parse("{}").spec().is_err());
        let clair = r#"{"clair": {"url": "https://a.example", "callback": "https://l.example/n/"}}"#;
        let kinds = parse(clair).spec().unwrap().filter.kinds;
        assert_eq!(kinds.len(), 3, "Clair tells of what affects an image, and no longer does");
        let renamed = clair.replace("}}", "}, \"filter\": {\"kinds\": [\"renamed\"]}}");
        assert!(parse(&renamed).spec().unwrap_err().contains("`renamed`"));
        let both = r#"{"webhook": {"url": "https://a.example"}, "amqp": {"url": "amqp://a"}}"#;
        assert!(parse(both).spec().is_err());
    }
}
