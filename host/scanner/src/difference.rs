//! In what two images differ.

use std::collections::{BTreeMap, BTreeSet};

use limpid_matching::{finding_difference, package_difference};
use limpid_model::report::{Gap, Report};
use limpid_model::{Digest, Doubt, DoubtOf, ImageDifference};
use limpid_store::View;

use crate::report::{self, Reporter};
use crate::{Error, images};

/// What came, went and changed from one image to another, from one view of the store.
///
/// # Errors
/// [`Error::NoImage`] where there is no such image.
pub(crate) fn difference(
    reporter: Reporter<'_>,
    before: &Digest,
    after: &Digest,
) -> Result<ImageDifference, Error> {
    let begun = reporter.refreshing.moment();
    let view = reporter.store.view();
    let first = reporter.report_in(&view, begun, before, None)?;
    let second = reporter.report_in(&view, begun, after, None)?;
    let packages = package_difference(
        reporter.inventory_in(&view, begun, before)?.packages,
        reporter.inventory_in(&view, begun, after)?.packages,
    );
    let detectors = (detectors_of(&view, before)?, detectors_of(&view, after)?);
    let doubts = doubts(&first, &second, detectors.0 == detectors.1);
    let mut findings =
        finding_difference((first.findings, first.suppressed), (second.findings, second.suppressed));
    findings.added.sort_by_cached_key(report::place);
    findings.removed.sort_by_cached_key(report::place);
    // As they are in both: which of two is the first says nothing of their order.
    findings.changed.sort_by_cached_key(|(a, b)| report::place(a).min(report::place(b)));
    let decided = [
        &mut findings.suppressed,
        &mut findings.counted,
        &mut findings.added_suppressed,
        &mut findings.removed_suppressed,
    ];
    decided.into_iter().for_each(|all| all.sort_by_cached_key(|it| report::place(&it.finding)));
    Ok(ImageDifference {
        before: first.image,
        after: second.image,
        bases: (first.base, second.base),
        added: packages.added,
        removed: packages.removed,
        changed: packages.changed,
        findings,
        doubts,
    })
}

/// The components of the detectors that have seen an image.
fn detectors_of(view: &View<'_>, image: &Digest) -> Result<BTreeSet<Digest>, Error> {
    Ok(images::image(view, image)?.1.detectors.into_iter().collect())
}

/// What is not known of one of the images or of both. Findings that nobody has rated are no doubt: they are
/// compared all the same.
fn doubts(before: &Report, after: &Report, same_detectors: bool) -> Vec<Doubt> {
    let of = |report: &Report| {
        let is_doubt = |gap: &&Gap| gap.is_blocking() && !matches!(gap, Gap::UnratedFindings { .. });
        let gaps = report.coverage.gaps.iter().filter(is_doubt);
        gaps.map(|gap| (gap.code(), gap.to_string())).collect::<Vec<_>>()
    };
    let (before, after) = (of(before), of(after));
    let side = |gap: &(&'static str, String)| match (before.contains(gap), after.contains(gap)) {
        (true, true) => DoubtOf::Both,
        (true, false) => DoubtOf::Before,
        _ => DoubtOf::After,
    };
    let mut all: BTreeMap<(DoubtOf, &str), Vec<&String>> = BTreeMap::new();
    for gap in before.iter().chain(after.iter().filter(|gap| !before.contains(gap))) {
        all.entry((side(gap), gap.0)).or_default().push(&gap.1);
    }
    let gaps = all.into_iter().flat_map(|((of, code), messages)| {
        messages.into_iter().map(move |message| Doubt { of, code: code.to_owned(), message: message.clone() })
    });
    let others = (!same_detectors).then(|| Doubt {
        of: DoubtOf::Both,
        code: "other-detectors".to_owned(),
        message:
            "other detectors, or other versions of them, have seen the one image than the other: submit both \
                  again"
                .to_owned(),
    });
    gaps.chain(others).collect()
}
