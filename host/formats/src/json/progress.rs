use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Word;

/// How far the indexing of a submission is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobProgress {
    /// `queued`, `waiting`, `opening` (it is being found out which layers there are), `reading` or
    /// `storing`.
    #[schema(value_type = String)]
    pub phase: Word,
    /// Layers that are to be read; 0 while that is not known.
    pub layers: u64,
    /// Those that were read.
    pub layers_done: u64,
    /// Stored size of the layers that are to be read.
    pub bytes: u64,
    /// That of those that were read.
    pub bytes_done: u64,
    /// What came of them from where they are fetched.
    pub bytes_fetched: u64,
}
