use std::path::{Path, PathBuf};
use std::time::Duration;

use limpid_model::seconds;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use ureq::http::{HeaderName, HeaderValue, Uri};

/// Where spans are sent, and how many: the settings `telemetry.*`. What is not stated here is taken from the
/// variables that [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/)
/// names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Address of a collector, to which `/v1/traces` is added; none: nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// A file with headers for it, one in a line: `NAME: VALUE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers_file: Option<PathBuf>,
    /// The name of the service; none: `limpid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// The share of traces that is recorded of those that begin here; none: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_ratio: Option<f64>,
    /// Spans that may wait to be sent; those that find no place are dropped.
    pub queue: usize,
    /// Spans that are sent at a time.
    pub batch: usize,
    /// How long spans wait for others at most.
    #[serde(with = "seconds")]
    pub interval: Duration,
    /// How long the collector may take to answer, all attempts together.
    #[serde(with = "seconds")]
    pub answer_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            endpoint: None,
            headers_file: None,
            service_name: None,
            sample_ratio: None,
            queue: 2_048,
            batch: 512,
            interval: Duration::from_secs(5),
            answer_time: Duration::from_secs(10),
        }
    }
}

/// Whether profiles of the service can be made: the settings `profiles.*`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProfileSettings {
    /// Whether threads note the spans that they are in (`profiles.enabled`).
    pub enabled: bool,
}

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// An address to which nothing can be sent.
    #[error("{name}: `{value}` is no address of a collector: it begins with `http://` or `https://`")]
    Endpoint {
        /// The setting, or the variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A protocol that is not spoken.
    #[error("variable `{name}`: protocol `{value}` is not spoken, only `http/protobuf`, mostly on port 4318")]
    Protocol {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// A share that is none.
    #[error("setting `telemetry.sample_ratio`: {0} is not between 0 and 1")]
    Ratio(f64),
    /// No spans would ever be sent.
    #[error("setting `telemetry.{0}` is 0, but must be at least 1")]
    Zero(&'static str),
    /// Headers that cannot be read. Their values are not shown.
    #[error("setting `telemetry.headers_file`: `{}` cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Headers that are none. Their values are not shown.
    #[error("{place}: no header `NAME: VALUE`")]
    Header {
        /// The file and line, or the variable.
        place: String,
    },
}

/// A variable of the environment, by its name.
pub(crate) type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where spans are sent, once it is decided.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: String,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
}

const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const HEADERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
/// The only protocol that is spoken.
const PROTOCOL: &str = "http/protobuf";

impl Settings {
    /// Where spans are sent; none where nobody wants any.
    pub(crate) fn target(&self, variable: Variable<'_>) -> Result<Option<Target>, SettingsError> {
        self.check()?;
        let stated =
            |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|it| !it.is_empty());
        if stated("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let (name, address) = if let Some(endpoint) = &self.endpoint {
            ("setting `telemetry.endpoint`", with_path(endpoint))
        } else if stated("OTEL_TRACES_EXPORTER").is_some_and(|exporter| exporter != "otlp") {
            return Ok(None);
        } else if let Some(endpoint) = stated(TRACES_ENDPOINT) {
            (TRACES_ENDPOINT, endpoint)
        } else if let Some(endpoint) = stated(ENDPOINT) {
            (ENDPOINT, with_path(&endpoint))
        } else {
            return Ok(None);
        };
        let uri = address.parse::<Uri>().ok();
        let is_http = uri.is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        });
        if !is_http {
            return Err(SettingsError::Endpoint { name, value: address });
        }
        if self.endpoint.is_none()
            && let Some((name, value)) = PROTOCOLS.iter().find_map(|name| Some((*name, stated(name)?)))
            && value != PROTOCOL
        {
            return Err(SettingsError::Protocol { name, value });
        }
        let headers = match &self.headers_file {
            Some(path) => of_file(path)?,
            None => match HEADERS.iter().find_map(|name| Some((*name, stated(name)?))) {
                Some((name, value)) => of_variable(name, &value)?,
                None => Vec::new(),
            },
        };
        Ok(Some(Target { address, headers }))
    }

    fn check(&self) -> Result<(), SettingsError> {
        if let Some(ratio) = self.sample_ratio.filter(|ratio| !(0.0..=1.0).contains(ratio)) {
            return Err(SettingsError::Ratio(ratio));
        }
        let counts = [("queue", self.queue), ("batch", self.batch)];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => Err(SettingsError::Zero(name)),
            None => Ok(()),
        }
    }
}

fn with_path(endpoint: &str) -> String {
    format!("{}/v1/traces", endpoint.trim_end_matches('/'))
}

