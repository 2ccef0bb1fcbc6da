//! Plugins and packages made up for tests.

mod findings;
mod made_up;

use std::sync::Arc;

use limpid_model::Package;

use crate::Installed;
pub(crate) use findings::*;
pub(crate) use made_up::*;

/// A package that the lowest layer of an image brought.
pub(crate) fn installed(package: Package) -> Installed {
    Installed {
        detector: Arc::new(plugin("detector")),
        path: "db".into(),
        member: None,
        keys: keys(&package),
        package: Box::new(package),
        stated_by: 0,
        introduced_by: 0,
        owner: None,
    }
}
