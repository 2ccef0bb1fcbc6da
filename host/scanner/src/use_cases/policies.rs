//! What users decide on findings.

use std::sync::Arc;

use limpid_fetch::Stop;
use limpid_model::{DecisionDetail, DecisionDocument, DecisionKind, DecisionSummary, Digest, VexRepository};
use limpid_policy::{Decisions, Moment, Policy, Subject};

use crate::policies::{self, Known, repositories};
use crate::vulnerabilities::Filter;
use crate::{Error, PolicyError, Scanner, images};

impl Scanner {
    /// All policies, or all VEX documents, that are in force, by name.
    ///
    /// # Errors
    /// The store fails.
    pub fn decision_documents(&self, kind: DecisionKind) -> Result<Vec<DecisionSummary>, Error> {
        Ok(self.known()?.of_kind(kind).cloned().collect())
    }

    /// One of them, with its text. Of a policy also the rules that have expired, and those that name vulnerabilities of
    /// which none affects an image that is known: who wrote them may want to remove them. Of rules that name no
    /// vulnerability nothing is said.
    ///
    /// # Errors
    /// [`PolicyError::None`] where there is none of that name.
    pub fn decision_document(&self, kind: DecisionKind, name: &str) -> Result<DecisionDetail, Error> {
        policies::one(&self.store().view(), (kind, name), |policy| {
            policy.idle(Moment(self.settings().clock.now()), |id| {
                match self.affected_images(id, &Filter::default(), None, 1) {
                    Ok(page) => Ok(!page.items.is_empty()),
                    Err(Error::NoVulnerability(_) | Error::BadIdentifier { .. }) => Ok(false),
                    Err(error) => Err(error),
                }
            })
        })
    }

    /// Puts a policy or a VEX document in force, in the place of the one of that name.
    ///
    /// # Errors
    /// [`Error::Policy`] where it makes no sense, or there are too many.
    pub fn put_decision_document(&self, document: DecisionDocument) -> Result<DecisionSummary, Error> {
        policies::put((self.writers(), &self.0.decided), self.settings(), document)
    }

    /// Lets policies and VEX documents decide that lie beside whoever has made this scanner for himself: they are not
    /// stored, and where rules of them and of stored ones are about a finding, theirs decide. The first call counts.
    pub fn decide_beside(&self, decisions: Decisions) {
        self.0.decided.decide_beside(decisions);
    }

    /// Takes a policy or a VEX document out of force. Reports on the past still know it.
    ///
    /// # Errors
    /// [`PolicyError::None`] where there is none of that name.
    pub fn remove_decision_document(&self, kind: DecisionKind, name: &str) -> Result<(), Error> {
        policies::remove((self.writers(), &self.0.decided), self.settings(), (kind, name))
    }

    /// All VEX repositories, by name, and how their updates go.
    ///
    /// # Errors
    /// The store fails.
    pub fn vex_repositories(&self) -> Result<Vec<VexRepository>, Error> {
        repositories::all(&self.store().view())
    }

    /// One of them.
    ///
    /// # Errors
    /// [`PolicyError::None`] where there is none of that name.
    pub fn vex_repository(&self, name: &str) -> Result<VexRepository, Error> {
        repositories::one(&self.store().view(), name)
    }

    /// Adds a VEX repository, or gives the one of that name another address. It is fetched as soon as possible.
    ///
    /// # Errors
    /// [`Error::Policy`] where the name or the address makes no sense, or there are too many.
    pub fn put_vex_repository(&self, name: &str, url: &str) -> Result<VexRepository, Error> {
        repositories::put(self.writers(), self.settings(), name, url)
    }

    /// Removes a VEX repository with its documents.
    ///
    /// # Errors
    /// [`PolicyError::None`] where there is none of that name.
    pub fn remove_vex_repository(&self, name: &str) -> Result<(), Error> {
        repositories::remove((self.writers(), &self.0.decided), name)
    }

    /// Lets a VEX repository be fetched as soon as possible.
    ///
    /// # Errors
    /// [`PolicyError::None`] where there is none of that name.
    pub fn ask_vex_repository(&self, name: &str) -> Result<(), Error> {
        repositories::update_now(self.writers(), name)
    }

    /// Fetches a VEX repository. What failed says its state.
    ///
    /// # Errors
    /// [`PolicyError::None`] where there is none of that name; the store fails.
    pub fn update_vex_repository(&self, name: &str, stop: &Stop) -> Result<VexRepository, Error> {
        self.vex_updating().update(name, stop)
    }

    /// What images may not have, as policies say it: those of one name, or all that are for an image.
    ///
    /// # Errors
    /// [`PolicyError::None`] where there is none of that name, [`Error::NoImage`] where there is no such image.
    pub fn bars(&self, policy: Option<&str>, image: &Digest) -> Result<Vec<String>, Error> {
        let known = self.known()?;
        let mut policies = known.decisions.policies();
        let bars = |policy: &Policy| policy.bars().to_vec();
        let Some(name) = policy else {
            let subject = self.subject(image)?;
            return Ok(policies.filter(|policy| policy.is_for(&subject)).flat_map(bars).collect());
        };
        let policy = policies.find(|policy| policy.name() == name);
        policy.map(bars).ok_or_else(|| Error::Policy(PolicyError::none(DecisionKind::PolicyToml, name)))
    }

    fn known(&self) -> Result<Arc<Known>, Error> {
        self.0.decided.now(self.store())
    }

    /// An image, as far as policies and VEX documents speak of it.
    fn subject(&self, digest: &Digest) -> Result<Subject, Error> {
        let view = self.store().view();
        policies::subject(&view, &images::image(&view, digest)?.0)
    }
}
