use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is written otherwise in one part of a path.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// The same in a name that has several parts.
const NAME: &AsciiSet = &PART.remove(b'/');

/// What is written otherwise in a query, in names and in values.
const QUERY: &AsciiSet = &PART.remove(b'/');

/// Where data is that pages show.
const DATA: [&str; 9] = [
    "/v1/feeds",
    "/v1/images",
    "/v1/notices",
    "/v1/packages",
    "/v1/plugins",
    "/v1/repositories",
    "/v1/statistics",
    "/v1/subscriptions",
    "/v1/vulnerabilities",
];

/// An address of this service: a path, and perhaps a query. Whatever it is made of, it leads nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    path: String,
    query: String,
}

impl Address {
    /// Of parts, each of which may hold anything.
    pub fn of(parts: &[&str]) -> Self {
        let mut path = String::new();
        for part in parts {
            path.push('/');
            path.extend(utf8_percent_encode(part, PART));
        }
        Self { path, query: String::new() }
    }

    /// The page of something with a name, in which slashes stay as they are where they can.
    pub fn page(kind: &str, name: &str) -> Self {
        // Browsers take these out of a path.
        if name.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Self::of(&[kind, name]);
        }
        Self { path: format!("/{kind}/{}", utf8_percent_encode(name, NAME)), query: String::new() }
    }

    /// Data that pages lead to, as it was asked for with what stands behind `/data`; none where it is anything else.
    pub fn of_data(path: &str, query: Option<&str>) -> Option<Self> {
        let is_data = DATA.iter().any(|known| {
            path.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        is_data.then(|| Self { path: path.to_owned(), query: query.unwrap_or_default().to_owned() })
    }

    /// Of a path as it was asked for.
    pub(crate) fn raw(path: &str) -> Self {
        Self { path: path.to_owned(), query: String::new() }
    }

    /// With a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.extend(utf8_percent_encode(name, QUERY));
        self.query.push('=');
        self.query.extend(utf8_percent_encode(value, QUERY));
        self
    }

    /// With a parameter where it has a value.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if !self.query.is_empty() {
            write!(f, "?{}", self.query)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_what_pages_show() {
        assert_eq!(
            Address::of_data("/v1/images/a%2Fb/report", Some("x=1")).unwrap().to_string(),
            "/v1/images/a%2Fb/report?x=1"
        );
        for path in ["/v1/bundle", "/v1/jobs/1/events", "/v1/imagesque", "/metrics", "", "//x"] {
            assert_eq!(Address::of_data(path, None), None, "{path}");
        }
    }

    #[test]
    fn an_address_leads_to_this_service_whatever_it_is_made_of() {
        let check = |address: Address, expected: &str| assert_eq!(address.to_string(), expected);
        check(Address::of(&["v1", "images", "shop/web:1", "report"]), "/v1/images/shop%2Fweb:1/report");
        check(Address::page("images", "shop/web:1"), "/images/shop/web:1");
        check(Address::page("images", "../x"), "/images/..%2Fx");
        check(Address::page("images", "//evil.example"), "/images/%2F%2Fevil.example");
        check(Address::page("images", "a\"><b>?#%"), "/images/a%22%3E%3Cb%3E%3F%23%25");
        check(Address::of(&["search"]).with("q", "a&b=c d"), "/search?q=a%26b%3Dc%20d");
        check(
            Address::of(&["x"]).with("a", "1").with_some("b", None).with("c", "\u{202e}"),
            "/x?a=1&c=%E2%80%AE",
        );
    }
}
