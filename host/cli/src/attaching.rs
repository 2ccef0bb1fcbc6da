//! What counts of that which is attached to an image, for one call.

use std::path::PathBuf;

use anyhow::bail;
use limpid_scanner::{AttachedIdentity, Belief};

use crate::input::Named;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which VEX documents and bills of materials count that are attached to the image in its registry, in place of what
    /// the settings say; the image is that of the registry then, and asked for anew
    #[arg(long, value_name = "WHICH")]
    attached: Option<Which>,
    /// A file with public keys (PEM) of those whose signatures of attached documents count, beside those of the
    /// settings; may be given several times
    #[arg(long = "attached-key", value_name = "FILE")]
    keys: Vec<PathBuf>,
    /// Whose keyless signatures of attached documents count, beside those of the settings: an OIDC issuer, and a glob of
    /// subjects for whom it vouches; may be given several times
    #[arg(long = "attached-identity", value_names = ["ISSUER", "SUBJECT"], num_args = 2)]
    identities: Vec<String>,
    /// The trusted root of the instance of Sigstore that issued their certificates, in place of that of the settings
    #[arg(long, value_name = "FILE")]
    trusted_root: Option<PathBuf>,
}

/// Which documents count.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Which {
    /// None
    Off,
    /// Those that one of the keys or identities has signed
    Verified,
    /// All, whoever attached them
    Any,
}

impl From<Which> for Belief {
    fn from(which: Which) -> Self {
        match which {
            Which::Off => Self::Off,
            Which::Verified => Self::Verified,
            Which::Any => Self::Any,
        }
    }
}

impl Args {
    /// Whether anything is said.
    pub(crate) const fn is_given(&self) -> bool {
        self.attached.is_some()
            || !self.keys.is_empty()
            || !self.identities.is_empty()
            || self.trusted_root.is_some()
    }

    /// The settings with what is said here.
    pub(crate) fn over(&self, settings: &Settings) -> Settings {
        let mut settings = settings.clone();
        if let Some(which) = self.attached {
            settings.attached.vex = which.into();
            settings.attached.sboms = which.into();
        }
        settings.attached.keys.extend(self.keys.iter().cloned());
        let (pairs, _) = self.identities.as_chunks();
        let identity = |[issuer, subject]: &[String; 2]| AttachedIdentity {
            issuer: issuer.clone(),
            subject: subject.clone(),
        };
        settings.attached.identities.extend(pairs.iter().map(identity));
        if let Some(root) = &self.trusted_root {
            settings.attached.trusted_root = Some(root.clone());
        }
        settings
    }

    /// The image to which something may be attached.
    ///
    /// # Errors
    /// What is named is of no registry.
    pub(crate) fn of_registry(&self, named: Named) -> anyhow::Result<Named> {
        if !self.is_given() {
            return Ok(named);
        }
        let image = match named {
            Named::Image(image) => image.in_registry(),
            Named::Input(_) => None,
        };
        let Some(image) = image else {
            bail!(
                "`--attached`, `--attached-key` and `--attached-identity` are for images of registries: name one, as \
                 `registry://NAME`"
            );
        };
        Ok(Named::Image(image))
    }
}
