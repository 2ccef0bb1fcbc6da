use std::collections::BTreeMap;
use std::fmt;

use limpid_model::{
    DigestError, ImageReference, LayerAddress, LayerAddresses, NoPlatform, Platforms, Submission,
};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Platforms that a submission may name.
const PLATFORMS: usize = 64;

/// A submission of what is elsewhere, as clients state it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum SubmissionWanted {
    /// An image of a registry.
    Reference(WantedReference),
    /// A manifest with the addresses of its layers.
    Manifest(WantedManifest),
}

/// An image of a registry.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedReference {
    /// `registry/repository[:tag][@digest]`.
    pub reference: String,
    /// Which images of an index are meant, as `linux/amd64`; none for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<String>,
    /// Who asks the registry, where that is not what the settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials: Option<Credentials>,
}

/// A user and a password, which are used for this submission only and stored nowhere.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The user.
    pub username: String,
    /// The password, or an access token.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A manifest with the addresses of its layers, in the form in which registries hand images to Clair.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WantedManifest {
    /// Digest of the image's manifest.
    pub hash: String,
    /// Lowest first.
    pub layers: Vec<WantedLayer>,
}

/// A layer and its address.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WantedLayer {
    /// Digest of what is stored there.
    pub hash: String,
    /// `http` or `https`.
    pub uri: String,
    /// Headers that are sent with the request for it. They are stored nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<BTreeMap<String, Values>>,
}

impl fmt::Debug for WantedLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WantedLayer").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// Values of a header.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Values {
    /// One.
    One(String),
    /// Several, or one as the only one of several.
    Several(Vec<String>),
}

/// A submission and what is secret of it.
#[derive(Clone)]
pub struct SubmissionParts {
    /// What is submitted.
    pub submission: Submission,
    /// Who asks the registry.
    pub credentials: Option<Credentials>,
    /// Headers of requests for layers, for each layer.
    pub headers: Vec<BTreeMap<String, String>>,
}

