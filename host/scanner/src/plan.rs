//! What to do about the findings of an image: which packages to update, and how, in the words of plugins.

use std::collections::BTreeMap;

use limpid_model::plan::{Commands, Plan, Update};
use limpid_model::report::Report;
use limpid_model::{Digest, Provenance};
use limpid_runtime::Snapshot;

/// The plan that follows from a report. A plugin that says how its packages are updated is asked once for those of
/// the base image and once for the others; what it fails at is told, and costs its commands.
pub(crate) fn plan(plugins: &Snapshot, image: &Digest, report: &Report) -> Plan {
    let plan = limpid_matching::plan(report);
    let mut asked: BTreeMap<(Option<Provenance>, &str), Vec<&Update>> = BTreeMap::new();
    for layer in &plan.layers {
        for update in &layer.updates {
            asked.entry((layer.provenance, &update.package.detector.name)).or_default().push(update);
        }
    }
    let cause = image.to_string();
    let (mut commands, mut failures, mut copacetic) = (Vec::new(), Vec::new(), None);
    let mut untold: BTreeMap<&str, usize> = BTreeMap::new();
    for ((provenance, name), updates) in asked {
        let detector = plugins.detectors().find(|detector| detector.plugin().name == name);
        let advice = detector.map(|it| it.upgrade(&cause, plan.distribution.as_ref(), &updates)).transpose();
        let advice = match advice {
            Ok(advice) => advice.flatten().filter(|advice| !advice.steps.is_empty()),
            Err(failure) => {
                tracing::warn!(image = %image, plugin = name, "a plugin does not say how to update: {failure}");
                failures.push(failure);
                continue;
            }
        };
        let Some(advice) = advice else {
            *untold.entry(name).or_default() += updates.len();
            continue;
        };
        copacetic = copacetic.or(advice.copacetic);
        let packages = updates.len();
        commands.push(Commands { detector: name.to_owned(), provenance, packages, steps: advice.steps });
    }
    let untold = untold.into_iter().map(|(name, packages)| (name.to_owned(), packages)).collect();
    Plan { commands, untold, failures, copacetic, ..plan }
}
