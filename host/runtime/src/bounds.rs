//! What one plugin may use: the general limits, or lower ones of its own.

use std::borrow::Cow;
use std::time::Duration;

use limpid_model::PluginLimit;
use serde::{Deserialize, Serialize};

use crate::{Error, Settings};

/// Lower limits for one plugin; what is not stated is as for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PluginLimits {
    /// As [`Settings::call_time`], in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_time: Option<u64>,
    /// As [`Settings::parse_time`], in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parse_time: Option<u64>,
    /// As [`Settings::memory_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<usize>,
    /// As [`Settings::table_elements`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_elements: Option<usize>,
    /// As [`Settings::output_bytes`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<usize>,
}

/// A limit, and the setting that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound<T> {
    pub(crate) limit: T,
    pub(crate) setting: Cow<'static, str>,
}

/// What a plugin may use in one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) call_time: Bound<Duration>,
    pub(crate) parse_time: Bound<Duration>,
    pub(crate) memory_bytes: Bound<usize>,
    pub(crate) table_elements: Bound<usize>,
    pub(crate) output_bytes: Bound<usize>,
    pub(crate) log_bytes: Bound<usize>,
    pub(crate) stack_bytes: Bound<usize>,
}

impl Bounds {
    /// Those of the plugin of that name.
    pub(crate) fn of(settings: &Settings, name: &str) -> Self {
        let general = PluginLimits::default();
        let own = settings.limits.get(name).unwrap_or(&general);
        let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
        Self {
            call_time: bound(name, "plugins.call_time", settings.call_time, seconds(own.call_time)),
            parse_time: bound(name, "plugins.parse_time", settings.parse_time, seconds(own.parse_time)),
            memory_bytes: bound(name, "plugins.memory_bytes", settings.memory_bytes, own.memory_bytes),
            table_elements: bound(
                name,
                "plugins.table_elements",
                settings.table_elements,
                own.table_elements,
            ),
            output_bytes: bound(name, "plugins.output_bytes", settings.output_bytes, own.output_bytes),
            log_bytes: bound(name, "plugins.log_bytes", settings.log_bytes, None),
            stack_bytes: bound(name, "plugins.stack_bytes", settings.stack_bytes, None),
        }
    }
}

fn bound<T>(name: &str, setting: &'static str, general: T, own: Option<T>) -> Bound<T> {
    match own {
        Some(limit) => {
            let setting = setting.replacen("plugins", &format!("plugins.limits.{name}"), 1);
            Bound { limit, setting: setting.into() }
        }
        None => Bound { limit: general, setting: setting.into() },
    }
}

impl Bounds {
    /// All of them, each with its setting, for whoever looks.
    pub(crate) fn list(&self) -> Vec<PluginLimit> {
        let time = |bound: &Bound<Duration>| limit(bound, bound.limit.as_secs());
        let size = |bound: &Bound<usize>| limit(bound, bound.limit as u64);
        vec![
            time(&self.call_time),
            time(&self.parse_time),
            size(&self.memory_bytes),
            size(&self.table_elements),
            size(&self.output_bytes),
            size(&self.log_bytes),
            size(&self.stack_bytes),
        ]
    }
}

fn limit<T>(bound: &Bound<T>, limit: u64) -> PluginLimit {
    PluginLimit { setting: bound.setting.to_string(), limit }
}

impl PluginLimits {
    /// Limits can only be lowered: the pool of instances is made for the general ones.
    ///
    /// # Errors
    /// The first that is zero, or above the general one.
    pub(crate) fn check(&self, name: &str, general: &Settings) -> Result<(), Error> {
        let wide = |size: usize| size as u64;
        let limits = [
            ("call_time", self.call_time, general.call_time.as_secs()),
            ("parse_time", self.parse_time, general.parse_time.as_secs()),
            ("memory_bytes", self.memory_bytes.map(wide), wide(general.memory_bytes)),
            ("table_elements", self.table_elements.map(wide), wide(general.table_elements)),
            ("output_bytes", self.output_bytes.map(wide), wide(general.output_bytes)),
        ];
        for (field, value, general) in limits {
            let Some(value) = value else { continue };
            if value == 0 || value > general {
                let plugin = name.to_owned();
                return Err(Error::PluginLimit { plugin, field, value, general });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(limits: PluginLimits) -> Settings {
        Settings { limits: [("dpkg".to_owned(), limits)].into(), ..Settings::default() }
    }

    #[test]
    fn a_plugin_has_its_own_limits_where_there_are_and_the_general_ones_else() {
        let limits = PluginLimits { call_time: Some(2), memory_bytes: Some(1 << 20), ..Default::default() };
        let settings = settings(limits);
        let (own, other) = (Bounds::of(&settings, "dpkg"), Bounds::of(&settings, "apk"));
        let seconds = Duration::from_secs;
        assert_eq!(
            own.call_time,
            Bound { limit: seconds(2), setting: "plugins.limits.dpkg.call_time".into() }
        );
        assert_eq!(own.memory_bytes.limit, 1 << 20);
        assert_eq!(own.parse_time, Bound { limit: seconds(300), setting: "plugins.parse_time".into() });
        assert_eq!(other.call_time, Bound { limit: seconds(30), setting: "plugins.call_time".into() });
        assert_eq!(other.memory_bytes.limit, 256 << 20);
    }

    #[test]
    fn a_limit_can_only_be_lowered() {
        let check = |limits: PluginLimits, expected: &str| {
            let error = settings(limits).check().err().map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(error, expected);
        };
        check(PluginLimits { parse_time: Some(300), table_elements: Some(1), ..Default::default() }, "");
        check(
            PluginLimits { call_time: Some(31), ..Default::default() },
            "setting `plugins.limits.dpkg.call_time` is 31, must be 1 to 30, which is `plugins.call_time`",
        );
        check(
            PluginLimits { output_bytes: Some(0), ..Default::default() },
            "setting `plugins.limits.dpkg.output_bytes` is 0, must be 1 to 67108864, which is \
             `plugins.output_bytes`",
        );
    }
}
