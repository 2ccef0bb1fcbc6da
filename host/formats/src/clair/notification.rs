//! Notifications: a message that some are there, and the pages on which they are fetched.

use std::fmt;
use std::str::FromStr;

use limpid_model::{Digest, Severity};
use serde::Serialize;
use serde_json::Value;

use super::contents::Package;
use super::vulnerability::cve_link;
use crate::exchange::severity_word;

/// What a receiver is sent: that notifications are there, and where.
#[derive(Clone, Debug, Serialize)]
pub struct Webhook {
    /// Where their pages are.
    pub callback: String,
    /// Which they are.
    pub notification_id: String,
}

impl Webhook {
    /// Of notifications whose pages are below an address. As in Clair, what follows its last slash is left out.
    pub fn new(callback: &str, id: &NotificationId) -> Self {
        let base = callback.rsplit_once('/').map_or("", |(base, _)| base);
        Self { callback: format!("{base}/{id}"), notification_id: id.to_string() }
    }
}

/// Names notices of one subscription that were told of together: a UUID of version 7
/// ([RFC 9562](https://www.rfc-editor.org/rfc/rfc9562#section-5.7)), which says all that is needed to find them again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationId {
    /// When the first of them was raised, in milliseconds since 1970; 48 bits of it.
    raised: u64,
    /// 12 bits: of a message, how many notices follow the first; of a notification, its place among those of a notice.
    rest: u16,
    /// 22 bits that tell subscriptions apart.
    subscription: u32,
    /// Number of the first notice; 40 bits of it.
    first: u64,
}

const RAISED: u64 = (1 << 48) - 1;
const REST: u64 = (1 << 12) - 1;
const SUBSCRIPTION: u64 = (1 << 22) - 1;
const FIRST: u64 = (1 << 40) - 1;

/// A text that names no notices of this service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no UUID")]
pub struct NoId;

impl NotificationId {
    /// Notices that one message may tell of.
    pub const MOST: usize = REST as usize + 1;

    /// Of `count` notices that follow each other, from number `first` on, which was raised at a time.
    pub fn of_notices(
        subscription: &limpid_model::Subscription,
        first: u64,
        count: usize,
        raised: u64,
    ) -> Self {
        let rest = u16::try_from(count.clamp(1, Self::MOST) - 1).unwrap_or_default();
        Self { raised: raised & RAISED, rest, subscription: Self::tag(subscription), first: first & FIRST }
    }

    /// Bits that tell a subscription from others, and from one of its name that was there before.
    fn tag(subscription: &limpid_model::Subscription) -> u32 {
        let digest = Digest::of(format!("{} {}", subscription.name, subscription.created).as_bytes());
        let bytes = digest.as_bytes().first_chunk().copied().unwrap_or_default();
        u32::from_be_bytes(bytes) & SUBSCRIPTION as u32
    }

    /// Whether it may be of a subscription.
    pub fn is_of(&self, subscription: &limpid_model::Subscription) -> bool {
        self.subscription == Self::tag(subscription)
    }

    /// Numbers of the first notice and of the last.
    pub const fn numbers(&self) -> (u64, u64) {
        (self.first, self.first + self.rest as u64)
    }

    /// A notification of one of the notices, for the image's manifest at a place.
    fn of_notice(self, number: u64, raised: u64, place: u16) -> Self {
        Self { raised: raised & RAISED, rest: place, first: number & FIRST, ..self }
    }

    /// Which notice a notification is of, and its place there.
    pub const fn position(&self) -> (u64, u16) {
        (self.first, self.rest)
    }
}

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let high = self.raised << 16 | 0x7000 | u64::from(self.rest);
        let low = 1 << 63 | u64::from(self.subscription) << 40 | self.first;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

impl FromStr for NotificationId {
    type Err = NoId;

