//! Guests that are not loaded.

use super::guest::Guest;
use super::trial::{CALLS, Trial, limits, short_limits};

pub(in crate::hostile) fn trap_in_claims(guest: &Guest) {
    Trial::of(guest).is_refused("fails when first called: plugin `trap-in-claims 1.0.0");
}

pub(in crate::hostile) fn endless_start(guest: &Guest) {
    Trial::with(guest, short_limits(guest))
        .is_refused("ran for more than 1s, the limit of setting `plugins.limits.");
}

pub(in crate::hostile) fn bad_glob(guest: &Guest) {
    Trial::of(guest).is_refused("var/{lib/[dpkg");
}

pub(in crate::hostile) fn component_bomb(guest: &Guest) {
    Trial::of(guest).is_refused("holds 41 instances of components, over the limit of 16");
}

/// It is stopped for the memory that compiling it takes, which ours do not need, however long a busy machine takes
/// to get that far.
pub(in crate::hostile) fn compile_bomb(guest: &Guest) {
    const MEMORY: u64 = 512 << 20;
    let limits = limits().with("LIMPID_PLUGINS__COMPILE_BYTES", MEMORY);
    let trial = Trial::with(guest, limits.with("LIMPID_PLUGINS__COMPILE_TIME", 600));
    let reason = format!("over the limit of {MEMORY} (setting `plugins.compile_bytes`)");
    trial.is_refused_in_the_directory(&reason);
    trial.harms_nobody(|_| trial.put_is_refused(&guest.name, &reason));
}

pub(in crate::hostile) fn lying_scheme(guest: &Guest) {
    Trial::of(guest).is_refused("orders the versions of scheme `dpkg`, and so does");
}

pub(in crate::hostile) fn lying_name(guest: &Guest) {
    let liar = Guest { name: guest.name.clone(), component: guest.named("dpkg") };
    let trial = Trial::of(&liar);
    trial.is_refused_in_the_directory("is named `dpkg`, and so is");
    trial.harms_nobody(|_| {
        for _ in 0..CALLS {
            trial.put_is_refused("lying-name", "states as its name `dpkg`, not `lying-name`");
        }
    });
}
