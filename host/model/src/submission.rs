use std::fmt;
use std::str::FromStr;

use crate::{Digest, Platform};

/// Where the images of a submission come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
    /// An archive that was sent.
    Archive {
        /// Its length in bytes.
        bytes: u64,
    },
    /// An image of a registry.
    Reference(ImageReference),
    /// An image of a registry that a watch asks for.
    Watched {
        /// Which.
        reference: ImageReference,
        /// What it is called.
        naming: Naming,
    },
    /// A manifest that says at which address each layer is, as registries hand it to scanners.
    Addresses(LayerAddresses),
}

/// What the images of a reference are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// By the tag that the reference names; where it names a digest, by that, which says nothing of where a tag
    /// points.
    #[default]
    Reference,
    /// By its tag, which was seen to point at its digest.
    Tag,
    /// As they are called already.
    Known,
}

/// An image of a registry, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    /// `registry/repository[:tag][@digest]`, or less of it as Docker's users write it: `nginx`.
    pub reference: String,
    /// Which images of an index are meant.
    pub platforms: Platforms,
}

/// A manifest with the addresses of its layers. There is no configuration: what would come from it,
/// platform, history and diff IDs, is not known before the layers were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerAddresses {
    /// Digest of the image's manifest.
    pub hash: Digest,
    /// Lowest first.
    pub layers: Vec<LayerAddress>,
}

/// Where the stored bytes of a layer are. What is sent with a request for them (`headers`) is a secret, and
/// kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerAddress {
    /// Digest of what is stored there.
    pub hash: Digest,
    /// `http` or `https`.
    pub uri: String,
}

/// Which images of an index of several platforms are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Platforms {
    /// All of them, as images of one name.
    #[default]
    All,
    /// Those for one of these.
    Only(Vec<Platform>),
}

impl Platforms {
    /// Whether images may be meant that the others do not mean.
    pub fn exceed(&self, others: &Self) -> bool {
        match (self, others) {
            (_, Self::All) => false,
            (Self::All, Self::Only(_)) => true,
            (Self::Only(wanted), Self::Only(others)) => {
                wanted.iter().any(|platform| !others.contains(platform))
            }
        }
    }

    /// Whether an image for this platform is meant. A variant that is not asked for is any.
    pub fn include(&self, platform: &Platform) -> bool {
        let Self::Only(wanted) = self else { return true };
        wanted.iter().any(|wanted| {
            let is_variant = wanted.variant.is_none() || wanted.variant == platform.variant;
            wanted.os == platform.os && wanted.architecture == platform.architecture && is_variant
        })
    }
}

/// A text that is no platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a platform is `os/architecture` or `os/architecture/variant`, such as `linux/amd64`")]
pub struct NoPlatform;

impl FromStr for Platform {
    type Err = NoPlatform;

    fn from_str(text: &str) -> Result<Self, NoPlatform> {
        let is_word = |word: &str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let mut words = text.split('/');
        let (os, architecture, variant) = (words.next(), words.next(), words.next());
        match (os, architecture, variant, words.next()) {
            (Some(os), Some(architecture), variant, None)
                if is_word(os) && is_word(architecture) && variant.is_none_or(is_word) =>
            {
                let (os, architecture) = (os.to_owned(), architecture.to_owned());
                Ok(Self { os, architecture, variant: variant.map(str::to_owned) })
            }
            _ => Err(NoPlatform),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_reads_back_as_it_is_shown() {
        for text in ["linux/amd64", "linux/arm64/v8", "windows/amd64"] {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), text);
        }
        for text in ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/a b", "linux//v8"] {
            assert_eq!(text.parse::<Platform>(), Err(NoPlatform), "{text}");
        }
    }

    #[test]
    fn a_variant_that_is_not_asked_for_is_any() {
        let check = |wanted: &str, platform: &str, expected: bool| {
            let wanted = Platforms::Only(vec![wanted.parse().unwrap()]);
            assert_eq!(wanted.include(&platform.parse().unwrap()), expected, "{platform}");
        };
        check("linux/arm64", "linux/arm64/v8", true);
        check("linux/arm64", "linux/arm64", true);
        check("linux/arm/v7", "linux/arm/v6", false);
        check("linux/arm/v7", "linux/arm", false);
        check("linux/amd64", "linux/arm64", false);
        assert!(Platforms::All.include(&"linux/arm64".parse().unwrap()));
    }
}
