use limpid_formats::{FindingFilter, json};
use limpid_model::{Provenance, Severity};

use crate::api::Problem;
use crate::shown;
use crate::table::Column;
use crate::{Address, Request};

/// Longest name that is the address of a search.
const NAME: usize = 256;

/// Which findings are shown, and in which order.
#[derive(Debug)]
pub(super) struct Filter {
    of_api: FindingFilter,
    layer: Option<usize>,
    /// In lower case.
    text: String,
    order: Order,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// That of the API: exploited first, then the worst.
    Urgency,
    Vulnerability,
    Package,
    Layer,
    Probability,
}

impl Order {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "urgency" => Some(Self::Urgency),
            "vulnerability" => Some(Self::Vulnerability),
            "package" => Some(Self::Package),
            "layer" => Some(Self::Layer),
            "epss" => Some(Self::Probability),
            _ => None,
        }
    }
}

impl Filter {
    pub(super) fn of(request: &Request) -> Result<Self, Problem> {
        let wrong = |name: &str, word: &str| Problem::bad_request(format!("`{name}`: there is no `{word}`"));
        let severity = request.get("severity");
        let severity = severity.map(|word| Severity::from_word(word).ok_or_else(|| wrong("severity", word)));
        let origin = request.get("origin");
        let origin = origin.map(|word| Provenance::from_word(word).ok_or_else(|| wrong("origin", word)));
        let order = request.get("sort").unwrap_or("urgency");
        Ok(Self {
            of_api: FindingFilter {
                severity: severity.transpose()?,
                rated: request.is_set("rated"),
                fixable: request.is_set("fixable"),
                exploited: request.is_set("exploited"),
                origin: origin.transpose()?,
            },
            layer: request.number("layer")?,
            text: request.get("q").unwrap_or_default().to_lowercase(),
            order: Order::from_word(order).ok_or_else(|| wrong("sort", order))?,
        })
    }

    pub(super) fn admits(&self, finding: &json::Finding) -> bool {
        let has = |text: &str| text.to_lowercase().contains(&self.text);
        self.of_api.shows(finding)
            && self.layer.is_none_or(|layer| finding.package.layer.index == layer)
            && (self.text.is_empty()
                || has(&finding.vulnerability)
                || has(&finding.package.name)
                || has(&finding.title)
                || finding.aliases.iter().any(|alias| has(alias)))
    }

    /// Where a finding comes in the order that is asked for: those of one place stay in that of the API.
    pub(super) fn place(&self, finding: &json::Finding) -> Place {
        match self.order {
            Order::Urgency => Place::Given,
            Order::Vulnerability => Place::Text(finding.vulnerability.to_string()),
            Order::Package => Place::Text(finding.package.name.clone()),
            Order::Layer => Place::Number(finding.package.layer.index as u64),
            Order::Probability => {
                let probability = finding.exploit_probability.filter(|it| *it >= 0.0);
                // Numbers that are not negative have the order of their bits.
                let likelihood = probability.map_or(0, |it| u64::from(it.to_bits()) + 1);
                Place::Number(u64::MAX - likelihood)
            }
        }
    }

    pub(super) fn columns(&self, request: &Request) -> [Column; 6] {
        let column = |title, order: Option<(Order, &str)>| Column {
            title,
            is_sorted: order.is_some_and(|(order, _)| order == self.order),
            is_descending: order
                .is_some_and(|(order, _)| matches!(order, Order::Urgency | Order::Probability)),
            address: order.map(|(order, word)| match order {
                Order::Urgency => request.here(&[], &["sort", "page"]),
                _ => request.here(&[("sort", word)], &["page"]),
            }),
        };
        [
            column("Severity", Some((Order::Urgency, "urgency"))),
            column("Vulnerability", Some((Order::Vulnerability, "vulnerability"))),
            column("Package", Some((Order::Package, "package"))),
            column("Fixed in", None),
            column("Layer", Some((Order::Layer, "layer"))),
            column("EPSS", Some((Order::Probability, "epss"))),
        ]
    }

    pub(super) fn severities(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let chosen = self.of_api.severity;
        // Nobody asks for all that is worse than what is not known.
        let known = Severity::WORST_FIRST.into_iter().filter(|severity| *severity != Severity::Unknown);
        known.map(move |severity| (severity.as_str(), chosen == Some(severity)))
    }

    pub(super) fn origin_word(&self) -> Option<&'static str> {
        self.of_api.origin.map(Provenance::as_str)
    }

    pub(super) fn origin_is(&self, word: &str) -> bool {
        self.origin_word() == Some(word)
    }

    pub(super) const fn rated(&self) -> bool {
        self.of_api.rated
    }

    pub(super) const fn fixable(&self) -> bool {
        self.of_api.fixable
    }

    pub(super) const fn exploited(&self) -> bool {
        self.of_api.exploited
    }

    pub(super) const fn layer(&self) -> Option<usize> {
        self.layer
    }
}

/// A place in an order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Given,
    Number(u64),
    Text(String),
}

/// A finding as a row.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) finding: &'a json::Finding,
    pub(super) vulnerability: Option<String>,
    pub(super) layer: String,
}

impl<'a> Row<'a> {
    pub(super) fn of(request: &Request, finding: &'a json::Finding) -> Self {
        let layer = finding.package.layer.index.to_string();
        Self {
            finding,
            vulnerability: vulnerability(&finding.vulnerability),
            layer: request.here(&[("layer", &layer)], &["page"]),
        }
    }

    pub(super) fn probability(&self) -> Option<String> {
        self.finding.exploit_probability.map(shown::percent)
    }

    /// The version to update to, where it is another than the nearest that fixes this.
    pub(super) fn update_to(&self) -> Option<&str> {
        let (fixed, to) = (self.finding.fixed_version.as_deref(), self.finding.update_to.as_deref());
        to.filter(|_| fixed != to)
    }
}

/// The page of a vulnerability, unless its identifier is no name.
pub(super) fn vulnerability(id: &str) -> Option<String> {
    (id.len() <= NAME).then(|| Address::page("vulnerabilities", id).to_string())
}
