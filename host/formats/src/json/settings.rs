//! Settings in force.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Word;

/// Settings in force, in the order of their keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Settings {
    /// The settings.
    pub settings: Vec<Setting>,
}

/// A setting in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Setting {
    /// Its key, as in TOML: `http.wait`.
    pub key: String,
    /// Its value; null: there is none, or it is secret.
    #[schema(required)]
    pub value: Option<serde_json::Value>,
    /// Whether there is a value that is secret.
    pub secret: bool,
    /// Where it comes from.
    #[serde(flatten)]
    pub origin: SettingOrigin,
}

/// Where a setting comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettingOrigin {
    /// `default`, `file`, `credential`, `environment` or `flag`.
    #[schema(value_type = String)]
    pub source: Word,
    /// The file, the variable or the flag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<String>,
    /// The line of the settings file, from 1 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub line: Option<usize>,
}

/// What became of settings that were read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReloadedSettings {
    /// Keys of settings that have changed, and are in force.
    pub changed: Vec<String>,
    /// Keys of settings that have changed, and are in force when the service has started anew.
    pub needs_restart: Vec<String>,
}
