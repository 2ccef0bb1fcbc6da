//! What pages load: part of the binary, under names that change with the content, so that browsers keep it for ever.

use std::sync::LazyLock;

use limpid_model::Digest;

/// Something that pages load.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its name as of this content: `limpid-0123456789abcdef.css`.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// Digits of a digest in a name.
const DIGITS: usize = 16;

struct Named {
    stylesheet: String,
    script: String,
    icon: String,
}

const STYLESHEET: &[u8] = include_bytes!("../assets/limpid.css");
const SCRIPT: &[u8] = include_bytes!("../assets/htmx.min.js");
const ICON: &[u8] = include_bytes!("../assets/limpid.svg");

static NAMED: LazyLock<Named> = LazyLock::new(|| {
    let named = |stem: &str, bytes: &[u8], end: &str| {
        let digest = Digest::of(bytes).hex();
        format!("{stem}-{}.{end}", digest.get(..DIGITS).unwrap_or(&digest))
    };
    Named {
        stylesheet: named("limpid", STYLESHEET, "css"),
        script: named("htmx", SCRIPT, "js"),
        icon: named("limpid", ICON, "svg"),
    }
});

/// The one stylesheet.
pub fn stylesheet() -> Asset {
    Asset { name: &NAMED.stylesheet, media_type: "text/css; charset=utf-8", bytes: STYLESHEET }
}

/// The one script: htmx.
pub fn script() -> Asset {
    Asset { name: &NAMED.script, media_type: "text/javascript; charset=utf-8", bytes: SCRIPT }
}

/// What tabs show.
pub fn icon() -> Asset {
    Asset { name: &NAMED.icon, media_type: "image/svg+xml", bytes: ICON }
}

/// The asset of a name.
pub fn find(name: &str) -> Option<Asset> {
    [stylesheet(), script(), icon()].into_iter().find(|asset| asset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_the_release_that_its_notes_name() {
        let notes = include_str!("../assets/README.md");
        assert!(notes.contains(&Digest::of(SCRIPT).hex()));
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        let style = std::str::from_utf8(STYLESHEET).unwrap();
        for way in ["url(", "@import", "http:", "https:"] {
            assert!(!style.contains(way), "{way}");
        }
        let icon = std::str::from_utf8(ICON).unwrap().replace("http://www.w3.org/2000/svg", "");
        assert!(!icon.contains("http") && !icon.contains("style="));
    }

    #[test]
    fn an_asset_is_found_by_its_name_and_no_other() {
        assert_eq!(find(script().name).unwrap().bytes, SCRIPT);
        assert!(find("htmx.js").is_none());
    }
}