fn of_file(path: &Path) -> Result<Vec<(HeaderName, HeaderValue)>, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let headers = lines.map(|(number, line)| {
        let place = || format!("line {} of file `{}`", number + 1, path.display());
        line.split_once(':').and_then(header).ok_or_else(|| SettingsError::Header { place: place() })
    });
    headers.collect()
}

/// As of W3C baggage: `name=value,name=value`, percent-encoded.
fn of_variable(name: &str, text: &str) -> Result<Vec<(HeaderName, HeaderValue)>, SettingsError> {
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    let headers = pairs.map(|pair| {
        let decoded = pair.split_once('=').and_then(|(name, value)| {
            let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
            header((name, &value))
        });
        decoded.ok_or_else(|| SettingsError::Header { place: format!("variable `{name}`") })
    });
    headers.collect()
}

fn header((name, value): (&str, &str)) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
    let mut value = HeaderValue::from_str(value.trim()).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(settings: &Settings, variables: &[(&str, &str)]) -> Result<Option<Target>, SettingsError> {
        settings.target(&|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn address(settings: &Settings, variables: &[(&str, &str)]) -> Option<String> {
        target(settings, variables).unwrap().map(|target| target.address)
    }

    #[test]
    fn the_setting_goes_before_the_variables_and_all_may_be_left_out() {
        let (unset, set) = (
            Settings::default(),
            Settings { endpoint: Some("https://a.test:4318/".to_owned()), ..Settings::default() },
        );
        assert_eq!(address(&unset, &[]), None);
        assert_eq!(address(&unset, &[(ENDPOINT, " ")]), None);
        assert_eq!(address(&unset, &[(ENDPOINT, "http://b:4318")]).unwrap(), "http://b:4318/v1/traces");
        let both = [(ENDPOINT, "http://b:4318"), (TRACES_ENDPOINT, "http://c/in")];
        assert_eq!(address(&unset, &both).unwrap(), "http://c/in");
        assert_eq!(address(&set, &both).unwrap(), "https://a.test:4318/v1/traces");
        assert_eq!(address(&unset, &[both[0], ("OTEL_TRACES_EXPORTER", "none")]), None);
        assert_eq!(address(&set, &[("OTEL_SDK_DISABLED", "TRUE")]), None);
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_its_name() {
        let refused = |settings: Settings, variables: &[(&str, &str)]| {
            target(&settings, variables).map(|_| ()).unwrap_err().to_string()
        };
        let set = |endpoint: &str| Settings { endpoint: Some(endpoint.to_owned()), ..Settings::default() };
        for endpoint in ["collector:4317", "grpc://a", "http://", ""] {
            assert!(refused(set(endpoint), &[]).contains("`telemetry.endpoint`"), "{endpoint}");
        }
        let grpc = [(ENDPOINT, "http://b:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
        assert!(refused(Settings::default(), &grpc).contains("`grpc` is not spoken"));
        // Who sets the address here has chosen the protocol.
        target(&set("http://a"), &grpc).unwrap();
        for ratio in [-0.1, 1.1, f64::NAN] {
            let settings = Settings { sample_ratio: Some(ratio), ..Settings::default() };
            assert!(refused(settings, &[]).contains("`telemetry.sample_ratio`"));
        }
        assert!(refused(Settings { batch: 0, ..Settings::default() }, &[]).contains("`telemetry.batch`"));
    }

    #[test]
    fn headers_are_read_and_never_shown() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("headers");
        std::fs::write(&path, "authorization: Bearer hush\n\n x-scope : one:two\n").unwrap();
        let set = Settings {
            endpoint: Some("http://a".to_owned()),
            headers_file: Some(path.clone()),
            ..Settings::default()
        };
        let headers = target(&set, &[]).unwrap().unwrap().headers;
        assert_eq!(headers[0].1.to_str().unwrap(), "Bearer hush");
        assert_eq!((headers[1].0.as_str(), headers[1].1.to_str().unwrap()), ("x-scope", "one:two"));
        assert!(!format!("{headers:?}").contains("hush"));
        std::fs::write(&path, "authorization Bearer hush\n").unwrap();
        let error = target(&set, &[]).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("line 1 of file") && !error.contains("hush"), "{error}");
        let set = Settings { headers_file: None, ..set };
        let of_variable = target(&set, &[(HEADERS[1], "api-key=a%20b, x=y")]).unwrap().unwrap().headers;
        assert_eq!(of_variable[0].1.to_str().unwrap(), "a b");
        assert_eq!(of_variable.len(), 2);
    }
}
