//! Reads Docker's configuration file, and what it keeps for a registry.

#![no_main]

use libfuzzer_sys::fuzz_target;

// The reader itself, without the client of HTTP and the cryptography that its crate brings.
#[path = "../../../host/fetch/src/docker_config.rs"]
mod docker_config;

use docker_config::{Config, Kept};

fuzz_target!(|file: &[u8]| {
    let Ok(config) = Config::parse(file) else { return };
    for registry in ["a.example", "docker.io"] {
        match config.kept(registry) {
            Ok(Kept::Password { username, .. }) => {
                assert!(!username.contains(':'), "a part of the password is shown as the user");
            }
            Ok(Kept::Helper { name, server }) => assert!(!name.is_empty() && !server.is_empty()),
            Ok(Kept::Identity(token) | Kept::Token(token)) => assert!(token.len() <= file.len()),
            Ok(Kept::Nothing) | Err(_) => {}
        }
    }
});
