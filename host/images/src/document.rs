use std::collections::BTreeMap;

use limpid_bytes::Limit;
use limpid_layers::Limits;
use limpid_model::{Digest, DigestError, Image, ImageLayer, Platform};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// Reads a JSON document.
pub(crate) fn parse<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let lines = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::len);
        let before: usize = lines.take(error.line().saturating_sub(1)).sum();
        let at = before + error.column().saturating_sub(1);
        // It may quote the document, which is foreign and of any length.
        let why = error.to_string().chars().take(200).collect::<String>();
        Error::damaged(what, at as u64, why)
    })
}

/// Reads a digest that a document states.
pub(crate) fn digest(what: &str, text: &str) -> Result<Digest, Error> {
    text.parse().map_err(|error| match error {
        DigestError::Algorithm(_) => Error::unsupported(what, error.to_string()),
        DigestError::Form(_) => Error::damaged(what, 0, error.to_string()),
    })
}

/// The parts of an
/// [image configuration](https://github.com/opencontainers/image-spec/blob/main/config.md) that are
/// read here. Tools write `null` for whatever is empty.
#[derive(Deserialize)]
struct Configuration {
    architecture: Option<String>,
    os: Option<String>,
    variant: Option<String>,
    created: Option<String>,
    config: Option<Container>,
    rootfs: Option<RootFs>,
    history: Option<Vec<History>>,
}

#[derive(Deserialize)]
struct Container {
    #[serde(rename = "Labels")]
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct History {
    created_by: Option<String>,
    #[serde(default)]
    empty_layer: bool,
}

/// Whether a configuration is one of an image: it says of which layers the file system is.
pub(crate) fn is_image(what: &str, bytes: &[u8]) -> Result<bool, Error> {
    Ok(parse::<Configuration>(what, bytes)?.rootfs.is_some())
}

/// An image as its configuration, which are these bytes, describes it; its names and manifests are
/// for the caller to add.
pub(crate) fn image(limits: &Limits, what: &str, bytes: &[u8], layers: usize) -> Result<Image, Error> {
    let configuration: Configuration = parse(what, bytes)?;
    let diff_ids = configuration.rootfs.map(|rootfs| rootfs.diff_ids.unwrap_or_default());
    let diff_ids = diff_ids.ok_or_else(|| Error::damaged(what, 0, "it has no `rootfs`"))?;
    let subject = format_args!("the number of layers of {what}");
    Limit::of("layers_per_image", limits.layers_per_image).check(subject, diff_ids.len() as u64)?;
    if diff_ids.len() != layers {
        let why = format!("it has {} diff ids for {layers} layers", diff_ids.len());
        return Err(Error::damaged(what, 0, why));
    }
    let mut commands = commands(configuration.history.unwrap_or_default(), layers).into_iter();
    let layers = diff_ids.iter().map(|diff_id| {
        let diff_id = digest(what, diff_id)?;
        Ok(ImageLayer { diff_id, created_by: commands.next().flatten() })
    });
    Ok(Image {
        id: Digest::of(bytes),
        manifests: Vec::new(),
        names: Vec::new(),
        platform: Platform {
            os: configuration.os.unwrap_or_default(),
            architecture: configuration.architecture.unwrap_or_default(),
            variant: configuration.variant,
        },
        created: configuration.created,
        labels: configuration.config.and_then(|c| c.labels).unwrap_or_default().into_iter().collect(),
        layers: layers.collect::<Result<_, Error>>()?,
    })
}

/// The command that made each layer. History is optional, and tools that squash or mutate images
/// leave it wrong: then it tells nothing of any layer.
fn commands(history: Vec<History>, layers: usize) -> Vec<Option<String>> {
    let commands: Vec<_> =
        history.into_iter().filter(|step| !step.empty_layer).map(|step| step.created_by).collect();
    if commands.len() == layers { commands } else { Vec::new() }
}
