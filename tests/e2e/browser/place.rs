//! A service that has something to show on each view, and everywhere texts that would do something in a page that does
//! not show them as text.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use serde_json::{Value, json};
use xtask::sample::{Image, Layer, advisories, debian};

use crate::archives::{Compression, Parts, image};
use crate::program::Setup;
use crate::service::{Service, until};

/// What others write. The last one is too long for any line.
pub(super) const HOSTILE: [&str; 5] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "\u{202e}gnp.exe",
];

/// Longest name that others write here.
const LONG: usize = 4_096;

pub(super) struct Place {
    pub(super) service: Service,
    /// The image of which the texts are.
    pub(super) hostile: String,
    /// One with many findings.
    pub(super) debian: String,
}

impl Place {
    /// One that all tests share, and that ends with the last of them.
    pub(super) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Place>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let place = Arc::new(Self::fill());
            *shared = Arc::downgrade(&place);
            place
        })
    }

    fn fill() -> Self {
        let setup = Setup::new().with("LIMPID_NOTICES__FLAP_WINDOW", 0).with("LIMPID_NOTICES__ATTEMPTS", 1);
        let service = Service::with(setup);
        let api = &service.api;
        let debian = api.index(&Parts::of(&debian(), Compression::Gzip).docker_archive());
        api.index(&node(&[("beta", "1.0.0")]).docker_archive());
        let hostile = api.index(&node(&[("alpha", "1.0.0"), ("beta", "1.0.0")]).docker_archive());
        for (id, package, severity) in
            [("GHSA-a", "alpha", "CRITICAL"), ("GHSA-b", "alpha", "LOW"), ("GHSA-c", "beta", "HIGH")]
        {
            api.hand_in("osv", record(id, package, severity)).ok();
        }
        let wanted =
            json!({ "webhook": { "url": "http://127.0.0.1:1/nobody" }, "filter": { "names": ["*"] } });
        api.send("PUT", "/v1/subscriptions/shop", &[], wanted.to_string().as_bytes()).ok();
        let mut tracker: Value = serde_json::from_str(&advisories::debian_tracker()).unwrap();
        api.hand_in("debian", tracker.to_string()).ok();
        for (number, text) in texts().iter().enumerate() {
            tracker["curl"][format!("CVE-2026-1000{number}")] = json!({
                "description": text,
                "releases": { "bookworm": {
                    "status": "open", "repositories": { "bookworm": "7.88.1-10+deb12u12" }, "urgency": "medium",
                } },
            });
        }
        api.hand_in("debian", tracker.to_string()).ok();
        until("a notice is given up", || {
            let dead = api.get("/v1/notices?state=dead").ok();
            (!dead["notices"].as_array().unwrap().is_empty()).then_some(())
        });
        // Pages that say how far counting is differ from one moment to the next.
        until("repositories are counted", || {
            (api.get("/v1/repositories").ok()["partial"] == false).then_some(())
        });
        Self { service, hostile, debian }
    }

    pub(super) fn address(&self) -> &str {
        self.service.api.address().trim_start_matches("http://")
    }

    /// The path of each view.
    pub(super) fn views(&self) -> Vec<String> {
        let (hostile, debian) = (&self.hostile, &self.debian);
        let before = self.service.api.get("/v1/repositories/shop/web/tags").ok();
        let before = before["tags"][0]["images"][0]["change"]["from"].as_str().unwrap().to_owned();
        let paths = [
            "/".to_owned(),
            "/repositories/shop/web".to_owned(),
            format!("/images/{hostile}"),
            format!("/images/{debian}"),
            format!("/images/{hostile}?show=plan"),
            format!("/images/{hostile}?show=difference&with={before}"),
            "/vulnerabilities/GHSA-a?image=shop/web:1".to_owned(),
            "/vulnerabilities/CVE-2026-10001".to_owned(),
            "/search".to_owned(),
            "/search?q=CVE-2026-10001".to_owned(),
            "/search?q=alpha".to_owned(),
            format!("/search?q={hostile}"),
            "/feeds".to_owned(),
            "/feeds/osv".to_owned(),
            "/feeds/debian".to_owned(),
            "/plugins".to_owned(),
            "/plugins/debian".to_owned(),
            "/notices".to_owned(),
            "/subscriptions".to_owned(),
            "/subscriptions/shop".to_owned(),
            "/sign-in".to_owned(),
            "/images/nothing".to_owned(),
        ];
        paths.to_vec()
    }

    /// Reports in HTML, which are pages by themselves.
    pub(super) fn reports(&self) -> [String; 2] {
        [&self.hostile, &self.debian].map(|image| format!("/v1/images/{image}/report?format=html"))
    }
}

/// All that others write.
pub(super) fn texts() -> Vec<String> {
    HOSTILE.into_iter().map(str::to_owned).chain(["x".repeat(LONG)]).collect()
}

/// An image with modules of npm, and with a package for each text.
fn node(packages: &[(&str, &str)]) -> Parts {
    let texts = texts();
    let status = texts.iter().map(|text| {
        format!("Package: {text}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-{text}\n\n")
    });
    let lowest = Layer::new(texts.join(" "))
        .file("var/lib/dpkg/status", status.collect::<String>())
        .file("etc/os-release", "PRETTY_NAME=\"<b>Debian</b>\"\nID=debian\nVERSION_ID=\"12\"\n");
    let modules = packages.iter().fold(Layer::new("COPY <b>app</b>"), |layer, (package, version)| {
        let manifest = json!({ "name": package, "version": version });
        layer.file(format!("app/node_modules/{package}/package.json"), manifest.to_string())
    });
    let image: Image = image("shop/web:1", [lowest, modules]);
    let mut parts = Parts::of(&image, Compression::Gzip);
    for text in &texts {
        parts.config["config"]["Labels"][text] = text.as_str().into();
    }
    parts
}

fn record(id: &str, package: &str, severity: &str) -> String {
    let texts = texts();
    let references: Vec<_> = texts.iter().map(|text| json!({ "type": "WEB", "url": text })).collect();
    json!({
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "summary": texts.join(" "),
        "details": texts.join("\n"),
        "references": references,
        "database_specific": { "severity": severity },
        "affected": [{
            "package": { "ecosystem": "npm", "name": package },
            "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "2.0.0" }] }],
        }],
    })
    .to_string()
}
