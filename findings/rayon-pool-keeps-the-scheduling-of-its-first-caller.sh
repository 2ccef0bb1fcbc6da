#!/bin/sh
# What rayon runs has the scheduling policy of whoever used rayon first, for the life of the process. Its global pool is
# begun by the first call, and on Linux threads inherit policy and nice value from the thread that begins them. A service
# whose first parallel work is a background task under SCHED_IDLE runs the parallel work of all its requests under
# SCHED_IDLE from then on, whatever thread asks: beside any other load they get next to nothing. The same calls in the
# other order are as fast as ever, and `rayon::current_num_threads()` at the start is enough, which begins the pool.
#
# Seen with rayon 1.12.0, thread-priority 3.1.1 and Rust 1.95.0 on Linux, on 2026-11-28
# (who called first, the policy of the other caller, the policy under which its work ran):
SEEN='idle-first Normal(Other) Normal(Idle)
started-at-once Normal(Other) Normal(Other)'
#
# Needs cargo and Linux. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'TEXT'
[package]
name = "policy"
version = "0.0.0"
edition = "2021"

[dependencies]
rayon = "=1.12.0"
thread-priority = "=3.1.1"

[workspace]
TEXT
cat >src/main.rs <<'RUST'
use std::thread;

use thread_priority::{
    set_thread_priority_and_policy, thread_native_id, thread_schedule_policy, NormalThreadSchedulePolicy,
    ThreadPriority, ThreadSchedulePolicy,
};

fn policy() -> ThreadSchedulePolicy {
    thread_schedule_policy().unwrap()
}

fn main() {
    let first = std::env::args().nth(1).unwrap();
    if first == "started-at-once" {
        rayon::current_num_threads();
    }
    let background = thread::spawn(|| {
        let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle).unwrap();
        rayon::join(|| 1, || 2)
    });
    background.join().unwrap();
    let (own, (ran, _)) = (policy(), rayon::join(policy, policy));
    println!("{first} {own:?} {ran:?}");
}
RUST
cargo build --quiet
seen=$(for first in idle-first started-at-once; do target/debug/policy "$first"; done)
printf '%s\n' "$seen"
[ "$seen" = "$SEEN" ]
