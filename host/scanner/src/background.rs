//! Work that yields to answers: what nobody waits for, and what takes long anyhow.

use thread_priority::{
    Error, NormalThreadSchedulePolicy, ThreadPriority, ThreadPriorityValue, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};

/// Lets those go first on the processors who answer somebody. For threads of their own, whose threads
/// inherit it: no thread gets its priority back. Where the system does not allow it, all share alike.
pub fn yield_to_others() {
    if let Err(error) = idle() {
        tracing::debug!("the priority of a thread cannot be lowered: {error}");
    }
}

/// How threads stand behind those who answer somebody, of 0 to 99: a niceness of 10 of those to +19, so that they get a tenth
/// of what these want, and all that is left.
const BEHIND: u8 = 22;

/// Lets those go before who answer somebody, who takes a moment, but not without end: for threads of their own that do
/// what takes long, whose threads inherit it. Where the system does not allow it, all share alike.
pub(crate) fn stand_behind() {
    if let Err(error) = behind() {
        tracing::debug!("the priority of a thread cannot be lowered: {error}");
    }
}

/// Begins the threads among which reports are divided. Otherwise whoever divides something first would begin
/// them, and they would inherit the priority of work that nobody waits for.
pub(crate) fn begin_threads() {
    _ = rayon::current_num_threads();
}

/// A processor on which only such threads run counts as free: whoever wakes up goes there, and does not
/// wait behind another who answers somebody.
fn idle() -> Result<(), Error> {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy)
}

/// A thread that works in batches does not displace one that answers when it wakes up.
fn behind() -> Result<(), Error> {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Batch);
    let priority = ThreadPriorityValue::try_from(BEHIND).map_err(|_| Error::Priority("it is no priority"))?;
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Crossplatform(priority), policy)
}

#[cfg(test)]
mod tests {
    use thread_priority::thread_schedule_policy;

    use super::*;

    #[test]
    fn a_thread_and_those_that_it_starts_run_when_a_processor_is_idle() {
        fn policy() -> ThreadSchedulePolicy {
            thread_schedule_policy().unwrap()
        }
        let before = policy();
        let (own, inherited) = std::thread::spawn(|| {
            yield_to_others();
            (policy(), std::thread::spawn(policy).join().unwrap())
        })
        .join()
        .unwrap();
        assert_eq!(own, ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle));
        assert_eq!(inherited, own);
        assert_eq!(policy(), before);
    }

    #[test]
    fn indexing_stands_behind_answers() {
        let policy = std::thread::spawn(|| {
            behind().unwrap();
            std::thread::spawn(|| thread_schedule_policy().unwrap()).join().unwrap()
        });
        assert_eq!(policy.join().unwrap(), ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Batch));
    }

    #[test]
    fn threads_that_divide_reports_do_not_inherit_it() {
        let policy = || thread_schedule_policy().unwrap();
        let own = policy();
        begin_threads();
        let divided = std::thread::spawn(move || {
            yield_to_others();
            rayon::broadcast(|_| policy())
        });
        assert!(divided.join().unwrap().into_iter().all(|of_thread| of_thread == own));
    }
}
