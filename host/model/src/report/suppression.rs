use crate::Signer;
use crate::report::Finding;

/// A finding that does not count, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why it does not count.
    pub suppression: Suppression,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// By whose decision.
    pub by: SuppressedBy,
    /// Name of the repository of VEX documents from which the document is; none where somebody put it in force.
    pub repository: Option<String>,
    /// The person or organisation that says so, where it is stated.
    pub author: Option<String>,
    /// In their words.
    pub reason: String,
    /// Why a product is not affected, in the words of VEX: `vulnerable_code_not_present`.
    pub justification: Option<String>,
    /// Since when, RFC 3339 or a date, where it is stated.
    pub since: Option<String>,
    /// The moment from which it counts again, RFC 3339; none: never.
    pub until: Option<String>,
    /// Where the VEX document was found that says so; none where it was handed in here.
    pub attached: Option<AttachedTo>,
}

/// Where an attached document was found, and who vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedTo {
    /// Where it is, for people.
    pub from: String,
    /// The manifest or index to which it is attached: one of the image, or of one upon which it was built.
    pub about: String,
    /// The key by which it was verified; none where the settings believe everybody.
    pub signer: Option<Signer>,
}

/// By whose decision a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// A policy of this name suppresses it.
    Policy(String),
    /// A policy of this name gives time for the update.
    Grace(String),
    /// This VEX document says that the product is not affected.
    NotAffected(String),
    /// This VEX document says that the product holds the fix.
    Fixed(String),
}

impl SuppressedBy {
    /// The word for it in documents.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Policy(_) => "policy",
            Self::Grace(_) => "grace",
            Self::NotAffected(_) => "vex-not-affected",
            Self::Fixed(_) => "vex-fixed",
        }
    }

    /// Name of the policy or of the document.
    pub fn source(&self) -> &str {
        match self {
            Self::Policy(name) | Self::Grace(name) | Self::NotAffected(name) | Self::Fixed(name) => name,
        }
    }
}
