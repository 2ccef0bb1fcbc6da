//! Which spans each thread is in: every thread notes its own, where whoever makes a profile finds them.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Fields whose values are part of what a span is called: those that take few values.
const NAMED: [&str; 4] = ["plugin", "call", "feed", "method"];

/// Bytes of what a span is called, at most.
const NAME: usize = 128;

/// Spans of one thread that are noted, at most.
const DEPTH: usize = 64;

/// Threads that have been in a span, as long as they are there.
static THREADS: Mutex<Vec<Weak<Thread>>> = Mutex::new(Vec::new());

thread_local! {
    /// This thread, once it has been in a span.
    static HERE: Option<Arc<Thread>> = Thread::begin();
}

/// A thread, and the spans in which it is, the outermost first.
#[derive(Debug)]
struct Thread {
    /// As the kernel numbers it.
    id: u64,
    spans: Mutex<Vec<(Id, Arc<str>)>>,
}

impl Thread {
    /// This thread; none where the kernel does not say which one it is.
    fn begin() -> Option<Arc<Self>> {
        let link = std::fs::read_link("/proc/thread-self").ok()?;
        let id = link.file_name()?.to_str()?.parse().ok()?;
        let thread = Arc::new(Self { id, spans: Mutex::default() });
        let mut threads = lock(&THREADS);
        // So that there is room for as many as are there, and not for all that ever were.
        if threads.len() == threads.capacity() {
            threads.retain(|thread| thread.strong_count() > 0);
        }
        threads.push(Arc::downgrade(&thread));
        drop(threads);
        Some(thread)
    }
}

/// The spans of each thread that is in one, by its number.
pub(super) fn of_threads() -> HashMap<u64, Vec<Arc<str>>> {
    // Whoever begins a thread does not wait for more than this copy.
    let threads = lock(&THREADS).clone();
    let spans = threads.iter().filter_map(Weak::upgrade).map(|thread| {
        let spans = lock(&thread.spans).iter().map(|(_, name)| Arc::clone(name)).collect::<Vec<_>>();
        (thread.id, spans)
    });
    spans.filter(|(_, spans)| !spans.is_empty()).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The layer that notes spans of this program.
pub(super) fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    let ours = |metadata: &Metadata<'_>| metadata.is_span() && metadata.target().starts_with("limpid");
    Spans.with_filter(filter_fn(ours).with_max_level_hint(LevelFilter::DEBUG))
}

struct Spans;

/// What a span is called. It is kept with the span.
struct Name(Arc<str>);

impl<S> Layer<S> for Spans
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut name = attributes.metadata().name().to_owned();
        attributes.record(&mut Fields(&mut name));
        name.truncate(name.floor_char_boundary(NAME));
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Name(name.into()));
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let Some(name) = span.extensions().get::<Name>().map(|name| Arc::clone(&name.0)) else { return };
        of_this_thread(|spans| {
            if spans.len() < DEPTH {
                spans.push((id.clone(), name));
            }
        });
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        of_this_thread(|spans| {
            // Nearly always the last; spans need not be left in their order.
            if let Some(place) = spans.iter().rposition(|(known, _)| known == id) {
                spans.remove(place);
            }
        });
    }
}

/// Changes the spans of this thread. One that ends notes nothing more.
fn of_this_thread(change: impl FnOnce(&mut Vec<(Id, Arc<str>)>)) {
    // The error says that the thread is ending.
    let _ = HERE.try_with(|thread| {
        if let Some(thread) = thread {
            change(&mut lock(&thread.spans));
        }
    });
}

/// Adds the values of fields to what a span is called.
struct Fields<'n>(&'n mut String);

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if NAMED.contains(&field.name()) && self.0.len() < NAME {
            self.0.push(' ');
            self.0.push_str(value.get(..value.floor_char_boundary(NAME)).unwrap_or_default());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if NAMED.contains(&field.name()) && self.0.len() < NAME {
            // Writing to a string does not fail, and what a value makes of itself is not ours to judge.
            let _ = write!(self.0, " {value:?}");
        }
    }
}
