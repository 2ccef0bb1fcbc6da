//! Policies and VEX documents: which are in force, and what becomes of findings by them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use limpid_formats::gate::Bar;
use limpid_images::Attaching;
use limpid_model::report::{AttachedTo, Finding, Suppressed};
use limpid_model::{
    Attachment, AttachmentKind, DecisionContent, DecisionDetail, DecisionDocument, DecisionKind,
    DecisionSummary, Digest, IdleRule, Image,
};
use limpid_policy::{
    AttachedVex, Candidate, Decisions, Form, Moment, Policy, Source, Subject, VexDocument, VexError,
};
use limpid_runtime::Snapshot;
use limpid_store::tables::attached::Document;
use limpid_store::tables::policies::{Key, Policies, Row, part_of};
use limpid_store::{Batch, Store, View};
use parking_lot::Mutex;

mod ordering;
pub(crate) mod repositories;

use self::ordering::{KnownKeys, Ordering};
use crate::settings::Clock;
use crate::writer::Writers;
use crate::{Error, PolicyError, Settings, attached, bases, names};

/// Longest name of a policy or VEX document, in bytes.
const NAME_BYTES: usize = 128;

/// Attached VEX documents that stay understood.
const UNDERSTOOD: usize = 256;

/// What is in force now, once somebody has asked for it.
#[derive(Debug, Default)]
pub(crate) struct InForce {
    known: Mutex<Option<Arc<Known>>>,
    keys: KnownKeys,
    /// Documents of repositories, by name, and since when they are in force.
    repositories: Mutex<BTreeMap<String, OfRepository>>,
    /// VEX documents that are attached to images, by their digest.
    attached: Mutex<HashMap<Digest, Arc<VexDocument>>>,
    /// What decides in this process alone, and is not stored.
    beside: OnceLock<Decisions>,
}

/// What the documents of a repository state that are in force since a time.
type OfRepository = (u64, Vec<Arc<VexDocument>>);

/// All that is in force at a moment.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) decisions: Decisions,
    /// Policies, then VEX documents, each by name.
    documents: Vec<DecisionSummary>,
}

impl InForce {
    /// All that is in force now.
    pub(crate) fn now(&self, store: &Store) -> Result<Arc<Known>, Error> {
        let mut known = self.known.lock();
        if let Some(known) = &*known {
            return Ok(Arc::clone(known));
        }
        // Under the lock: whoever changes something forgets what is read here, after it was written.
        let read = Arc::new(self.read(&store.view(), None)?);
        *known = Some(Arc::clone(&read));
        Ok(read)
    }

    /// All that was in force before a time, or is now.
    pub(crate) fn before(
        &self,
        store: &Store,
        view: &View<'_>,
        time: Option<u64>,
    ) -> Result<Arc<Known>, Error> {
        match time {
            None => self.now(store),
            Some(time) => Ok(Arc::new(self.read(view, Some(time))?)),
        }
    }

    /// Who orders the versions of ranges, by the plugins that are loaded.
    pub(crate) const fn order<'s>(&'s self, plugins: &'s Snapshot, versions_a_call: usize) -> Ordering<'s> {
        Ordering { plugins, versions_a_call, known: &self.keys }
    }

    /// Lets policies and VEX documents decide that are not stored, before those that are. The first call counts.
    pub(crate) fn decide_beside(&self, decisions: Decisions) {
        if self.beside.set(decisions).is_ok() {
            self.forget();
        }
    }

    /// Whether nobody decides on anything.
    pub(crate) fn is_empty(&self, store: &Store, view: &View<'_>) -> Result<bool, Error> {
        Ok(self.now(store)?.decisions.is_empty() && !attached::is_any(view)?)
    }

    fn forget(&self) {
        *self.known.lock() = None;
    }

