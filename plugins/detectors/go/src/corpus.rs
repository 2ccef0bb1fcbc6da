//! Vulnerabilities of Go's database in a program, by the functions that this detector states and by `govulncheck`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use limpid_plugin_sdk::detector::{Detector as _, File};
use limpid_test_corpus::members;
use serde_json::{Value, json};

use crate::Go;
use crate::judge::{Place, run};

const DATABASE: &str = "feeds/osv/go-vulndb-osv.tar.zst";

/// Of when the database is said to be; it must be said.
const WHEN: &str = "2000-01-01T00:00:00Z";

/// Those that build the program: one whose library has many vulnerabilities, and one that is installed.
const VERSIONS: [&str; 2] = ["go1.20.14", "local"];

const MODULE: &str = "module example.com/corpus

go 1.20

require (
	golang.org/x/net v0.7.0
	golang.org/x/text v0.3.7
	gopkg.in/yaml.v3 v3.0.0
)

replace golang.org/x/text => golang.org/x/text v0.3.6
";

const MAIN: &str = r#"package main

import (
	"fmt"
	"net/http"
	"os"

	"golang.org/x/net/html"
	"golang.org/x/text/language"
	"gopkg.in/yaml.v3"
)

func main() {
	tags, _, _ := language.ParseAcceptLanguage("de")
	var value any
	yaml.Unmarshal([]byte("a: 1"), &value)
	response, _ := http.Get("http://localhost")
	node, _ := html.Parse(response.Body)
	fmt.Fprintln(os.Stderr, tags, value, node)
}
"#;

/// Writes the records as `govulncheck` [wants them](https://go.dev/doc/security/vuln/database).
fn write_database(folder: &Path, records: &BTreeMap<String, Value>) {
    let (mut modules, mut vulnerabilities) = (BTreeMap::<&str, BTreeMap<&str, Value>>::new(), Vec::new());
    let put = |path: &str, value: &Value| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    };
    for (id, record) in records {
        put(&format!("ID/{id}.json"), record);
        vulnerabilities.push(json!({ "id": id, "modified": WHEN, "aliases": record["aliases"] }));
        for affected in record["affected"].as_array().unwrap() {
            let module = modules.entry(affected["package"]["name"].as_str().unwrap()).or_default();
            let events = affected["ranges"][0]["events"].as_array();
            let fixed = events.into_iter().flatten().rev().find_map(|event| event["fixed"].as_str());
            module.insert(id, json!({ "id": id, "modified": WHEN, "fixed": fixed.unwrap_or_default() }));
        }
    }
    let modules: Vec<_> = modules
        .into_iter()
        .map(|(path, vulns)| json!({ "path": path, "vulns": vulns.into_values().collect::<Vec<_>>() }))
        .collect();
    put("index/db.json", &json!({ "modified": WHEN }));
    put("index/modules.json", &Value::from(modules));
    put("index/vulns.json", &Value::from(vulnerabilities));
}

/// What `govulncheck` finds: the modules that each vulnerability concerns by their versions, and the
/// vulnerabilities of which a function is linked in.
fn by_govulncheck(database: &Path, program: &Path) -> (BTreeMap<String, BTreeSet<String>>, BTreeSet<String>) {
    let mut command = Command::new("govulncheck");
    command.arg("-db").arg(format!("file://{}", database.display()));
    let output = command.args(["-mode", "binary", "-format", "json"]).arg(program).output();
    let output = output.expect("`go install golang.org/x/vuln/cmd/govulncheck@latest` has what is run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (mut concerned, mut linked) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeSet::new());
    for message in serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>() {
        let message = message.unwrap();
        let Some(id) = message["finding"]["osv"].as_str() else { continue };
        let place = &message["finding"]["trace"][0];
        concerned.entry(id.to_owned()).or_default().insert(place["module"].as_str().unwrap().to_owned());
        if place["function"].is_string() {
            linked.insert(id.to_owned());
        }
    }
    (concerned, linked)
}

/// Whether a function through which a record says that a module is vulnerable is among those that are linked in.
fn is_linked(record: &Value, module: &str, symbols: &BTreeSet<String>) -> bool {
    let affected = record["affected"].as_array().unwrap().iter();
    let imports: Vec<_> = affected
        .filter(|affected| affected["package"]["name"] == module)
        .filter_map(|affected| affected["ecosystem_specific"]["imports"].as_array())
        .flatten()
        .collect();
    let is_linked = |import: &&Value| {
        let path = import["path"].as_str().unwrap();
        match import["symbols"].as_array() {
            Some(names) => {
                names.iter().any(|name| symbols.contains(&format!("{path}.{}", name.as_str().unwrap())))
            }
            None => symbols.contains(path),
        }
    };
    imports.is_empty() || imports.iter().any(is_linked)
}

#[test]
#[ignore = "reads the corpus: `cargo xtask verify corpus`"]
fn a_vulnerability_is_reached_where_govulncheck_says_so() {
    let members = members(DATABASE, |path| path.contains("/osv/GO-") && path.ends_with(".json"));
    let records = members.into_values().map(|bytes| {
        let mut record: Value = serde_json::from_slice(&bytes).unwrap();
        record["modified"] = WHEN.into();
        (record["id"].as_str().unwrap().to_owned(), record)
    });
    let records: BTreeMap<_, _> = records.collect();
    let place = Place::new("corpus", &[("go.mod", MODULE), ("main.go", MAIN)]);
    let database = place.path("database");
    write_database(&database, &records);
    for version in VERSIONS {
        let program = place.path(&format!("{version}-program"));
        run(place.go(version).args(["build", "-o"]).arg(&program));
        let report = Go::detect(&[File::in_memory("a", fs::read(&program).unwrap())]).unwrap();
        let symbols: BTreeMap<_, BTreeSet<String>> = report
            .packages()
            .map(|package| (&package.name, package.symbols.clone().unwrap().into_iter().collect()))
            .collect();
        let (concerned, expected) = by_govulncheck(&database, &program);
        let found: BTreeSet<_> = concerned
            .iter()
            .filter(|(id, modules)| {
                modules.iter().any(|module| is_linked(&records[*id], module, &symbols[module]))
            })
            .map(|(id, _)| id.clone())
            .collect();
        assert_eq!(found, expected, "{version}");
        assert!(!found.is_empty() && found.len() < concerned.len(), "{version}");
        println!("{version}: {} of {} vulnerabilities are reached", found.len(), concerned.len());
    }
}
