//! What a change of the plugins came to.

use std::process::ExitCode;

use limpid_formats::json::PluginRef;
use limpid_model::PluginId;
use limpid_scanner::runtime::Change;
use serde::Serialize;

use crate::commands::{Format, print, print_json};

/// A change, as programs read it.
#[derive(Debug, Serialize)]
struct Document {
    /// What was there before.
    before: Option<PluginRef>,
    /// What is there now.
    after: Option<PluginRef>,
}

pub(super) fn show(change: Change, format: Format) -> anyhow::Result<ExitCode> {
    match format {
        Format::Table => print(&sentence(&change)),
        Format::Json => print_json(&Document {
            before: change.before.map(PluginRef::from),
            after: change.after.map(PluginRef::from),
        }),
    }
}

fn sentence(change: &Change) -> String {
    let same = |before: &PluginId, after: &PluginId| before.digest == after.digest;
    match (&change.before, &change.after) {
        (Some(before), Some(after)) if same(before, after) => format!("{after} was there already"),
        (Some(before), Some(after)) => format!("{after} replaces {before}"),
        (None, Some(after)) => format!("{after} is added"),
        (Some(before), None) => {
            format!("{before} is removed; `limpid plugin rollback {}` brings it back", before.name)
        }
        (None, None) => String::new(),
    }
}
