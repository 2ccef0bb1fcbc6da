//! How many files and connections the system lets the service have open.
//!
//! Where connections took all of them, the store could neither read nor write. So they leave it its own.

/// Files that are open besides connections and those of the store: plugins, scratch files, what is asked elsewhere.
const OTHERS: u64 = 256;

/// Connections besides those that are counted, which are told that there are too many.
const SPARE: u64 = 256;

/// As many connections as were asked for, or as there is room for beside `open_files` of the store. Whoever started
/// the service may have let it have few files at first, and more where it asks.
pub(crate) fn connections(wanted: usize, open_files: i32) -> usize {
    let limit = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            tracing::warn!("it is not known how many files the service may have open: {error}");
            return wanted;
        }
    };
    let allowed = fitting(limit, wanted, open_files);
    if allowed < wanted {
        tracing::warn!(
            "the system lets the service have {limit} files open: {allowed} connections at a time are taken, and not the \
             {wanted} of setting `http.connections`. `ulimit -n`, or `LimitNOFILE=` of systemd, lets it have more"
        );
    }
    allowed
}

fn fitting(limit: u64, wanted: usize, open_files: i32) -> usize {
    // A negative number is any number of files of the store.
    let store = u64::try_from(open_files).unwrap_or(limit / 2);
    // Some are taken in any case: a service that takes none is none.
    let room = limit.saturating_sub(beside(store)).max(limit / 8).max(1);
    usize::try_from(room).unwrap_or(usize::MAX).min(wanted)
}

/// Files that are open beside the connections that are counted.
const fn beside(store: u64) -> u64 {
    SPARE.saturating_add(OTHERS).saturating_add(store)
}

/// How many files must be allowed for `wanted` connections. A store that may have any number open is not counted.
pub(crate) fn needed(wanted: usize, open_files: i32) -> u64 {
    let store = u64::try_from(open_files).unwrap_or_default();
    beside(store).saturating_add(u64::try_from(wanted).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_the_store_its_files() {
        assert_eq!(fitting(1 << 20, 1_024, 512), 1_024);
        assert_eq!(fitting(2_048, 1_024, 512), 1_024);
        assert_eq!(fitting(needed(1_024, 512), 1_024, 512), 1_024);
        assert_eq!(fitting(needed(1_024, 512) - 1, 1_024, 512), 1_023);
        assert_eq!(fitting(1_536, 1_024, 512), 512);
        assert_eq!(fitting(1_024, 1_024, 512), 128);
        assert_eq!(fitting(0, 1_024, 512), 1);
        assert_eq!(fitting(4_096, 10_000, -1), 1_536);
    }
}
