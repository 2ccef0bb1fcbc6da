//! The order of versions of languages and of some distributions, against their own tools.

use super::generate::{Form, pairs};
use super::{GENERATED, Pair, by_program, compare};
use crate::verify::Setting;
use crate::verify::debian::order_of as dpkg_order_of;
use crate::verify::judges::orders::{Answer, Order};
use crate::verify::tally::{Comparison, Tally};

/// Scheme, the form of generated versions, and who judges.
const LANGUAGES: [(&str, Form, Order); 16] = [
    ("alpm", Form::Alpm, Order::Libalpm),
    ("bitnami", Form::Semver, Order::Bitnami),
    ("composer", Form::Composer, Order::Composer),
    ("conda", Form::Conda, Order::Rattler),
    ("cpan", Form::Cpan, Order::Perl),
    ("cran", Form::Cran, Order::R),
    ("crates", Form::Semver, Order::Cargo),
    ("gem", Form::Gem, Order::RubyGems),
    ("go", Form::Go, Order::GoModules),
    ("go", Form::GoToolchain, Order::GoToolchains),
    ("haskell", Form::Haskell, Order::Cabal),
    ("hex", Form::Semver, Order::Elixir),
    ("maven", Form::Maven, Order::Maven),
    ("npm", Form::LooseSemver, Order::Npm),
    ("nuget", Form::Nuget, Order::Nuget),
    ("portage", Form::Portage, Order::Portage),
];

/// At most one in so many pairs may be left out because a judge's order goes in a circle.
const CIRCLES: usize = 100;

pub(super) fn check(setting: &Setting<'_>, tally: &mut Tally) {
    for (scheme, form, order) in LANGUAGES {
        let name = format!("versions {scheme}: generated, by {}", order.name());
        match order.missing() {
            Some(program) => tally.skip(&name, &format!("`{program}` is not installed")),
            None => tally.check(&name, || judged(setting, scheme, form, order)),
        }
    }
    // opam orders as dpkg does, but for the epoch.
    tally.check("versions opam: generated, by dpkg", || {
        let mut pairs = pairs(Form::Dpkg, 3 * GENERATED);
        pairs.retain(|(left, right)| !left.contains(':') && !right.contains(':'));
        pairs.truncate(GENERATED);
        by_program(setting, "opam", pairs, dpkg_order_of)
    });
}

fn judged(setting: &Setting<'_>, scheme: &str, form: Form, order: Order) -> anyhow::Result<Comparison> {
    let pairs = pairs(form, GENERATED);
    let lines: Vec<String> = pairs.iter().map(|(left, right)| format!("{left}\t{right}")).collect();
    let answers = order.of(setting, &lines)?;
    let (pairs, expected): (Vec<Pair>, Vec<_>) = pairs
        .into_iter()
        .zip(answers)
        .filter_map(|(pair, answer)| match answer {
            Answer::Order(order) => Some((pair, Some(order))),
            Answer::NoVersion => Some((pair, None)),
            Answer::Circle => None,
        })
        .unzip();
    let left_out = GENERATED - pairs.len();
    Ok(compare(setting, scheme, &pairs, &expected)?
        .requiring(left_out < GENERATED / CIRCLES, "too many pairs are ordered in circles"))
}
