//! One box for all that has a name.

use askama::Template;
use limpid_formats::json;

use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::{Address, Answer, Lasts, Request};

/// Longest text that is looked for, in bytes.
const TEXT: usize = 1_024;

/// Images that are shown of a name, and of a package.
const IMAGES: &str = "25";

/// Contexts of a layer that are shown, and images of one.
const CONTEXTS: usize = 10;

#[derive(Template)]
#[template(path = "search.html")]
struct View<'a> {
    frame: Frame<'a>,
    text: &'a str,
    from: &'a str,
    below: &'a str,
    scheme: &'a str,
    found: Found,
    /// Why a part of what was asked for is not shown.
    problems: Vec<Problem>,
}

/// What there is of that name.
#[derive(Default)]
struct Found {
    vulnerability: Option<(String, json::Vulnerability)>,
    repository: Option<(String, json::Repository)>,
    images: Vec<(String, json::Image)>,
    more_images: bool,
    layer: Option<json::Layer>,
    package: Option<Package>,
}

/// A package, and who has it.
struct Package {
    namespace: String,
    name: String,
    holders: json::Holders,
}

impl Found {
    fn is_empty(&self) -> bool {
        let Self { vulnerability, repository, images, layer, package, .. } = self;
        vulnerability.is_none()
            && repository.is_none()
            && images.is_empty()
            && layer.is_none()
            && package.is_none()
    }

    fn contexts(&self) -> impl Iterator<Item = &json::LayerContext> {
        self.layer.iter().flat_map(|layer| layer.contexts.iter().take(CONTEXTS))
    }
}

/// What there is of a name: a vulnerability, a package, an image, a repository or a layer.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request) -> Result<Answer, Problem> {
    let text = request.get("q").unwrap_or_default();
    if text.len() > TEXT {
        let long = text.len();
        return Err(Problem::bad_request(format!("`q` has {long} bytes, and {TEXT} are looked for at most")));
    }
    let mut search = Search { api, found: Found::default(), problems: Vec::new() };
    if !text.is_empty() {
        search.run(text, request)?;
    }
    let Search { found, problems, .. } = search;
    let view = View {
        frame: Frame::new(request, Section::Search),
        text,
        from: request.get("from").unwrap_or_default(),
        below: request.get("below").unwrap_or_default(),
        scheme: request.get("scheme").unwrap_or_default(),
        found,
        problems,
    };
    render(200, Lasts::Revision, &view)
}

struct Search<'a> {
    api: &'a dyn Api,
    found: Found,
    problems: Vec<Problem>,
}

