/// What is wrong with a watch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// Its name cannot stand in addresses.
    #[error("the name of a watch is 1 to 64 of `a-z`, `0-9` and `-`, not `{0}`")]
    Name(String),
    /// No host.
    #[error(
        "`{0}` is no registry: name its host, with a port where it has one of its own, as in `registry.example:5000`"
    )]
    Registry(String),
    /// Nothing is watched.
    #[error("a watch names at least one repository, or a pattern of them such as `*`")]
    NoRepository,
    /// A pattern that cannot be read.
    #[error("`{given}` is no pattern of {what}: {why}")]
    Pattern {
        /// What was given.
        given: String,
        /// Of what it is to be one.
        what: &'static str,
        /// Why it is none.
        why: String,
    },
    /// A number that is nothing.
    #[error("`{0}` of a watch is at least 1")]
    Nothing(&'static str),
    /// What is asked for cannot be understood.
    #[error("{0}")]
    Spec(String),
}
