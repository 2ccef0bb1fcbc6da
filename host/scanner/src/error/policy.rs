use limpid_model::DecisionKind;

/// What is wrong with a policy, or with a VEX document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// There is none.
    #[error("there is no {what} `{name}`")]
    None {
        /// A policy or a VEX document.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// Its name cannot stand in addresses.
    #[error(
        "a name is 1 to {most} letters, digits, `.`, `_` and `-`, the first a letter or a digit: not `{name}`"
    )]
    Name {
        /// What was given.
        name: String,
        /// The limit, in bytes.
        most: usize,
    },
    /// It cannot be understood.
    #[error("`{name}`: {why}")]
    Document {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// There are as many as there may be.
    #[error("there are {0} policies and VEX documents, as many as setting `policies.documents` allows")]
    Many(usize),
    /// There are as many repositories as there may be.
    #[error("there are {0} VEX repositories, as many as setting `policies.repositories` allows")]
    ManyRepositories(usize),
}

impl PolicyError {
    /// That there is none of that name.
    pub(crate) fn none(kind: DecisionKind, name: &str) -> Self {
        let what = match kind {
            DecisionKind::PolicyToml | DecisionKind::PolicyJson => "policy",
            DecisionKind::Vex => "VEX document",
        };
        Self::None { what, name: name.to_owned() }
    }
}
