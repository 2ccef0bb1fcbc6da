use std::path::Path;

use anyhow::{Context, bail};
use limpid_images::{ImageSource as _, stored};
use limpid_layers::{ClaimSet, ClaimedFile, Sink, read_layer};
use limpid_model::{Blame, Finding, PluginFailure, Unread};
use limpid_scanner::runtime::Detector;
use limpid_scanner::{Archive, Limits, Stop, borrowed};

use super::layer;

/// What a detector says of a layer.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Output {
    pub(super) findings: Vec<Finding>,
    pub(super) unread: Vec<Unread>,
    /// Inputs that it refused as a whole.
    pub(super) refused: Vec<String>,
}

/// Shows a detector the files of a folder that it claims, as the host shows it those of a layer.
pub(super) fn run(detector: Detector<'_>, input: &Path, limits: &Limits) -> anyhow::Result<Output> {
    let archive = layer::archive(input, limits)?;
    let reply = show(detector, &archive, limits)?;
    // However many files that stand alone are shown at a time: what they state is the same.
    let one_by_one = show(detector, &archive, &Limits { alone_files: 1, ..limits.clone() })?;
    if one_by_one != reply {
        bail!(
            "the detector claims that its files stand alone, and says something else where it is shown \
             them one by one: claim them together, or read each for itself"
        );
    }
    Ok(reply)
}

fn show(detector: Detector<'_>, archive: &Archive, limits: &Limits) -> anyhow::Result<Output> {
    let (scratch, stop) = (std::env::temp_dir(), Stop::default());
    let image = archive.images(&stop)?.pop().context("the image of the case is not there")?;
    let layer = image.layers.first().context("the layer of the case is not there")?;
    let layer = stored(archive, layer, &scratch, &stop)?;
    let claims = ClaimSet::new([detector.claims()].into_iter())?;
    let mut shown = Shown { detector, reply: Output::default(), failures: Vec::new() };
    let contents = read_layer(&layer, &claims, &scratch, limits, &mut shown)?;
    let Shown { mut reply, failures, .. } = shown;
    for failure in failures {
        reply.refused.push(refusal(failure)?);
    }
    reply.unread.extend(contents.unread.into_iter().map(|(_, unread)| unread));
    reply.findings.sort_by(|a, b| (&a.path, &a.member).cmp(&(&b.path, &b.member)));
    reply.unread.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(reply)
}

/// That a plugin refuses an input may be expected of it; that it breaks its contract may not.
pub(super) fn refusal(failure: PluginFailure) -> anyhow::Result<String> {
    if failure.blame == Blame::Input { Ok(failure.message) } else { Err(failure.into()) }
}

struct Shown<'a> {
    detector: Detector<'a>,
    reply: Output,
    failures: Vec<PluginFailure>,
}

impl Sink for Shown<'_> {
    fn alone(&mut self, _claimant: usize, files: Vec<ClaimedFile>) {
        let files = borrowed(files);
        match self.detector.detect("a test case", files) {
            Ok(detected) => {
                self.reply.findings.extend(detected.findings);
                self.reply.unread.extend(detected.unread);
            }
            Err(failure) => self.failures.push(failure),
        }
    }

    fn together(&mut self, claimant: usize, files: Vec<ClaimedFile>) {
        self.alone(claimant, files);
    }
}
