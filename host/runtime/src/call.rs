use std::borrow::Cow;
use std::time::{Duration, Instant, SystemTime};

use limpid_model::{Blame, FailureKind, InputError, PluginFailure, PluginId, PluginLimit, RecentFailure};
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Store, UpdateDeadline};

use crate::bounds::{Bound, Bounds};
use crate::contract::types;
use crate::convert::{self, shorten};
use crate::detector::{Found, LayerFile};
use crate::engine::{Lane, Runtime};
use crate::failure::{Stop, judge};
use crate::feed::Intake;
use crate::health::Health;
use crate::limits::{Budget, Limits};
use crate::log::Log;

/// Handles that a plugin may hold beside those of the files that it is shown.
const SPARE_HANDLES: usize = 1024;

/// What each piece of work that the host does for a plugin takes of the plugin's time, where it
/// takes that long. Reading 256 KiB of a document takes about as much.
const TOLL: Duration = Duration::from_micros(50);

/// What belongs to one call: how far it has grown, how long it has run, and what the host lends
/// it. It ends with the call.
pub(crate) struct State {
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) files: Vec<Box<dyn LayerFile>>,
    pub(crate) found: Option<Found>,
    pub(crate) intake: Option<Intake>,
    pub(crate) log: Log,
}

impl State {
    pub(crate) fn new(bounds: &Bounds, borrowed: Borrowed) -> Self {
        let clock = Clock::start(match borrowed.intake {
            Some(_) => &bounds.parse_time,
            None => &bounds.call_time,
        });
        let limits = Limits {
            memory: Budget::new(bounds.memory_bytes.limit),
            tables: Budget::new(bounds.table_elements.limit),
        };
        let log = Log::new(bounds.log_bytes.limit);
        Self { limits, clock, files: borrowed.files, found: borrowed.found, intake: borrowed.intake, log }
    }
}

impl types::Host for State {}

/// Measures what a plugin takes of its time.
pub(crate) struct Clock {
    limit: Duration,
    setting: Cow<'static, str>,
    deadline: Instant,
}

impl Clock {
    fn start(bound: &Bound<Duration>) -> Self {
        let Bound { limit, setting } = bound.clone();
        let now = Instant::now();
        // A limit beyond what the clock can tell is none.
        let deadline = now.checked_add(limit).unwrap_or(now + Duration::from_secs(u32::MAX.into()));
        Self { limit, setting, deadline }
    }

    /// Does the host's work for a plugin. A slow disk, or a sink that writes to a store, is not
    /// the plugin's fault and does not take from its time, but for a toll: asking the host a
    /// million times for nothing does.
    pub(crate) fn aside<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let result = work();
        self.deadline += started.elapsed().saturating_sub(TOLL);
        result
    }

    fn check(&self) -> Result<(), Stop> {
        if Instant::now() < self.deadline {
            return Ok(());
        }
        Err(Stop::Time { limit: self.limit, setting: self.setting.clone() })
    }
}

/// What the host lends a plugin for one call.
#[derive(Default)]
pub(crate) struct Borrowed {
    pub(crate) files: Vec<Box<dyn LayerFile>>,
    pub(crate) found: Option<Found>,
    pub(crate) intake: Option<Intake>,
}

/// A plugin as something to call: who it is, and how it is instantiated.
pub(crate) struct Callee {
    pub(crate) id: PluginId,
    runtime: Runtime,
    bounds: Bounds,
    instance: InstancePre<State>,
    pub(crate) health: Health,
}

impl Callee {
    pub(crate) fn new(id: PluginId, runtime: Runtime, instance: InstancePre<State>) -> Self {
        let bounds = Bounds::of(runtime.settings(), &id.name);
        Self { id, runtime, bounds, instance, health: Health::default() }
    }

    pub(crate) const fn instance_pre(&self) -> &InstancePre<State> {
        &self.instance
    }

    /// What one `parse` may put into its sink.
    pub(crate) fn parse_output_bytes(&self) -> u64 {
        self.runtime.settings().parse_output_bytes
    }

    /// What one `detect` may find, in bytes.
    pub(crate) fn detect_output_bytes(&self) -> u64 {
        self.runtime.settings().detect_output_bytes
    }

    /// Runs one call that somebody waits for, where the plugin's health allows it, and takes into
    /// account what came of it. `cause` is what it is made for.
    pub(crate) fn counted<R>(
        &self,
        cause: &str,
        name: &'static str,
        run: impl FnOnce() -> Result<R, PluginFailure>,
    ) -> Result<R, PluginFailure> {
        let settings = self.runtime.settings();
        if let Some(why) = self.health.refuses(cause, settings, Instant::now()) {
            return Err(self.failure(name, FailureKind::Quarantined, Blame::Plugin, why));
        }
        let outcome = run();
        if let Err(failure) = &outcome {
            self.health.note(cause, failure, SystemTime::now());
        }
        match &outcome {
            // What the host failed at says nothing of the plugin.
            Err(failure) if failure.blame == Blame::Host => {}
            Err(failure) if failure.kind != FailureKind::Refused => {
                if self.health.failed(cause, failure, settings, Instant::now()) {
                    tracing::error!(plugin = %self.id.name, "plugin {} is quarantined: {failure}", self.id);
                }
            }
            _ => self.health.went_well(cause),
        }
        outcome
    }