    /// Reads any UUID: one that is none of this service stands for notices that are not there.
    fn from_str(text: &str) -> Result<Self, NoId> {
        let hyphens = text.char_indices().filter(|(_, c)| *c == '-').map(|(at, _)| at);
        if text.len() != 36 || !hyphens.eq([8, 13, 18, 23]) {
            return Err(NoId);
        }
        let number = u128::from_str_radix(&text.replace('-', ""), 16).map_err(|_| NoId)?;
        let (high, low) = ((number >> 64) as u64, number as u64);
        Ok(Self {
            raised: high >> 16,
            rest: (high & REST) as u16,
            subscription: (low >> 40 & SUBSCRIPTION) as u32,
            first: low & FIRST,
        })
    }
}

/// Some of the notifications of a message.
#[derive(Clone, Debug, Serialize)]
pub struct NotificationPage {
    page: PageOf,
    notifications: Vec<Notification>,
}

#[derive(Clone, Debug, Serialize)]
struct PageOf {
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl NotificationPage {
    /// A page of at most `size`; where it is not the last one, the next begins after its own last notification.
    pub fn new(size: usize, notifications: Vec<Notification>, is_last: bool) -> Self {
        let next = notifications.last().filter(|_| !is_last).map(|last| last.id.clone());
        Self { page: PageOf { size, next }, notifications }
    }
}

/// That a vulnerability affects a manifest, or no longer does.
#[derive(Clone, Debug, Serialize)]
pub struct Notification {
    id: String,
    manifest: String,
    reason: &'static str,
    vulnerability: Summary,
}

/// The vulnerability. Clair sends `severity` only, and Quay reads `normalized_severity`.
#[derive(Clone, Debug, Serialize)]
struct Summary {
    name: String,
    description: String,
    links: String,
    severity: &'static str,
    normalized_severity: &'static str,
    package: Package,
    arch_op: &'static str,
    fixed_in_version: String,
}

/// A notice of a message.
#[derive(Clone, Copy, Debug)]
pub struct Announced<'a> {
    /// Its number in its subscription.
    pub number: u64,
    /// When it was raised, in milliseconds since 1970.
    pub raised: u64,
    /// What it says ([`notice`](crate::notice)).
    pub body: &'a [u8],
}

/// What a notice tells, as far as Clair has words for it.
#[derive(Clone, Debug)]
pub struct Told {
    number: u64,
    raised: u64,
    image: Digest,
    reason: &'static str,
    /// The feed, and the publisher's identifier there.
    advisory: (String, String),
    vulnerability: Summary,
}

impl Told {
    /// Reads a notice. None where it tells of a change that Clair tells nothing of.
    pub fn read(notice: &Announced<'_>) -> Option<Self> {
        let form: Value = serde_json::from_slice(notice.body).ok()?;
        let reason = match form.get("type")?.as_str()?.strip_prefix("image.")? {
            "newly-affected" => "added",
            "no-longer-affected" | "withdrawn" => "removed",
            _ => return None,
        };
        let data = form.get("data")?;
        let text =
            |of: &Value, field: &str| of.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let package = data.get("packages").and_then(|all| all.get(0)).cloned().unwrap_or_default();
        let severity =
            severity_word(Severity::from_word(&text(data, "severity")).unwrap_or(Severity::Unknown));
        let name = text(data, "vulnerability");
        Some(Self {
            number: notice.number,
            raised: notice.raised,
            image: data.get("image")?.get("digest")?.as_str()?.parse().ok()?,
            reason,
            advisory: (text(&package, "feed"), text(&package, "advisory")),
            vulnerability: Summary {
                links: cve_link(&name).unwrap_or_default(),
                name,
                description: String::new(),
                severity,
                normalized_severity: severity,
                package: Package::named(&text(&package, "name")).of_version(&text(&package, "version")),
                arch_op: "equals",
                fixed_in_version: text(&package, "fixed_version"),
            },
        })
    }

    /// The image that it is about.
    pub const fn image(&self) -> Digest {
        self.image
    }

    /// The feed that says so, and the publisher's identifier of the advisory.
    pub fn advisory(&self) -> (&str, &str) {
        (&self.advisory.0, &self.advisory.1)
    }

