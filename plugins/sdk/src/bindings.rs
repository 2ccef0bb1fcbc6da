//! The contract as wit-bindgen sees it. No author of a plugin needs these names: the macros do.
//!
//! Each role has a world of its own, so that a plugin exports only the interfaces of the roles that
//! it has.

#![allow(missing_docs, reason = "generated; documented in wit/plugin.wit")]
#![allow(unreachable_pub, reason = "generated")]
#![allow(unsafe_code, reason = "generated: the canonical ABI passes pointers")]
#![allow(clippy::all, reason = "generated")]

pub mod detector {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "detector-with-upgrades",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export",
        runtime_path: "wit_bindgen::rt",
    });
}

pub mod feed {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "feed-plugin",
        with: {
            "limpid:plugin/log@0.2.0": crate::bindings::log,
            "limpid:plugin/types@0.2.0": crate::bindings::types,
        },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export",
        runtime_path: "wit_bindgen::rt",
    });
}

pub mod scheme {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "scheme-with-builds",
        with: { "limpid:plugin/log@0.2.0": crate::bindings::log },
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export",
        runtime_path: "wit_bindgen::rt",
    });
}

pub use detector::limpid::plugin::{layer, log, types};
pub use feed::limpid::plugin::intake;

pub use detector::exports::limpid::plugin::detector as detector_role;
pub use detector::exports::limpid::plugin::upgrades as upgrades_role;
pub use feed::exports::limpid::plugin::feed as feed_role;
pub use scheme::exports::limpid::plugin::builds as builds_role;
pub use scheme::exports::limpid::plugin::scheme as scheme_role;
