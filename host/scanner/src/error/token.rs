/// What is wrong with a token, or with what one is to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("there is no token `{0}`")]
    None(String),
    /// There is one of that name.
    #[error("there is a token `{0}`: revoke it first, or choose another name")]
    Taken(String),
    /// Its name is none.
    #[error(
        "a name is 1 to {most} letters, digits, `.`, `_` and `-`, the first a letter or a digit, and no identifier of 12 \
         hexadecimal digits: not `{name}`"
    )]
    Name {
        /// What was given.
        name: String,
        /// The limit, in bytes.
        most: usize,
    },
    /// It is described as none can be.
    #[error("{0}")]
    Spec(String),
    /// What it is for makes no sense.
    #[error("{0}")]
    Repositories(String),
    /// It would be no longer taken from the beginning on.
    #[error("the token would have expired before it was made")]
    Expired,
    /// There are as many as there may be.
    #[error("there are {0} tokens, as many as setting `access.tokens` allows: revoke some that nobody uses")]
    Many(usize),
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is none that this service made, or was revoked.
    #[error("the token is none of this service, or was revoked")]
    Unknown,
    /// It is over.
    #[error("the token has expired")]
    Expired,
}
