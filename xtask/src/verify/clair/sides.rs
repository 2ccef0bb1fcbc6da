//! The two that are compared, each with all documents.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::feeds::Feeds;
use super::others::Server;
use super::postgres::Postgres;
use super::registry::Registry;
use crate::api::Api;
use crate::command::command;
use crate::limpid::Limpid;
use crate::measure::proportional_memory;
use crate::service::{Interrupts, Service, free_address};

/// How long Clair may take to read all documents.
const UPDATE_LIMIT: Duration = Duration::from_secs(300);

const INDEX: &str = "/indexer/api/v1/index_report";

/// What answers Clair's API.
pub(super) struct Side {
    pub(super) name: &'static str,
    api: Api,
    program: Program,
    /// How long it took to take in all documents.
    pub(super) update: Duration,
}

enum Program {
    Clair { server: Server, database: Postgres },
    Limpid(Service),
}

impl Side {
    fn new(name: &'static str, address: SocketAddr, program: Program, update: Duration) -> Self {
        Self { name, api: Api::new(address), program, update }
    }

    /// Has a manifest indexed, and says how long that took.
    ///
    /// # Errors
    /// Where it is not.
    pub(super) fn index(&self, manifest: &Value) -> anyhow::Result<Duration> {
        let body = manifest.to_string();
        let started = Instant::now();
        let (status, answer) = self.api.send("POST", INDEX, body.as_bytes())?;
        let elapsed = started.elapsed();
        let report: Value = serde_json::from_slice(&answer).unwrap_or_default();
        if status != 201 || report.get("state") != Some(&json!("IndexFinished")) {
            bail!("{} answered {status} to a manifest: {}", self.name, String::from_utf8_lossy(&answer));
        }
        Ok(elapsed)
    }

    /// What it reports of a manifest, and how long that took.
    ///
    /// # Errors
    /// Where it reports nothing.
    pub(super) fn report(&self, digest: &str) -> anyhow::Result<(Duration, Vec<u8>)> {
        let started = Instant::now();
        let report = self.api.get(&format!("/matcher/api/v1/vulnerability_report/{digest}"))?;
        Ok((started.elapsed(), report))
    }

    /// Forgets a manifest and its layers.
    ///
    /// # Errors
    /// Where it does not.
    pub(super) fn delete(&self, digest: &str) -> anyhow::Result<()> {
        match self.api.send("DELETE", &format!("{INDEX}/{digest}"), &[])? {
            (204, _) => Ok(()),
            (status, answer) => {
                bail!("{} answered {status}: {}", self.name, String::from_utf8_lossy(&answer))
            }
        }
    }

    /// What it holds in memory now, its database included.
    ///
    /// # Errors
    /// Where the system does not say.
    pub(super) fn memory(&self) -> anyhow::Result<u64> {
        match &self.program {
            Program::Clair { server, database } => {
                Ok(proportional_memory(server.id())? + proportional_memory(database.server.id())?)
            }
            Program::Limpid(service) => proportional_memory(service.id()),
        }
    }
}

/// Starts Clair with its database, and waits until it has read all documents.
///
/// # Errors
/// Where it does not.
pub(super) fn clair(
    program: &Path,
    folder: &Path,
    publisher: &Server,
    feeds: &Feeds,
) -> anyhow::Result<Side> {
    let database = Postgres::start(folder)?;
    let names = folder.join("names-to-repositories.json");
    fs::write(&names, r#"{"data": {}}"#)?;
    let (address, introspection) = (free_address()?, free_address()?);
    let at = |path: &str| format!("http://{}/{path}", publisher.address);
    let connection = database.connection();
    let settings = json!({
        "http_listen_addr": address.to_string(),
        "introspection_addr": introspection.to_string(),
        "log_level": "info",
        "indexer": {
            "connstring": connection,
            "migrations": true,
            "scanner": {
                // These would ask Red Hat and Maven's search.
                "package": { "java": { "disable_api": true }, "rhel_containerscanner": { "name2repos_mapping_file": names } },
                "repo": { "rhel-repository-scanner": { "repo2cpe_mapping_file": feeds.mapping } },
            },
        },
        "matcher": { "connstring": connection, "migrations": true, "period": "24h", "disable_enrichment": true },
        "notifier": { "connstring": connection, "migrations": true, "poll_interval": "24h", "delivery_interval": "24h" },
        "updaters": {
            "sets": ["alpine", "debian", "osv", "rhel-vex"],
            "config": {
                "alpine": { "url": at("alpine/") },
                "debian": { "mirror_url": at("mirror/"), "json_url": at("tracker.json") },
                "osv": { "url": at("") },
                "rhel-vex": { "url": at("vex/") },
            },
        },
    });
    let file = folder.join("clair.json");
    fs::write(&file, settings.to_string())?;
    let mut clair = command(&program.to_string_lossy());
    clair.arg("-conf").arg(&file).args(["-mode", "combo"]);
    let started = Instant::now();
    let mut server = Server::start("clair", &mut clair, address, "TERM", folder)?;
    let api = Api::new(address);
    server.wait_until("has read all documents", UPDATE_LIMIT, || {
        let (_, done) = api.send("GET", "/matcher/api/v1/internal/update_operation?latest=true", &[])?;
        let done: Value = serde_json::from_slice(&done).unwrap_or_default();
        Ok(feeds.updaters.iter().all(|updater| done.get(updater).is_some()))
    })?;
    Ok(Side::new("Clair", address, Program::Clair { server, database }, started.elapsed()))
}

/// Starts Limpid, and hands it all documents.
///
/// # Errors
/// Where it does not start, or refuses one.
pub(super) fn limpid(
    limpid: &Limpid,
    folder: &Path,
    registry: &Registry,
    feeds: &Feeds,
) -> anyhow::Result<Side> {
    let registries = format!("{{ '{}' = {{}} }}", registry.host());
    let settings = [("LIMPID_CLAIR__ENABLED", "true"), ("LIMPID_REGISTRIES", &registries)];
    let limpid = limpid.clone().with_settings(&settings);
    let started = Instant::now();
    let service = Service::start(&limpid, &folder.join("limpid"), &Interrupts::default())?;
    let api = Api::new(service.address());
    for (feed, document) in &feeds.documents {
        api.import_file(feed, document).with_context(|| format!("`{}`", document.display()))?;
    }
    let address = service.address();
    Ok(Side::new("Limpid", address, Program::Limpid(service), started.elapsed()))
}
