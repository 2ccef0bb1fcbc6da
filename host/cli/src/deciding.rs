//! Policies and VEX documents that lie beside whoever calls, and hold for this call alone.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use limpid_formats::gate::Bar;
use limpid_formats::json as api;
use limpid_formats::printable;
use limpid_model::{DecisionKind, Severity};
use limpid_policy::{Base, Candidate, Decisions, Form, Moment, Policy, Source, Subject, VexDocument};
use limpid_scanner::Clock;

use crate::holder::{Holder, Schemes};
use crate::settings::Settings;

/// The policy that counts where none is named.
const BESIDE: &str = ".limpid.toml";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A policy: which findings do not count, and what no image may have; may be given several times [default:
    /// `.limpid.toml`, where there is one]
    #[arg(long = "policy", value_name = "FILE")]
    policies: Vec<PathBuf>,
    /// Without `.limpid.toml`
    #[arg(long, conflicts_with = "policies")]
    no_policy: bool,
    /// A VEX document (OpenVEX, CSAF, CycloneDX): what makers of software say of their products; may be given several
    /// times
    #[arg(long = "vex", value_name = "FILE")]
    vex: Vec<PathBuf>,
}

/// What is decided on findings here.
pub(crate) struct Deciding {
    decisions: Decisions,
}

impl Args {
    /// Whether a policy may say what no image may have.
    pub(crate) fn may_have_bars(&self) -> bool {
        !self.policies.is_empty() || (!self.no_policy && is_there(Path::new(BESIDE)))
    }

    /// Whether anything was named.
    const fn is_given(&self) -> bool {
        !self.policies.is_empty() || !self.vex.is_empty()
    }

    /// Reads what is named.
    ///
    /// # Errors
    /// A file cannot be read, or makes no sense.
    pub(crate) fn read(&self, settings: &Settings) -> anyhow::Result<Deciding> {
        let beside = Path::new(BESIDE);
        let mut paths: Vec<&Path> = self.policies.iter().map(PathBuf::as_path).collect();
        if paths.is_empty() && !self.no_policy && is_there(beside) {
            paths.push(beside);
        }
        let mut policies = Vec::new();
        for path in paths {
            policies.push(Arc::new(read_policy(path, settings)?));
        }
        let mut documents = Vec::new();
        for path in &self.vex {
            let bytes = read(path, settings)?;
            let document = VexDocument::read(&path.display().to_string(), &bytes)
                .with_context(|| format!("VEX document `{}`", path.display()))?;
            documents.push(Arc::new(document));
        }
        for policy in &policies {
            for bar in policy.bars() {
                let bar = bar.parse::<Bar>().map_err(|why| anyhow::anyhow!("{why}"));
                bar.with_context(|| format!("policy `{}`: `fail_on`", policy.name()))?;
            }
        }
        Ok(Deciding { decisions: Decisions::new(policies, documents) })
    }
}

/// Whether there is anything of that name: a link that leads nowhere must not be taken for no policy.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Reads a policy that is called as its file.
///
/// # Errors
/// It cannot be read, or makes no sense.
pub(crate) fn read_policy(path: &Path, settings: &Settings) -> anyhow::Result<Policy> {
    let what = || format!("policy `{}`", path.display());
    let bytes = read(path, settings)?;
    let text = std::str::from_utf8(&bytes).with_context(what)?;
    let form = match kind_of(path) {
        DecisionKind::PolicyJson => Form::Json,
        _ => Form::Toml,
    };
    Policy::read(&path.display().to_string(), text, form).with_context(what)
}

/// In which form a policy is, by the name of its file.
pub(crate) fn kind_of(path: &Path) -> DecisionKind {
    match path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        true => DecisionKind::PolicyJson,
        false => DecisionKind::PolicyToml,
    }
}

/// Reads a file within the limit that the settings have for it.
///
/// # Errors
/// It cannot be read, or is over the limit.
pub(crate) fn read(path: &Path, settings: &Settings) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("`{}` cannot be read", path.display());
    let most = settings.policies.document_bytes;
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(cannot)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).with_context(cannot)?;
    if bytes.len() as u64 > most {
        bail!("`{}` is over {most} bytes, the limit of setting `policies.document_bytes`", path.display());
    }
    Ok(bytes)
}

