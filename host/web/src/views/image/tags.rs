use limpid_formats::json;
use limpid_model::ImageName;

use crate::Address;
use crate::api::{Api, Problem};
use crate::shown;

/// Names of an image whose tags are looked up.
const NAMES: usize = 3;

/// A tag by which an image is called, and where it points now.
#[derive(Debug)]
pub(super) struct Pointing {
    pub(super) name: String,
    pub(super) since: String,
    /// Whether it points at this image still.
    pub(super) is_here: bool,
    /// The images that it points at, one for each platform.
    pub(super) platforms: Vec<Platform>,
    /// The image of this platform at which it pointed before.
    pub(super) before: Option<Before>,
}

#[derive(Debug)]
pub(super) struct Platform {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) is_here: bool,
}

#[derive(Debug)]
pub(super) struct Before {
    pub(super) digest: String,
    /// Where the two are compared.
    pub(super) address: String,
    pub(super) added: u64,
    pub(super) removed: u64,
}

/// The tags of an image's names.
pub(super) fn pointing(api: &dyn Api, image: &json::Image) -> Result<Vec<Pointing>, Problem> {
    let mut out = Vec::new();
    for name in image.names.iter().take(NAMES) {
        let read = ImageName::read(name);
        let Some(tag) = read.tag else { continue };
        if let Some(known) = find(api, read.repository, tag)? {
            out.push(describe(name, &known, image));
        }
    }
    Ok(out)
}

/// One tag of a repository. The API gives tags in order: the page of one tag after all that come before it.
fn find(api: &dyn Api, repository: &str, tag: &str) -> Result<Option<json::Tag>, Problem> {
    let tags = Address::of(&["v1", "repositories", repository, "tags"]).with("limit", "1");
    let page: Option<json::Tags> = api.find(tags.with_some("after", just_before(tag).as_deref()))?;
    let first = page.and_then(|page| page.tags.into_iter().next());
    Ok(first.filter(|known| known.tag == tag))
}

/// A text that comes after all tags that come before this one, and before it; none where it may be the first. Tags
/// are of ASCII characters below `~`.
fn just_before(tag: &str) -> Option<String> {
    let (last, rest) = tag.as_bytes().split_last()?;
    let rest = std::str::from_utf8(rest).ok()?;
    let lower = char::from(last.checked_sub(1)?);
    lower.is_ascii_graphic().then(|| format!("{rest}{lower}~"))
}

fn describe(name: &str, tag: &json::Tag, image: &json::Image) -> Pointing {
    let platforms = tag.images.iter().map(|of_tag| Platform {
        name: super::platform(&of_tag.platform),
        address: Address::page("images", &of_tag.digest).to_string(),
        is_here: of_tag.digest == image.digest,
    });
    let this = tag.images.iter().find(|of_tag| of_tag.digest == image.digest);
    let before = this.and_then(|this| this.change.as_ref()).map(|change| Before {
        digest: change.from.clone(),
        address: Address::page("images", &image.digest)
            .with("show", "difference")
            .with("with", &change.from)
            .to_string(),
        added: change.added,
        removed: change.removed,
    });
    Pointing {
        name: shown::clip(name).into_owned(),
        since: tag.since.clone(),
        is_here: this.is_some(),
        platforms: platforms.collect(),
        before,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_after_what_is_just_before_a_tag_begins_with_it() {
        for tag in ["1", "1.0", "latest", "a", "v1-rc.2_x", "A"] {
            let before = just_before(tag).unwrap();
            assert!(before.as_str() < tag);
            // Whatever lies between the two is no tag, because it has a `~`.
            let shorter = tag.get(..tag.len() - 1).unwrap();
            assert!(before.as_str() > shorter && before.ends_with('~'), "{tag}");
        }
        assert_eq!(just_before(""), None);
    }
}
