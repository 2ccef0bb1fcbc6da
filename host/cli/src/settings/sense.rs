//! Settings that can be used, and together make no sense.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Settings;

/// What makes no sense of settings that can be used, a sentence each.
pub(crate) fn warnings(settings: &Settings) -> Vec<String> {
    let mut found = Vec::new();
    orders(settings, &mut found);
    nothing_left(settings, &mut found);
    exposed(settings, &mut found);
    for (setting, path) in secret_files(settings) {
        let mode = std::fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
        if mode & 0o007 != 0 {
            found.push(format!(
                "everybody on this machine can read file `{}` of setting `{setting}`: `chmod o= FILE` changes that",
                path.display()
            ));
        }
    }
    found
}

/// Settings of which one is to be at most the other.
fn orders(settings: &Settings, found: &mut Vec<String>) {
    let Settings { index, feeds, notices, watches, registries, keep, layers, .. } = settings;
    let at_most = [
        ("index.backoff", index.backoff, "index.longest_backoff", index.longest_backoff),
        ("feeds.retry", feeds.retry.as_secs(), "feeds.interval", feeds.interval.as_secs()),
        ("feeds.backoff", feeds.backoff.as_secs(), "feeds.longest_wait", feeds.longest_wait.as_secs()),
        ("feeds.idle_time", feeds.idle_time.as_secs(), "feeds.document_time", feeds.document_time.as_secs()),
        ("notices.backoff", notices.backoff, "notices.longest_backoff", notices.longest_backoff),
        ("watches.retry", watches.retry, "watches.interval", watches.interval),
        (
            "registries.backoff",
            registries.backoff.as_secs(),
            "registries.longest_wait",
            registries.longest_wait.as_secs(),
        ),
        (
            "registries.idle_time",
            registries.idle_time.as_secs(),
            "registries.layer_time",
            registries.layer_time.as_secs(),
        ),
        ("keep.file_bytes", keep.file_bytes, "keep.layer_bytes", keep.layer_bytes),
        ("keep.layer_bytes", keep.layer_bytes, "keep.total_bytes", keep.total_bytes),
        (
            "layers.claimed_file_bytes",
            layers.claimed_file_bytes,
            "layers.claimed_bytes",
            layers.claimed_bytes,
        ),
    ];
    for (lower, low, upper, high) in at_most {
        if low > high {
            found.push(format!(
                "`{lower}` is {low}, more than `{upper}`, which is {high}: the lower one counts"
            ));
        }
    }
}

/// Numbers that leave nothing of what the service is for.
fn nothing_left(settings: &Settings, found: &mut Vec<String>) {
    let at_least = [
        ("index.jobs", settings.index.jobs, 1),
        ("index.layers", settings.index.layers, 1),
        ("feeds.jobs", settings.feeds.jobs, 1),
        ("watches.jobs", settings.watches.jobs, 1),
        ("watches.requests", settings.watches.requests, 1),
        ("notices.workers", settings.notices.workers, 2),
        ("http.read_workers", settings.http.read_workers, 1),
        ("http.write_workers", settings.http.write_workers, 1),
    ];
    for (key, value, least) in at_least {
        if value < least {
            found.push(format!("`{key}` is {value}, and counts as {least}"));
        }
    }
    let nobody = [
        ("index.queue", settings.index.queue, "every submission is put off"),
        ("http.connections", settings.http.connections, "nobody is answered"),
    ];
    for (key, value, then) in nobody {
        if value == 0 {
            found.push(format!("`{key}` is 0: {then}"));
        }
    }
    let http = &settings.http;
    if http.writers.is_empty() && !settings.is_reached() {
        for (key, value) in [
            ("http.change_plugins", http.change_plugins),
            ("http.change_subscriptions", http.change_subscriptions),
        ] {
            if value {
                found.push(format!(
                    "`{key}` is `true` for other machines, and `http.writers` lets none of them write"
                ));
            }
        }
    }
    if !settings.feeds.fetch && settings.feeds.each.values().any(|feed| feed.interval.is_some()) {
        found.push("feeds have an `interval`, and `feeds.fetch` is `false`: none is fetched".to_owned());
    }
}

/// What lets others in.
fn exposed(settings: &Settings, found: &mut Vec<String>) {
    if settings.is_reached() && matches!(settings.tls.load(), Ok(None)) {
        found.push(format!(
            "the service listens on `{}` without `tls.certificate`: tokens come unencrypted, unless a proxy stands before it",
            settings.listen
        ));
    }
    for network in &settings.http.proxies {
        if network.to_string().ends_with("/0") {
            found.push(format!(
                "`http.proxies` has `{network}`: whatever anybody says of whom they forward for is believed"
            ));
        }
    }
}

/// The files that hold secrets, by their settings.
pub(crate) fn secret_files(settings: &Settings) -> Vec<(String, &Path)> {
    let mut files: Vec<(String, Option<&Path>)> = vec![
        ("token_file".to_owned(), settings.token_file.as_deref()),
        ("events.secret_file".to_owned(), settings.events.secret_file()),
        ("tls.key".to_owned(), settings.tls.key()),
        ("secrets.key_file".to_owned(), settings.secrets.key_file()),
        ("access.psk.key_file".to_owned(), settings.access.shared_key_file()),
        ("telemetry.headers_file".to_owned(), settings.telemetry.headers_file.as_deref()),
    ];
    for (host, one) in &settings.registries.each {
        files.push((format!("registries.\"{host}\".password_file"), one.password_file.as_deref()));
        files.push((format!("registries.\"{host}\".client_key"), one.client_key.as_deref()));
    }
    files.into_iter().filter_map(|(setting, path)| Some((setting, path?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_make_sense() {
        assert_eq!(warnings(&Settings::default()), Vec::<String>::new());
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        let mut settings = Settings::default();
        settings.index.jobs = 0;
        settings.watches.retry = settings.watches.interval + 1;
        settings.http.proxies = vec!["0.0.0.0/0".parse().unwrap()];
        settings.listen = ([0, 0, 0, 0], 80).into();
        let found = warnings(&settings).join("\n");
        for expected in
            ["`index.jobs` is 0", "`watches.retry` is 3601", "`0.0.0.0/0`", "`0.0.0.0:80` without"]
        {
            assert!(found.contains(expected), "{expected}: {found}");
        }
    }

    #[test]
    fn a_secret_that_everybody_can_read_is_told() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut settings = Settings { token_file: Some(file.path().to_owned()), ..Settings::default() };
        settings.telemetry.headers_file = Some(file.path().to_owned());
        let mode =
            |mode| std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o600);
        assert_eq!(warnings(&settings).len(), 0);
        mode(0o644);
        let found = warnings(&settings).concat();
        assert!(found.contains("`token_file`") && found.contains("`telemetry.headers_file`"), "{found}");
    }
}
