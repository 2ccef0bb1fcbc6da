//! Statistics over the whole inventory.

mod kept;

use std::collections::{HashMap, HashSet};

use limpid_matching::{Authority, Matcher, OwnedPackages, namespaces_in, severity};
use limpid_model::{Digest, Severity, Statistics};
use limpid_store::tables::contexts::{self, Contexts};
use limpid_store::tables::images::Images;
use limpid_store::tables::placements::Placements;
use limpid_store::tables::sources::Sources;
use limpid_store::{Store, View};

use crate::report::{AdvisoryRows, Enrichments};
use crate::spans::packages;
use crate::stated::All;
use crate::{Error, Settings};
pub(crate) use kept::KeptStatistics;

/// Keys that are read between two looks whether to go on.
const AT_ONCE: usize = 4_096;

/// How a layer stands in a context, or an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Weight {
    /// Whether a package was judged: some source speaks of where advisories for it are published, and its
    /// version can be ordered.
    judged: bool,
    worst: Option<Severity>,
    exploited: bool,
    fixable: bool,
    unfixable: bool,
}

impl Weight {
    fn join(&mut self, other: &Self) {
        self.judged |= other.judged;
        self.worst = self.worst.max(other.worst);
        self.exploited |= other.exploited;
        self.fixable |= other.fixable;
        self.unfixable |= other.unfixable;
    }
}

/// Statistics over all images, from one view. Each layer is judged once for each context in which
/// it lies, however many images have it. None where it is told not to go on.
fn statistics(
    store: &Store,
    settings: &Settings,
    goes_on: &dyn Fn() -> bool,
) -> Result<Option<Statistics>, Error> {
    if !goes_on() {
        return Ok(None);
    }
    let counted = settings.clock.now();
    let view = store.view();
    let mut statistics = Statistics { counted, is_current: true, ..Statistics::default() };
    let mut judge = Judge::new(&view, settings.owned_packages())?;
    let mut weights: HashMap<(Digest, u64), Weight> = HashMap::new();
    for row in view.scan::<Contexts>(|_| ()) {
        if !goes_on() {
            return Ok(None);
        }
        let (key, row) = row?;
        let weight = judge.weight(&key.diff_id, &row)?;
        if weight != Weight::default() {
            weights.insert((key.diff_id, key.context), weight);
        }
    }
    let mut images: HashMap<Digest, Weight> = HashMap::new();
    for (number, key) in view.keys::<Placements>(|_| ()).enumerate() {
        if number % AT_ONCE == 0 && !goes_on() {
            return Ok(None);
        }
        let key = key?;
        if let Some(weight) = weights.get(&(key.diff_id, key.context)) {
            images.entry(key.image).or_default().join(weight);
        }
    }
    statistics.images = view.keys::<Images>(|_| ()).count() as u64;
    let mut judged = 0;
    for weight in images.into_values() {
        judged += u64::from(weight.judged || weight.worst.is_some());
        match weight.worst {
            Some(worst) => *statistics.by_worst.entry(worst).or_default() += 1,
            None => statistics.unaffected += u64::from(weight.judged),
        }
        statistics.exploited += u64::from(weight.exploited);
        statistics.fixable += u64::from(weight.fixable);
        statistics.wholly_fixable += u64::from(weight.fixable && !weight.unfixable);
    }
    statistics.not_judged = statistics.images.saturating_sub(judged);
    statistics.oldest_unfixed = judge.oldest;
    Ok(Some(statistics))
}

struct Judge<'v> {
    view: &'v View<'v>,
    matcher: Matcher<All<'v>>,
    enrichments: Enrichments<'v>,
    advisories: AdvisoryRows<'v>,
    authority: Authority<All<'v>>,
    oldest: Option<(String, String)>,
    /// Namespaces of which some source speaks.
    spoken_of: HashSet<String>,
}

impl<'v> Judge<'v> {
    fn new(view: &'v View<'v>, owned: OwnedPackages) -> Result<Self, Error> {
        let mut spoken_of = HashSet::new();
        for row in view.scan::<Sources>(|_| ()) {
            spoken_of.extend(row?.1.namespaces);
        }
        Ok(Self {
            view,
            matcher: Matcher::new(All::new(view)),
            enrichments: Enrichments::new(view),
            advisories: AdvisoryRows::new(view),
            authority: Authority::new(All::new(view), owned),
            oldest: None,
            spoken_of,
        })
    }

    /// How the packages of a layer stand that are there in a context.
    fn weight(&mut self, diff_id: &Digest, context: &contexts::Row) -> Result<Weight, Error> {
        let mut weight = Weight::default();
        for installed in packages(self.view, *diff_id, context)? {
            let namespaces = namespaces_in(&installed.package.scope, context.namespaces());
            let is_spoken_of = namespaces.iter().any(|namespace| self.spoken_of.contains(namespace));
            weight.judged |= is_spoken_of && installed.keys.version.key.is_ok();
            if self.authority.judges(installed.owner.as_deref(), context.namespaces())? {
                continue;
            }
            let mut matches = Vec::new();
            self.matcher.judge(&installed, namespaces, context.properties(), |verdict| {
                matches.extend(verdict.to_match(0));
            })?;
            for found in matches {
                let advisory = self.advisories.of(&found.origin, &found.id)?;
                let enrichments = self.enrichments.of(&found.vulnerability)?;
                let general = advisory.map_or(&[][..], |advisory| &advisory.ratings);
                let rated = severity(&found.origin.feed, &found.ratings, general, &enrichments);
                let fixable = found.fixed_version.is_some();
                if let Some(published) = advisory.and_then(|it| it.published.clone()).filter(|_| !fixable) {
                    let this = (published, found.vulnerability.to_string());
                    let known = self.oldest.take().map(|(id, published)| (published, id));
                    let oldest = known.map_or(this.clone(), |known| known.min(this));
                    self.oldest = Some((oldest.1, oldest.0));
                }
                weight.join(&Weight {
                    judged: true,
                    worst: Some(rated.severity),
                    exploited: enrichments.iter().any(|known| known.enrichment.exploited().is_some()),
                    fixable,
                    unfixable: !fixable,
                });
            }
        }
        Ok(weight)
    }
}
