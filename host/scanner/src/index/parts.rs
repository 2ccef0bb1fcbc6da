//! Files of which one call of a detector failed, shown again in parts: a file that breaks a detector costs itself and
//! not the others that were shown with it.

use limpid_model::{Blame, FailureKind, PluginFailure};
use limpid_runtime::{Detected, LayerFile};

/// How many calls may fail until it is known which files a detector failed for. One bad file of a full batch takes
/// eight; each that fails for its size may have taken all the time that a call is given.
const FAILING: u32 = 24;

/// What a detector said of files, in as many calls as it took.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) detected: Detected,
    /// Of what it was shown that is not in there.
    pub(crate) failures: Vec<PluginFailure>,
}

/// Shows files for which a call has failed again, in halves, until each file that it fails for stands alone. The
/// failure of such a file names it; where that takes too many calls, what was not shown again is told.
pub(super) fn shown_in_parts<F: LayerFile>(
    files: &[F],
    failure: PluginFailure,
    detect: &mut impl FnMut(&[F]) -> Result<Detected, PluginFailure>,
) -> Answer {
    let mut parts = Parts { detect, failing: FAILING, answer: Answer::default() };
    parts.divide(files, failure);
    parts.answer
}

struct Parts<'a, D> {
    detect: &'a mut D,
    failing: u32,
    answer: Answer,
}

impl<D> Parts<'_, D> {
    /// Takes in what comes of files that a call has failed for.
    fn divide<F: LayerFile>(&mut self, files: &[F], failure: PluginFailure)
    where
        D: FnMut(&[F]) -> Result<Detected, PluginFailure>,
    {
        let whose = match files {
            [] => String::new(),
            [file] => format!(", for `{}`", file.path()),
            [first, .., last] => {
                format!(", for {} files from `{}` to `{}`", files.len(), first.path(), last.path())
            }
        };
        if files.len() < 2 || self.failing == 0 || !is_of_files(&failure) {
            let message = failure.message + &whose;
            self.answer.failures.push(PluginFailure { message, ..failure });
            return;
        }
        let (left, right) = files.split_at(files.len() / 2);
        for half in [left, right] {
            match (self.detect)(half) {
                Ok(Detected { findings, unread }) => {
                    self.answer.detected.findings.extend(findings);
                    self.answer.detected.unread.extend(unread);
                }
                Err(failure) => {
                    self.failing = self.failing.saturating_sub(1);
                    self.divide(half, failure);
                }
            }
        }
    }
}

/// Whether the files of the call have to do with it.
fn is_of_files(failure: &PluginFailure) -> bool {
    failure.blame != Blame::Host && failure.kind != FailureKind::Quarantined
}

#[cfg(test)]
mod tests {
    use std::io;

    use limpid_model::{Digest, InputError, PluginId, Unread};

    use super::*;

    #[derive(Clone, Debug)]
    struct Named(String);

    impl LayerFile for Named {
        fn path(&self) -> &str {
            &self.0
        }

        fn size(&self) -> u64 {
            0
        }

        fn executable(&self) -> bool {
            false
        }

        fn claims(&self) -> &[u32] {
            &[0]
        }

        fn read(&self, _offset: u64, _len: usize) -> io::Result<Vec<u8>> {
            Ok(Vec::new())
        }
    }

    fn failure(kind: FailureKind, blame: Blame) -> PluginFailure {
        PluginFailure {
            plugin: PluginId { name: "p".into(), version: "1".into(), digest: Digest::of(b"") },
            call: "detect".into(),
            kind,
            blame,
            message: "oops".into(),
        }
    }

    fn trap() -> PluginFailure {
        failure(FailureKind::Trap, Blame::Plugin)
    }

    /// Shows so many files to a detector that fails for some and states of each other that it is unread. Returns
    /// which it saw, what failed, and how many calls that took.
    fn shown(
        count: usize,
        first: PluginFailure,
        bad: impl Fn(usize) -> bool,
    ) -> (Vec<usize>, Vec<String>, u32) {
        let files: Vec<_> = (0..count).map(|number| Named(number.to_string())).collect();
        let mut calls = 0;
        let answer = shown_in_parts(&files, first, &mut |part: &[Named]| {
            calls += 1;
            if part.iter().any(|file| bad(file.0.parse().unwrap())) {
                return Err(trap());
            }
            let unread = part
                .iter()
                .map(|file| Unread { path: file.0.clone(), error: InputError::Other("seen".into()) });
            Ok(Detected { findings: Vec::new(), unread: unread.collect() })
        });
        let seen = answer.detected.unread.iter().map(|unread| unread.path.parse().unwrap()).collect();
        (seen, answer.failures.into_iter().map(|failure| failure.message).collect(), calls)
    }

    #[test]
    fn a_bad_file_costs_itself_alone() {
        for bad in [0, 1, 100, 254, 255] {
            let (seen, failures, calls) = shown(256, trap(), |file| file == bad);
            assert_eq!(seen, (0..256).filter(|file| *file != bad).collect::<Vec<_>>());
            assert_eq!(failures, [format!("oops, for `{bad}`")]);
            assert_eq!(calls, 16);
        }
        assert_eq!(shown(1, trap(), |_| true), (vec![], vec!["oops, for `0`".into()], 0));
    }

    #[test]
    fn where_many_are_bad_what_was_not_seen_is_told() {
        let (seen, failures, calls) = shown(256, trap(), |file| file % 2 == 1);
        assert!(calls <= 2 * (FAILING + 8), "{calls}");
        let range = |text: &str| {
            let (first, last) = text.rsplit_once(" from `").unwrap().1.split_once("` to `").unwrap();
            first.parse().unwrap()..=last.trim_end_matches('`').parse::<usize>().unwrap()
        };
        let mut told = seen.clone();
        for failure in &failures {
            match failure.strip_prefix("oops, for `") {
                Some(file) => told.push(file.trim_end_matches('`').parse().unwrap()),
                None => told.extend(range(failure)),
            }
        }
        told.sort_unstable();
        assert_eq!(told, (0..256).collect::<Vec<_>>(), "{failures:?}");
        assert!(!seen.is_empty());
    }

    #[test]
    fn what_files_have_nothing_to_do_with_is_not_tried_again() {
        let ours =
            [failure(FailureKind::Quarantined, Blame::Plugin), failure(FailureKind::Host, Blame::Host)];
        for failure in ours {
            let (seen, failures, calls) = shown(3, failure, |_| false);
            assert_eq!((seen, calls), (vec![], 0));
            assert_eq!(failures, ["oops, for 3 files from `0` to `2`"]);
        }
    }
}
