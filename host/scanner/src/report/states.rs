//! What each layer of an image did.

use limpid_matching::{Match, States, fingerprint, fold, severity};
use limpid_model::report::UnreadLayer;
use limpid_model::{Digest, Image, LayerFinding, LayerReport, LayerSize, ReportedLayer};
use limpid_store::View;
use limpid_store::tables::layers::Layers;

use super::{Reporter, advisories_of, facts, installed_package, key_of, layer_changes, matches};
use crate::history::Past;
use crate::report::Enrichments;
use crate::{Error, bases, images, inventory, unexamined};

impl Reporter<'_> {
    /// What each layer of an image did to its packages and to what affects it, from one view of the store.
    ///
    /// # Errors
    /// [`Error::NoImage`] where there is no such image.
    pub(crate) fn layers(self, digest: &Digest) -> Result<LayerReport, Error> {
        let view = self.store.view();
        let (image, indexing) = images::image(&view, digest)?;
        let facts = facts(&view, &image, &indexing)?;
        let hidden = inventory::hidden_of(&view, &image, &indexing)?;
        let (mut changes, mut states) = (Vec::new(), States::default());
        let on_layer = |_, change: &fold::Changes<'_>| changes.push(change.each());
        let contents =
            fold::fold_with_states(facts, &hidden, on_layer, |layer, there| states.note(layer, there));
        let ever = states.contents(&contents);
        let past = Past::default();
        let found = matches(&view, &past, self.settings.owned_packages(), &ever)?.matches;
        let described = findings(&view, &found, &ever.packages)?;
        let finding = |place: usize| described.get(place).cloned();
        let origins = super::origins(&image.layers);
        let describe = |installed: &_| installed_package(installed, &origins, contents.distribution.as_ref());
        let known = known(&view, &image)?;
        let findings = states.changes(image.layers.len(), &found);
        let layers = changes.into_iter().zip(findings).zip(known);
        let layers = layers.map(|((changes, findings), (size, unread))| ReportedLayer {
            size,
            unread,
            packages: layer_changes(changes, &describe),
            introduced: findings.introduced.into_iter().filter_map(finding).collect(),
            cleared: findings
                .cleared
                .into_iter()
                .filter_map(|cleared| Some((finding(cleared.found)?, cleared.version)))
                .collect(),
        });
        let layers = layers.collect();
        Ok(LayerReport { base: bases::base_of(&view, &image)?, layers, image })
    }
}

/// The matches of packages, as layers are described by them.
fn findings(
    view: &View<'_>,
    matches: &[Match],
    packages: &[limpid_matching::Installed],
) -> Result<Vec<LayerFinding>, Error> {
    let past = Past::default();
    let advisories = advisories_of(view, &past, matches)?;
    let mut enrichments = Enrichments::then(view, &past);
    let mut findings = Vec::with_capacity(matches.len());
    for found in matches {
        // Matches are of these packages.
        let Some(installed) = packages.get(found.package) else { continue };
        let known = enrichments.of(&found.vulnerability)?;
        let general = advisories.get(&key_of(found)).map_or(&[][..], |summary| &summary.ratings);
        let package = &installed.package;
        findings.push(LayerFinding {
            fingerprint: fingerprint(&found.first_name, package),
            vulnerability: found.vulnerability.clone(),
            severity: severity(&found.origin.feed, &found.ratings, general, &known).severity,
            status: found.status,
            package: package.name.clone(),
            version: package.version.clone(),
            arch: package.arch.clone(),
            fixed_version: found.fixed_version.clone(),
            exploited: super::exploited(&known).is_some(),
        });
    }
    Ok(findings)
}

/// How large a layer is, and why it could not be read.
type Known = (Option<LayerSize>, Option<UnreadLayer>);

/// How large each layer is, and why it could not be read where it could not.
fn known(view: &View<'_>, image: &Image) -> Result<Vec<Known>, Error> {
    let diff_ids: Vec<_> = image.layers.iter().map(|layer| layer.diff_id).collect();
    let mut remarks = unexamined::remarks(view, &image.id)?;
    let rows = view.multi_get::<Layers>(&diff_ids)?.into_iter().zip(diff_ids).enumerate();
    let known = rows.map(|(index, (row, diff_id))| {
        let size = row.map(|row| LayerSize { stored: row.size, inflated: row.inflated_size });
        let unread = remarks.remove(&index).and_then(|remark| remark.unread);
        let unread =
            unread.map(|unread| UnreadLayer { index, diff_id, code: unread.code, why: unread.message });
        (size, unread)
    });
    Ok(known.collect())
}
