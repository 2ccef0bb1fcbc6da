use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::bounded::Bounded;
use crate::context;
use crate::export::Exporter;
use crate::settings::{Settings, SettingsError, Target, Variable};

/// How long the end of the process waits for the last spans to be sent.
const LAST: Duration = Duration::from_secs(2);

/// Spans by what became of them, since the process began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that the collector took.
    pub sent: u64,
    /// Those that found no place in the queue (setting `telemetry.queue`).
    pub dropped: u64,
    /// Those that the collector did not take, or that could not be sent in time.
    pub failed: u64,
    /// Those that wait to be sent.
    pub waiting: u64,
}

/// What is counted of spans.
#[derive(Debug)]
pub(crate) struct Tally {
    limit: usize,
    waiting: AtomicUsize,
    sent: AtomicU64,
    dropped: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    fn new(limit: usize) -> Self {
        let count = AtomicU64::default;
        Self { limit, waiting: AtomicUsize::new(0), sent: count(), dropped: count(), failed: count() }
    }

    /// Takes a place for a span, where there is one.
    pub(crate) fn enters(&self) -> bool {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        if before < self.limit {
            return true;
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.dropped.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// So many spans wait no longer. `rejected` are those that the collector did not take, none where it took
    /// none.
    pub(crate) fn left(&self, count: u64, rejected: Option<u64>) {
        let places = usize::try_from(count).unwrap_or(usize::MAX);
        self.waiting.fetch_sub(places, Ordering::Relaxed);
        let failed = rejected.unwrap_or(count).min(count);
        self.failed.fetch_add(failed, Ordering::Relaxed);
        self.sent.fetch_add(count - failed, Ordering::Relaxed);
    }

    fn counts(&self) -> Counts {
        Counts {
            sent: self.sent.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            waiting: self.waiting.load(Ordering::Relaxed) as u64,
        }
    }
}

/// Of the process; there is one log of it, too.
static TALLY: OnceLock<Arc<Tally>> = OnceLock::new();

/// What became of the spans of this process; none where none are sent.
pub fn counts() -> Option<Counts> {
    TALLY.get().map(|tally| tally.counts())
}

/// Sends the spans of the process to a collector, until it is dropped.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    address: String,
}

impl Traces {
    /// Starts the thread that sends; none where no collector is named.
    ///
    /// # Errors
    /// What is wrong with the settings, or with a variable of OpenTelemetry.
    pub fn start(settings: &Settings) -> Result<Option<Self>, SettingsError> {
        let variable = |name: &str| std::env::var(name).ok();
        let Some(target) = settings.target(&variable)? else { return Ok(None) };
        let tally = Arc::clone(TALLY.get_or_init(|| Arc::new(Tally::new(settings.queue))));
        Ok(Some(Self::counted(target, settings, &variable, tally)))
    }

    fn counted(target: Target, settings: &Settings, variable: Variable<'_>, tally: Arc<Tally>) -> Self {
        let address = target.address.clone();
        let exporter = Exporter::new(target, settings.answer_time, Arc::clone(&tally));
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(settings.queue)
            .with_max_export_batch_size(settings.batch.min(settings.queue))
            .with_scheduled_delay(settings.interval)
            .build();
        let batches = BatchSpanProcessor::new(exporter, config);
        let mut provider = SdkTracerProvider::builder()
            .with_span_processor(Bounded { batches, tally })
            .with_resource(resource(settings, variable));
        if let Some(ratio) = settings.sample_ratio {
            provider =
                provider.with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(ratio))));
        }
        context::turn_on();
        Self { provider: provider.build(), address }
    }

    /// Whither spans are sent.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The layer of the log that makes spans of spans, and events of warnings and errors.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        let ours = |metadata: &Metadata<'_>| {
            metadata.target().starts_with("limpid")
                && (metadata.is_span() || *metadata.level() <= Level::WARN)
        };
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("limpid"))
            .with_context_activation(false)
            .with_tracked_inactivity(false)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_filter(filter_fn(ours).with_max_level_hint(LevelFilter::DEBUG))
    }
}

impl Drop for Traces {
    /// Sends what waits, for as long as that takes little.
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown_with_timeout(LAST) {
            tracing::warn!("the last spans are not sent: {error}");
        }
    }
}

/// Who sends. What [`Settings::service_name`] says goes before the variables of OpenTelemetry, and those before
/// our own name.
fn resource(settings: &Settings, variable: Variable<'_>) -> Resource {
    let is_named = variable("OTEL_SERVICE_NAME").is_some_and(|name| !name.is_empty())
        || variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
    let name = settings.service_name.clone().or_else(|| (!is_named).then(|| "limpid".to_owned()));
    let resource =
        Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    match name {
        Some(name) => resource.with_service_name(name).build(),
        None => resource.build(),
    }
}

#[cfg(test)]
mod tests;
