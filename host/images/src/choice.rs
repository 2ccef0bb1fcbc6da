//! Some images of a source that has several.

use std::collections::BTreeSet;

use limpid_bytes::Stop;
use limpid_model::{Digest, Platforms};

use crate::error::cut;
use crate::{Attaching, Content, Error, FoundAttachment, FoundImage, FoundLayer, ImageSource};

/// Names that an error lists at most.
const LISTED: usize = 20;

/// Hexadecimal digits of a digest that stand for it.
const SHORTEST: usize = 12;

/// Which images of a source are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// By a name as the source has it, with what Docker's users leave out or without (`nginx` is
    /// `docker.io/library/nginx:latest`), by a tag alone, or by a digest of a manifest or a configuration, or
    /// the beginning of one. All where there is none.
    pub name: Option<String>,
    /// Of which platforms.
    pub platforms: Platforms,
}

/// A source of which only some images are meant.
#[derive(Clone, Debug)]
pub struct Chosen<S> {
    source: S,
    choice: Choice,
}

impl<S: ImageSource> Chosen<S> {
    /// The images of a source that are chosen.
    pub const fn new(source: S, choice: Choice) -> Self {
        Self { source, choice }
    }

    /// The source with all of its images.
    pub fn into_source(self) -> S {
        self.source
    }
}

impl<S: ImageSource> ImageSource for Chosen<S> {
    /// An error where it holds no image that is meant says which names, or platforms, it holds.
    fn images(&self, stop: &Stop) -> Result<Vec<FoundImage>, Error> {
        let mut images = self.source.images(stop)?;
        if let Some(name) = &self.choice.name {
            images = named(images, name)?;
        }
        of_platforms(images, &self.choice.platforms)
    }

    fn attached(
        &self,
        image: &FoundImage,
        attaching: &Attaching,
        stop: &Stop,
    ) -> Result<Option<Vec<FoundAttachment>>, Error> {
        self.source.attached(image, attaching, stop)
    }

    fn open(&self, layer: &FoundLayer, stop: &Stop) -> Result<Content, Error> {
        self.source.open(layer, stop)
    }
}

/// The images that a name means. How it may mean one is tried in this order, and the first way in which it
/// means any counts.
fn named(images: Vec<FoundImage>, name: &str) -> Result<Vec<FoundImage>, Error> {
    let whole = whole(name);
    let digest = name.rsplit_once('@').map_or(name, |(_, digest)| digest);
    let digits = digest.strip_prefix("sha256:").unwrap_or(digest);
    let is_digest = digits.len() >= SHORTEST && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let ways: [&dyn Fn(&FoundImage) -> bool; 4] = [
        &|found| found.image.names.iter().any(|known| known == name),
        &|found| {
            let mut digests = found.image.manifests.iter().chain([&found.image.id]);
            is_digest && digests.any(|known: &Digest| known.hex().to_string().starts_with(digits))
        },
        &|found| found.image.names.iter().any(|known| self::whole(known) == whole),
        &|found| found.image.names.iter().any(|known| tag(known) == Some(name)),
    ];
    let way = ways.iter().find(|way| images.iter().any(way));
    let Some(way) = way else { return Err(nothing(&images, name)) };
    let (chosen, _): (Vec<_>, Vec<_>) = images.into_iter().partition(|found| way(found));
    let repositories: BTreeSet<_> = chosen.iter().map(repositories).collect();
    // Of several platforms, one name means all.
    if repositories.len() > 1 && chosen.iter().all(|found| !found.image.names.iter().any(|it| it == name)) {
        let why = format!("it means several images, name one of {}", listed(names(&chosen)));
        return Err(Error::missing(format!("one image `{}`", cut(name)), why));
    }
    Ok(chosen)
}

fn repositories(found: &FoundImage) -> Vec<String> {
    let mut repositories: Vec<_> = found.image.names.iter().map(|name| whole(name)).collect();
    repositories.sort_unstable();
    repositories
}

fn nothing(images: &[FoundImage], name: &str) -> Error {
    let names = names(images);
    let why = if names.is_empty() {
        let digests = images.iter().map(|found| found.image.id.to_string()).collect();
        format!("its images have no names, they are {}", listed(digests))
    } else {
        format!("there are {}", listed(names))
    };
    Error::missing(format!("image `{}`", cut(name)), why)
}

fn names(images: &[FoundImage]) -> BTreeSet<String> {
    images.iter().flat_map(|found| &found.image.names).cloned().collect()
}

