pub(crate) mod guest;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use limpid_model::{Blame, Digest, FailureKind, PluginFailure, Role};

use crate::{LoadError, Plugin, PluginLimits, Runtime, Settings};
use guest::{GOOD, Guest};

/// One runtime for all tests that need no settings of their own, with bounds that are met soon.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Runtime::new(Settings {
            call_time: Duration::from_millis(50),
            memory_bytes: 8 << 20,
            table_elements: 1000,
            output_bytes: 1 << 20,
            component_bytes: 64 << 10,
            instances: 4,
            parse_instances: 1,
            ..Settings::default()
        })
        .unwrap()
    })
}

fn load(guest: &Guest) -> Arc<Plugin> {
    runtime().load(&guest.component()).unwrap()
}

fn failure(keys: &'static str) -> PluginFailure {
    let plugin = load(&Guest { keys, ..GOOD });
    plugin.scheme().unwrap().keys("a test", &["1", "2"]).unwrap_err()
}

#[test]
fn identity_and_roles_are_read_from_the_component() {
    let bytes = GOOD.component();
    let plugin = runtime().load(&bytes).unwrap();
    assert_eq!(plugin.id().name, "identity");
    assert_eq!(plugin.id().version, "1.2.3");
    assert_eq!(plugin.id().digest, Digest::of(&bytes));
    assert_eq!(plugin.roles(), [Role::Scheme]);
    assert_eq!(plugin.scheme().unwrap().name(), "bytes");
    assert!(plugin.detector().is_none());
    assert!(plugin.feed().is_none());
}

