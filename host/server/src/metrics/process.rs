//! What the system says of this process, where it has `/proc` (see `proc(5)`). What it does not say is left out.

use std::fs;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::catalogue::{self, Described};

/// Ticks of a second in which `/proc` counts time, on all systems that Linux runs on
/// (`sysconf(_SC_CLK_TCK)`).
const TICKS: f64 = 100.0;

pub(super) fn register(registry: &mut Registry) {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = |name: &str| Some(field(&status, name)?.split(' ').next()?.parse::<u64>().ok()? << 10);
    gauge(registry, &catalogue::PROCESS_RESIDENT, kilobytes("VmRSS"));
    gauge(registry, &catalogue::PROCESS_VIRTUAL, kilobytes("VmSize"));
    gauge(registry, &catalogue::PROCESS_THREADS, field(&status, "Threads").and_then(|it| it.parse().ok()));
    // One of them is that of this directory.
    let open = fs::read_dir("/proc/self/fd").ok().map(|files| files.count().saturating_sub(1) as u64);
    gauge(registry, &catalogue::PROCESS_FILES, open);
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    gauge(registry, &catalogue::PROCESS_MOST_FILES, most_files(&limits));
    let times = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| Times::of(&stat));
    if let Some(times) = times {
        let cpu = Counter::<f64, AtomicU64>::default();
        cpu.inc_by(times.cpu as f64 / TICKS);
        catalogue::PROCESS_CPU.register(registry, cpu);
        let system = fs::read_to_string("/proc/stat").unwrap_or_default();
        let boot = system.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<u64>().ok());
        if let Some(boot) = boot {
            let started = Gauge::<f64, AtomicU64>::default();
            started.set(boot as f64 + times.started as f64 / TICKS);
            catalogue::PROCESS_START.register(registry, started);
        }
    }
}

fn gauge(registry: &mut Registry, described: &Described, value: Option<u64>) {
    if let Some(value) = value {
        let gauge: Gauge = Gauge::default();
        gauge.set(super::whole(value));
        described.register(registry, gauge);
    }
}

/// The value of a line `NAME: VALUE`.
fn field<'s>(status: &'s str, name: &str) -> Option<&'s str> {
    status.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim()))
}

/// The limit that holds, of a line `Max open files  SOFT  HARD  files`.
fn most_files(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// Times of a process, in ticks.
#[derive(Debug, PartialEq, Eq)]
struct Times {
    /// Of processors, for itself and for the system.
    cpu: u64,
    /// When it began, since the system did.
    started: u64,
}

impl Times {
    /// Of `/proc/self/stat`: what stands in brackets, the name of the program, may hold anything.
    fn of(stat: &str) -> Option<Self> {
        let (_, rest) = stat.rsplit_once(')')?;
        // The first of the rest is field 3.
        let mut fields = rest.split_ascii_whitespace().skip(14 - 3);
        let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let started = fields.nth(22 - 16)?.parse().ok()?;
        Some(Self { cpu: user.saturating_add(system), started })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_whatever_the_program_is_called() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 12 30 0 0 20 0 9 0 5000 1000000 200 18446744073709551615";
        assert_eq!(Times::of(stat), Some(Times { cpu: 42, started: 5_000 }));
        assert_eq!(Times::of("7 (a"), None);
        assert_eq!(Times::of("7 (a) S 1"), None);
    }

    #[test]
    fn a_limit_that_is_none_is_left_out() {
        assert_eq!(
            most_files("Max open files            1024                 524288               files"),
            Some(1_024)
        );
        assert_eq!(
            most_files("Max open files            unlimited            unlimited            files"),
            None
        );
    }

    #[test]
    fn this_process_has_memory_and_files() {
        let mut registry = Registry::default();
        register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for name in ["process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"] {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            assert!(line.trim().parse::<f64>().unwrap() >= 0.0, "{text}");
        }
    }
}