fn listed(names: BTreeSet<String>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let shown: Vec<_> = names.iter().take(LISTED).map(|name| format!("`{}`", cut(name))).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn of_platforms(images: Vec<FoundImage>, platforms: &Platforms) -> Result<Vec<FoundImage>, Error> {
    let Platforms::Only(wanted) = platforms else { return Ok(images) };
    let there: BTreeSet<_> = images.iter().map(|found| found.image.platform.to_string()).collect();
    let (chosen, _): (Vec<_>, Vec<_>) =
        images.into_iter().partition(|found| platforms.include(&found.image.platform));
    if chosen.is_empty() {
        let wanted: Vec<_> = wanted.iter().map(|platform| format!("`{platform}`")).collect();
        let why = format!("there are images for {}", listed(there));
        return Err(Error::missing(format!("an image for {}", wanted.join(" or ")), why));
    }
    Ok(chosen)
}

/// A name with all that Docker's users leave out.
fn whole(name: &str) -> String {
    let (named, digest) = name.split_once('@').map_or((name, ""), |(named, digest)| (named, digest));
    let named =
        ["docker.io/", "index.docker.io/"].iter().find_map(|it| named.strip_prefix(it)).unwrap_or(named);
    let named = named.strip_prefix("library/").unwrap_or(named);
    match (tag(named), digest) {
        (None, "") => format!("{named}:latest"),
        (_, "") => named.to_owned(),
        _ => format!("{named}@{digest}"),
    }
}

/// A name's tag. What stands before the last slash may have a port. An annotation of an OCI layout may be
/// a tag and nothing else.
fn tag(name: &str) -> Option<&str> {
    let last = name.rsplit_once('/').map_or(name, |(_, last)| last);
    last.split_once('@').map_or(last, |(named, _)| named).split_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use limpid_model::{Image, Platform};

    use super::*;

    struct Images(Vec<FoundImage>);

    impl ImageSource for Images {
        fn images(&self, _: &Stop) -> Result<Vec<FoundImage>, Error> {
            Ok(self.0.clone())
        }

        fn open(&self, _: &FoundLayer, _: &Stop) -> Result<Content, Error> {
            Ok(Content::Unreadable("nobody asks".to_owned()))
        }
    }

    fn found(names: &[&str], platform: &str) -> FoundImage {
        let image = Image {
            id: Digest::of(format!("{names:?} {platform}").as_bytes()),
            manifests: vec![Digest::of(format!("manifest {names:?}").as_bytes())],
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            platform: platform.parse::<Platform>().unwrap(),
            created: None,
            labels: Vec::new(),
            layers: Vec::new(),
        };
        FoundImage { image, layers: Vec::new() }
    }

    fn choose(images: &[FoundImage], name: Option<&str>, platform: &str) -> Result<Vec<usize>, String> {
        let platforms = match platform {
            "" => Platforms::All,
            platform => Platforms::Only(vec![platform.parse().unwrap()]),
        };
        let choice = Choice { name: name.map(str::to_owned), platforms };
        let chosen = Chosen::new(Images(images.to_vec()), choice).images(&Stop::default());
        let place = |chosen: FoundImage| images.iter().position(|it| it.image.id == chosen.image.id).unwrap();
        chosen.map(|chosen| chosen.into_iter().map(place).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn an_image_is_chosen_by_name_tag_or_digest() {
        let images = [
            found(&["docker.io/library/nginx:latest"], "linux/amd64"),
            found(&["registry.example:5000/shop/web:1.4"], "linux/amd64"),
            found(&["registry.example:5000/shop/web:1.5", "1.5"], "linux/amd64"),
            found(&["1.4.2"], "linux/amd64"),
        ];
        let check = |name: &str, expected: usize| {
            assert_eq!(choose(&images, Some(name), "").unwrap(), [expected], "{name}");
        };
        check("docker.io/library/nginx:latest", 0);
        check("nginx", 0);
        check("nginx:latest", 0);
        check("registry.example:5000/shop/web:1.4", 1);
        check("1.4", 1);
        check("1.5", 2);
        check("1.4.2", 3);
        check(&images[1].image.id.to_string(), 1);
        check(&format!("web@{}", images[2].image.manifests[0]), 2);
        check(&images[3].image.id.hex().to_string()[..12], 3);
        let all = choose(&images, None, "").unwrap();
        assert_eq!(all, [0, 1, 2, 3]);
    }

    #[test]
    fn a_name_that_nobody_has_is_answered_with_those_that_there_are() {
        let images: Vec<_> = (0..30).map(|n| found(&[&format!("a:{n:02}")], "linux/amd64")).collect();
        let error = choose(&images, Some("b"), "").unwrap_err();
        assert!(error.contains("`a:00`, `a:01`") && error.contains("`a:19` and 10 more"), "{error}");
        let unnamed = [found(&[], "linux/amd64")];
        let error = choose(&unnamed, Some("b"), "").unwrap_err();
        assert!(error.contains(&unnamed[0].image.id.to_string()), "{error}");
    }

    #[test]
    fn a_tag_that_several_have_is_no_choice() {
        let images = [found(&["a:1"], "linux/amd64"), found(&["b:1"], "linux/amd64")];
        let error = choose(&images, Some("1"), "").unwrap_err();
        assert!(error.contains("several") && error.contains("`a:1`, `b:1`"), "{error}");
    }

    #[test]
    fn one_name_of_several_platforms_is_all_of_them_unless_one_is_named() {
        let images = [found(&["a:1"], "linux/amd64"), found(&["a:1"], "linux/arm64/v8")];
        assert_eq!(choose(&images, Some("a:1"), "").unwrap(), [0, 1]);
        assert_eq!(choose(&images, Some("1"), "linux/arm64").unwrap(), [1]);
        assert_eq!(choose(&images, None, "linux/amd64").unwrap(), [0]);
        let error = choose(&images, None, "linux/s390x").unwrap_err();
        assert!(error.contains("`linux/s390x`") && error.contains("`linux/arm64/v8`"), "{error}");
    }
}
