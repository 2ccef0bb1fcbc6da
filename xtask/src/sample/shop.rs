//! The images of a shop, of which the documentation tells: an application on a base image of Debian, in two
//! releases, and advisories that speak of both.
//!
//! What the advisories state is what their publishers state of these packages.

use serde_json::{Value, json};

use super::debian;
use super::image::Image;
use super::layer::Layer;

/// The base image.
pub const BASE: &str = "registry.example/base/debian:12";

/// The release before.
pub const BEFORE: &str = "registry.example/shop/web:1.4.1";

/// The release of which most pages tell.
pub const WEB: &str = "registry.example/shop/web:1.4.2";

/// A module that `npm` has installed: name, and version.
type Module = (&'static str, &'static str);

const MODULES_BEFORE: [Module; 4] = [
    ("express", "4.21.2"),
    ("glob", "10.4.5"),
    ("lodash", "4.17.20"),
    ("react-server-dom-webpack", "19.0.0"),
];

const MODULES: [Module; 4] = [
    ("express", "4.21.2"),
    ("glob", "10.4.5"),
    ("lodash", "4.17.21"),
    ("react-server-dom-webpack", "19.0.0"),
];

/// The base image: Debian 12 with curl.
pub fn base() -> Image {
    debian().named(BASE)
}

/// The application as it was released before.
pub fn before() -> Image {
    with_modules(BEFORE, &MODULES_BEFORE)
}

/// The application.
pub fn web() -> Image {
    with_modules(WEB, &MODULES)
}

fn with_modules(name: &str, modules: &[Module]) -> Image {
    let layer = Layer::new("COPY app /srv/app # buildkit").file("srv/app/server.js", "// the shop\n");
    let layer = modules.iter().fold(layer, |layer, (name, version)| {
        let manifest = json!({ "name": name, "version": version, "license": "MIT" });
        layer.file(format!("srv/app/node_modules/{name}/package.json"), manifest.to_string())
    });
    debian().named(name).with(layer)
}

/// One vulnerability of a package of npm.
struct Record {
    id: &'static str,
    cve: &'static str,
    package: &'static str,
    summary: &'static str,
    /// The first version that is affected, and the first that is not any more.
    range: (&'static str, &'static str),
    severity: &'static str,
    vector: &'static str,
    published: &'static str,
}

const RECORDS: [Record; 4] = [
    Record {
        id: "GHSA-35jh-r3h4-6jhm",
        cve: "CVE-2021-23337",
        package: "lodash",
        summary: "Command Injection in lodash",
        range: ("0", "4.17.21"),
        severity: "HIGH",
        vector: "CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H",
        published: "2021-05-06T16:05:51Z",
    },
    Record {
        id: "GHSA-29mw-wpgm-hmr9",
        cve: "CVE-2020-28500",
        package: "lodash",
        summary: "Regular Expression Denial of Service (ReDoS) in lodash",
        range: ("4.0.0", "4.17.21"),
        severity: "MODERATE",
        vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L",
        published: "2022-01-06T20:30:46Z",
    },
    Record {
        id: "GHSA-5j98-mcp5-4vw2",
        cve: "CVE-2025-64756",
        package: "glob",
        summary: "glob CLI: Command injection via -c/--cmd executes matches with shell:true",
        range: ("10.2.0", "10.5.0"),
        severity: "HIGH",
        vector: "CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H",
        published: "2025-11-17T17:38:56Z",
    },
    Record {
        id: "GHSA-fv66-9v8q-g76r",
        cve: "CVE-2025-55182",
        package: "react-server-dom-webpack",
        summary: "React Server Components are Vulnerable to RCE",
        range: ("19.0.0", "19.0.1"),
        severity: "CRITICAL",
        vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H",
        published: "2025-12-03T19:07:47Z",
    },
];

/// Records of the [OSV schema](https://ossf.github.io/osv-schema/): the file of each, and its text.
pub fn npm_records() -> Vec<(String, String)> {
    RECORDS.iter().map(|record| (format!("{}.json", record.id), record.document().to_string())).collect()
}

