//! How packages of Composer are updated: where the application is built.

use limpid_plugin_sdk::detector::{Advice, Place, Step, System, Wish, plain_names};

pub(crate) fn advice(_system: Option<&System>, wishes: &[Wish]) -> Advice {
    // A name is of a vendor: `symfony/http-kernel`.
    let (named, others): (Vec<_>, Vec<_>) =
        wishes.iter().partition(|wish| wish.name.matches('/').count() == 1);
    let (names, left) = plain_names(named, "/");
    let update = ["composer", "update", "--with-dependencies"];
    let step = || Step::in_sources(update.into_iter().chain(names.iter().copied()));
    Advice::of((!names.is_empty()).then(step)).and_by_hand(Place::Sources, left + others.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composer_updates_packages_of_vendors() {
        let wishes = ["symfony/http-kernel", "--working-dir=/x", "a//b"]
            .map(|name| Wish::new(name, "5.0.0", "5.4.20", "app/vendor/composer/installed.json"));
        let advice = advice(None, &wishes);
        let expected = "composer update --with-dependencies symfony/http-kernel";
        assert_eq!(advice.steps[0].command.join(" "), expected);
        assert!(advice.steps[1].note.starts_with("2 packages have"));
    }
}
