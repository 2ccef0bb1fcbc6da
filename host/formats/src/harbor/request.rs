use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use limpid_model::{Digest, DigestError};
use serde::Deserialize;

use super::{BillForm, Kind};

/// What Harbor asks for: one artifact, and what is to be found out about it.
#[derive(Debug)]
pub struct ScanRequest {
    /// The artifact, as `registry/repository@digest`.
    pub reference: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// As whom its registry is asked.
    pub authorization: Authorization,
}

/// As whom a registry is asked. It is a secret, and good for one job.
#[derive(Clone, PartialEq, Eq)]
pub enum Authorization {
    /// As anybody.
    Nobody,
    /// As a user with a password.
    Password {
        /// The user.
        username: String,
        /// The password.
        password: String,
    },
    /// As whoever has this token.
    Token(String),
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Password { .. } => "Password",
            Self::Token(_) => "Token",
        })
    }
}

/// Why a request is none.
#[derive(Debug, thiserror::Error)]
pub enum NoScan {
    /// It is no JSON, or not in the form. The text may quote what is secret.
    #[error(transparent)]
    Form(#[from] serde_json::Error),
    /// A field has a value with which nothing can be done. Secrets are not quoted.
    #[error("`{field}`: {why}")]
    Field {
        /// Where it stands.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

impl NoScan {
    fn field(field: &'static str, why: impl Into<String>) -> Self {
        Self::Field { field, why: why.into() }
    }
}

/// As it is sent. Fields that are not known are let pass: later versions have more.
#[derive(Deserialize)]
struct Form {
    #[serde(default)]
    registry: Registry,
    #[serde(default)]
    artifact: Artifact,
    enabled_capabilities: Option<Vec<Capability>>,
}

#[derive(Default, Deserialize)]
struct Registry {
    #[serde(default)]
    url: String,
    authorization: Option<String>,
}

#[derive(Default, Deserialize)]
struct Artifact {
    #[serde(default)]
    repository: String,
    #[serde(default)]
    digest: String,
}

#[derive(Deserialize)]
struct Capability {
    #[serde(default, rename = "type")]
    kind: String,
    produces_mime_types: Option<Vec<String>>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    sbom_media_types: Option<Vec<String>>,
}

/// How much of a foreign text is told.
const TOLD: usize = 200;

fn told(text: &str) -> String {
    text.chars().take(TOLD).collect()
}

impl ScanRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// [`NoScan`].
    pub fn read(bytes: &[u8]) -> Result<Self, NoScan> {
        let Form { registry, artifact, enabled_capabilities } = serde_json::from_slice(bytes)?;
        let host = host(&registry.url)?;
        let repository = artifact.repository.trim();
        if repository.is_empty() {
            return Err(NoScan::field("artifact.repository", "it is missing"));
        }
        if repository.contains(['@', ':']) {
            let why = format!("`{}` has a tag or a digest: these have fields of their own", told(repository));
            return Err(NoScan::field("artifact.repository", why));
        }
        let digest =
            artifact.digest.parse().map_err(|error: DigestError| match artifact.digest.is_empty() {
                true => NoScan::field("artifact.digest", "it is missing"),
                false => NoScan::field("artifact.digest", told(&error.to_string())),
            })?;
        for capability in enabled_capabilities.iter().flatten() {
            capability.check()?;
        }
        let authorization = authorization(registry.authorization.as_deref().unwrap_or_default())?;
        Ok(Self { reference: format!("{host}/{repository}@{digest}"), digest, authorization })
    }
}

impl Capability {
    fn check(&self) -> Result<(), NoScan> {
        const FIELD: &str = "enabled_capabilities.type";
        let is_sbom = match self.kind.as_str() {
            "vulnerability" => false,
            "sbom" => true,
            "" => return Err(NoScan::field(FIELD, "it is missing")),
            other => {
                let why = format!("there is no `{}`: give `vulnerability` or `sbom`", told(other));
                return Err(NoScan::field(FIELD, why));
            }
        };
        for wanted in self.produces_mime_types.iter().flatten() {
            let is_made = match Kind::accepted(wanted) {
                Some(kind) => (kind == Kind::Sbom) == is_sbom,
                None => false,
            };
            if !is_made {
                let why = format!("`{}` is not made for `{}`", told(wanted), self.kind);
                return Err(NoScan::field("enabled_capabilities.produces_mime_types", why));
            }
        }
        let bills =
            self.parameters.iter().filter(|_| is_sbom).flat_map(|it| it.sbom_media_types.iter().flatten());
        for wanted in bills {
            if BillForm::from_media_type(wanted).is_none() {
                let known = BillForm::ALL.map(BillForm::media_type).join(", ");
                let why = format!("`{}` is not made; there are: {known}", told(wanted));
                return Err(NoScan::field("enabled_capabilities.parameters.sbom_media_types", why));
            }
        }
        Ok(())
    }
}

/// The host of a registry's address, with its port unless it is that of the scheme.
fn host(url: &str) -> Result<&str, NoScan> {
    const FIELD: &str = "registry.url";
    if url.is_empty() {
        return Err(NoScan::field(FIELD, "it is missing"));
    }
    let (rest, port) = match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (rest, ":443"),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (rest, ":80"),
        _ => return Err(NoScan::field(FIELD, "it begins neither with `https://` nor with `http://`")),
    };
    let host = rest.trim_end_matches('/');
    if host.contains('@') {
        return Err(NoScan::field(FIELD, "it holds credentials, which have a field of their own"));
    }
    let is_host = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    if host.is_empty() || !host.chars().all(is_host) {
        return Err(NoScan::field(FIELD, format!("`{}` is not the host of a registry", told(host))));
    }
    Ok(host.strip_suffix(port).unwrap_or(host))
}

/// The value of an `Authorization` header, whole.
fn authorization(header: &str) -> Result<Authorization, NoScan> {
    const FIELD: &str = "registry.authorization";
    let header = header.trim();
    if header.is_empty() {
        return Ok(Authorization::Nobody);
    }
    let no = |why| Err(NoScan::field(FIELD, why));
    let Some((scheme, rest)) = header.split_once(' ') else {
        return no("it is no `Basic` and no `Bearer`");
    };
    let rest = rest.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => {
            let decoded = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            match decoded.as_deref().and_then(|pair| pair.split_once(':')) {
                Some((username, password)) => Ok(Authorization::Password {
                    username: username.to_owned(),
                    password: password.to_owned(),
                }),
                None => no("what follows `Basic` is no user and password in base64"),
            }
        }
        "bearer" if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Authorization::Token(rest.to_owned()))
        }
        "bearer" => no("what follows `Bearer` is no token"),
        _ => no("it is no `Basic` and no `Bearer`"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const DIGEST: &str = "sha256:7d865e959b2466918c9863afca942d0fb89d7c9ac0c99bafc3749504ded97730";

    /// As Harbor 2.15 sends it.
    fn sent() -> Value {
        json!({
            "registry": {"url": "https://harbor.example/", "authorization": "Basic cm9ib3QkeDpzOmVjcmV0", "insecure": false},
            "artifact": {
                "repository": "shop/web", "tag": "", "digest": DIGEST,
                "mime_type": "application/vnd.docker.distribution.manifest.v2+json", "size": 1
            },
            "enabled_capabilities": [{
                "type": "vulnerability",
                "produces_mime_types": [Kind::Vulnerabilities.media_type(), Kind::Native.media_type()],
                "parameters": null
            }]
        })
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<ScanRequest, NoScan> {
        let mut form = sent();
        change(&mut form);
        ScanRequest::read(form.to_string().as_bytes())
    }

    #[test]
    fn a_request_is_read_as_harbor_sends_it() {
        let request = read(|_| {}).unwrap();
        assert_eq!(request.reference, format!("harbor.example/shop/web@{DIGEST}"));
        let robot = Authorization::Password { username: "robot$x".into(), password: "s:ecret".into() };
        assert_eq!(request.authorization, robot);
        assert!(!format!("{request:?}").contains("ecret"));
        let bearer = read(|form| form["registry"]["authorization"] = "Bearer a.b.c".into()).unwrap();
        assert_eq!(bearer.authorization, Authorization::Token("a.b.c".into()));
        for nobody in [json!(null), json!(""), json!(" ")] {
            let request = read(|form| form["registry"]["authorization"] = nobody).unwrap();
            assert_eq!(request.authorization, Authorization::Nobody);
        }
        for none in [json!(null), json!([])] {
            assert!(read(|form| form["enabled_capabilities"] = none).is_ok());
        }
        let later = read(|form| form["artifact"]["sbom_accessory"] = json!({"digest": "x"}));
        assert!(later.is_ok(), "a field of a later version");
    }

    #[test]
    fn a_registry_is_its_host_and_a_port_of_its_own() {
        let host = |url: &str| read(|form| form["registry"]["url"] = url.into()).unwrap().reference;
        for (url, expected) in [
            ("https://a.example", "a.example/"),
            ("HTTPS://a.example:443/", "a.example/"),
            ("http://core:80", "core/"),
            ("http://core:8080", "core:8080/"),
            ("https://a.example:80", "a.example:80/"),
            ("http://[::1]:5000", "[::1]:5000/"),
        ] {
            assert!(host(url).starts_with(&format!("{expected}shop/web@")), "{url}: {}", host(url));
        }
    }

    #[test]
    fn a_field_that_is_wrong_is_named() {
        let check = |pointer: &str, value: Value, expected: &str| {
            let error = read(|form| *form.pointer_mut(pointer).unwrap() = value).unwrap_err();
            assert!(matches!(error, NoScan::Field { .. }), "{pointer}: {error}");
            assert!(error.to_string().starts_with(&format!("`{expected}`: ")), "{pointer}: {error}");
        };
        for url in
            ["", "harbor.example", "ftp://a", "https://", "https://a/b", "https://u:p@a", "https://a b"]
        {
            check("/registry/url", url.into(), "registry.url");
        }
        check("/artifact/repository", "".into(), "artifact.repository");
        check("/artifact/repository", "a:1".into(), "artifact.repository");
        for digest in ["", "x", "sha512:00", "sha256:12"] {
            check("/artifact/digest", digest.into(), "artifact.digest");
        }
        for header in ["secret", "Basic secret", "Basic c2VjcmV0", "Bearer ", "Digest secret", "Bearer a b"] {
            let error = read(|form| form["registry"]["authorization"] = header.into()).unwrap_err();
            assert!(error.to_string().starts_with("`registry.authorization`: "), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        check("/enabled_capabilities/0/type", "licenses".into(), "enabled_capabilities.type");
        check("/enabled_capabilities/0/type", "".into(), "enabled_capabilities.type");
        let (types, sbom) = ("enabled_capabilities.produces_mime_types", Kind::Sbom.media_type());
        check("/enabled_capabilities/0/produces_mime_types/0", "text/html".into(), types);
        check("/enabled_capabilities/0/produces_mime_types/0", sbom.into(), types);
        let bill = json!({"type": "sbom", "produces_mime_types": [sbom], "parameters": {"sbom_media_types": ["x/y"]}});
        check("/enabled_capabilities/0", bill, "enabled_capabilities.parameters.sbom_media_types");
    }

    #[test]
    fn what_is_no_json_is_another_matter() {
        for text in ["", "{", "[]", r#"{"registry": 1}"#, r#"{"artifact": {"digest": 1}}"#] {
            assert!(matches!(ScanRequest::read(text.as_bytes()), Err(NoScan::Form(_))), "{text}");
        }
        assert!(matches!(ScanRequest::read(b"{}"), Err(NoScan::Field { field: "registry.url", .. })));
    }
}