impl Search<'_> {
    fn run(&mut self, text: &str, request: &Request) -> Result<(), Problem> {
        if let Some((namespace, name)) = package_of(text) {
            self.package(namespace, name, request)?;
            if text.starts_with(PURL) {
                return Ok(());
            }
        }
        if is_digest(text) {
            self.image(text)?;
            self.found.layer = self.find(Address::of(&["v1", "layers", text]))?;
            return Ok(());
        }
        if !text.contains(['/', ' ']) {
            let known = self.find(Address::of(&["v1", "vulnerabilities", text]))?;
            let address = Address::page("vulnerabilities", text).to_string();
            self.found.vulnerability = known.map(|known| (address, known));
        }
        let repository: Option<json::Repository> = self.find(Address::of(&["v1", "repositories", text]))?;
        self.found.repository =
            repository.map(|known| (Address::page("repositories", &known.name).to_string(), known));
        let named = Address::of(&["v1", "images"]).with("name", text).with("limit", IMAGES);
        let named: Option<json::Images> = self.find(named)?;
        if let Some(named) = named {
            self.found.more_images = named.next.is_some();
            self.found.images.extend(named.images.into_iter().map(addressed));
        }
        if self.found.images.is_empty() {
            self.image(text)?;
        }
        Ok(())
    }

    fn image(&mut self, name: &str) -> Result<(), Problem> {
        let image: Option<json::Image> = self.find(Address::of(&["v1", "images", name]))?;
        self.found.images.extend(image.map(addressed));
        Ok(())
    }

    fn package(&mut self, namespace: &str, name: &str, request: &Request) -> Result<(), Problem> {
        let mut parts = vec!["v1", "packages", namespace];
        parts.extend(name.split('/'));
        let path = Address::of(&parts).with("limit", IMAGES);
        let path = ["scheme", "from", "below"]
            .iter()
            .fold(path, |path, name| path.with_some(name, request.get(name)));
        match self.api.try_get::<json::Holders>(path)? {
            Ok(holders) if holders.images.is_empty() => {}
            Ok(holders) => {
                let (namespace, name) = (namespace.to_owned(), name.to_owned());
                self.found.package = Some(Package { namespace, name, holders });
            }
            Err(problem) => self.problems.push(problem),
        }
        Ok(())
    }

    /// What may be there. That a text is no identifier, or no name, means that there is none such.
    fn find<T: serde::de::DeserializeOwned>(&self, path: Address) -> Result<Option<T>, Problem> {
        match self.api.get(path) {
            Ok(found) => Ok(Some(found)),
            Err(problem) if matches!(problem.status, 400 | 403 | 404 | 409 | 422) => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

fn addressed(image: json::Image) -> (String, json::Image) {
    (Address::page("images", &image.digest).to_string(), image)
}

fn is_digest(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(_, hex)| hex.len() >= 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// How package URLs begin.
const PURL: &str = "pkg:";

/// Where a package is published, and its name: as `namespace/name`, or of a package URL, whose type is the namespace of
/// packages that no distribution publishes. The version of a package URL is none of its name.
fn package_of(text: &str) -> Option<(&str, &str)> {
    let bare = text.strip_prefix(PURL).map_or(text, |purl| {
        let bare = purl.split(['?', '#']).next().unwrap_or(purl);
        match bare.rsplit_once('@') {
            Some((name, _)) if !name.ends_with('/') && !name.is_empty() => name,
            _ => bare,
        }
    });
    let (namespace, name) = bare.split_once('/')?;
    (!namespace.is_empty() && !name.is_empty()).then_some((namespace, name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{Fake, HOSTILE, assert_harmless, html, request};

    const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

    fn image(text: &str) -> serde_json::Value {
        json!({
            "digest": DIGEST, "manifests": [], "names": [text],
            "platform": { "os": text, "architecture": text, "variant": null }, "created": null, "labels": {},
            "layers": [],
        })
    }

    fn shown(api: &Fake, query: &str) -> String {
        html(show(api, &request("/search", query)))
    }

    #[test]
    fn a_package_is_a_namespace_and_a_name_or_a_package_url() {
        let check =
            |text: &str, expected: Option<(&str, &str)>| assert_eq!(package_of(text), expected, "{text}");
        check("npm/lodash", Some(("npm", "lodash")));
        check("pkg:npm/lodash@4.17.21", Some(("npm", "lodash")));
        check("pkg:npm/@babel/core@7.0.0?x=y", Some(("npm", "@babel/core")));
        check("pkg:golang/github.com/a/b@v1#sub", Some(("golang", "github.com/a/b")));
        check("openssl", None);
        check("pkg:", None);
        check("/x", None);
    }

    #[test]
    fn what_has_the_name_is_found_whatever_it_is() {
        let holders = json!({ "next": null, "images": [{ "digest": DIGEST, "names": ["web"], "packages": [
            { "name": "lodash", "version": "4.0", "layer": DIGEST, "path": "x" },
        ] }] });
        let api = Fake::default()
            .with("/v1/vulnerabilities/CVE-1", json!({
                "id": "CVE-1", "identifiers": ["CVE-1"], "advisories": [], "enrichments": [], "packages": [],
            }))
            .with("/v1/repositories/shop%2Fweb", json!({ "name": "shop/web", "owner": null, "tags": 1, "images": 1, "last_indexed": null }))
            .with("/v1/images?name=shop/web&limit=25", json!({ "images": [image("shop/web:1")], "next": null }))
            .with(&format!("/v1/images/{DIGEST}"), image("shop/web:1"))
            .with("/v1/packages/npm/lodash?limit=25&scheme=semver&below=5", holders)
            .with(&format!("/v1/layers/{DIGEST}"), json!({
                "diff_id": DIGEST, "digest": null, "size": 1, "inflated_size": 2, "media_type": "x", "entries": 3,
                "contexts": [{
                    "below": [], "images": [DIGEST], "diff_id": DIGEST, "created_by": null, "added": [], "removed": [],
                    "upgraded": [],
                }],
            }));
        let check = |query: &str, part: &str| {
            let page = shown(&api, query);
            assert!(page.contains(part), "{part}: {page}");
        };
        check("q=CVE-1", "href=\"/vulnerabilities/CVE-1\"");
        check("q=shop/web", "href=\"/repositories/shop/web\"");
        check("q=shop/web", &format!("href=\"/images/{DIGEST}\""));
        check(&format!("q={DIGEST}"), "Layer");
        check("q=npm/lodash&scheme=semver&below=5", "lodash");
        check("q=nothing", "Nothing of that name is known");
        check("", "CVE");
    }

    #[test]
    fn a_text_that_is_looked_for_is_text_and_bounded() {
        for text in HOSTILE {
            assert_harmless(&shown(&Fake::default(), &format!("q={}", text.replace(['&', '='], ""))));
            let text = text.replace(['&', '=', '/'], "");
            let api = Fake::default().with(
                &Address::of(&["v1", "images"]).with("name", &text).with("limit", "25").to_string(),
                json!({ "images": [image(&text)], "next": null }),
            );
            assert_harmless(&shown(&api, &format!("q={text}")));
        }
        let problem =
            show(&Fake::default(), &request("/search", &format!("q={}", "x".repeat(TEXT + 1)))).unwrap_err();
        assert!(problem.detail.contains("1025") && problem.detail.contains("1024"), "{}", problem.detail);
    }
}