impl Deciding {
    /// What an image may not have, by the policies that are for it.
    pub(crate) fn bars(&self, report: &api::Report) -> Vec<Bar> {
        let subject = subject(report);
        let policies = self.decisions.policies().filter(|policy| policy.is_for(&subject));
        // They were read before.
        policies.flat_map(|policy| policy.bars()).filter_map(|bar| bar.parse().ok()).collect()
    }

    /// Lets what is decided here count in all that this process answers. A service answers by what is in force there:
    /// where nothing here was named, that is only told.
    ///
    /// # Errors
    /// A service has the data directory, and policies or VEX documents were named.
    pub(crate) fn let_decide(self, holder: &Holder, args: &Args) -> anyhow::Result<()> {
        if self.decisions.is_empty() {
            return Ok(());
        }
        match holder {
            Holder::Here(here) => here.scanner.decide_beside(self.decisions),
            Holder::Service(_) if args.is_given() => bail!(
                "a service has the data directory, and answers by what is in force there: put the policy in force \
                 with `limpid policy add`, and the VEX document with `limpid vex add`"
            ),
            Holder::Service(_) => eprintln!(
                "a service answers by what is in force there, and `{BESIDE}` is not: `limpid policy add` puts it in \
                 force"
            ),
        }
        Ok(())
    }

    /// Whether any VEX document is on a range of versions, so that somebody has to order them.
    pub(crate) fn has_ranges(&self) -> bool {
        self.decisions.have_ranges()
    }

    /// Decides on the findings of a report, and tells of rules that are about nothing. `schemes` orders versions of
    /// ranges.
    pub(crate) fn apply(&self, report: &mut api::Report, schemes: Option<&Schemes<'_>>) {
        if self.decisions.is_empty() {
            return;
        }
        let mut at_image = self.decisions.at_image(subject(report), Moment(Clock::system().now()));
        if let Some(schemes) = schemes {
            at_image = at_image.ordered_by(schemes);
        }
        report.decide(|finding| {
            let decision = at_image.decide(&mut candidate(finding, schemes));
            if let Some(new) = decision.severity {
                finding.severity = new.rated().into();
            }
            decision.suppression.map(api::Suppression::from)
        });
        // Where several images are asked for, a rule may be about any of them: it is told, and fails nothing.
        for unused in at_image.unused() {
            let what = if unused.has_expired { "has expired" } else { "is about no finding of this image" };
            eprintln!("{}: {} {what}", printable(&unused.policy), printable(&unused.rule));
        }
    }
}

fn subject(report: &api::Report) -> Subject {
    let image = &report.image;
    let digests = |digest: &String, manifests: &[String]| {
        std::iter::once(digest).chain(manifests).cloned().collect::<Vec<_>>()
    };
    let base = |base: &api::Base| Base {
        names: base.names.clone(),
        digests: vec![base.digest.clone()],
        layers: base.layers,
    };
    Subject {
        names: image.names.clone(),
        architecture: image.platform.architecture.clone(),
        labels: image.labels.clone().into_iter().collect(),
        digests: digests(&image.digest, &image.manifests),
        bases: report.base.iter().map(base).collect(),
    }
}

fn candidate<'a>(finding: &'a api::Finding, schemes: Option<&'a Schemes<'_>>) -> Candidate<'a> {
    let package = &finding.package;
    let others = finding.aliases.iter().map(String::as_str);
    Candidate {
        identifiers: [finding.vulnerability.as_str(), &finding.advisory].into_iter().chain(others).collect(),
        purl: package.purl.parse().ok(),
        name: &package.name,
        version: &package.version,
        scheme: schemes.and_then(|schemes| schemes.of(package)),
        source: package.source_name.as_deref().map(|name| Source {
            name,
            version: package.source_version.as_deref().unwrap_or(&package.version),
        }),
        path: &package.path,
        layer: package.layer.index,
        diff_id: &package.layer.diff_id,
        severity: Severity::of_word(&finding.severity.level),
        is_fixable: finding.fixed_version.is_some(),
        published: finding.published.as_deref(),
    }
}
