//! What becomes of a finding, by all that was decided.

use std::collections::HashMap;
use std::sync::Arc;

use limpid_model::report::{AttachedTo, RatedSeverity, SuppressedBy, Suppression};
use limpid_model::{Rating, Severity};

use crate::policy::{Action, Policy, Rule};
use crate::subject::{Candidate, Order, Subject};
use crate::time::Moment;
use crate::vex::{Product, Statement, Status, VexDocument};

/// All policies and VEX documents that are in force.
#[derive(Debug, Default)]
pub struct Decisions {
    policies: Vec<Arc<Policy>>,
    documents: Vec<Arc<VexDocument>>,
    /// By the upper case of an identifier: the places of documents and of their statements.
    statements: HashMap<String, Vec<(usize, usize)>>,
}

/// A VEX document that is attached to an image in its registry: it holds for that image, and for what its layers
/// brought into others.
#[derive(Clone, Debug)]
pub struct AttachedVex {
    /// What it states.
    pub document: Arc<VexDocument>,
    /// Where it was found, and who vouches for it.
    pub attached: AttachedTo,
    /// How many of the lowest layers are those of the image to which it is attached; none: all are.
    pub layers: Option<usize>,
}

impl AttachedVex {
    /// Whether what it states of a product is about a finding; none where nobody can tell.
    fn holds(
        &self,
        product: &Product,
        subject: &Subject,
        candidate: &Candidate<'_>,
        order: Option<&dyn Order>,
    ) -> Option<bool> {
        if self.layers.is_some_and(|layers| candidate.layer >= layers) {
            return Some(false);
        }
        match product.holds(subject, candidate, order) {
            Some(false) => product.is_of_index(&self.attached.about, subject, candidate, order),
            other => other,
        }
    }
}

/// A statement that is about a finding, and who makes it.
struct Stated<'s> {
    author: &'s str,
    /// Who vouches that it is of this author: the service for what was handed in; of what is attached who
    /// has signed it, or nobody.
    voucher: Voucher<'s>,
    product: &'s Product,
    document: &'s VexDocument,
    attached: Option<&'s AttachedTo>,
    statement: &'s Statement,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Voucher<'s> {
    Service,
    Signer([&'s str; 2]),
    Nobody,
}

/// What becomes of a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// How bad it is instead of what publishers say.
    pub severity: Option<NewSeverity>,
    /// Why it does not count; none where it does.
    pub suppression: Option<Suppression>,
}

/// A severity, and the policy that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSeverity {
    /// How bad it is.
    pub severity: Severity,
    /// Name of the policy.
    pub policy: String,
    /// Why, in the words of its author.
    pub reason: String,
}

impl NewSeverity {
    /// The same as a rating of the package by the policy.
    pub fn rated(&self) -> RatedSeverity {
        let severity = self.severity;
        let rating = Rating {
            system: format!("policy `{}`", self.policy),
            value: match self.reason.trim() {
                "" => severity.as_str().to_owned(),
                reason => format!("{}: {reason}", severity.as_str()),
            },
            score: None,
        };
        RatedSeverity { severity, rating: Some(rating), of_package: true, feed: None }
    }
}

/// A rule that is about nothing, so that somebody may want to remove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Name of the policy.
    pub policy: String,
    /// Which rule, for people.
    pub rule: String,
    /// Whether it has expired, instead.
    pub has_expired: bool,
}

/// What is in force for one image.
#[derive(Debug)]
pub struct AtImage<'d> {
    decisions: &'d Decisions,
    policies: Vec<&'d Policy>,
    attached: Vec<AttachedVex>,
    subject: Subject,
    now: Moment,
    order: Option<&'d dyn Order>,
    /// For each policy and rule, whether it was about anything.
    used: Vec<Vec<bool>>,
}

impl Decisions {
    /// Puts policies and documents together, each in the order of their names.
    pub fn new(mut policies: Vec<Arc<Policy>>, documents: Vec<Arc<VexDocument>>) -> Self {
        policies.sort_by(|a, b| a.name().cmp(b.name()));
        Self::in_order(policies, documents)
    }

    /// The same, with others whose policies come first: where rules of both are about a finding, theirs decide.
    #[must_use]
    pub fn preceded_by(mut self, others: &Self) -> Self {
        let policies = others.policies.iter().cloned().chain(self.policies).collect();
        self.documents.extend(others.documents.iter().cloned());
        Self::in_order(policies, self.documents)
    }

