use limpid_model::{Digest, Distribution, Image, Platform, plan as model};
use proptest::prelude::*;

use super::*;

fn distribution() -> Distribution {
    Distribution {
        id: "rhel".to_owned(),
        version_id: "9.4".to_owned(),
        pretty_name: "Red Hat Enterprise Linux 9.4".to_owned(),
        cpe: None,
        namespaces: vec!["redhat:9".to_owned()],
        supported_until: None,
    }
}

fn empty() -> model::Plan {
    model::Plan {
        image: Image {
            id: Digest::of(b"image"),
            manifests: Vec::new(),
            names: vec!["shop/web:1".to_owned()],
            platform: Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None },
            created: None,
            labels: Vec::new(),
            layers: Vec::new(),
        },
        distribution: Some(distribution()),
        base: None,
        recommendation: None,
        layers: Vec::new(),
        commands: Vec::new(),
        untold: Vec::new(),
        failures: Vec::new(),
        copacetic: Some("redhat".to_owned()),
        findings: 0,
        suppressed: 0,
        clears: 0,
        gaps: Vec::new(),
    }
}

fn update(name: &str, to: &str, of_distribution: bool, clears: &[&str]) -> model::Update {
    let digest = Digest::of(b"layer");
    let package = limpid_model::report::InstalledPackage {
        name: name.into(),
        version: "1.0".into(),
        scheme: "test".into(),
        arch: Some("x86_64".into()),
        purl: format!("pkg:rpm/{name}@1.0"),
        qualifiers: Vec::new(),
        source: None,
        evidence: limpid_model::Evidence::Installed,
        licenses: Vec::new(),
        requires: None,
        path: "var/lib/rpm/rpmdb.sqlite".into(),
        member: None,
        layer: std::sync::Arc::new(limpid_model::report::LayerOrigin {
            index: 0,
            diff_id: digest,
            created_by: None,
        }),
        detector: std::sync::Arc::new(limpid_model::PluginId {
            name: "rpm".to_owned(),
            version: "1.0.0".to_owned(),
            digest,
        }),
        owner: None,
    };
    let cleared = |id: &&str| model::Cleared {
        fingerprint: String::new(),
        vulnerability: (*id).into(),
        severity: limpid_model::Severity::High,
        exploited: false,
    };
    model::Update {
        package: std::sync::Arc::new(package),
        to: to.into(),
        also: Vec::new(),
        clears: clears.iter().map(cleared).collect(),
        remains: 0,
        of_distribution,
    }
}

fn with(updates: Vec<model::Update>, steps: Vec<model::Step>) -> api::Plan {
    let layer = std::sync::Arc::clone(&updates[0].package.layer);
    let commands =
        model::Commands { detector: "rpm".to_owned(), provenance: None, packages: updates.len(), steps };
    let layers = vec![model::PlannedLayer { layer, provenance: None, updates }];
    model::Plan { layers, commands: vec![commands], ..empty() }.into()
}

#[test]
fn a_manifest_for_copacetic_has_what_the_distribution_updates() {
    let plan = with(
        vec![
            update("openssl", "3.0.7-28.el9", true, &["CVE-2024-1", "CVE-2024-2"]),
            // The same package in another layer or place.
            update("openssl", "3.0.7-28.el9", true, &["CVE-2024-1"]),
            update("lodash", "4.17.21", false, &["CVE-2021-1"]),
            update("a; rm -rf /", "1", true, &["CVE-2024-3"]),
            update("-o", "1", true, &["CVE-2024-3"]),
            update("a", "$(id)", true, &["CVE-2024-3"]),
        ],
        Vec::new(),
    );
    let manifest: serde_json::Value = serde_json::from_str(&Form::Copa.write(&plan).unwrap()).unwrap();
    let of = |id: &str| {
        serde_json::json!({
            "name": "openssl", "installedVersion": "1.0", "fixedVersion": "3.0.7-28.el9", "vulnerabilityID": id
        })
    };
    let expected = serde_json::json!({
        "apiVersion": "v1alpha1",
        "metadata": { "os": { "type": "redhat", "version": "9.4" }, "config": { "arch": "amd64" } },
        "updates": [of("CVE-2024-1"), of("CVE-2024-2")],
    });
    assert_eq!(manifest, expected);
    assert_eq!(left_out_of_copa(&plan), 3);
}

#[test]
fn copacetic_is_told_no_distribution_that_nobody_knows() {
    let plan: api::Plan = model::Plan { distribution: None, ..empty() }.into();
    assert!(matches!(Form::Copa.write(&plan), Err(Error::NoDistribution)));
    let plan: api::Plan = model::Plan { copacetic: None, ..empty() }.into();
    assert!(Form::Copa.write(&plan).unwrap().contains(r#""type": "rhel""#));
}

#[test]
fn commands_are_lines_of_which_a_shell_reads_no_word() {
    let step = |place, command: &[&str], note: &str| model::Step {
        place,
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        note: note.to_owned(),
    };
    let steps = vec![
        step(model::Place::Image, &["dnf", "upgrade", "-y", "it's; rm -rf /"], ""),
        step(model::Place::Image, &["dnf", "a\u{202e}b"], ""),
        step(model::Place::Sources, &[], "rebuild\n$(id)"),
        step(model::Place::Sources, &["go", "get", "a@v1"], ""),
    ];
    let mut plan = with(vec![update("openssl", "2", true, &["CVE-1"])], steps);
    plan.untold.push(api::Untold { detector: "conda".to_owned(), packages: 2 });
    assert_eq!(
        Form::Commands.write(&plan).unwrap(),
        r"# Updates of shop/web:1

# 1 package that `rpm` found
dnf upgrade -y 'it'\''s; rm -rf /'
# in the image: a command that cannot be shown
# where the application is built: rebuild $(id)
# where the application is built:
go get a@v1

# nobody says how to update 2 packages that `conda` found
"
    );
}

#[test]
fn a_table_says_what_to_update_and_how() {
    let step = model::Step {
        place: model::Place::Image,
        command: vec!["dnf".to_owned(), "upgrade".to_owned(), "openssl".to_owned()],
        note: String::new(),
    };
    let mut plan = with(vec![update("openssl", "2", true, &["CVE-1", "CVE-2"])], vec![step]);
    (plan.summary.findings, plan.summary.clears) = (3, 2);
    let mut page = crate::table::Page::new(crate::table::Look::default());
    crate::table::plan(&mut page, &plan);
    let text = page.into_text();
    for expected in
        ["Update 1 package to clear 2 of 3 findings", "Layer 0", "openssl", "high", "    dnf upgrade openssl"]
    {
        assert!(text.contains(expected), "{text}");
    }
}

proptest! {
    #[test]
    fn a_word_is_quoted_as_a_shell_reads_it(words in prop::collection::vec("[ -~]{0,12}", 1..5)) {
        let line = line(&words).unwrap();
        let output = std::process::Command::new("/bin/sh").args(["-c", &format!("printf '%s\\n' {line}")]).output().unwrap();
        let read = String::from_utf8(output.stdout).unwrap();
        prop_assert_eq!(read.lines().map(str::to_owned).collect::<Vec<_>>(), words);
    }
}
