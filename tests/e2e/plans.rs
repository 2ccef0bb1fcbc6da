//! What to do about an image: which packages to update, to what, and how.

use serde_json::{Value, json};
use xtask::sample::{advisories, debian};

use crate::archives::{Compression, Parts};
use crate::service::Service;

fn updates(plan: &Value) -> Vec<&Value> {
    let layers = plan["layers"].as_array().unwrap().iter();
    layers.flat_map(|layer| layer["updates"].as_array().unwrap()).collect()
}

#[test]
fn a_plan_clears_what_can_be_fixed_in_the_words_of_the_package_manager() {
    let service = Service::start();
    service.api.hand_in("debian", advisories::debian_tracker()).ok();
    let parts = Parts::of(&debian(), Compression::Gzip);
    let image = service.api.index(&parts.docker_archive());
    let report = service.api.report(&image);
    let plan = service.api.get(&format!("/v1/images/{image}/plan")).ok();

    let fixable = report["summary"]["fixable"].as_u64().unwrap();
    assert!(fixable > 0, "{report:#}");
    assert_eq!(
        [&plan["summary"]["findings"], &plan["summary"]["clears"]],
        [&report["summary"]["findings"], &json!(fixable)]
    );
    assert_eq!(plan["gaps"], report["coverage"]["gaps"]);
    let cleared: usize = updates(&plan).iter().map(|update| update["clears"].as_array().unwrap().len()).sum();
    assert_eq!(cleared as u64, fixable);
    for update in updates(&plan) {
        let of_package = report["findings"].as_array().unwrap().iter();
        let mut of_package = of_package.filter(|it| it["package"]["name"] == update["package"]["name"]);
        assert!(of_package.any(|finding| finding["update_to"] == update["to"]), "{update:#}");
        assert_eq!(update["of_distribution"], true);
    }

    let steps = plan["commands"][0]["steps"].as_array().unwrap();
    assert_eq!(plan["commands"][0]["detector"], "dpkg");
    assert_eq!(steps[0]["line"], "apt-get update");
    let install = steps[1]["command"].as_array().unwrap();
    let mut names: Vec<_> = updates(&plan).iter().map(|update| update["package"]["name"].clone()).collect();
    names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    names.dedup();
    assert_eq!(install[install.len() - names.len()..], names, "{install:?}");

    let manifest = service.api.get(&format!("/v1/images/{image}/plan?format=copa")).ok();
    assert_eq!(manifest["apiVersion"], "v1alpha1");
    assert_eq!(manifest["metadata"]["os"]["type"], "debian");
    assert_eq!(manifest["metadata"]["config"]["arch"], plan["image"]["platform"]["architecture"]);
    assert!(manifest["updates"].as_array().unwrap().iter().all(|update| {
        ["name", "installedVersion", "fixedVersion", "vulnerabilityID"]
            .iter()
            .all(|field| update[field].is_string())
    }));
    assert_eq!(service.api.get(&format!("/v1/images/{image}/plan?format=sheet")).status, 400);

    // The command line asks the service, and shows the same.
    let setup = &service.setup;
    assert_eq!(setup.run(["plan", &image, "--format", "json"]).json(), json!([plan]));
    let commands = setup.run(["plan", &image, "--format", "commands"]).ok();
    assert!(commands.contains("\napt-get update\napt-get install --only-upgrade "), "{commands}");
    let table = setup.run(["plan", &image]).ok();
    assert!(table.contains(&format!("to clear {fixable} of")), "{table}");
    assert_eq!(setup.run(["plan", &image, "--format", "copa"]).json(), manifest);
}
