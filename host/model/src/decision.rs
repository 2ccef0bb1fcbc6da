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