    /// VEX documents that hold for an image because they are attached to it, or to one upon which it was built, and
    /// were so before a time, or are now.
    pub(crate) fn attached(
        &self,
        view: &View<'_>,
        attaching: &Attaching,
        (image, bases): (&Image, &[Image]),
        before: Option<u64>,
    ) -> Result<Vec<AttachedVex>, Error> {
        if !attached::is_any(view)? {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        let of_bases = bases.iter().map(|base| (base, Some(base.layers.len())));
        for (image, layers) in std::iter::once((image, None)).chain(of_bases) {
            for document in attached::of(view, attaching, &image.id, before)? {
                if attached::counts_as(&document, AttachmentKind::Vex) {
                    all.extend(self.understood(document, layers));
                }
            }
        }
        Ok(all)
    }

    /// What an attached document states; none where this version does not understand it.
    fn understood(&self, document: Document, layers: Option<usize>) -> Option<AttachedVex> {
        let Document { attachment: Attachment { from, about, signer, .. }, bytes, .. } = document;
        let document = match self.read_once(&from, &bytes) {
            Ok(document) => document,
            // Another version of Limpid understood it. Without it, more findings count.
            Err(error) => {
                tracing::error!(from, "attached VEX: {error}: it decides nothing");
                return None;
            }
        };
        Some(AttachedVex {
            document,
            attached: AttachedTo { from, about: about.to_string(), signer },
            layers,
        })
    }

    /// What a document states: of one that was read lately, as it was read.
    fn read_once(&self, from: &str, bytes: &[u8]) -> Result<Arc<VexDocument>, VexError> {
        let digest = Digest::of(bytes);
        if let Some(known) = self.attached.lock().get(&digest) {
            return Ok(Arc::clone(known));
        }
        let document = Arc::new(VexDocument::read(from, bytes)?);
        let mut attached = self.attached.lock();
        if attached.len() >= UNDERSTOOD {
            attached.clear();
        }
        attached.insert(digest, Arc::clone(&document));
        Ok(document)
    }

    fn read(&self, view: &View<'_>, before: Option<u64>) -> Result<Known, Error> {
        let (mut policies, mut vex, mut documents) = (Vec::new(), Vec::new(), Vec::new());
        for document in in_force(view, before)? {
            let understood = understood(&document);
            documents.push(summary(&document, understood.as_ref().ok()));
            match understood {
                Ok(Understood::Policy(policy)) => policies.push(Arc::new(policy)),
                Ok(Understood::Vex(document)) => vex.push(Arc::new(document)),
                // Another version of Limpid understood it. Without it, more findings count.
                Err(error) => tracing::error!(name = document.name, "{error}: it decides nothing"),
            }
        }
        for repository in repositories::all(view)? {
            // What was in force before that is not kept.
            if let Some(since) =
                repository.state.since.filter(|since| before.is_none_or(|before| *since < before))
            {
                vex.extend(self.of_repository(view, repository.name, since)?);
            }
        }
        let mut decisions = Decisions::new(policies, vex);
        if let Some(beside) = self.beside.get() {
            decisions = decisions.preceded_by(beside);
        }
        Ok(Known { decisions, documents })
    }

    /// What a repository states, read once.
    fn of_repository(
        &self,
        view: &View<'_>,
        name: String,
        since: u64,
    ) -> Result<Vec<Arc<VexDocument>>, Error> {
        if let Some((known, documents)) = self.repositories.lock().get(&name)
            && *known == since
        {
            return Ok(documents.clone());
        }
        let documents: Vec<_> = repositories::documents(view, &name)?.into_iter().map(Arc::new).collect();
        self.repositories.lock().insert(name, (since, documents.clone()));
        Ok(documents)
    }
}

enum Understood {
    Policy(Policy),
    Vex(VexDocument),
}

/// What a document says.
fn understood(document: &DecisionDocument) -> Result<Understood, Error> {
    let refused = |why: String| Error::Policy(PolicyError::Document { name: document.name.clone(), why });
    let policy = |form| {
        let text = std::str::from_utf8(&document.bytes).map_err(|_| refused("it is not UTF-8".to_owned()))?;
        let policy = Policy::read(&document.name, text, form).map_err(|error| refused(error.to_string()))?;
        Ok(Understood::Policy(policy))
    };
    match document.kind {
        DecisionKind::PolicyToml => policy(Form::Toml),
        DecisionKind::PolicyJson => policy(Form::Json),
        DecisionKind::Vex => VexDocument::read(&document.name, &document.bytes)
            .map(Understood::Vex)
            .map_err(|error| refused(error.to_string())),
    }
}

/// A document without its text, and what it says where it is understood.
fn summary(document: &DecisionDocument, understood: Option<&Understood>) -> DecisionSummary {
    let DecisionDocument { name, kind, since, bytes } = document;
    let content = understood.map(|understood| match understood {
        Understood::Policy(policy) => {
            DecisionContent::Policy { rules: policy.rules(), bars: policy.bars().to_vec() }
        }
        Understood::Vex(vex) => DecisionContent::Vex {
            id: vex.id.clone(),
            author: vex.author.clone(),
            statements: vex.statements(),
            inapplicable: vex.inapplicable,
        },
    });
    DecisionSummary { name: name.clone(), kind: *kind, since: *since, bytes: bytes.len(), content }
}

/// The last document of each name, of before a time where one is given.
fn in_force(view: &View<'_>, before: Option<u64>) -> Result<Vec<DecisionDocument>, Error> {
    let mut last: BTreeMap<(u64, String), (Key, Row)> = BTreeMap::new();
    for row in view.scan::<Policies>(|_| ()) {
        let (key, row) = row?;
        if before.is_none_or(|before| key.since < before) {
            last.insert((key.kind, key.name.clone()), (key, row));
        }
    }
    Ok(last.into_values().filter_map(|(key, row)| row.into_document(key)).collect())
}

impl Known {
    /// All documents of a kind that are in force, by name.
    pub(crate) fn of_kind(&self, kind: DecisionKind) -> impl Iterator<Item = &DecisionSummary> {
        self.documents.iter().filter(move |document| part_of(document.kind) == part_of(kind))
    }
}

/// One document, with its text. `idle` says which rules of it decide on nothing, where it is a policy.
///
/// # Errors
/// [`PolicyError::None`] where there is none of that name; those of `idle`.
pub(crate) fn one(
    view: &View<'_>,
    (kind, name): (DecisionKind, &str),
    idle: impl FnOnce(&Policy) -> Result<Vec<IdleRule>, Error>,
) -> Result<DecisionDetail, Error> {
    let document = last(view, kind, name)?;
    let document = document.ok_or_else(|| Error::Policy(PolicyError::none(kind, name)))?;
    let understood = understood(&document).ok();
    let summary = summary(&document, understood.as_ref());
    let idle = match &understood {
        Some(Understood::Policy(policy)) => Some(idle(policy)?),
        _ => None,
    };
    Ok(DecisionDetail { summary, bytes: document.bytes, idle })
}

fn last(view: &View<'_>, kind: DecisionKind, name: &str) -> Result<Option<DecisionDocument>, Error> {
    let keys = view.keys::<Policies>(|key| {
        key.number(part_of(kind)).text(name);
    });
    let Some(key) = keys.last().transpose()? else { return Ok(None) };
    Ok(view.get::<Policies>(&key)?.and_then(|row| row.into_document(key)))
}

/// Puts a document in force, in the place of the one of that name.
///
/// # Errors
/// [`Error::Policy`] where it makes no sense, or there are too many.
pub(crate) fn put(
    (writers, decided): (&Writers, &InForce),
    settings: &Settings,
    mut document: DecisionDocument,
) -> Result<DecisionSummary, Error> {
    check(&document.name)?;
    let understood = understood(&document)?;
    if let Understood::Policy(policy) = &understood {
        for bar in policy.bars() {
            let refused =
                |why| PolicyError::Document { name: document.name.clone(), why: format!("`fail_on`: {why}") };
            bar.parse::<Bar>().map_err(|why| Error::Policy(refused(why)))?;
        }
    }
    let writer = writers.policies();
    let view = writer.view();
    let before = last(&view, document.kind, &document.name)?;
    match before {
        Some(before) if (before.kind, &before.bytes) == (document.kind, &document.bytes) => {
            return Ok(summary(&before, Some(&understood)));
        }
        Some(_) => {}
        None => {
            let (count, most) = (decided.now(writers.store())?.documents.len(), settings.policies.documents);
            if count >= most {
                return Err(Error::Policy(PolicyError::Many(most)));
            }
        }
    }
    document.since = since(&view, &settings.clock, document.kind, &document.name)?;
    let mut batch = Batch::default();
    let key = Key { kind: part_of(document.kind), name: document.name.clone(), since: document.since };
    let summary = summary(&document, Some(&understood));
    batch.put::<Policies>(&key, &Row::new(document.kind, document.bytes))?;
    tidy(&view, settings, &mut batch, (key.kind, &key.name))?;
    writer.commit(batch)?;
    decided.forget();
    Ok(summary)
}

/// Takes a document out of force.
///
/// # Errors
/// [`PolicyError::None`] where there is none of that name.
pub(crate) fn remove(
    (writers, decided): (&Writers, &InForce),
    settings: &Settings,
    (kind, name): (DecisionKind, &str),
) -> Result<(), Error> {
    let writer = writers.policies();
    let view = writer.view();
    if last(&view, kind, name)?.is_none() {
        return Err(Error::Policy(PolicyError::none(kind, name)));
    }
    let since = since(&view, &settings.clock, kind, name)?;
    let mut batch = Batch::default();
    let key = Key { kind: part_of(kind), name: name.to_owned(), since };
    batch.put::<Policies>(&key, &Row::REMOVED)?;
    tidy(&view, settings, &mut batch, (key.kind, name))?;
    writer.commit(batch)?;
    decided.forget();
    Ok(())
}

/// Now, and after what was in force before, even where the clock was set back.
fn since(view: &View<'_>, clock: &Clock, kind: DecisionKind, name: &str) -> Result<u64, Error> {
    let keys = view.keys::<Policies>(|key| {
        key.number(part_of(kind)).text(name);
    });
    let newest = keys.last().transpose()?.map_or(0, |key| key.since + 1);
    Ok(clock.now().max(newest))
}

/// Forgets what of a name was in force before history is kept: of that time nothing is reported.
fn tidy(view: &View<'_>, settings: &Settings, batch: &mut Batch, of: (u64, &str)) -> Result<(), Error> {
    let kept = settings.clock.now().saturating_sub(settings.history);
    let keys = view.keys::<Policies>(|key| {
        key.number(of.0).text(of.1);
    });
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    for pair in keys.windows(2) {
        // What is followed by something that was in force before then, too.
        if let [old, next] = pair
            && next.since <= kept
        {
            batch.delete::<Policies>(old);
        }
    }
    Ok(())
}

fn check(name: &str) -> Result<(), Error> {
    if names::can_be_called(name, NAME_BYTES) {
        return Ok(());
    }
    let name = name.chars().take(NAME_BYTES).collect();
    Err(Error::Policy(PolicyError::Name { name, most: NAME_BYTES }))
}

/// What becomes of the findings of an image.
pub(crate) struct Decided {
    /// Those that count, in their order.
    pub(crate) counted: Vec<Finding>,
    /// Those that do not.
    pub(crate) suppressed: Vec<Suppressed>,
    /// Whether the severity of any was changed, by which they are sorted.
    pub(crate) is_rated_anew: bool,
}

/// What becomes of the findings of an image. `attached` says which documents are attached to it and to those upon
/// which it was built.
pub(crate) fn applied(
    view: &View<'_>,
    (decisions, now, order): (&Decisions, u64, &Ordering<'_>),
    image: &Image,
    findings: Vec<Finding>,
    attached: impl FnOnce(&[Image]) -> Result<Vec<AttachedVex>, Error>,
) -> Result<Decided, Error> {
    let nothing = |findings| Decided { counted: findings, suppressed: Vec::new(), is_rated_anew: false };
    if findings.is_empty() || (decisions.is_empty() && !attached::is_any(view)?) {
        return Ok(nothing(findings));
    }
    let bases = bases::all_of(view, image)?;
    let attached = attached(&bases)?;
    if decisions.is_empty() && attached.is_empty() {
        return Ok(nothing(findings));
    }
    let subject = subject_upon(image, &bases);
    let mut at_image = decisions.at_image(subject, Moment(now)).with_attached(attached).ordered_by(order);
    let (mut counted, mut suppressed) = (Vec::with_capacity(findings.len()), Vec::new());
    let mut is_rated_anew = false;
    for mut finding in findings {
        let diff_id = finding.package.layer.diff_id.to_string();
        let decision = at_image.decide(&mut candidate(&finding, &diff_id));
        if let Some(new) = decision.severity {
            finding.severity = new.rated();
            is_rated_anew = true;
        }
        match decision.suppression {
            None => counted.push(finding),
            Some(suppression) => suppressed.push(Suppressed { finding, suppression }),
        }
    }
    Ok(Decided { counted, suppressed, is_rated_anew })
}

/// An image, as far as policies and VEX documents speak of it.
pub(crate) fn subject(view: &View<'_>, image: &Image) -> Result<Subject, Error> {
    Ok(subject_upon(image, &bases::all_of(view, image)?))
}

fn subject_upon(image: &Image, bases: &[Image]) -> Subject {
    Subject {
        names: image.names.clone(),
        architecture: image.platform.architecture.clone(),
        labels: image.labels.clone(),
        digests: digests(image),
        bases: bases.iter().map(base).collect(),
    }
}

/// Digests by which an image may be called.
fn digests(image: &Image) -> Vec<String> {
    std::iter::once(&image.id).chain(&image.manifests).map(ToString::to_string).collect()
}

fn base(image: &Image) -> limpid_policy::Base {
    limpid_policy::Base { names: image.names.clone(), digests: digests(image), layers: image.layers.len() }
}

fn candidate<'a>(finding: &'a Finding, diff_id: &'a str) -> Candidate<'a> {
    let package = &finding.package;
    let others = finding.aliases.iter().map(String::as_str);
    Candidate {
        identifiers: [finding.vulnerability.as_str(), &finding.advisory].into_iter().chain(others).collect(),
        purl: package.purl.parse().ok(),
        name: &package.name,
        version: &package.version,
        scheme: Some(&package.scheme),
        source: package.source.as_ref().map(|it| Source { name: &it.name, version: &it.version }),
        path: &package.path,
        layer: package.layer.index,
        diff_id,
        severity: finding.severity.severity,
        is_fixable: finding.fixed_version.is_some(),
        published: finding.summary.as_ref().and_then(|summary| summary.published.as_deref()),
    }
}

#[cfg(test)]
mod tests;
