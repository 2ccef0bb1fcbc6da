//! What users decide on findings, as it is kept.

/// What a document is by which findings are decided upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecisionKind {
    /// A policy of those who run images, in TOML.
    PolicyToml,
    /// The same, in JSON.
    PolicyJson,
    /// A VEX document of those who make software.
    Vex,
}

/// A document by which findings are decided upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionDocument {
    /// What it is called here.
    pub name: String,
    /// What it is.
    pub kind: DecisionKind,
    /// Since when it is in force, in milliseconds since 1970.
    pub since: u64,
    /// As it was handed in.
    pub bytes: Vec<u8>,
}

/// A document by which findings are decided upon, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionSummary {
    /// What it is called here.
    pub name: String,
    /// What it is.
    pub kind: DecisionKind,
    /// Since when it is in force, in milliseconds since 1970.
    pub since: u64,
    /// Its length.
    pub bytes: usize,
    /// What it says; none where this version of Limpid does not understand it.
    pub content: Option<DecisionContent>,
}

/// All that is known of a document by which findings are decided upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionDetail {
    /// What it says, in short.
    pub summary: DecisionSummary,
    /// As it was handed in.
    pub bytes: Vec<u8>,
    /// Of a policy: its rules that decide on nothing.
    pub idle: Option<Vec<IdleRule>>,
}

/// A rule that decides on nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleRule {
    /// Which rule, for people.
    pub rule: String,
    /// Whether it has expired; otherwise it is about nothing.
    pub has_expired: bool,
}

/// What a document says, in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecisionContent {
    /// A policy.
    Policy {
        /// How many rules it has.
        rules: usize,
        /// What no image may have, as it is written.
        bars: Vec<String>,
    },
    /// A VEX document.
    Vex {
        /// What it calls itself.
        id: String,
        /// Who makes its statements; empty where it does not say.
        author: String,
        /// How many it makes.
        statements: usize,
        /// Statements, or products of them, that no image and no package can be recognised by.
        inapplicable: usize,
    },
}
