//! Policies, VEX documents, and what they decide.

use limpid_model::{DecisionContent, DecisionDetail, DecisionKind, DecisionSummary, VexRepositoryState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Finding, Report, Word, time};
use crate::gate::{self, Bar};

/// A policy or a VEX document that is in force.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PolicyDocument {
    /// What it is called here.
    pub name: String,
    /// `toml` or `json` of a policy, `vex` of a VEX document.
    #[schema(value_type = String)]
    pub form: Word,
    /// Since when it is in force.
    pub since: String,
    /// Its length in bytes.
    pub bytes: usize,
    /// What it says, in numbers.
    #[serde(flatten)]
    pub content: Option<PolicyContent>,
    /// Rules of a policy that have expired, or that name vulnerabilities of which none affects a known image; only
    /// where one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub idle: Option<Vec<IdleRule>>,
    /// As it was handed in; only where one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub text: Option<String>,
}

/// A rule that decides on nothing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct IdleRule {
    /// Which rule, for people.
    pub rule: String,
    /// Whether it has expired; otherwise it is about nothing.
    pub has_expired: bool,
}

/// What a document says, in numbers.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum PolicyContent {
    /// A policy.
    Policy {
        /// Of a policy: how many rules it has.
        rules: usize,
        /// Of a policy: what no image may have.
        fail_on: Vec<String>,
    },
    /// A VEX document.
    Vex {
        /// Of a VEX document: what it calls itself.
        id: String,
        /// Of a VEX document: who makes its statements.
        author: String,
        /// Of a VEX document: how many it makes.
        statements: usize,
        /// Of a VEX document: statements, or products of them, that no image and no package can be recognised by.
        inapplicable: usize,
    },
}

/// All policies that are in force, by name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Policies {
    /// The policies.
    pub policies: Vec<PolicyDocument>,
}

/// All VEX documents that are in force, by name.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct VexDocuments {
    /// The documents that somebody put in force.
    pub documents: Vec<PolicyDocument>,
    /// Repositories whose documents are in force, by name.
    pub repositories: Vec<VexRepository>,
}

/// A repository of VEX documents, and how its updates go.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct VexRepository {
    /// What it is called here.
    pub name: String,
    /// Its address, below which its manifest is.
    pub url: String,
    /// What it calls itself; empty before it was fetched.
    pub title: String,
    /// Since when it is asked.
    pub added: String,
    /// Since when its documents are in force as they are; null before it was fetched.
    #[schema(required)]
    pub since: Option<String>,
    /// When it was last seen that they are as its publisher has them.
    #[schema(required)]
    pub confirmed: Option<String>,
    /// When it is fetched next; null: as soon as possible.
    #[schema(required)]
    pub next: Option<String>,
    /// How many updates have failed since the last one that did not.
    pub failures: u32,
    /// Why the last one failed; null where it did not.
    #[schema(required)]
    pub failure: Option<String>,
    /// How many of its documents are in force.
    pub documents: usize,
    /// How many of its documents could not be used.
    pub unread: usize,
    /// The first of those, and why.
    #[schema(required)]
    pub first_unread: Option<String>,
}

/// What somebody says of a repository of VEX documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VexRepositoryWanted {
    /// Its address: `https://github.com/ORG/REPOSITORY`, or one below which there is `.well-known/vex-repository.json`.
    pub url: String,
}

impl From<limpid_model::VexRepository> for VexRepository {
    fn from(repository: limpid_model::VexRepository) -> Self {
        let limpid_model::VexRepository { name, url, added, state } = repository;
        let VexRepositoryState { title, since, confirmed, next, failures, failure, .. } = state;
        Self {
            name,
            url,
            title,
            added: time(added),
            since: since.map(time),
            confirmed: confirmed.map(time),
            next: next.map(time),
            failures,
            failure,
            documents: state.documents,
            unread: state.unread,
            first_unread: state.first_unread,
        }
    }
}

impl From<DecisionSummary> for PolicyDocument {
    fn from(document: DecisionSummary) -> Self {
        let form = match document.kind {
            DecisionKind::PolicyToml => "toml",
            DecisionKind::PolicyJson => "json",
            DecisionKind::Vex => "vex",
        };
        Self {
            name: document.name,
            form: form.into(),
            since: time(document.since),
            bytes: document.bytes,
            content: document.content.map(PolicyContent::from),
            idle: None,
            text: None,
        }
    }
}

impl From<DecisionDetail> for PolicyDocument {
    fn from(DecisionDetail { summary, bytes, idle }: DecisionDetail) -> Self {
        let idle = idle.map(|rules| rules.into_iter().map(IdleRule::from).collect());
        Self { idle, text: Some(String::from_utf8_lossy(&bytes).into_owned()), ..summary.into() }
    }
}

impl From<limpid_model::IdleRule> for IdleRule {
    fn from(limpid_model::IdleRule { rule, has_expired }: limpid_model::IdleRule) -> Self {
        Self { rule, has_expired }
    }
}

impl From<DecisionContent> for PolicyContent {
    fn from(content: DecisionContent) -> Self {
        match content {
            DecisionContent::Policy { rules, bars } => Self::Policy { rules, fail_on: bars },
            DecisionContent::Vex { id, author, statements, inapplicable } => {
                Self::Vex { id, author, statements, inapplicable }
            }
        }
    }
}

/// Whether an image passes.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Verdict {
    /// Digest of its configuration.
    pub image: String,
    /// `pass`, `fail` or `cannot-judge`.
    #[schema(value_type = String)]
    pub verdict: Word,
    /// Why, for people; null where it passes.
    #[schema(required)]
    pub reason: Option<String>,
    /// The bars that it was held against.
    pub fail_on: Vec<String>,
    /// How many findings are over a bar.
    pub over: usize,
    /// The first of them, in the order of the report.
    pub findings: Vec<Finding>,
    /// How many findings do not count, by a policy or by a VEX document.
    pub suppressed: usize,
}

impl Verdict {
    /// Most findings that are named.
    pub const FINDINGS: usize = 100;

    /// Holds a report against bars, which are as they were written.
    pub fn of(report: &Report, bars: &[(String, Bar)]) -> Self {
        let (fail_on, bars): (Vec<_>, Vec<_>) = bars.iter().cloned().unzip();
        let gate::Judged { verdict, over } = gate::judged(report, &bars);
        let (verdict, reason) = match verdict {
            gate::Verdict::Passes => ("pass", None),
            gate::Verdict::Fails(1) => ("fail", Some("1 finding is over the bar".to_owned())),
            gate::Verdict::Fails(count) => ("fail", Some(format!("{count} findings are over the bar"))),
            gate::Verdict::CannotJudge(why) => ("cannot-judge", Some(why)),
        };
        Self {
            image: report.image.digest.clone(),
            verdict: verdict.into(),
            reason,
            fail_on,
            over: over.len(),
            findings: over.into_iter().take(Self::FINDINGS).cloned().collect(),
            suppressed: report.summary.suppressed,
        }
    }
}
