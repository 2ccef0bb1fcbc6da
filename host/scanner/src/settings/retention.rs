use std::collections::BTreeMap;
use std::time::Duration;

use limpid_model::seconds;
use serde::{Deserialize, Serialize};

use super::by_repository::ByRepository;

/// Which images are removed by themselves: the settings `retention.*`. A rule that is 0 removes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// How often it is looked which are.
    #[serde(with = "seconds")]
    pub interval: Duration,
    /// After how many days an image is removed that was not submitted again.
    pub days: u64,
    /// After how many days an image is removed to which no tag points.
    pub untagged_days: u64,
    /// Of each repository, so many images that were submitted last stay, whatever the other rules say.
    pub keep: u64,
    /// Of each repository, so many images stay at most: those that were submitted last.
    pub most: u64,
    /// Other rules, in the place of all of these, for images of repositories by glob. The longest glob counts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub repositories: BTreeMap<String, RetentionRule>,
}

/// When an image of a repository is removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionRule {
    /// As [`RetentionSettings::days`].
    pub days: u64,
    /// As [`RetentionSettings::untagged_days`].
    pub untagged_days: u64,
    /// As [`RetentionSettings::keep`].
    pub keep: u64,
    /// As [`RetentionSettings::most`].
    pub most: u64,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(3_600),
            days: 0,
            untagged_days: 0,
            keep: 0,
            most: 0,
            repositories: BTreeMap::new(),
        }
    }
}

impl RetentionRule {
    const fn removes(&self) -> bool {
        self.days > 0 || self.untagged_days > 0 || self.most > 0
    }
}

/// The rules, as repositories are held against them.
#[derive(Clone, Debug)]
pub struct RetentionRules(ByRepository<RetentionRule>);

impl RetentionSettings {
    /// The rules.
    ///
    /// # Errors
    /// Which glob is none, and why.
    pub fn rules(&self) -> Result<RetentionRules, String> {
        let Self { interval: _, days, untagged_days, keep, most, repositories } = self;
        let (days, untagged_days, keep, most) = (*days, *untagged_days, *keep, *most);
        let general = RetentionRule { days, untagged_days, keep, most };
        Ok(RetentionRules(ByRepository::new("retention.repositories", general, repositories)?))
    }
}

impl RetentionRules {
    /// Whether any of them removes anything.
    pub fn remove_something(&self) -> bool {
        self.0.all().any(|rule| rule.removes())
    }

    /// The rule for images of a repository, and under which name it stands in the settings; for those without a name
    /// where there is none.
    pub(crate) fn of(&self, repository: Option<&str>) -> (RetentionRule, String) {
        let (rule, glob) = self.0.of(repository);
        let setting = glob.map(|glob| format!("retention.repositories.\"{glob}\""));
        (*rule, setting.unwrap_or_else(|| "retention".to_owned()))
    }
}
