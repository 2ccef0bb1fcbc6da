/// What is wrong with a subscription.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionError {
    /// Its name cannot stand in addresses.
    #[error("the name of a subscription is 1 to 64 of `a-z`, `0-9` and `-`, not `{0}`")]
    Name(String),
    /// What is asked for cannot be understood.
    #[error("{0}")]
    Spec(String),
    /// A pattern of names that cannot be read.
    #[error("`{given}` is no pattern of names: {why}")]
    Names {
        /// What was given.
        given: String,
        /// Why.
        why: String,
    },
    /// An expression that is none, or that no finding is true of as it is meant.
    #[error("`filter.expression`: {0}")]
    Expression(String),
    /// Nothing is watched by that name.
    #[error("there is no watch `{0}`, so that no notice would pass the filter")]
    Watch(String),
    /// A period of nothing.
    #[error("a period is at least one second")]
    Period,
    /// Nothing can be sent there.
    #[error("{0}")]
    Target(String),
}
