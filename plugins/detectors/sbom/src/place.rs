//! Whose a document is, by where it lies.

use crate::bitnami;

/// Where wheels keep documents about what is bundled in them, of which the detector `python` states what is there.
const OF_WHEELS: &str = ".dist-info/sboms/";

/// Where apk's packages of Wolfi and of its kin have a document each.
const OF_APK: &str = "var/lib/db/sbom/";

/// Where buildpacks leave documents of what they put into the image, each in several formats.
const OF_BUILDPACKS: &str = "layers/sbom/";

/// Where the host puts a document that was submitted by itself, as the one file of an image.
pub(crate) const SUBMITTED: &str = ".limpid/bill-of-materials";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// It was submitted, and is about an image that is not there.
    Submitted,
    /// Anywhere.
    Image,
    /// A component of Bitnami.
    Bitnami,
    /// Bitnami's list of its components.
    BitnamiList,
    /// A package that apk installed.
    ApkPackage,
    /// It says nothing of the image, or what another file says.
    Ignored,
}

impl Place {
    pub(crate) fn of(path: &str) -> Self {
        if path == SUBMITTED {
            Self::Submitted
        } else if path == bitnami::LIST {
            Self::BitnamiList
        } else if path.starts_with(bitnami::FOLDER) {
            Self::Bitnami
        } else if path.starts_with(OF_APK) {
            Self::ApkPackage
        } else if path.contains(OF_WHEELS)
            || (path.starts_with(OF_BUILDPACKS) && path.ends_with(".spdx.json"))
            || limpid_lockfile::is_of_another(path)
        {
            Self::Ignored
        } else {
            Self::Image
        }
    }
}
