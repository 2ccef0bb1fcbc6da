//! Work that nobody waits for.

use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};

/// The lowest: whoever answers somebody gets nearly all of a processor that both want.
const PRIORITY: u8 = 0;

/// Lets those go first on the processors who answer somebody. For threads of their own, whose threads
/// inherit it: no thread gets its priority back. Where the system does not allow it, all share alike.
pub fn yield_to_others() {
    let priority = ThreadPriorityValue::try_from(PRIORITY).map(ThreadPriority::Crossplatform);
    let lowered = priority.map(set_current_thread_priority);
    if !matches!(lowered, Ok(Ok(()))) {
        tracing::debug!("the priority of a thread cannot be lowered: {lowered:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_and_those_that_it_starts_are_nicer_than_others() {
        /// The 19th field of `stat`, counted after the name, which ends with a bracket.
        fn niceness() -> i32 {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().parse().unwrap()
        }
        let before = niceness();
        let (own, inherited) = std::thread::spawn(|| {
            yield_to_others();
            (niceness(), std::thread::spawn(niceness).join().unwrap())
        })
        .join()
        .unwrap();
        assert!(own > before && own == inherited, "{before} {own} {inherited}");
        assert_eq!(niceness(), before);
    }
}