    /// What it may use, each with its setting.
    pub(crate) fn limits(&self) -> Vec<PluginLimit> {
        let settings = self.runtime.settings();
        let of_all = [
            ("plugins.detect_output_bytes", settings.detect_output_bytes),
            ("plugins.parse_output_bytes", settings.parse_output_bytes),
            ("plugins.quarantine_after", u64::from(settings.quarantine_after)),
        ];
        let of_all = of_all.map(|(setting, limit)| PluginLimit { setting: setting.to_owned(), limit });
        self.bounds.list().into_iter().chain(of_all).collect()
    }

    /// How calls have failed lately, the last first.
    pub(crate) fn failures(&self) -> Vec<RecentFailure> {
        self.health.recent(self.runtime.settings(), Instant::now())
    }

    /// Runs one call for which nobody waits yet, unless the plugin is quarantined. What comes of it is held neither
    /// for nor against the plugin: where it fails, the call is made again when somebody waits.
    pub(crate) fn uncounted<R>(
        &self,
        name: &'static str,
        run: impl FnOnce() -> Result<R, PluginFailure>,
    ) -> Result<R, PluginFailure> {
        match self.health.quarantined() {
            Some(why) => Err(self.failure(name, FailureKind::Quarantined, Blame::Plugin, why)),
            None => run(),
        }
    }

    /// Runs one call, bounded, in an instance of its own.
    pub(crate) fn call<R>(
        &self,
        name: &'static str,
        borrowed: Borrowed,
        run: impl FnOnce(&mut Store<State>, &Instance) -> wasmtime::Result<R>,
    ) -> Result<R, PluginFailure> {
        let _place = self.lane(&borrowed).enter();
        let span = tracing::info_span!(
            "plugin call",
            plugin = %self.id.name,
            version = %self.id.version,
            call = name,
            outcome = tracing::field::Empty,
        )
        .entered();
        let began = Instant::now();
        let mut store = self.store(borrowed);
        let result = match self.instance.instantiate(&mut store) {
            Ok(instance) => run(&mut store, &instance),
            Err(error) => Err(error),
        };
        let result = result.map_err(|error| {
            let state = store.data_mut();
            let verdict = judge(&error, &state.limits, &self.bounds);
            let message = state.log.explain(verdict.kind, verdict.message);
            self.failure(name, verdict.kind, verdict.blame, message)
        });
        let outcome = result.as_ref().map_or_else(|failure| failure.kind.as_str(), |_| "answered");
        span.record("outcome", outcome);
        self.runtime.0.times.ended(&self.id.name, name, outcome, began.elapsed());
        result
    }

    fn lane(&self, borrowed: &Borrowed) -> &Lane {
        if borrowed.intake.is_some() { &self.runtime.0.parses } else { &self.runtime.0.calls }
    }

    fn store(&self, borrowed: Borrowed) -> Store<State> {
        // A view may be asked for its files more than once.
        let handles = borrowed.files.len().saturating_mul(2).saturating_add(SPARE_HANDLES);
        let mut store = Store::new(&self.runtime.0.engine, State::new(&self.bounds, borrowed));
        store.limiter(|state| &mut state.limits);
        store.set_hostcall_fuel(self.bounds.output_bytes.limit);
        store.set_max_component_handles(handles);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|store| {
            store.data().clock.check()?;
            Ok(UpdateDeadline::Continue(1))
        });
        store
    }

    /// The plugin returned what the contract forbids.
    pub(crate) fn violation(&self, call: &'static str, message: String) -> PluginFailure {
        self.failure(call, FailureKind::Contract, Blame::Plugin, shorten(message))
    }

    /// The plugin stated that its input cannot be used.
    pub(crate) fn refusal(&self, call: &'static str, error: types::Error) -> PluginFailure {
        let error: InputError = convert::input_error(error);
        self.failure(call, FailureKind::Refused, Blame::Input, error.to_string())
    }

    fn failure(&self, call: &'static str, kind: FailureKind, blame: Blame, message: String) -> PluginFailure {
        PluginFailure { plugin: self.id.clone(), call: call.to_owned(), kind, blame, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(limit: Duration) -> Clock {
        Clock::start(&Bound { limit, setting: "plugins.call_time".into() })
    }

    #[test]
    fn time_that_the_host_spends_for_a_plugin_is_not_the_plugins() {
        let mut clock = clock(Duration::from_secs(60));
        let before = clock.deadline;
        let spent = clock.aside(|| {
            let started = Instant::now();
            while started.elapsed() < Duration::from_micros(100) {}
            started.elapsed()
        });
        assert!(clock.deadline + TOLL >= before + spent);
    }

    #[test]
    fn asking_the_host_again_and_again_for_little_takes_time() {
        let mut clock = clock(Duration::from_millis(5));
        for _ in 0..1_000 {
            clock.aside(|| {
                let started = Instant::now();
                while started.elapsed() < TOLL / 2 {}
            });
        }
        assert!(clock.check().is_err());
    }

    #[test]
    fn a_limit_beyond_what_the_clock_can_tell_is_none() {
        assert!(clock(Duration::MAX).check().is_ok());
        assert!(clock(Duration::ZERO).check().is_err());
    }
}
