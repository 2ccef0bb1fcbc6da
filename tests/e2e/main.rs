//! End-to-end tests: the program `limpid` as its users have it, over HTTP and by its command line.
//!
//! Nothing here knows the host's crates. What is submitted is made by [`archives`] from the samples
//! of `xtask`; [`program`] and [`service`] start the program; [`api`] alone speaks HTTP. Program and
//! plugins must have been built: `cargo xtask test` does both.
//!
//! Golden documents stand in `golden/`, a folder for each case. `LIMPID_UPDATE_GOLDEN=1` writes them
//! anew, to be reviewed as a difference.

// Tests fail by panicking, and so do the helpers that they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod api;
mod archives;
mod component;
mod golden;
mod program;
mod service;

mod access;
mod ages;
mod answers;
mod attached;
mod author_tools;
mod backups;
mod bases;
mod bombs;
mod browser;
mod buckets;
mod bundles;
mod clair;
mod clocks;
mod commands;
mod contracts;
mod corpus;
mod coverage;
mod crashes;
mod databases;
mod distribution;
mod docs;
mod encryption;
mod enrichments;
mod errors;
mod examples;
mod exhaustion;
mod explanations;
mod feeds;
mod fetching;
mod harbor;
mod history;
mod hostile;
mod hot_swap;
mod identity;
mod image_tools;
mod images;
mod jobs;
mod known_layers;
mod local_sources;
mod notices;
mod observability;
mod openapi;
mod plans;
mod plugins;
mod policies;
mod profiles;
mod quotas;
mod refused_images;
mod registries;
mod repositories;
mod requests;
mod restarts;
mod sboms;
mod secrets;
mod settings;
mod slow_clients;
mod small_disk;
mod sources;
mod statistics;
mod swaps_under_load;
mod vulnerabilities;
mod watches;
mod web;
mod writers;