/// Why a submission cannot be.
#[derive(Debug, thiserror::Error)]
pub enum NoSubmission {
    /// It is no JSON, or not in one of the forms. The text may quote what is secret.
    #[error(transparent)]
    Form(#[from] serde_json::Error),
    /// It says of neither form what it is.
    #[error(
        "it has neither `reference` (an image of a registry) nor `hash` (a manifest with addresses of layers)"
    )]
    Neither,
    /// A text is no platform.
    #[error("`platforms`: {0}")]
    Platform(#[from] NoPlatform),
    /// There are more platforms than anybody builds for.
    #[error("`platforms`: there are {0}, at most {PLATFORMS} can be named")]
    Platforms(usize),
    /// A text is no digest.
    #[error("`hash`: {0}")]
    Digest(#[from] DigestError),
}

impl SubmissionWanted {
    /// Reads a submission.
    ///
    /// # Errors
    /// [`NoSubmission`].
    pub fn read(bytes: &[u8]) -> Result<Self, NoSubmission> {
        #[derive(Deserialize)]
        struct Form {
            reference: Option<IgnoredAny>,
            hash: Option<IgnoredAny>,
        }
        // Each form by itself: what is wrong with it is said of the one that is meant.
        match serde_json::from_slice(bytes)? {
            Form { reference: Some(_), .. } => Ok(Self::Reference(serde_json::from_slice(bytes)?)),
            Form { hash: Some(_), .. } => Ok(Self::Manifest(serde_json::from_slice(bytes)?)),
            Form { .. } => Err(NoSubmission::Neither),
        }
    }

    /// What is submitted, and what is secret of it.
    ///
    /// # Errors
    /// [`NoSubmission`].
    pub fn parts(self) -> Result<SubmissionParts, NoSubmission> {
        match self {
            Self::Reference(WantedReference { reference, platforms, credentials }) => {
                if platforms.len() > PLATFORMS {
                    return Err(NoSubmission::Platforms(platforms.len()));
                }
                let platforms = match platforms.is_empty() {
                    true => Platforms::All,
                    false => {
                        Platforms::Only(platforms.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
                    }
                };
                let reference = ImageReference { reference, platforms };
                let submission = Submission::Reference(reference);
                Ok(SubmissionParts { submission, credentials, headers: Vec::new() })
            }
            Self::Manifest(WantedManifest { hash, layers }) => {
                let hash = hash.parse()?;
                let mut addresses = Vec::with_capacity(layers.len());
                let mut headers = Vec::with_capacity(layers.len());
                for layer in layers {
                    addresses.push(LayerAddress { hash: layer.hash.parse()?, uri: layer.uri });
                    let of_layer = layer.headers.unwrap_or_default().into_iter();
                    headers.push(of_layer.map(|(name, values)| (name, values.joined())).collect());
                }
                let submission = Submission::Addresses(LayerAddresses { hash, layers: addresses });
                Ok(SubmissionParts { submission, credentials: None, headers })
            }
        }
    }
}

impl Values {
    /// As one value ([RFC 9110, section 5.3](https://www.rfc-editor.org/rfc/rfc9110#section-5.3)).
    fn joined(self) -> String {
        match self {
            Self::One(value) => value,
            Self::Several(values) => values.join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> SubmissionWanted {
        SubmissionWanted::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_reference_may_say_platforms_and_who_asks() {
        let SubmissionParts { submission, credentials, .. } =
            parsed(r#"{"reference": "a/b:1"}"#).parts().unwrap();
        let all = ImageReference { reference: "a/b:1".to_owned(), platforms: Platforms::All };
        assert_eq!((submission, credentials.is_none()), (Submission::Reference(all), true));
        let text = r#"{"reference": "a/b:1", "platforms": ["linux/arm64"],
            "credentials": {"username": "me", "password": "hunter2"}}"#;
        assert!(!format!("{:?}", parsed(text)).contains("hunter2"));
        let SubmissionParts { submission, credentials, .. } = parsed(text).parts().unwrap();
        let arm = Platforms::Only(vec!["linux/arm64".parse().unwrap()]);
        assert!(matches!(submission, Submission::Reference(wanted) if wanted.platforms == arm));
        assert_eq!(credentials.unwrap().password, "hunter2");
        let wrong = parsed(r#"{"reference": "a", "platforms": ["arm64"]}"#).parts().err().unwrap();
        assert!(wrong.to_string().contains("`platforms`"), "{wrong}");
    }

    #[test]
    fn what_is_wrong_is_said_of_the_form_that_is_meant() {
        let check = |text: &str, expected: &str| {
            let error = SubmissionWanted::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("{}", "neither `reference`");
        check("[", "EOF");
        check(r#"{"reference": "a", "platform": "linux/amd64"}"#, "unknown field `platform`");
        check(r#"{"hash": "sha256:1"}"#, "missing field `layers`");
        check(r#"{"reference": 1}"#, "expected a string");
    }

    #[test]
    fn a_manifest_is_read_as_registries_hand_it_to_clair() {
        let (a, b) = (limpid_model::Digest::of(b"a"), limpid_model::Digest::of(b"b"));
        let text = format!(
            r#"{{"hash": "{a}", "layers": [
                {{"hash": "{b}", "uri": "https://r.test/b", "headers": {{"Authorization": ["Bearer x"], "X": "y"}}}},
                {{"hash": "{a}", "uri": "https://r.test/a", "headers": null}}]}}"#
        );
        assert!(!format!("{:?}", parsed(&text)).contains("Bearer"));
        let SubmissionParts { submission, headers, .. } = parsed(&text).parts().unwrap();
        let Submission::Addresses(manifest) = submission else { panic!("it is no manifest") };
        assert_eq!((manifest.hash, manifest.layers.len()), (a, 2));
        assert_eq!(manifest.layers[0], LayerAddress { hash: b, uri: "https://r.test/b".to_owned() });
        let first = [("Authorization", "Bearer x"), ("X", "y")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(headers, [BTreeMap::from(first), BTreeMap::new()]);
        let wrong = parsed(r#"{"hash": "sha256:1", "layers": []}"#).parts().err().unwrap();
        assert!(wrong.to_string().contains("`hash`"), "{wrong}");
    }
}
