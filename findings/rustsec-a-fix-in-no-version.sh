#!/bin/sh
# RustSec's own library turns `patched = ["> 0.22.0"]`, which its advisories may say, into the range of OSV that is fixed in
# 0.22.1-0: a version that nobody has published. What reads requirements for Cargo itself, the crate semver, does not take
# 0.22.1-0 for one that is meant by `> 0.22.0`: a version before a release is meant only where one is named. The range in
# OSV is what osv.dev and all who read it are given: who shows people the least version to which they are to update shows
# them one that is not there. Seen with rustsec 0.34.1 and semver 1 (version, whether the requirement means it by semver,
# whether rustsec takes it for patched; then the range).
SEEN='0.22.0 no no
0.22.1-0 no yes
0.22.1 yes yes
fixed in 0.22.1-0'
#
# Needs Rust with cargo. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat > Cargo.toml <<'TOML'
[package]
name = "ranges"
version = "0.0.0"
edition = "2024"
[dependencies]
rustsec = { version = "=0.34.1", default-features = false }
semver = "1"
[workspace]
TOML
cat > src/main.rs <<'RUST'
use rustsec::advisory::Versions;
use rustsec::osv::ranges_for_advisory;

fn main() {
    let patched = vec![semver::VersionReq::parse("> 0.22.0").unwrap()];
    let versions = Versions::new(patched.clone(), Vec::new()).unwrap();
    let word = |is_so: bool| if is_so { "yes" } else { "no" };
    for text in ["0.22.0", "0.22.1-0", "0.22.1"] {
        let version = text.parse().unwrap();
        println!("{text} {} {}", word(patched[0].matches(&version)), word(!versions.is_vulnerable(&version)));
    }
    for range in ranges_for_advisory(&versions) {
        println!("fixed in {}", range.fixed.unwrap());
    }
}
RUST
seen=$(cargo run --quiet 2>errors || { cat errors >&2; exit 2; })
echo "$seen"
[ "$seen" = "$SEEN" ]
