use std::path::Path;
use std::sync::Arc;

use limpid_model::{NoticeFilter, SubscriptionSpec};
use limpid_store::Settings as StoreSettings;

use super::*;
use crate::Scanner;
use crate::test_support::scanner_with;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BROKER: &str = "amqp://user:Zq7hidden3xK@broker.example";

/// Keys of 32 times these characters.
fn keys(letters: &str) -> Arc<Keys> {
    // A base64 digit repeated 42 times, and one whose unused bits are zero.
    let lines = letters.chars().map(|letter| letter.to_string().repeat(42) + "A=\n");
    if letters.is_empty() { Arc::default() } else { Arc::new(lines.collect::<String>().parse().unwrap()) }
}

/// What a process with these keys does to the store.
fn with<T>(path: &Path, letters: &str, act: impl FnOnce(&Scanner) -> T) -> T {
    let store = Store::open(path, &StoreSettings::default()).unwrap();
    let (scanner, _scratch) = scanner_with(store, |settings| settings.secrets = keys(letters));
    act(&scanner)
}

fn put(scanner: &Scanner, name: &str, target: Target) {
    let filter = NoticeFilter::default();
    let spec = SubscriptionSpec { target, filter, period: None, enabled: true };
    scanner.notifying().put_subscription(name, spec).unwrap();
}

fn webhook() -> Target {
    Target::Webhook {
        url: "https://receiver.example/hook?key=Zq7hidden3xK".to_owned(),
        secret: SECRET.to_owned(),
    }
}

fn broker() -> Target {
    Target::Amqp { url: BROKER.to_owned(), exchange: String::new(), routing_key: "q".to_owned() }
}

fn target(scanner: &Scanner, name: &str) -> Target {
    scanner.subscription(name).unwrap().spec.target
}

/// Files of the store in which one of the secrets is.
fn files_with_secrets(path: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_with_secrets(&entry.path()));
            continue;
        }
        let bytes = std::fs::read(entry.path()).unwrap();
        for secret in ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "Zq7hidden3xK"] {
            if bytes.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                found.push(entry.file_name().into_string().unwrap());
            }
        }
    }
    found
}

#[test]
fn with_a_key_no_secret_is_in_any_file_of_the_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    with(path, "B", |scanner| {
        put(scanner, "hook", webhook());
        put(scanner, "broker", broker());
        assert_eq!((target(scanner, "hook"), target(scanner, "broker")), (webhook(), broker()));
        assert_eq!(scanner.secrets_at_rest().unwrap(), SecretsAtRest::default());
        // The log has them only.
        assert_eq!(files_with_secrets(path), Vec::<String>::new());
        scanner.store().compact().unwrap();
        assert_eq!(files_with_secrets(path), Vec::<String>::new());
    });
    with(path, "B", |scanner| assert_eq!(target(scanner, "hook"), webhook()));
    assert_eq!(files_with_secrets(path), Vec::<String>::new());
}

#[test]
fn what_was_kept_plain_is_encrypted_with_the_first_key_and_left_in_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    with(path, "", |scanner| {
        put(scanner, "hook", webhook());
        assert_eq!(scanner.secrets_at_rest().unwrap().plain, ["hook"]);
        // One in a table file, and one in the log.
        scanner.store().compact().unwrap();
        put(scanner, "broker", broker());
        let found = files_with_secrets(path);
        assert!(found.iter().any(|file| file.ends_with(".sst")), "{found:?}");
        assert!(found.iter().any(|file| file.ends_with(".log")), "{found:?}");
    });
    with(path, "B", |scanner| {
        assert_eq!(files_with_secrets(path), Vec::<String>::new());
        assert_eq!((target(scanner, "hook"), target(scanner, "broker")), (webhook(), broker()));
        assert!(scanner.store().view().get::<Marks>(&MARK.to_owned()).unwrap().is_none());
    });
    assert_eq!(files_with_secrets(path), Vec::<String>::new());
}

#[test]
fn a_process_that_ends_before_the_files_are_clean_leaves_that_to_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    with(path, "", |scanner| {
        put(scanner, "hook", webhook());
        scanner.store().compact().unwrap();
    });
    // As if the process had ended between encrypting and cleaning.
    with(path, "", |scanner| {
        let mut subscription = scanner.subscription("hook").unwrap();
        subscription.spec.target = sealed(&keys("B"), "hook", webhook()).unwrap();
        let mut batch = Batch::default();
        batch.put::<Subscriptions>(&"hook".to_owned(), &Row::from(&subscription)).unwrap();
        batch.put::<Marks>(&MARK.to_owned(), &marks::Row::default()).unwrap();
        scanner.store().commit(batch).unwrap();
        assert!(!files_with_secrets(path).is_empty());
    });
    with(path, "B", |_| assert_eq!(files_with_secrets(path), Vec::<String>::new()));
}

#[test]
fn a_new_key_before_the_old_one_encrypts_anew_and_the_old_one_may_go() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    with(path, "B", |scanner| put(scanner, "hook", webhook()));
    with(path, "CB", |scanner| assert_eq!(target(scanner, "hook"), webhook()));
    with(path, "C", |scanner| assert_eq!(target(scanner, "hook"), webhook()));
    with(path, "B", |scanner| assert!(matches!(target(scanner, "hook"), Target::Sealed(_))));
}

#[test]
fn without_its_key_a_subscription_waits_and_nothing_of_it_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    with(path, "B", |scanner| put(scanner, "hook", webhook()));
    for others in ["", "C"] {
        with(path, others, |scanner| {
            let state = scanner.subscription_state("hook").unwrap();
            let failure = state.failure.unwrap();
            assert!(
                failure.contains("`secrets.key_file`") && failure.contains("which is not there"),
                "{failure}"
            );
            assert_eq!(scanner.secrets_at_rest().unwrap().locked, [("hook".to_owned(), failure)]);
            assert!(matches!(
                scanner.notifying().next("hook").unwrap(),
                super::super::message::Next::Nothing
            ));
            // Counting its notices writes its row again.
            scanner.notifying().post_now();
        });
    }
    with(path, "CB", |scanner| assert_eq!(target(scanner, "hook"), webhook()));
}

#[test]
fn what_is_encrypted_is_of_one_subscription() {
    let sealed = sealed(&keys("B"), "one", webhook()).unwrap();
    assert_eq!(opened(&keys("B"), "one", sealed.clone()), Ok(webhook()));
    assert!(opened(&keys("B"), "other", sealed).is_err());
}

#[test]
fn what_is_encrypted_has_a_form_that_stays() {
    let plain = r#"{"webhook":{"url":"https://a.example","secret":"whsec_a"}}"#;
    let webhook = Target::Webhook { url: "https://a.example".to_owned(), secret: "whsec_a".to_owned() };
    let amqp = r#"{"amqp":{"url":"amqp://a","exchange":"e","routing_key":"q"}}"#;
    let broker =
        Target::Amqp { url: "amqp://a".to_owned(), exchange: "e".to_owned(), routing_key: "q".to_owned() };
    for (text, target) in [(plain, webhook), (amqp, broker)] {
        let keys = keys("B");
        let Sealed { key, bytes } = keys.seal(&place("s"), text.as_bytes()).unwrap().unwrap();
        assert_eq!(opened(&keys, "s", Target::Sealed(SealedTarget { key, bytes })), Ok(target));
    }
}
