//! Dependencies run one way: between crates, and between the modules of a crate.

mod modules;
mod rows;

use std::path::Path;

use anyhow::bail;

use crate::workspace::{DependencyKind, Package, Workspace};

/// The crates of the host, lowest first; those in one row know nothing of each other.
const ORDER: &[&[&str]] = &[
    &[FEATURES],
    &[FEATURES],
    &["limpid-model", PACK, PURL, "limpid-outbound", "limpid-seal", "limpid-signature"],
    &["limpid-bytes", "limpid-telemetry"],
    &[
        "limpid-runtime",
        "limpid-layers",
        "limpid-documents",
        "limpid-store",
        "limpid-fetch",
        "limpid-identity",
        "limpid-deliver",
        "limpid-formats",
        "limpid-matching",
        POLICY,
    ],
    &["limpid-images", "limpid-backup"],
    &["limpid-scanner", WEB],
    &["limpid-server", "limpid-client"],
    &["limpid"],
];

/// Crates of others that only one crate of ours may use, so that they can be replaced there.
const CONFINED: &[(&str, &str)] = &[
    ("wasmtime", "limpid-runtime"),
    ("rocksdb", "limpid-store"),
    ("hyper", "limpid-server"),
    ("hyper-util", "limpid-server"),
    ("axum", "limpid-server"),
    ("askama", WEB),
];

/// Which features dependencies have; there is no code in it.
const FEATURES: &str = "limpid-features";

const SDK: &str = "limpid-plugin-sdk";

/// Which findings do not count. Publishers write VEX for their feeds, and others for policies, in the same forms.
const POLICY: &str = "limpid-policy";

/// The readers of those forms, which know no publisher and no ecosystem.
const OF_VEX: [&str; 2] = ["limpid-csaf", "limpid-openvex"];

/// Where forms are read and written that several plugins share: between the SDK and the plugins.
const FORMATS: &str = "plugins/formats";

/// Views of what the API answers: they know its forms, and nothing that answers.
const WEB: &str = "limpid-web";
const OF_WEB: [&str; 2] = ["limpid-formats", "limpid-model"];

/// Package URLs, which plugins write and the host completes: one form of each. The one format that
/// knows no SDK, because the SDK and the host know it.
const PURL: &str = "limpid-purl";

/// How a crate becomes a plugin, for authors and for the tasks of the workspace.
const PACK: &str = "limpid-pack";

/// Which distributions there are, for the page about them, which tasks write.
const DISTRIBUTIONS: &str = "limpid-releases";

/// Checks all packages of the workspace, the modules of the scanner, and that rows stay inside of the store.
///
/// # Errors
/// Where a package or a module depends on one that it must not know; all such places are named.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let mut violations = violations(workspace.packages());
    violations.extend(modules::violations(workspace.root(), &modules::SCANNER)?);
    for sources in rows::ABOVE_THE_STORE {
        violations.extend(rows::violations(workspace.root(), sources)?);
    }
    if !violations.is_empty() {
        bail!("dependencies run the wrong way:\n  {}", violations.join("\n  "));
    }
    Ok(())
}

fn violations(packages: &[Package]) -> Vec<String> {
    let ours = |name: &str| packages.iter().find(|package| package.name == name);
    let mut violations = Vec::new();
    for package in packages {
        if package.folder.starts_with("host") && rank(&package.name).is_none() {
            violations.push(format!(
                "`{}` is in host/ and has no place in the order of crates (xtask/src/layering.rs)",
                package.name
            ));
        }
        for dependency in &package.dependencies {
            let allowed = match dependency.kind {
                // Tests of one crate may take another to set the scene.
                DependencyKind::Development => true,
                _ => ours(&dependency.name).is_none_or(|other| may_know(package, other)),
            };
            if !allowed || !may_use(package, &dependency.name) {
                violations.push(format!("`{}` must not depend on `{}`", package.name, dependency.name));
            }
        }
    }
    violations
}

