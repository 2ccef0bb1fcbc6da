//! What other tools are told to ignore, as a policy.
//!
//! | File | Of |
//! |---|---|
//! | `.trivyignore`, `.trivyignore.yaml` | [Trivy](https://trivy.dev/latest/docs/configuration/filtering/) |
//! | `ignore` of `.grype.yaml` | [Grype](https://github.com/anchore/grype#specifying-matches-to-ignore) |
//!
//! An entry that says something a policy cannot say is left out and told: it would suppress more than was meant.

use serde::{Deserialize, Serialize};

/// Most bytes of a file.
const MAX_BYTES: usize = 16 << 20;

/// A policy that was made of another tool's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The policy, in TOML.
    pub policy: String,
    /// How many rules it has.
    pub rules: usize,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

#[derive(Default, Serialize)]
struct Rules {
    suppress: Vec<Rule>,
}

#[derive(Default, Serialize)]
struct Rule {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vulnerabilities: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    packages: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    paths: Vec<String>,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

/// Reads what Trivy ignores: lines, or YAML where the file's name ends so.
///
/// # Errors
/// The file is too large, or no YAML.
pub fn trivy(text: &str, is_yaml: bool) -> Result<Imported, String> {
    check_size(text)?;
    if is_yaml { trivy_yaml(text) } else { Ok(trivy_lines(text)) }
}

fn check_size(text: &str) -> Result<(), String> {
    if text.len() > MAX_BYTES {
        return Err(format!("the file is larger than {MAX_BYTES} bytes"));
    }
    Ok(())
}

/// `CVE-2024-1 exp:2027-01-31 # why`; comments above an entry are about it.
fn trivy_lines(text: &str) -> Imported {
    let (mut rules, mut left_out) = (Vec::new(), Vec::new());
    let mut comment: Vec<&str> = Vec::new();
    for line in text.lines() {
        let (entry, why) =
            line.split_once('#').map_or((line, None), |(entry, why)| (entry, Some(why.trim())));
        let mut words = entry.split_whitespace();
        let Some(id) = words.next() else {
            match why {
                Some(why) => comment.push(why),
                None => comment.clear(),
            }
            continue;
        };
        let mut rule = Rule { vulnerabilities: vec![id.to_owned()], ..Rule::default() };
        let mut unknown = None;
        for word in words {
            match word.strip_prefix("exp:") {
                Some(day) => rule.expires = Some(day.to_owned()),
                None => unknown = Some(word),
            }
        }
        let why = why.map_or_else(|| comment.join(" "), str::to_owned);
        rule.reason = reason(&why, ".trivyignore");
        match unknown {
            None => rules.push(rule),
            Some(word) => left_out.push(format!("`{id:.100}`: `{word:.100}` means nothing here")),
        }
    }
    written(rules, left_out)
}

#[derive(Deserialize)]
struct TrivyFile {
    #[serde(default)]
    vulnerabilities: Vec<TrivyEntry>,
    #[serde(default)]
    misconfigurations: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    secrets: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    licenses: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct TrivyEntry {
    id: String,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    purls: Vec<String>,
    expired_at: Option<String>,
    statement: Option<String>,
}

fn trivy_yaml(text: &str) -> Result<Imported, String> {
    let file: TrivyFile =
        serde_saphyr::from_str(text).map_err(|error| format!("the file cannot be read: {error}"))?;
    let of_other = [
        ("misconfigurations", file.misconfigurations.len()),
        ("secrets", file.secrets.len()),
        ("licenses", file.licenses.len()),
    ];
    let others = of_other.into_iter().filter(|(_, count)| *count > 0);
    let left_out =
        others.map(|(what, count)| format!("{count} {what}: Limpid does not look for them")).collect();
    let rules = file.vulnerabilities.into_iter().map(|entry| Rule {
        vulnerabilities: vec![entry.id],
        packages: entry.purls,
        paths: entry.paths,
        reason: reason(entry.statement.as_deref().unwrap_or_default(), ".trivyignore.yaml"),
        expires: entry.expired_at,
    });
    Ok(written(rules.collect(), left_out))
}

#[derive(Deserialize)]
struct GrypeFile {
    #[serde(default)]
    ignore: Vec<serde_json::Map<String, serde_json::Value>>,
}

/// Types of Grype's packages, as package URLs call them.
const TYPES: [(&str, &str); 18] = [
    ("apk", "apk"),
    ("binary", "generic"),
    ("conan", "conan"),
    ("conda", "conda"),
    ("dart-pub", "pub"),
    ("deb", "deb"),
    ("dotnet", "nuget"),
    ("gem", "gem"),
    ("github-action", "githubactions"),
    ("go-module", "golang"),
    ("hackage", "hackage"),
    ("hex", "hex"),
    ("java-archive", "maven"),
    ("npm", "npm"),
    ("php-composer", "composer"),
    ("python", "pypi"),
    ("rpm", "rpm"),
    ("rust-crate", "cargo"),
];

/// Reads what Grype ignores.
///
/// # Errors
/// The file is too large, or no YAML.
pub fn grype(text: &str) -> Result<Imported, String> {
    check_size(text)?;
    let file: GrypeFile =
        serde_saphyr::from_str(text).map_err(|error| format!("the file cannot be read: {error}"))?;
    let (mut rules, mut left_out) = (Vec::new(), Vec::new());
    for (place, entry) in file.ignore.into_iter().enumerate() {
        match grype_rule(entry) {
            Ok(rule) => rules.push(rule),
            Err(why) => left_out.push(format!("rule {} of `ignore`: {why}", place + 1)),
        }
    }
    Ok(written(rules, left_out))
}

fn grype_rule(entry: serde_json::Map<String, serde_json::Value>) -> Result<Rule, String> {
    let mut rule = Rule { reason: reason("", ".grype.yaml"), ..Rule::default() };
    let text = |key: &str, value: &serde_json::Value| {
        value.as_str().map(str::to_owned).ok_or_else(|| format!("`{key:.50}` is no text"))
    };
    for (key, value) in &entry {
        match key.as_str() {
            "vulnerability" => rule.vulnerabilities.push(text(key, value)?),
            "reason" => rule.reason = reason(&text(key, value)?, ".grype.yaml"),
            // All identifiers of a vulnerability count here.
            "include-aliases" => {}
            "package" => {
                let package = value.as_object().ok_or("`package` is no object")?;
                grype_package(package, &mut rule)?;
            }
            other => return Err(format!("no rule of a policy asks for `{other:.50}`")),
        }
    }
    if rule.vulnerabilities.is_empty() && rule.packages.is_empty() && rule.paths.is_empty() {
        return Err("it names neither a vulnerability nor a package".to_owned());
    }
    Ok(rule)
}

fn grype_package(
    package: &serde_json::Map<String, serde_json::Value>,
    rule: &mut Rule,
) -> Result<(), String> {
    let of = |key: &str| package.get(key).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
    let known = ["name", "version", "type", "location", "language"];
    if let Some(other) = package.keys().find(|key| !known.contains(&key.as_str())) {
        return Err(format!("no rule of a policy asks for `package.{other:.50}`"));
    }
    let kind = match of("type") {
        None => None,
        Some(kind) => Some(
            TYPES
                .iter()
                .find(|(known, _)| *known == kind)
                .map(|(_, kind)| *kind)
                .ok_or_else(|| format!("no package URL is of type `{kind:.50}`"))?,
        ),
    };
    if kind.is_none() && of("language").is_some() {
        return Err("no rule of a policy asks for `package.language` without `package.type`".to_owned());
    }
    let version = of("version").map_or_else(String::new, |version| format!("@{version}"));
    match (of("name"), kind) {
        (Some(name), Some(kind)) => {
            let name = name.replace(':', "/");
            rule.packages.push(format!("pkg:{kind}/{{{name},**/{name}}}{version}"));
        }
        (Some(name), None) if version.is_empty() => rule.packages.push(name.to_owned()),
        (Some(name), None) => rule.packages.push(format!("pkg:**/{name}{version}")),
        (None, Some(kind)) => rule.packages.push(format!("pkg:{kind}/**{version}")),
        (None, None) if version.is_empty() => {}
        (None, None) => return Err("it names a version of no package".to_owned()),
    }
    if let Some(location) = of("location") {
        rule.paths.push(location.trim_start_matches('/').to_owned());
    }
    Ok(())
}

fn reason(text: &str, file: &str) -> String {
    match text.trim() {
        "" => format!("ignored by {file}"),
        text => text.to_owned(),
    }
}

fn written(rules: Vec<Rule>, mut left_out: Vec<String>) -> Imported {
    let (mut kept, mut policy) = (0, String::new());
    for rule in rules {
        let named = rule.vulnerabilities.first().or(rule.packages.first()).cloned().unwrap_or_default();
        // Each by itself: what one of them cannot say must not cost the others.
        let one = toml::to_string(&Rules { suppress: vec![rule] }).map_err(|error| error.to_string());
        let read = one.and_then(|text| {
            crate::Policy::read("imported", &text, crate::Form::Toml)
                .map(|_| text)
                .map_err(|error| error.to_string())
        });
        match read {
            Ok(text) => {
                if kept > 0 {
                    policy.push('\n');
                }
                policy.push_str(&text);
                kept += 1;
            }
            Err(why) => left_out.push(format!("`{named:.100}`: {why}")),
        }
    }
    Imported { policy, rules: kept, left_out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_trivy_become_rules() {
        let text = "# Accepted\n\n# Not reachable\nCVE-2024-1\nCVE-2024-2 exp:2027-01-31 # later\nCVE-2024-3 odd\nCVE-2024-4 exp:x\n";
        let Imported { policy, rules, left_out } = trivy(text, false).unwrap();
        assert_eq!(rules, 2, "{policy}");
        assert!(policy.contains("reason = \"Not reachable\"") && policy.contains("expires = \"2027-01-31\""));
        assert_eq!(left_out.len(), 2, "{left_out:?}");
        assert!(left_out[0].contains("`odd` means nothing"), "{left_out:?}");
    }

    #[test]
    fn yaml_of_trivy_becomes_rules() {
        let text = "vulnerabilities:\n  - id: CVE-2024-1\n    paths:\n      - usr/lib/**\n    purls:\n      - pkg:deb/debian/openssl\n    expired_at: 2027-01-31\n    statement: not used\nsecrets:\n  - id: aws\n";
        let Imported { policy, rules, left_out } = trivy(text, true).unwrap();
        assert_eq!((rules, left_out.len()), (1, 1), "{policy} {left_out:?}");
        assert!(policy.contains("packages = [\"pkg:deb/debian/openssl\"]"), "{policy}");
        assert!(trivy("a: [", true).is_err());
    }

    #[test]
    fn rules_of_grype_become_rules_where_they_can() {
        let text = "ignore:\n  - vulnerability: CVE-2024-1\n    package:\n      name: lodash\n      version: 4.17.4\n      type: npm\n      location: /srv/**\n    reason: ours\n  - fix-state: unknown\n  - package:\n      type: odd\n  - package:\n      name: a\n";
        let Imported { policy, rules, left_out } = grype(text).unwrap();
        assert_eq!((rules, left_out.len()), (2, 2), "{policy} {left_out:?}");
        assert!(policy.contains("pkg:npm/{lodash,**/lodash}@4.17.4"), "{policy}");
        assert!(policy.contains("paths = [\"srv/**\"]"), "{policy}");
    }
}
