//! Documents that are attached to the image in its registry.

use std::collections::BTreeSet;

use crate::json as api;
use crate::table::count;
use crate::table::look::Tone;
use crate::table::page::Page;

/// Documents whose reasons are told; those of others are in JSON.
const TOLD: usize = 5;

/// How many count, and why others do not.
pub(super) fn total(page: &mut Page, report: &api::Report) {
    let attached = &report.attached;
    if attached.is_empty() {
        return;
    }
    let (used, unused): (Vec<_>, Vec<_>) = attached.iter().partition(|it| it.unused.is_none());
    for (kind, one, several) in
        [("vex", "VEX document counts", "VEX documents count"), ("sbom", "SBOM counts", "SBOMs count")]
    {
        let of_kind: Vec<_> = used.iter().filter(|it| *it.kind == *kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let signers: BTreeSet<String> = of_kind
            .iter()
            .map(|it| match &it.signed_by {
                Some(signed_by) => format!("signed by `{}`", signed_by.name()),
                None => "not verified".to_owned(),
            })
            .collect();
        let signers: Vec<_> = signers.into_iter().collect();
        let text = format!("{} ({})", count(of_kind.len(), one, several), signers.join(", "));
        page.sentence("  ", Tone::Plain, &format!("Attached: {text}"));
    }
    for attachment in unused.iter().take(TOLD) {
        let why = attachment.unused.as_deref().unwrap_or_default();
        let what = match &*attachment.kind {
            "vex" => "VEX ",
            "sbom" => "SBOM ",
            _ => "",
        };
        let text = format!("Attached, not believed: {what}{}: {why}", attachment.from);
        page.sentence("  ", Tone::Plain, &text);
    }
    if let Some(rest) = unused.len().checked_sub(TOLD).filter(|rest| *rest > 0) {
        let text = format!("and {rest} more that are not believed: `--format json` has all");
        page.sentence("  ", Tone::Faint, &text);
    }
}