#[test]
fn what_is_no_plugin_is_refused_with_the_reason() {
    let check = |bytes: &[u8], expected: &str| {
        let error = runtime().load(bytes).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let with = |guest: Guest| guest.component();
    check(b"", "is not WebAssembly");
    check(b"#!/bin/sh\n", "is not WebAssembly");
    check(b"\0asm\x01\0\0\0", "is a core module, not a component");
    check(b"\0asm\x0d\0\x01\0\xff\xff", "does not compile");
    check(b"\0asm\x0d\0\x01\0", "exports none of `limpid:plugin/detector`");
    check(&[0; 65_537], "is 65537 bytes, over the limit of 65536 (setting `plugins.component_bytes`)");
    check(
        &with(Guest { import: r#"(import "wasi:cli/environment@0.2.0" (instance))"#, ..GOOD }),
        "imports `wasi:cli/environment@0.2.0`, which is not part of limpid:plugin in versions 0.2.0 and 0.1.0",
    );
    check(
        &with(Guest { import: r#"(import "limpid:plugin/layer@0.3.0" (instance))"#, ..GOOD }),
        "uses `limpid:plugin/layer@0.3.0`; this host serves versions 0.2.0 and 0.1.0",
    );
    check(
        &with(Guest { export: "limpid:plugin/scheme@0.3.0", ..GOOD }),
        "uses `limpid:plugin/scheme@0.3.0`; this host serves versions 0.2.0 and 0.1.0",
    );
    check(&with(Guest { export: "other:plugin/scheme@0.1.0", ..GOOD }), "exports none of");
    check(&with(Guest { version: None, ..GOOD }), "has no version in its metadata");
    check(&with(Guest { version: Some(""), ..GOOD }), "states as its version ``");
    check(&with(Guest { name: "a.b", ..GOOD }), "states as its name `a.b`");
    check(&with(Guest { export: "limpid:plugin/feed@0.1.0", ..GOOD }), "does not fit the contract: ");
    check(
        &with(Guest {
            import: r#"(import "limpid:plugin/layer@0.1.0" (instance (export "list" (func))))"#,
            ..GOOD
        }),
        "does not fit the contract: ",
    );
}

#[test]
fn a_plugin_of_any_served_version_is_loaded() {
    for export in ["limpid:plugin/scheme@0.1.0", "limpid:plugin/scheme@0.2.0"] {
        let plugin = runtime().load(&Guest { export, ..GOOD }.component()).unwrap();
        assert_eq!(plugin.exports(), [export]);
        assert_eq!(plugin.scheme().unwrap().keys("a test", &["1"]).unwrap().len(), 1);
    }
}

#[test]
fn a_plugin_that_fails_its_first_call_is_not_loaded() {
    let error = runtime().load(&Guest { scheme: "", ..GOOD }.component()).unwrap_err();
    let LoadError::Probe(failure) = error else { panic!("{error}") };
    assert_eq!(failure.kind, FailureKind::Contract);
    assert_eq!(failure.message, "name of the scheme is 0 bytes, not 1 to 64");
}

#[test]
fn a_failed_call_says_why_and_who_is_to_blame() {
    let check = |keys: &'static str, kind: FailureKind, message: &str| {
        let failure = failure(keys);
        assert_eq!((failure.kind, failure.blame), (kind, Blame::Plugin), "{failure}");
        assert!(failure.message.contains(message), "{failure}");
        assert_eq!(failure.call, "keys");
        assert_eq!(failure.plugin.name, "identity");
    };
    check("(loop $ever (br $ever))", FailureKind::Time, "50ms, the limit of setting `plugins.call_time`");
    check(
        "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable",
        FailureKind::Memory,
        "wanted 8454144 bytes of memory, over the limit of 8388608 (setting `plugins.memory_bytes`)",
    );
    check(
        "(drop (table.grow $table (ref.null func) (i32.const 5000))) unreachable",
        FailureKind::Tables,
        "wanted 5001 table elements, over the limit of 1000 (setting `plugins.table_elements`)",
    );
    check("unreachable", FailureKind::Trap, "unreachable");
    check("(drop (i32.load (i32.const -4)))", FailureKind::Trap, "out of bounds memory access");
    check(
        "(return (call $keys (local.get $versions) (local.get $len)))",
        FailureKind::Trap,
        "bytes of stack, the limit of setting `plugins.stack_bytes`",
    );
    check("(local.set $len (i32.const 1))", FailureKind::Contract, "gave 1 keys for 2 versions");
    check("(return (call $answer (i32.const -16) (i32.const 2)))", FailureKind::Contract, "list");
    check("(return (i32.const -4))", FailureKind::Contract, "pointer");
    check("(return (call $answer (i32.const 0) (i32.const 200000)))", FailureKind::Contract, "");
}

#[test]
fn what_a_plugin_panics_of_and_where_is_why_the_call_failed() {
    let plugin = runtime().load(&guest::panicking()).unwrap();
    let failure = plugin.scheme().unwrap().keys("a test", &["1"]).unwrap_err();
    assert_eq!((failure.kind, failure.blame), (FailureKind::Trap, Blame::Plugin));
    assert_eq!(failure.message, "panicked at src/lib.rs:7:5: no such version");
}

#[test]
fn the_last_build_of_a_version_is_the_version_where_the_scheme_knows_no_builds() {
    let ceilings = |guest: &Guest| {
        let plugin = load(guest);
        plugin.scheme().unwrap().ceilings("a test", &["1.0".to_owned(), "9".repeat(5000)]).unwrap()
    };
    let without = ceilings(&GOOD);
    assert_eq!(without.get(0), Some(Ok(&b"1.0"[..])));
    assert_eq!(without.get(1), Some(Err("version is 5000 bytes, over the limit of 4096")));
    assert_eq!(ceilings(&Guest { builds: true, ..GOOD }), without);
}

#[test]
fn what_answers_for_builds_and_orders_nothing_is_no_plugin() {
    let guest = Guest { builds: true, export: "other:plugin/scheme@0.1.0", ..GOOD };
    let error = runtime().load(&guest.component()).unwrap_err().to_string();
    assert!(error.contains("exports none of"), "{error}");
}

/// Eight mebibytes are in the plugin's memory, and the one key that it gives spans two of them.
const LONG_KEY: &str = "(drop (memory.grow (i32.const 64)))
    (i32.store8 (i32.const 32) (i32.const 0))
    (i32.store (i32.const 36) (i32.const 1024))
    (i32.store (i32.const 40) (i32.const 2097152))
    (return (call $answer (i32.const 32) (i32.const 1)))";

#[test]
fn what_a_call_returns_is_bounded() {
    let failure = failure(LONG_KEY);
    assert_eq!((failure.kind, failure.blame), (FailureKind::Output, Blame::Plugin));
    assert_eq!(
        failure.message,
        "returned more than 1048576 bytes at once, the limit of setting `plugins.output_bytes`"
    );
}

#[test]
fn memory_that_is_too_large_from_the_start_is_refused() {
    let error = runtime().load(&Guest { pages: 200, ..GOOD }.component()).unwrap_err();
    assert!(error.to_string().contains("memory"), "{error}");
}

#[test]
fn a_failure_of_one_call_does_not_reach_the_next() {
    let plugin =
        load(&Guest { keys: "(if (i32.eq (local.get $len) (i32.const 1)) (then unreachable))", ..GOOD });
    let scheme = plugin.scheme().unwrap();
    assert!(scheme.keys("a test", &["1"]).is_err());
    assert_eq!(scheme.keys("a test", &["1", "2"]).unwrap().len(), 2);
}

#[test]
fn keys_come_in_the_order_of_the_versions_over_any_number_of_batches() {
    let plugin = load(&GOOD);
    let versions: Vec<String> = (0..20_000).map(|number| format!("{number:05}")).collect();
    let keys = plugin.scheme().unwrap().keys("a test", &versions).unwrap();
    assert_eq!(keys.len(), versions.len());
    assert!(keys.iter().zip(&versions).all(|(key, version)| key == Ok(version.as_bytes())));
}

#[test]
fn a_version_that_is_too_long_has_no_key_and_the_others_have() {
    let plugin = load(&GOOD);
    let keys =
        plugin.scheme().unwrap().keys("a test", &["1".to_owned(), "9".repeat(5000), "2".to_owned()]).unwrap();
    let expected = [Ok(&b"1"[..]), Err("version is 5000 bytes, over the limit of 4096"), Ok(b"2")];
    assert_eq!(keys.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn more_calls_at_a_time_than_there_are_instances_wait_for_each_other() {
    let plugin = load(&GOOD);
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..32)
            .map(|_| scope.spawn(|| plugin.scheme().unwrap().keys("a test", &["1"]).unwrap().len()))
            .collect();
        assert!(calls.into_iter().all(|call| call.join().unwrap() == 1));
    });
}

#[test]
fn a_setting_that_makes_no_sense_is_named() {
    let check = |settings: Settings, expected: &str| {
        assert_eq!(Runtime::new(settings).unwrap_err().to_string(), expected);
    };
    check(
        Settings { instances: 0, ..Settings::default() },
        "setting `plugins.instances` is 0, must be at least 1",
    );
    check(
        Settings { memory_bytes: 5 << 30, ..Settings::default() },
        "setting `plugins.memory_bytes` is 5368709120, must be at most 4294967296",
    );
}

#[test]
fn a_plugin_that_fails_again_and_again_is_not_called_until_it_is_released() {
    let settings = Settings { quarantine_after: 3, instances: 2, parse_instances: 1, ..Settings::default() };
    let runtime = Runtime::new(settings).unwrap();
    let bad = runtime.load(&Guest { keys: "unreachable", ..GOOD }.component()).unwrap();
    let kind = |cause: &str| bad.scheme().unwrap().keys(cause, &["1"]).unwrap_err().kind;
    let kinds = |causes: &str| causes.chars().map(|cause| kind(&cause.to_string())).collect::<Vec<_>>();
    let (trap, quarantined) = (FailureKind::Trap, FailureKind::Quarantined);
    assert_eq!(kinds("aaaaa"), [trap, trap, trap, quarantined, quarantined]);
    assert_eq!(bad.quarantined(), None, "one image takes it from nobody else");
    assert_eq!(kinds("bcd"), [trap, trap, quarantined]);
    assert!(bad.quarantined().unwrap().contains("plugins.quarantine_after"));
    bad.release();
    assert_eq!((bad.quarantined(), kind("d")), (None, trap));
}

#[test]
fn a_plugin_is_kept_to_its_own_lower_limit_which_the_failure_names() {
    let limits = PluginLimits { memory_bytes: Some(2 << 20), ..PluginLimits::default() };
    let settings = Settings {
        instances: 2,
        parse_instances: 1,
        limits: [("identity".to_owned(), limits)].into(),
        ..Settings::default()
    };
    let keys =
        "(drop (memory.grow (i32.const 63))) (if (i32.eq (memory.size) (i32.const 1)) (then unreachable))";
    let runtime = Runtime::new(settings).unwrap();
    let own = runtime.load(&Guest { keys, ..GOOD }.component()).unwrap();
    let failure = own.scheme().unwrap().keys("a test", &["1"]).unwrap_err();
    assert_eq!(
        (failure.kind, failure.message.as_str()),
        (
            FailureKind::Memory,
            "wanted 4194304 bytes of memory, over the limit of 2097152 \
             (setting `plugins.limits.identity.memory_bytes`)"
        )
    );
    let other = runtime.load(&Guest { keys, name: "other", ..GOOD }.component()).unwrap();
    assert!(other.scheme().unwrap().keys("a test", &["1"]).is_ok());
}

#[test]
fn what_may_not_run_is_not_even_looked_into() {
    let allow = vec![Digest::of(&GOOD.component()).to_string()];
    let settings = Settings { instances: 2, parse_instances: 1, allow, ..Settings::default() };
    let runtime = Runtime::new(settings).unwrap();
    assert!(runtime.load(&GOOD.component()).is_ok());
    let error = runtime.load(b"anything").unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "may not run: setting `plugins.allow` names what may, and it is {}, which is not among those",
            Digest::of(b"anything")
        )
    );
}
