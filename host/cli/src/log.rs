//! The log: what is told on standard error, and in which form.

use std::fmt;
use std::io::IsTerminal as _;

use anyhow::anyhow;
use limpid_telemetry::{Traces, spans_of_threads};
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::settings::{LogFormat, Settings};

/// Changes what is logged.
pub(crate) type ChangeFilter = Box<dyn Fn(EnvFilter) -> anyhow::Result<()> + Send + Sync>;

/// What is logged.
///
/// # Errors
/// It is no filter.
pub(crate) fn filter(filter: &str) -> anyhow::Result<EnvFilter> {
    EnvFilter::try_new(filter).map_err(|error| anyhow!("setting `log`: `{filter}` is no filter: {error}"))
}

/// What a service logs.
pub(crate) fn of_service(settings: &Settings) -> &str {
    settings.log.as_deref().unwrap_or("warn,limpid=info")
}

/// Starts the log of the process, and returns what changes its filter.
///
/// # Errors
/// The filter is none.
pub(crate) fn start(
    filter: &str,
    format: LogFormat,
    traces: Option<&Traces>,
    is_profiled: bool,
) -> anyhow::Result<ChangeFilter> {
    let (filter, handle) = reload::Layer::new(self::filter(filter)?);
    let registry = tracing_subscriber::registry();
    // What the filter leaves out is asked for by nobody where there is no other layer, and costs nothing.
    if traces.is_none() && !is_profiled {
        registry.with(filter).with(lines(format)).init();
    } else {
        let registry = registry.with(lines::<Registry>(format).with_filter(filter));
        registry.with(traces.map(Traces::layer)).with(is_profiled.then(spans_of_threads)).init();
    }
    Ok(Box::new(move |filter| handle.reload(filter).map_err(anyhow::Error::from)))
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    match format {
        LogFormat::Human => Box::new(lines.with_ansi(std::io::stderr().is_terminal())),
        LogFormat::Json => Box::new(lines.with_ansi(false).fmt_fields(JsonFields::new()).event_format(Json)),
    }
}

/// One line of JSON for each event, with the fields of all spans that it is in: what is known of a request or a job
/// stands in each line of it under the same name.
struct Json;

/// Fields of spans that are for a collector of traces alone.
const OF_TRACES: &str = "otel.";

impl<S> FormatEvent<S, JsonFields> for Json
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = Map::new();
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        line.insert("timestamp".to_owned(), time.into());
        line.insert("level".to_owned(), event.metadata().level().as_str().into());
        let mut fields = Map::new();
        let mut span = None;
        for of_event in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            let extensions = of_event.extensions();
            let formatted = extensions.get::<FormattedFields<JsonFields>>();
            if let Some(Ok(Value::Object(of_span))) = formatted.map(|fields| serde_json::from_str(fields)) {
                fields.extend(of_span.into_iter().filter(|(name, _)| !name.starts_with(OF_TRACES)));
            }
            // The number of a request is called `id` in its span, and `request_id` wherever it stands alone.
            if of_event.name() == "request"
                && let Some(id) = fields.remove("id")
            {
                fields.insert("request_id".to_owned(), id);
            }
            span = Some(of_event.name());
        }
        event.record(&mut Fields(&mut fields));
        if let Some(message) = fields.remove("message") {
            line.insert("message".to_owned(), message);
        }
        line.insert("target".to_owned(), event.metadata().target().into());
        if let Some(span) = span {
            line.insert("span".to_owned(), span.into());
        }
        line.extend(fields);
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// Fields of an event, as JSON.
struct Fields<'f>(&'f mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_line_of_json_says_to_which_request_and_trace_it_belongs() {
        let written = Written::default();
        let writer = written.clone();
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(move || writer.clone())
            .fmt_fields(JsonFields::new())
            .event_format(Json);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let request = tracing::info_span!(
                "request",
                id = "1-2",
                method = "GET",
                trace_id = tracing::field::Empty,
                otel.kind = "server"
            );
            request.record("trace_id", "abc");
            request.in_scope(|| {
                let call = tracing::info_span!("plugin call", plugin = "dpkg").entered();
                tracing::warn!(bytes = 7_u64, ratio = 0.5, method = "\"own\"", "it says: {}", "a\nb");
                drop(call);
            });
            tracing::info!("alone");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [inside, alone] = lines.as_slice() else { panic!("{text}") };
        for (name, value) in [
            ("level", Value::from("WARN")),
            ("message", "it says: a\nb".into()),
            ("span", "plugin call".into()),
            ("request_id", "1-2".into()),
            ("trace_id", "abc".into()),
            ("plugin", "dpkg".into()),
            ("bytes", 7.into()),
            ("ratio", 0.5.into()),
            ("method", "\"own\"".into()),
        ] {
            assert_eq!(inside[name], value, "{name}: {text}");
        }
        assert!(inside.get("otel.kind").is_none() && inside.get("id").is_none(), "{text}");
        assert_eq!(alone["message"], "alone");
        assert!(alone.get("request_id").is_none() && alone["timestamp"].is_string(), "{text}");
    }
}
