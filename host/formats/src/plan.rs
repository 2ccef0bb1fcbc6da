//! A plan in other forms: commands for a shell, and the manifest of updates that the patching tool Copacetic takes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use crate::json as api;
use crate::printable;

/// A form of a plan that is no JSON of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Lines for a shell, with comments.
    Commands,
    /// [Copacetic's](https://project-copacetic.github.io/copacetic/website/scanner-plugins) manifest of updates,
    /// version `v1alpha1`.
    Copa,
}

/// Why a plan has no such form.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Copacetic asks for the distribution.
    #[error("`copa` names the distribution, and no file of the image states one")]
    NoDistribution,
    /// Nothing of a plan fails here.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Commands, Self::Copa];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Commands => "commands",
            Self::Copa => "copa",
        }
    }

    /// The one of that word; none where there is no such.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.as_str() == word)
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Commands => "text/plain; charset=utf-8",
            Self::Copa => "application/json",
        }
    }

    /// Writes a plan down.
    ///
    /// # Errors
    /// [`Error::NoDistribution`] where the form names it and nobody knows it.
    pub fn write(self, plan: &api::Plan) -> Result<String, Error> {
        match self {
            Self::Commands => Ok(commands(plan)),
            Self::Copa => copa(plan),
        }
    }
}

/// A command as a line for a POSIX shell, which reads its words as they are; none where there is no command, or a word
/// has characters that nobody would see.
pub fn line(command: &[String]) -> Option<String> {
    let is_shown = |word: &String| !word.contains('\n') && printable(word) == *word;
    (!command.is_empty() && command.iter().all(is_shown))
        .then(|| command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "))
}

/// A word of which a shell reads nothing.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

/// Lines for a shell: what only people can do, and what there is to know, stands in comments.
fn commands(plan: &api::Plan) -> String {
    let mut text = String::new();
    let name = plan.image.names.first().unwrap_or(&plan.image.digest);
    comment(&mut text, &format!("Updates of {name}"));
    if let Some(newest) = &plan.recommendation {
        let name = newest.names.first().unwrap_or(&newest.digest);
        comment(&mut text, &format!("A newer base image is known, which may be all that is needed: {name}"));
    }
    for commands in &plan.commands {
        text.push('\n');
        let packages =
            if commands.packages == 1 { "1 package" } else { &format!("{} packages", commands.packages) };
        comment(&mut text, &format!("{packages} that `{}` found{}", commands.detector, whose(commands)));
        for step in &commands.steps {
            let place =
                if step.place == "sources" { "where the application is built" } else { "in the image" };
            match (step.note.as_str(), step.line.as_deref()) {
                ("", None) => comment(&mut text, &format!("{place}: a command that cannot be shown")),
                ("", Some(_)) if step.place == "sources" => comment(&mut text, &format!("{place}:")),
                ("", Some(_)) => {}
                (note, _) => comment(&mut text, &format!("{place}: {note}")),
            }
            if let Some(line) = &step.line {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    let untold = plan.untold.iter().map(|untold| {
        let packages =
            if untold.packages == 1 { "1 package" } else { &format!("{} packages", untold.packages) };
        format!("nobody says how to update {packages} that `{}` found", untold.detector)
    });
    let failed = plan.failures.iter().map(|failed| {
        format!(
            "plugin `{}` was asked how to update its packages, and failed: {}",
            failed.plugin, failed.reason
        )
    });
    let missing = plan.gaps.iter().map(|gap| format!("not known: {}", gap.message));
    let mut remarks = untold.chain(failed).chain(missing).peekable();
    if remarks.peek().is_some() {
        text.push('\n');
    }
    remarks.for_each(|remark| comment(&mut text, &remark));
    text
}

/// Whose the packages are.
pub(crate) fn whose(commands: &api::PlanCommands) -> &'static str {
    match commands.origin.as_deref() {
        Some("base") => " in the base image",
        Some(_) => " in your own layers",
        None => "",
    }
}

fn comment(text: &mut String, words: &str) {
    let _ = writeln!(text, "# {}", printable(&words.replace('\n', " ")));
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    api_version: &'static str,
    metadata: Metadata<'a>,
    updates: Vec<ManifestUpdate<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    os: Os<'a>,
    config: Config<'a>,
}

#[derive(Serialize)]
struct Os<'a> {
    r#type: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct Config<'a> {
    arch: &'a str,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "camelCase")]
struct ManifestUpdate<'a> {
    name: &'a str,
    installed_version: &'a str,
    fixed_version: &'a str,
    #[serde(rename = "vulnerabilityID")]
    vulnerability_id: &'a str,
}

/// What the distribution's package manager updates, one record for each vulnerability. Copacetic makes a command of a
/// shell of the names, without quotes: what a shell could read is left out.
fn copa(plan: &api::Plan) -> Result<String, Error> {
    let distribution = plan.distribution.as_ref().ok_or(Error::NoDistribution)?;
    let mut updates = BTreeSet::new();
    let of_distribution = plan.layers.iter().flat_map(|layer| &layer.updates).filter(|it| it.of_distribution);
    for update in of_distribution.filter(|update| is_for_copa(update)) {
        for cleared in &update.clears {
            updates.insert(ManifestUpdate {
                name: &update.package.name,
                installed_version: &update.package.version,
                fixed_version: &update.to,
                vulnerability_id: &cleared.vulnerability,
            });
        }
    }
    let manifest = Manifest {
        api_version: "v1alpha1",
        metadata: Metadata {
            os: Os {
                r#type: plan.copacetic.as_deref().unwrap_or(&distribution.id),
                version: &distribution.version_id,
            },
            config: Config { arch: &plan.image.platform.architecture },
        },
        updates: updates.into_iter().collect(),
    };
    Ok(serde_json::to_string_pretty(&manifest)? + "\n")
}

/// Whether a shell reads nothing of its name and versions, and a package manager takes none for an option.
fn is_for_copa(update: &api::Update) -> bool {
    let is_plain = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.:_~^".contains(c))
    };
    [update.package.name.as_str(), &update.package.version, &update.to].into_iter().all(is_plain)
}

/// How many packages of the distribution are in no manifest for Copacetic because of what they are called.
pub fn left_out_of_copa(plan: &api::Plan) -> usize {
    let updates = plan.layers.iter().flat_map(|layer| &layer.updates);
    updates.filter(|update| update.of_distribution && !is_for_copa(update)).count()
}

#[cfg(test)]
mod tests;