    /// With what is known of the vulnerability: what it is, in a line, and addresses of further reading.
    #[must_use]
    pub fn described(mut self, title: &str, references: &[String]) -> Self {
        self.vulnerability.description = title.to_owned();
        let known = std::mem::take(&mut self.vulnerability.links);
        let others = references.iter().filter(|link| **link != known && !link.contains(char::is_whitespace));
        let links: Vec<&str> =
            others.map(String::as_str).chain([known.as_str()]).filter(|it| !it.is_empty()).collect();
        self.vulnerability.links = links.join(" ");
        self
    }

    /// A notification for each manifest of the image, in their order.
    pub fn notifications(
        &self,
        of: NotificationId,
        manifests: &[Digest],
    ) -> impl Iterator<Item = Notification> {
        let places = 0..=REST as u16;
        places.zip(manifests).map(move |(place, manifest)| Notification {
            id: of.of_notice(self.number, self.raised, place).to_string(),
            manifest: manifest.to_string(),
            reason: self.reason,
            vulnerability: self.vulnerability.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn subscription(name: &str) -> limpid_model::Subscription {
        let spec = limpid_model::SubscriptionSpec {
            target: limpid_model::Target::Webhook { url: String::new(), secret: String::new() },
            filter: limpid_model::NoticeFilter::default(),
            period: None,
            enabled: true,
        };
        limpid_model::Subscription { name: name.to_owned(), created: 1, next_number: 1, spec }
    }

    proptest! {
        #[test]
        fn an_identifier_reads_back_as_what_it_names(
            first in 0..1_u64 << 40, count in 1..=NotificationId::MOST, raised in 0..1_u64 << 48, place in 0..4_096_u16,
        ) {
            let subscription = subscription("quay");
            let id = NotificationId::of_notices(&subscription, first, count, raised);
            let text = id.to_string();
            prop_assert_eq!(&text[14..15], "7");
            prop_assert!("89ab".contains(&text[19..20]), "{}", text);
            let read: NotificationId = text.parse().unwrap();
            prop_assert_eq!(read, id);
            prop_assert_eq!(read.numbers(), (first, first + count as u64 - 1));
            prop_assert!(read.is_of(&subscription));
            prop_assert!(!read.is_of(&self::subscription("other")));
            let notification: NotificationId = id.of_notice(first, raised, place).to_string().parse().unwrap();
            prop_assert_eq!(notification.position(), (first, place));
        }
    }

    #[test]
    fn what_is_no_uuid_is_told_apart() {
        for text in ["", "x", "0190f5a0-0000-7000-8000-00000000000", "0190f5a0-0000-7000-8000-00000000000g"] {
            assert_eq!(text.parse::<NotificationId>(), Err(NoId), "{text}");
        }
        assert!("11111111-2222-4333-8444-555555555555".parse::<NotificationId>().is_ok());
    }

    #[test]
    fn a_callback_is_resolved_as_clair_does_it() {
        let id = NotificationId::of_notices(&subscription("quay"), 7, 1, 0);
        let at = |base: &str| Webhook::new(base, &id).callback;
        assert_eq!(
            at("http://l/notifier/api/v1/notification/"),
            format!("http://l/notifier/api/v1/notification/{id}")
        );
        assert_eq!(at("http://l/notifier/api/v1/x"), format!("http://l/notifier/api/v1/{id}"));
    }

    #[test]
    fn notices_that_clair_has_no_words_for_are_none() {
        let told = |kind: &str| {
            let digest = Digest::of(b"x");
            let body = serde_json::json!({
                "type": format!("image.{kind}"),
                "data": {
                    "image": { "digest": digest }, "vulnerability": "CVE-2026-1", "severity": "malicious",
                    "packages": [{ "name": "a", "version": "1", "fixed_version": null }],
                },
            });
            let told = Told::read(&Announced { number: 3, raised: 5, body: body.to_string().as_bytes() });
            told.map(|told| (told.reason, told.image == digest))
        };
        assert_eq!(told("newly-affected"), Some(("added", true)));
        assert_eq!(told("no-longer-affected"), Some(("removed", true)));
        assert_eq!(told("withdrawn"), Some(("removed", true)));
        assert_eq!(told("severity-changed"), None);
        assert!(Told::read(&Announced { number: 1, raised: 1, body: b"{" }).is_none());
    }
}
