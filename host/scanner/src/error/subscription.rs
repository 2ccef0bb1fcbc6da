/// What is wrong with a subscription.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionError {
    /// Its name cannot stand in addresses.
    #[error("the name of a subscription is 1 to 64 of `a-z`, `0-9` and `-`, not `{0}`")]
    Name(String),
    /// A kind that there is not.
    #[error("`{given}` is no kind of notice; there are: {known}")]
    Kind {
        /// What was given.
        given: String,
        /// What there is.
        known: String,
    },
    /// A severity that there is not.
    #[error("`{given}` is no severity; there are: {known}")]
    Severity {
        /// What was given.
        given: String,
        /// What there is.
        known: String,
    },
    /// A pattern of names that cannot be read.
    #[error("`{given}` is no pattern of names: {why}")]
    Names {
        /// What was given.
        given: String,
        /// Why.
        why: String,
    },
    /// A period of nothing.
    #[error("a period is at least one second")]
    Period,
    /// Nothing can be sent there.
    #[error("{0}")]
    Target(String),
}