    fn in_order(policies: Vec<Arc<Policy>>, documents: Vec<Arc<VexDocument>>) -> Self {
        let mut statements: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for (place, document) in documents.iter().enumerate() {
            for (number, statement) in document.statements.iter().enumerate() {
                for identifier in &statement.identifiers {
                    let places = statements.entry(identifier.to_ascii_uppercase()).or_default();
                    if places.last() != Some(&(place, number)) {
                        places.push((place, number));
                    }
                }
            }
        }
        Self { policies, documents, statements }
    }

    /// Whether nothing is decided.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty() && self.documents.is_empty()
    }

    /// Whether any statement is on a range of versions, so that somebody has to order them.
    pub fn have_ranges(&self) -> bool {
        self.documents.iter().any(|document| document.has_ranges())
    }

    /// The policies.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.iter().map(AsRef::as_ref)
    }

    /// What is in force for an image at a moment.
    pub fn at_image(&self, subject: Subject, now: Moment) -> AtImage<'_> {
        let policies: Vec<_> = self.policies().filter(|policy| policy.is_for(&subject)).collect();
        let used = policies.iter().map(|policy| vec![false; policy.rules.len()]).collect();
        AtImage { decisions: self, policies, attached: Vec::new(), subject, now, order: None, used }
    }
}

impl<'d> AtImage<'d> {
    /// With somebody who orders the versions of its packages.
    #[must_use]
    pub fn ordered_by(self, order: &'d dyn Order) -> Self {
        Self { order: Some(order), ..self }
    }

    /// With documents that are attached to the image, or to those upon which it was built.
    #[must_use]
    pub fn with_attached(self, attached: Vec<AttachedVex>) -> Self {
        Self { attached, ..self }
    }

    /// What becomes of a finding.
    pub fn decide(&mut self, candidate: &mut Candidate<'_>) -> Decision {
        let severity = self.severity(candidate);
        if let Some(new) = &severity {
            candidate.severity = new.severity;
        }
        let by_policy = self.by_rule(candidate, |action| action == Action::Suppress);
        let suppression = by_policy
            .map(|(policy, rule)| by_policy_of(policy, rule))
            .or_else(|| self.by_vex(candidate))
            .or_else(|| self.grace(candidate));
        Decision { severity, suppression }
    }

    /// Rules of the policies that are for the image, and that were about nothing that was decided.
    pub fn unused(&self) -> Vec<Unused> {
        let mut unused = Vec::new();
        for (policy, used) in self.policies.iter().zip(&self.used) {
            for (rule, used) in policy.rules.iter().zip(used) {
                let has_expired = rule.has_expired(self.now);
                if has_expired || !used {
                    unused.push(Unused { policy: policy.name.clone(), rule: rule.named(), has_expired });
                }
            }
        }
        unused
    }

    fn severity(&mut self, candidate: &Candidate<'_>) -> Option<NewSeverity> {
        let (policy, rule) = self.by_rule(candidate, |action| matches!(action, Action::Severity(_)))?;
        let Action::Severity(severity) = rule.action else { return None };
        Some(NewSeverity { severity, policy: policy.name.clone(), reason: rule.reason.clone() })
    }

    /// The first rule of some kind that is in force and about a finding. All that are about it count as used.
    fn by_rule(
        &mut self,
        candidate: &Candidate<'_>,
        is_meant: impl Fn(Action) -> bool,
    ) -> Option<(&'d Policy, &'d Rule)> {
        let mut first = None;
        let policies = self.policies.iter().zip(&mut self.used);
        for (policy, used) in policies {
            for (rule, used) in policy.rules.iter().zip(used) {
                let is_in_force = is_meant(rule.action) && !rule.has_expired(self.now);
                if is_in_force && rule.is_about(&self.subject, candidate) {
                    *used = true;
                    first.get_or_insert((*policy, rule));
                }
            }
        }
        first
    }

