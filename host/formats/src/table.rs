//! Documents as tables for people.

mod access;
mod difference;
mod doctor;
mod explanation;
mod feeds;
mod grid;
mod images;
mod layers;
mod look;
mod missing;
mod page;
mod plan;
mod plugins;
mod policies;
mod report;
mod subscriptions;
mod vulnerabilities;
mod watches;

use std::fmt::Display;

use crate::json as api;

pub use access::{audit, tokens};
pub use difference::difference;
pub use doctor::diagnosis;
pub use explanation::explanation;
pub use feeds::{feeds, imported, ingested, runs};
use grid::Grid;
pub use images::{affected, image, images};
pub use layers::layers;
pub(crate) use layers::{brief, size_of};
pub use look::{Look, Tone};
use missing::Missing;
pub use page::{Page, Piece};
pub use plan::plan;
pub use plugins::plugins;
pub use policies::{policies, vex_repositories};
pub use report::{Hints, report};
pub use subscriptions::subscriptions;
pub use vulnerabilities::vulnerability;
pub use watches::watches;

/// The packages of an image, and what of it was not examined.
pub fn packages(page: &mut Page, inventory: &api::Inventory) {
    heading(page, &inventory.image, inventory.distribution.as_ref());
    page.blank();
    if inventory.packages.is_empty() {
        page.line(&["No packages: `limpid plugin list` shows what is looked for in images".into()]);
    } else {
        let mut grid = Grid::new(&["package", "version", "arch", "evidence", "layer", "path"]);
        let is_bill = inventory.image.is_bill_of_materials();
        for package in &inventory.packages {
            // Where a document found it, rather than the document.
            let path = package.member.as_ref().filter(|_| is_bill).unwrap_or(&package.path);
            grid.row([
                Piece::from(&package.name),
                Piece::from(&package.version),
                Piece::from(package.arch.as_deref().unwrap_or("-")),
                Piece::from(&*package.evidence),
                Piece::from(package.layer.index.to_string()),
                Piece::from(path),
            ]);
        }
        page.grid(&grid);
        page.blank();
        page.line(&[count(inventory.packages.len(), "package", "packages").into()]);
    }
    Missing::from(&inventory.coverage).show(page, "This list is not complete:");
}

/// Which image it is.
fn heading(page: &mut Page, image: &api::Image, distribution: Option<&api::Distribution>) {
    for name in &image.names {
        page.line(&[Piece::new(Tone::Strong, name)]);
    }
    page.line(&[Piece::new(Tone::Faint, &image.digest)]);
    let distribution = distribution.map_or("unknown distribution", |known| &known.pretty_name);
    if image.is_bill_of_materials() {
        page.line(&[format!(
            "{distribution}, as a bill of materials says: the image itself was not looked at"
        )
        .into()]);
        return;
    }
    let platform = &image.platform;
    let layers = count(image.layers.len(), "layer", "layers");
    page.line(&[format!("{distribution}, {}/{}, {layers}", platform.os, platform.architecture).into()]);
}

/// What an image is called: the first of its names, or its digest.
fn name_of<'a>(names: &'a [String], digest: &'a str) -> &'a str {
    names.first().map_or(digest, String::as_str)
}

/// The command that made a layer, without what all of them have.
fn command(created_by: &str) -> String {
    let words: Vec<_> = created_by.split_whitespace().collect();
    let text = words.join(" ");
    let text = text.strip_prefix("/bin/sh -c #(nop) ").unwrap_or(&text);
    text.strip_suffix(" # buildkit").unwrap_or(text).to_owned()
}

/// A table of texts.
pub fn rows(page: &mut Page, header: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let mut grid = Grid::new(header);
    for row in rows {
        grid.row(row.iter().map(Piece::from));
    }
    page.grid(&grid);
}

fn joined(items: impl Iterator<Item = impl Display>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

/// A number and the thing that is counted.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A time span, roughly.
pub fn span(seconds: u64) -> String {
    let units = [(86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes")];
    let unit = units.iter().find(|(length, ..)| seconds >= *length);
    let (length, one, many) = unit.unwrap_or(&(1, "second", "seconds"));
    count(usize::try_from(seconds / length).unwrap_or(usize::MAX), one, many)
}

#[cfg(test)]
mod tests;