impl Record {
    fn document(&self) -> Value {
        let (introduced, fixed) = self.range;
        json!({
            "schema_version": "1.7.3",
            "id": self.id,
            "aliases": [self.cve],
            "published": self.published,
            "modified": self.published,
            "summary": self.summary,
            "severity": [{ "type": "CVSS_V3", "score": self.vector }],
            "affected": [{
                "package": { "ecosystem": "npm", "name": self.package },
                "ranges": [{
                    "type": "SEMVER",
                    "events": [{ "introduced": introduced }, { "fixed": fixed }],
                }],
            }],
            "references": [{
                "type": "WEB",
                "url": format!("https://github.com/advisories/{}", self.id),
            }],
            "database_specific": { "severity": self.severity, "github_reviewed": true },
        })
    }
}

/// What NVD rates: the vulnerability, the vector of CVSS 3.1, and its base score.
const RATINGS: [(&str, &str, f64); 13] = [
    ("CVE-2022-48303", "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H", 5.5),
    ("CVE-2023-29383", "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:L/A:N", 3.3),
    ("CVE-2023-45853", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
    ("CVE-2023-46218", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:N", 6.5),
    ("CVE-2023-47038", "CVSS:3.1/AV:L/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", 7.8),
    ("CVE-2024-0553", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),
    ("CVE-2024-0567", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5),
    ("CVE-2024-2398", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:L/A:H", 8.6),
    ("CVE-2024-28834", "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:N/A:N", 5.3),
    ("CVE-2024-2961", "CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:H", 7.3),
    ("CVE-2024-33599", "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H", 8.1),
    ("CVE-2024-6119", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5),
    ("CVE-2024-7264", "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H", 6.5),
];

/// A page of [NVD's API](https://nvd.nist.gov/developers/vulnerabilities).
pub fn nvd_page() -> String {
    let rated = RATINGS.iter().map(|(id, vector, score)| {
        let data = json!({ "version": "3.1", "vectorString": vector, "baseScore": score });
        json!({ "cve": {
            "id": id,
            "published": "2024-01-01T00:00:00.000",
            "lastModified": "2025-12-05T00:00:00.000",
            "vulnStatus": "Analyzed",
            "metrics": { "cvssMetricV31": [{ "source": "nvd@nist.gov", "type": "Primary", "cvssData": data }] },
        } })
    });
    let rated: Vec<Value> = rated.collect();
    json!({
        "resultsPerPage": rated.len(),
        "startIndex": 0,
        "totalResults": rated.len(),
        "format": "NVD_CVE",
        "version": "2.0",
        "timestamp": "2025-12-05T12:00:00.000",
        "vulnerabilities": rated,
    })
    .to_string()
}

/// CISA's [catalog](https://www.cisa.gov/known-exploited-vulnerabilities-catalog) of what is exploited.
pub fn known_exploited() -> String {
    json!({
        "title": "CISA Catalog of Known Exploited Vulnerabilities",
        "catalogVersion": "2025.12.05",
        "dateReleased": "2025-12-05T12:00:00.0000Z",
        "count": 1,
        "vulnerabilities": [{
            "cveID": "CVE-2025-55182",
            "vendorProject": "Meta",
            "product": "React Server Components",
            "dateAdded": "2025-12-05",
            "knownRansomwareCampaignUse": "Unknown",
        }],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_releases_are_built_upon_the_base() {
        let layers =
            |image: &Image| image.layers().iter().map(|layer| layer.tar().unwrap()).collect::<Vec<_>>();
        let base = layers(&base());
        for image in [before(), web()] {
            let layers = layers(&image);
            assert_eq!(layers.len(), base.len() + 1);
            assert!(layers.starts_with(&base), "{}", image.name());
        }
        assert_ne!(before().id().unwrap(), web().id().unwrap());
    }

    #[test]
    fn scores_are_in_the_documents_as_numbers() {
        let page: Value = serde_json::from_str(&nvd_page()).unwrap();
        assert_eq!(page["totalResults"], RATINGS.len());
        assert_eq!(
            page["vulnerabilities"][0]["cve"]["metrics"]["cvssMetricV31"][0]["cvssData"]["baseScore"],
            5.5
        );
    }
}