    fn by_vex(&self, candidate: &Candidate<'_>) -> Option<Suppression> {
        // The newest of each author on each product.
        let mut newest: Vec<Stated<'_>> = Vec::new();
        for identifier in &candidate.identifiers {
            self.stated(identifier, candidate, &mut newest);
            self.stated_beside(identifier, candidate, &mut newest);
        }
        if newest.iter().any(|stated| stated.statement.status.counts()) {
            return None;
        }
        let newest = newest.iter().max_by_key(|stated| stated.statement.at)?;
        let Stated { document, statement, attached, .. } = newest;
        Some(Suppression {
            by: match statement.status {
                Status::Fixed => SuppressedBy::Fixed(document.id.clone()),
                _ => SuppressedBy::NotAffected(document.id.clone()),
            },
            repository: document.repository.clone(),
            author: Some(document.author.clone()).filter(|author| !author.is_empty()),
            reason: statement.reason.clone(),
            justification: statement.justification.clone(),
            since: (statement.at > Moment(0)).then(|| statement.at.to_string()),
            until: None,
            attached: attached.cloned(),
        })
    }

    /// What documents state that were handed in.
    fn stated<'s>(&'s self, identifier: &str, candidate: &Candidate<'_>, newest: &mut Vec<Stated<'s>>) {
        let Decisions { documents, statements, .. } = self.decisions;
        let places = statements.get(&identifier.to_ascii_uppercase());
        for (document, number) in places.into_iter().flatten() {
            let Some(document) = documents.get(*document) else { continue };
            let Some(statement) = document.statements.get(*number) else { continue };
            // What nobody can tell suppresses nothing.
            let is_meant = |product: &&Product| {
                let holds = product.holds(&self.subject, candidate, self.order);
                holds.unwrap_or(statement.status.counts())
            };
            for product in statement.products.iter().filter(is_meant) {
                let (author, voucher) = (author_of(document), Voucher::Service);
                add(newest, Stated { author, voucher, product, document, attached: None, statement });
            }
        }
    }

    /// What documents state that are attached.
    fn stated_beside<'s>(
        &'s self,
        identifier: &str,
        candidate: &Candidate<'_>,
        newest: &mut Vec<Stated<'s>>,
    ) {
        for beside in &self.attached {
            let document = &*beside.document;
            let signer = beside.attached.signer.as_ref();
            let voucher = signer.map_or(Voucher::Nobody, |signer| Voucher::Signer(signer.who()));
            for statement in document.on(identifier) {
                let is_meant = |product: &&Product| {
                    let holds = beside.holds(product, &self.subject, candidate, self.order);
                    holds.unwrap_or(statement.status.counts())
                };
                for product in statement.products.iter().filter(is_meant) {
                    let (author, attached) = (author_of(document), Some(&beside.attached));
                    add(newest, Stated { author, voucher, product, document, attached, statement });
                }
            }
        }
    }

    /// The time that an update may take. Where it is not known since when there is one, it has taken too long.
    fn grace(&mut self, candidate: &Candidate<'_>) -> Option<Suppression> {
        let published = candidate.published.filter(|_| candidate.is_fixable).and_then(Moment::of)?;
        let now = self.now;
        let (policy, rule) = self.by_rule(candidate, |action| matches!(action, Action::Grace(_)))?;
        let Action::Grace(days) = rule.action else { return None };
        let until = published.after(days);
        (now < until).then(|| Suppression {
            by: SuppressedBy::Grace(policy.name.clone()),
            repository: None,
            author: rule.author.clone(),
            reason: match rule.reason.trim() {
                "" => format!("{days} days for the update"),
                reason => reason.to_owned(),
            },
            justification: None,
            since: candidate.published.map(str::to_owned),
            until: Some(until.to_string()),
            attached: None,
        })
    }
}

fn by_policy_of(policy: &Policy, rule: &Rule) -> Suppression {
    Suppression {
        by: SuppressedBy::Policy(policy.name.clone()),
        repository: None,
        author: rule.author.clone(),
        reason: rule.reason.clone(),
        justification: None,
        since: rule.since.clone(),
        until: rule.expires.map(|expires| expires.to_string()),
        attached: None,
    }
}

/// Who says nothing of themselves is nobody else.
fn author_of(document: &VexDocument) -> &str {
    if document.author.is_empty() { &document.id } else { &document.author }
}

/// Keeps the newest statement that an author makes on a product. Who is vouched for by another is another one: a name
/// alone takes back nothing.
fn add<'s>(newest: &mut Vec<Stated<'s>>, stated: Stated<'s>) {
    let who = |of: &Stated<'s>| (of.author, of.voucher, of.product);
    match newest.iter_mut().find(|known| who(known) == who(&stated)) {
        None => newest.push(stated),
        Some(known) => {
            let place = |of: &Stated<'s>| (of.statement.at, of.statement.status);
            if place(&stated) > place(known) {
                *known = stated;
            }
        }
    }
}

#[cfg(test)]
mod tests;