/// Whether a package may depend on another one of ours.
fn may_know(package: &Package, other: &Package) -> bool {
    let folder = package.folder.as_path();
    if folder == Path::new("xtask") {
        return [PACK, FEATURES, DISTRIBUTIONS].contains(&other.name.as_str());
    }
    if package.name == SDK {
        return other.name == PURL;
    }
    if package.name == PURL {
        return false;
    }
    if folder.starts_with("plugins") {
        return other.name == SDK || other.folder.starts_with(FORMATS);
    }
    if package.name == POLICY && OF_VEX.contains(&other.name.as_str()) {
        return true;
    }
    if package.name == WEB {
        return OF_WEB.contains(&other.name.as_str());
    }
    match (rank(&package.name), rank(&other.name)) {
        (Some(above), Some(below)) => below < above,
        // Packages beside the host, for instance the end-to-end tests, may use all of it.
        (None, _) => true,
        (Some(_), None) => false,
    }
}

/// Whether a package may depend on a crate of others.
fn may_use(package: &Package, other: &str) -> bool {
    CONFINED.iter().all(|(confined, owner)| *confined != other || *owner == package.name)
}

fn rank(name: &str) -> Option<usize> {
    ORDER.iter().position(|row| row.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(folder: &str, name: &str, dependencies: &[&str]) -> Package {
        let dependency = |name: &&str| match name.strip_prefix("dev:") {
            Some(name) => Dependency { name: name.to_owned(), kind: DependencyKind::Development },
            None => Dependency { name: (*name).to_owned(), kind: DependencyKind::Normal },
        };
        Package {
            name: name.to_owned(),
            folder: folder.into(),
            dependencies: dependencies.iter().map(dependency).collect(),
            ..Package::default()
        }
    }

    /// A workspace in which `name` in `folder` depends on `dependencies`.
    fn check(folder: &str, name: &str, dependencies: &[&str], expected: &[&str]) {
        let mut packages: Vec<Package> = [
            ("host/features", FEATURES),
            ("host/model", "limpid-model"),
            ("host/features", FEATURES),
            ("host/pack", PACK),
            ("host/bytes", "limpid-bytes"),
            ("host/layers", "limpid-layers"),
            ("host/images", "limpid-images"),
            ("host/fetch", "limpid-fetch"),
            ("host/runtime", "limpid-runtime"),
            ("host/store", "limpid-store"),
            ("host/formats", "limpid-formats"),
            ("host/scanner", "limpid-scanner"),
            ("host/server", "limpid-server"),
            ("plugins/sdk", SDK),
            ("plugins/formats/purl", PURL),
            ("plugins/formats/osv", "limpid-osv"),
            ("plugins/schemes/dpkg", "limpid-scheme-dpkg"),
            ("plugins/detectors/os-release", DISTRIBUTIONS),
        ]
        .into_iter()
        .filter(|(_, other)| *other != name)
        .map(|(folder, other)| package(folder, other, &[]))
        .collect();
        packages.push(package(folder, name, dependencies));
        let found = violations(&packages);
        assert_eq!(found.len(), expected.len(), "{name} -> {dependencies:?}: {found:?}");
        for (message, part) in found.iter().zip(expected) {
            assert!(message.contains(part), "{message} does not name {part}");
        }
    }

    #[test]
    fn a_crate_of_the_host_knows_only_what_is_below_it() {
        let scanner = ["limpid-model", "limpid-runtime", "limpid-store", "serde"];
        check("host/scanner", "limpid-scanner", &scanner, &[]);
        check("host/model", "limpid-model", &["limpid-scanner"], &["`limpid-scanner`"]);
        check("host/store", "limpid-store", &["limpid-runtime"], &["`limpid-runtime`"]);
        check("host/scanner", "limpid-scanner", &["limpid-server"], &["`limpid-server`"]);
        check("host/scanner", "limpid-scanner", &["limpid-plugin-sdk"], &["`limpid-plugin-sdk`"]);
    }

    #[test]
    fn sources_of_images_know_layers_and_both_know_bytes_which_know_neither() {
        let images = ["limpid-bytes", "limpid-layers", "limpid-fetch", "limpid-model"];
        check("host/images", "limpid-images", &images, &[]);
        check("host/layers", "limpid-layers", &["limpid-bytes", "limpid-images"], &["`limpid-images`"]);
        check("host/bytes", "limpid-bytes", &["limpid-model", "limpid-layers"], &["`limpid-layers`"]);
        check("host/images", "limpid-images", &["limpid-scanner"], &["`limpid-scanner`"]);
    }

    #[test]
    fn the_page_knows_the_forms_of_the_api_and_nothing_that_answers() {
        check("host/web", WEB, &["limpid-formats", "limpid-model", "askama"], &[]);
        check("host/web", WEB, &["limpid-store", "axum"], &["`limpid-store`", "`axum`"]);
        check("host/server", "limpid-server", &["askama"], &["`askama`"]);
    }

    #[test]
    fn a_crate_of_the_host_without_a_place_is_reported() {
        check("host/extra", "limpid-extra", &[], &["no place in the order"]);
    }

    #[test]
    fn a_plugin_knows_only_the_sdk_and_formats() {
        check("plugins/feeds/x", "limpid-feed-x", &["limpid-plugin-sdk", "serde"], &[]);
        check("plugins/feeds/x", "limpid-feed-x", &["limpid-plugin-sdk", "limpid-osv"], &[]);
        check("plugins/feeds/x", "limpid-feed-x", &["limpid-model"], &["`limpid-model`"]);
        check("plugins/feeds/x", "limpid-feed-x", &["limpid-scheme-dpkg"], &["`limpid-scheme-dpkg`"]);
        check("plugins/sdk", SDK, &["limpid-purl"], &[]);
        check("plugins/sdk", SDK, &["limpid-model"], &["`limpid-model`"]);
        check("plugins/sdk", SDK, &["limpid-osv"], &["`limpid-osv`"]);
    }

    #[test]
    fn a_format_knows_only_the_sdk_and_other_formats() {
        check("plugins/formats/x", "limpid-x", &["limpid-plugin-sdk", "limpid-osv", "serde"], &[]);
        check("plugins/formats/x", "limpid-x", &["limpid-scheme-dpkg"], &["`limpid-scheme-dpkg`"]);
        check("plugins/formats/x", "limpid-x", &["limpid-model"], &["`limpid-model`"]);
        check("plugins/formats/x", "limpid-x", &["dev:limpid-scheme-dpkg"], &[]);
        check("plugins/formats/purl", PURL, &["limpid-plugin-sdk"], &["`limpid-plugin-sdk`"]);
        check("host/scanner", "limpid-scanner", &["limpid-purl"], &[]);
        check("host/scanner", "limpid-scanner", &["limpid-osv"], &["`limpid-osv`"]);
    }

    #[test]
    fn tasks_know_only_how_a_plugin_is_made_and_which_distributions_there_are() {
        check("xtask", "xtask", &["limpid-pack", "limpid-features", "serde"], &[]);
        check("xtask", "xtask", &["limpid-releases"], &[]);
        check("xtask", "xtask", &["limpid-scheme-dpkg"], &["`limpid-scheme-dpkg`"]);
        check("xtask", "xtask", &["limpid-model"], &["`limpid-model`"]);
        check("host/pack", PACK, &["limpid-model"], &["`limpid-model`"]);
    }

    #[test]
    fn tests_may_use_all_of_the_host_but_not_what_is_confined() {
        check("tests", "limpid-tests", &["limpid-server", "dev:limpid-store"], &[]);
        check("tests/bench", "limpid-bench", &["limpid-runtime", "limpid-scheme-dpkg"], &[]);
        check("tests", "limpid-tests", &["dev:rocksdb"], &["`rocksdb`"]);
        check("host/scanner", "limpid-scanner", &["wasmtime"], &["`wasmtime`"]);
        check("host/server", "limpid-server", &["axum", "hyper"], &[]);
    }
}
