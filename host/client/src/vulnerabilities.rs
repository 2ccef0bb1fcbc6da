use crate::api::{AffectedImages, Holders, Statistics, Trend, Vulnerability};
use crate::images::page;
use crate::{Client, Error, encoded};

/// Which of the images that a vulnerability affects are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AffectedFilter {
    /// Those of which a name holds this text.
    pub name: Option<String>,
    /// Those with this label, `key` or `key=value`.
    pub label: Option<String>,
    /// Those that it affects this badly, or worse, or of which nobody says how badly.
    pub severity: Option<String>,
    /// Whether `severity` leaves out what nobody has rated, too.
    pub leave_out_unrated: bool,
    /// Those that an update fixes, or those that none does.
    pub fixable: Option<bool>,
}

impl AffectedFilter {
    fn query(&self) -> String {
        let texts = [("name", &self.name), ("label", &self.label), ("severity", &self.severity)];
        let mut query: String = texts
            .iter()
            .filter_map(|(key, value)| Some(format!("&{key}={}", encoded(value.as_deref()?))))
            .collect();
        if self.leave_out_unrated {
            query.push_str("&leave_out_unrated=true");
        }
        if let Some(fixable) = self.fixable {
            query.push_str(if fixable { "&fixable=true" } else { "&fixable=false" });
        }
        query
    }
}

impl Client {
    /// All that is known of a vulnerability, by any of its identifiers.
    ///
    /// # Errors
    /// No feed knows this identifier.
    pub fn vulnerability(&self, id: &str) -> Result<Vulnerability, Error> {
        self.get(&format!("/v1/vulnerabilities/{}", encoded(id)))
    }

    /// A page of the images that it affects.
    ///
    /// # Errors
    /// No feed knows this identifier.
    pub fn affected_images(
        &self,
        id: &str,
        filter: &AffectedFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<AffectedImages, Error> {
        let (filter, page) = (filter.query(), page(after));
        self.get(&format!("/v1/vulnerabilities/{}/images?limit={limit}{filter}{page}", encoded(id)))
    }

    /// A page of the images that have a package installed.
    ///
    /// # Errors
    /// The service refuses.
    pub fn holders(
        &self,
        namespace: &str,
        name: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Holders, Error> {
        let (namespace, name, page) = (encoded(namespace), encoded(name), page(after));
        self.get(&format!("/v1/packages/{namespace}/{name}?limit={limit}{page}"))
    }

    /// Statistics over all images.
    ///
    /// # Errors
    /// The service refuses.
    pub fn statistics(&self) -> Result<Statistics, Error> {
        self.get("/v1/statistics")
    }

    /// How counts over all images were day by day: so many days until today, as far as history holds.
    ///
    /// # Errors
    /// There are too many images.
    pub fn trend(&self, days: usize) -> Result<Trend, Error> {
        self.get(&format!("/v1/statistics/trend?days={days}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_asks_for_what_is_set_and_nothing_else() {
        assert_eq!(AffectedFilter::default().query(), "");
        let filter = AffectedFilter {
            name: Some("shop/web".to_owned()),
            severity: Some("high".to_owned()),
            fixable: Some(false),
            ..AffectedFilter::default()
        };
        assert_eq!(filter.query(), "&name=shop%2Fweb&severity=high&fixable=false");
    }
}
