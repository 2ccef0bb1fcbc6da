//! Reads members of zips as plugins do, and zips inside of zips.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_zip::{Budget, Limits, ReadAt, Zip};

/// Small, so that an input reaches each of them.
const LIMITS: Limits =
    Limits { members: 20, member_bytes: 1 << 16, content_bytes: 1 << 18, held_bytes: 1 << 17 };

/// How deep zips are read.
const DEPTH: usize = 4;

fuzz_target!(|data: &[u8]| {
    let budget = Budget::new(LIMITS);
    let read = read(&data, &budget, 0);
    assert!(read <= LIMITS.content_bytes, "{read} bytes are read of members");
});

/// How many bytes of members are read.
fn read(source: &dyn ReadAt, budget: &Budget, depth: usize) -> u64 {
    let Ok(zip) = Zip::open(source, budget, |_| true) else { return 0 };
    assert!(zip.len() <= LIMITS.members && zip.members().len() <= zip.len());
    let mut all = 0;
    for member in zip.members() {
        if let Ok(bytes) = zip.read_to_vec(member, LIMITS.member_bytes, budget) {
            assert_eq!(bytes.len() as u64, member.size(), "a member of another size than it has");
            all += bytes.len() as u64;
        }
        if depth < DEPTH
            && let Ok(held) = zip.hold(member, budget)
        {
            all += read(&held, budget, depth + 1);
        }
    }
    all
}
