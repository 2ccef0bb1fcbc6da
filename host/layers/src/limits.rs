use limpid_bytes::{Decoding, Inflation, Limit, Trailing, tar};
use serde::{Deserialize, Serialize};

/// Bounds for everything that an archive and its layers, which are untrusted, make this crate and
/// `limpid_images` do. Sizes are in
/// bytes. Whatever is over one is an [`Error::OverLimit`](crate::Error::OverLimit) that names the
/// field, unless the field says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Members of an image archive.
    pub archive_members: u64,
    /// Size of a compressed image archive once it is inflated into the scratch directory.
    pub archive_inflated_bytes: u64,
    /// The largest window, or dictionary, that a compressed image archive may ask a decoder to hold.
    pub archive_window_bytes: u64,
    /// Size of a manifest, index or image configuration.
    pub json_document_bytes: u64,
    /// Size of a bill of materials that is submitted in the place of an image, once it is inflated.
    pub sbom_bytes: u64,
    /// Images of one archive.
    pub images_per_archive: u64,
    /// Manifests and indexes of one archive that are looked at, those that are no images included.
    pub manifests_per_archive: u64,
    /// Layers of one image.
    pub layers_per_image: u64,
    /// Names of one image.
    pub names_per_image: u64,
    /// How deep indexes may be nested; 1 is the archive's own `index.json`.
    pub index_depth: u64,
    /// Size of a layer's tar.
    pub layer_inflated_bytes: u64,
    /// How many times its stored size an archive or a layer may inflate to. What is smaller than
    /// [`inflation_ratio_from`](Self::inflation_ratio_from) may be of any ratio.
    pub inflation_ratio: u64,
    /// From which inflated size on the ratio counts. A preallocated file of zeros is no attack, and below
    /// this it costs no more than any other layer of that size.
    pub inflation_ratio_from: u64,
    /// The largest window that a zstd frame may ask for, as a power of two.
    pub zstd_window_log: u32,
    /// Entries of one layer.
    pub layer_entries: u64,
    /// Sum of the lengths of all paths of one layer.
    pub layer_path_bytes: u64,
    /// Length of one path; an entry with a longer one is ignored, which
    /// [`LayerContents::ignored`](crate::LayerContents::ignored) tells.
    pub path_length: u64,
    /// Size of one PAX extended header.
    pub tar_extension_bytes: u64,
    /// Pieces of one sparse file.
    pub sparse_extents: u64,
    /// Size of one claimed file; a larger one is unread.
    pub claimed_file_bytes: u64,
    /// Claimed files of one layer.
    pub claimed_files: u64,
    /// Sum of the sizes of all claimed files of one layer; those over it are unread.
    pub claimed_bytes: u64,
    /// Packages that detectors find in one layer; files that state more are unread.
    pub layer_packages: u64,
    /// Files of one kind of one layer whose paths are noted, whoever reads them; more are only counted.
    pub files_of_kind: usize,
    /// Files that wait to be shown to claimants of `alone` files.
    pub alone_files: usize,
    /// Content of those that is kept in memory; a larger single file waits in a temporary file.
    pub alone_memory: u64,
    /// Content of `together` files that is kept in memory; the rest waits in a temporary file.
    pub together_memory: u64,
    /// Content that was shown and is kept in memory for hard links to it that may follow. Where a
    /// link comes later than that, the layer is read a second time.
    pub link_memory: u64,
    /// Symbolic links that are followed for one path; Linux follows 40. What lies behind more is not
    /// followed, by a container neither.
    pub links_followed: u64,
    /// Files of one image that are shown under another path, because a link leads to them from a
    /// claimed one; those over it are unread.
    pub linked_files: u64,
    /// Entries of directories that are looked at for one image because links lead there or an opaque marker
    /// hides them, and steps along one path, through links, beyond the first 64; what is not looked at is
    /// unread.
    pub linked_steps: u64,
    /// Entries of all layers of an image together, where its links must be followed; what is over it is
    /// unread.
    pub image_entries: u64,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

impl Default for Limits {
    fn default() -> Self {
        Self {
            archive_members: 200_000,
            archive_inflated_bytes: 64 * GIB,
            // `xz -9` asks for 64 MiB, and its decoder for a little more.
            archive_window_bytes: 128 * MIB,
            json_document_bytes: 4 * MIB,
            // What the detector of such documents reads.
            sbom_bytes: 64 * MIB,
            images_per_archive: 256,
            manifests_per_archive: 4096,
            layers_per_image: 512,
            names_per_image: 4096,
            index_depth: 4,
            layer_inflated_bytes: 16 * GIB,
            inflation_ratio: 250,
            inflation_ratio_from: 2 * GIB,
            // 32 MiB. Every decoder is to manage 8 MiB (RFC 8878, 3.1.1.1.2); `zstd -19` and the
            // encoders of container tools stay within that, `--ultra` goes beyond.
            zstd_window_log: 25,
            layer_entries: 1_000_000,
            layer_path_bytes: 64 * MIB,
            path_length: 4096,
            tar_extension_bytes: MIB,
            sparse_extents: 64 * KIB,
            claimed_file_bytes: 256 * MIB,
            claimed_files: 200_000,
            claimed_bytes: 8 * GIB,
            // A monorepo has some ten thousand; each takes about 4 kB while its image is looked at.
            layer_packages: 200_000,
            files_of_kind: 20_000,
            alone_files: 256,
            alone_memory: 8 * MIB,
            together_memory: 32 * MIB,
            link_memory: 8 * MIB,
            links_followed: 40,
            linked_files: 20_000,
            linked_steps: 2_000_000,
            image_entries: 4_000_000,
        }
    }
}

impl Limits {
    /// What decoders may do. What follows a gzip is left alone: layers have digests.
    pub const fn decoding(&self) -> Decoding {
        let bytes = match 1_u64.checked_shl(self.zstd_window_log) {
            Some(bytes) => bytes,
            None => u64::MAX,
        };
        Decoding { window: Limit::of("zstd_window_log", bytes), trailing: Trailing::Ignored }
    }

    /// The same for a whole image archive, which people compress as they like.
    pub const fn archive_decoding(&self) -> Decoding {
        let window = Limit::of("archive_window_bytes", self.archive_window_bytes);
        Decoding { window, trailing: Trailing::Ignored }
    }

    /// How far something may inflate whose size has this limit.
    pub const fn inflation(&self, bytes: Limit) -> Inflation {
        let ratio = Limit::of("inflation_ratio", self.inflation_ratio);
        Inflation { bytes, ratio, ratio_from: self.inflation_ratio_from }
    }

    pub(crate) const fn layer_inflation(&self) -> Inflation {
        self.inflation(Limit::of("layer_inflated_bytes", self.layer_inflated_bytes))
    }

    /// What bounds the walk of a tar with at most so many members.
    pub const fn tar(&self, members: Limit) -> tar::Limits {
        tar::Limits {
            members,
            path_length: self.path_length,
            extension: Limit::of("tar_extension_bytes", self.tar_extension_bytes),
            sparse_extents: Limit::of("sparse_extents", self.sparse_extents),
        }
    }

    pub(crate) const fn layer_tar(&self) -> tar::Limits {
        self.tar(Limit::of("layer_entries", self.layer_entries))
    }
}
