use serde::Deserialize;
use serde_json::Value;

use crate::{Address, shown};

/// Packages that a row names.
const PACKAGES: usize = 3;

/// Longest name that is an address.
const NAME: usize = 256;

/// What a notice says: the part of `limpid_formats::notice` that pages show.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    #[serde(rename = "type")]
    kind: String,
    pub(in crate::views) data: Change,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::views) struct Change {
    pub(in crate::views) image: Image,
    pub(in crate::views) vulnerability: String,
    pub(in crate::views) severity: String,
    pub(in crate::views) exploited: bool,
    pub(in crate::views) packages: Vec<Package>,
    pub(in crate::views) cause: Option<Cause>,
    previous: Option<String>,
    pub(in crate::views) undecided: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::views) struct Image {
    pub(in crate::views) digest: String,
    names: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::views) struct Package {
    pub(in crate::views) name: String,
    pub(in crate::views) version: String,
    fixed_version: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::views) struct Cause {
    pub(in crate::views) feed: String,
    pub(in crate::views) revision: u64,
}

impl Cause {
    pub(in crate::views) fn address(&self) -> Option<String> {
        (self.feed.len() <= NAME).then(|| Address::of(&["feeds", &self.feed]).to_string())
    }
}

impl Told {
    /// None where it is of no form that is known.
    pub(in crate::views) fn of(payload: &Value) -> Option<Self> {
        Self::deserialize(payload).ok()
    }

    /// What kind of change, in words.
    pub(in crate::views) fn kind(&self) -> String {
        self.kind.strip_prefix("image.").unwrap_or(&self.kind).replace('-', " ")
    }

    /// What the image is called.
    pub(in crate::views) fn image(&self) -> String {
        let image = &self.data.image;
        let name = image.names.first().map_or_else(|| shown::digest(&image.digest), String::as_str);
        shown::clip(name).into_owned()
    }

    pub(in crate::views) fn image_address(&self) -> Option<String> {
        let digest = &self.data.image.digest;
        (digest.len() <= NAME).then(|| Address::page("images", digest).to_string())
    }

    /// Names of the image but the one that is shown.
    pub(in crate::views) fn more_names(&self) -> usize {
        self.data.image.names.len().saturating_sub(1)
    }

    pub(in crate::views) fn packages(&self) -> &[Package] {
        self.data.packages.get(..PACKAGES).unwrap_or(&self.data.packages)
    }

    pub(in crate::views) fn more_packages(&self) -> usize {
        self.data.packages.len() - self.packages().len()
    }

    /// How it was before, and how it is.
    pub(in crate::views) fn change(&self) -> (String, String) {
        let data = &self.data;
        let previous = || data.previous.clone().unwrap_or_default();
        let (before, after) = match self.kind.strip_prefix("image.").unwrap_or_default() {
            "newly-affected" => ("not affected".to_owned(), "affected".to_owned()),
            "no-longer-affected" => ("affected".to_owned(), "not affected".to_owned()),
            "withdrawn" => ("affected".to_owned(), "withdrawn".to_owned()),
            "severity-changed" => (previous(), data.severity.clone()),
            "became-exploited" => ("not known to be exploited".to_owned(), "exploited".to_owned()),
            "fix-available" => ("no fix known".to_owned(), format!("fixed in {}", self.fixes())),
            "renamed" => (previous(), data.vulnerability.clone()),
            _ => (String::new(), String::new()),
        };
        (shown::clip(&before).into_owned(), shown::clip(&after).into_owned())
    }

    fn fixes(&self) -> String {
        let fixed = self.packages().iter().filter_map(|package| package.fixed_version.as_deref());
        fixed.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use limpid_model::NoticeKind;
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_of_change_has_a_before_and_an_after() {
        for kind in NoticeKind::ALL {
            let told = Told::of(&json!({
                "type": format!("image.{}", kind.as_str()),
                "data": {
                    "severity": "high",
                    "vulnerability": "CVE-2",
                    "previous": "something",
                    "packages": [{ "name": "a", "version": "1", "fixed_version": "2" }],
                },
            }));
            let (before, after) = told.unwrap().change();
            assert!(!before.is_empty() && !after.is_empty() && before != after, "{kind:?}: {before} {after}");
        }
    }

    #[test]
    fn what_is_no_notice_says_nothing() {
        assert!(Told::of(&json!({ "type": [] })).is_none());
        assert_eq!(Told::of(&json!({})).unwrap().change(), (String::new(), String::new()));
    }
}
