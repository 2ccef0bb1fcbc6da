//! The part of `xtask` that other packages may use: sample images and advisories, and a service that
//! is killed time and again.
//!
//! `cargo xtask demo` feeds them to a service to show what it does; end-to-end tests take the same
//! builders to make images of their own. Everything is written here in the formats that `docker`,
//! `dpkg`, `apk` and the publishers of advisories use, from facts that are true, so that the path
//! through the service is the one that real images take.
//!
//! The tasks themselves belong to the binary. This library knows no other crate of the workspace.
//!
//! ```
//! use xtask::sample::{Compression, Image, Layer};
//!
//! let layer = Layer::new("COPY hello / # buildkit").file("hello", "world\n");
//! let image = Image::new("example/hello:1").with(layer);
//! let archive = image.docker_archive(Compression::None)?;
//! assert!(!archive.is_empty());
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod crashes;
pub mod sample;

/// The folder of tools into which clairctl is built.
pub const CLAIRCTL: &str = "clairctl-4.9.0";

/// The program of the CNCF Distribution registry, as Debian names it.
pub const DOCKER_REGISTRY: &str = "docker-registry";

/// The browser, as Debian names it.
pub const CHROMIUM: &str = "chromium";

/// The script of axe-core that tests run in pages, in the target directory.
pub const AXE: &str = "tools/axe-core-4.14.1/axe.min.js";

/// Where distributions put the program of RabbitMQ that runs as whoever starts it.
pub const RABBITMQ: [&str; 3] = [
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/usr/local/sbin/rabbitmq-server",
    "/opt/homebrew/sbin/rabbitmq-server",
];
