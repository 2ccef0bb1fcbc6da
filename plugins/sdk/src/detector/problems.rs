use crate::Error;

/// What is wrong inside one file, where what is right is used all the same. However much is wrong,
/// it keeps only the first few problems, and counts the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    kept: Vec<Error>,
    others: u64,
}

impl Problems {
    /// How many problems of one file are kept.
    pub const LIMIT: usize = 20;

    /// One more problem.
    pub fn push(&mut self, error: Error) {
        if self.kept.len() < Self::LIMIT {
            self.kept.push(error);
        } else {
            self.others += 1;
        }
    }

    /// Those that were kept, and one that tells how many others there are.
    pub(crate) fn into_errors(self) -> Vec<Error> {
        let mut errors = self.kept;
        if self.others > 0 {
            errors.push(Error::malformed(format_args!("{} more problems of this kind", self.others)));
        }
        errors
    }
}
