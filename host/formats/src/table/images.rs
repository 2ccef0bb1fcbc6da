//! Which images are known.

use crate::json as api;

use super::grid::Grid;
use super::look::Tone;
use super::page::{Page, Piece};
use super::{command, count, heading, name_of};

/// Digits of a digest that name it well enough on a terminal: an image is found by the beginning of its digest.
const DIGITS: usize = 12;

/// Images, one in each row, and how to get on from there.
pub fn images(page: &mut Page, images: &api::Images) {
    if images.images.is_empty() {
        page.line(&["No image is known: `limpid scan SOURCE` brings one".into()]);
        return;
    }
    let is_terminal = page.look().width.is_some();
    let mut grid = Grid::new(&["image", "platform", "layers", "last indexed", "digest"]);
    for image in &images.images {
        let layers = match image.is_bill_of_materials() {
            true => "bill".to_owned(),
            false => image.layers.len().to_string(),
        };
        grid.row([
            Piece::from(name_of(&image.names, "-")),
            Piece::from(platform(&image.platform)),
            Piece::from(layers),
            Piece::from(image.indexed_at.as_deref().unwrap_or("-")),
            Piece::new(Tone::Faint, if is_terminal { beginning(&image.digest) } else { &image.digest }),
        ]);
    }
    page.grid(&grid);
    if is_terminal {
        page.blank();
        let more = if images.next.is_some() { " There are more: `--limit` shows them." } else { "" };
        let next = "`limpid report IMAGE` shows what affects one, `limpid image show IMAGE` what it is.";
        page.sentence("", Tone::Faint, &format!("{next}{more}"));
    }
}

/// One image.
pub fn image(page: &mut Page, image: &api::Image) {
    heading(page, image, None);
    page.blank();
    let mut grid = Grid::default();
    let mut known = |what: &str, text: &str| grid.row([Piece::new(Tone::Faint, what), Piece::from(text)]);
    image.created.iter().for_each(|created| known("made", created));
    image.indexed_at.iter().for_each(|indexed| known("last indexed", indexed));
    image.manifests.iter().for_each(|manifest| known("manifest", manifest));
    image.labels.iter().for_each(|(key, value)| known("label", &format!("{key}={value}")));
    page.grid(&grid);
    if !image.layers.is_empty() && !image.is_bill_of_materials() {
        page.blank();
        let mut grid = Grid::new(&["layer", "diff id", "command"]).with_last(super::grid::Last::Cut);
        for layer in &image.layers {
            grid.row([
                Piece::from(layer.index.to_string()),
                Piece::new(Tone::Faint, beginning(&layer.diff_id)),
                Piece::from(layer.created_by.as_deref().map(command).unwrap_or_default()),
            ]);
        }
        page.grid(&grid);
    }
    if page.look().width.is_some() {
        page.blank();
        let name = name_of(&image.names, beginning(&image.digest));
        let next = format!(
            "`limpid report {name}` shows what affects it, `limpid packages {name}` what is installed, `limpid layers \
             {name}` what each layer did."
        );
        page.sentence("", Tone::Faint, &next);
    }
}

/// Images that a vulnerability affects.
pub fn affected(page: &mut Page, id: &str, affected: &api::AffectedImages) {
    if affected.images.is_empty() {
        page.line(&[format!("No known image that was asked for is affected by {id}").into()]);
        return;
    }
    let mut grid = Grid::new(&["image", "package", "version", "severity", "fixed in", "digest"]);
    for image in &affected.images {
        for package in &image.packages {
            grid.row([
                Piece::from(name_of(&image.names, "-")),
                Piece::from(&package.name),
                Piece::from(&package.version),
                super::report::of_severity(&package.severity, &package.severity),
                Piece::from(package.fixed_version.as_deref().unwrap_or("-")),
                Piece::new(
                    Tone::Faint,
                    if page.look().width.is_some() { beginning(&image.digest) } else { &image.digest },
                ),
            ]);
        }
    }
    page.grid(&grid);
    page.blank();
    let more = if affected.next.is_some() { ", and there are more: `--limit` shows them" } else { "" };
    page.line(&[format!("{}{more}", count(affected.images.len(), "image", "images")).into()]);
    if page.look().width.is_some() {
        page.sentence("", Tone::Faint, &format!("`limpid explain IMAGE {id}` says why one is affected."));
    }
}

fn platform(platform: &api::Platform) -> String {
    let variant = platform.variant.as_ref().map(|variant| format!("/{variant}")).unwrap_or_default();
    format!("{}/{}{variant}", platform.os, platform.architecture)
}

/// As much of a digest as names it on a terminal.
fn beginning(digest: &str) -> &str {
    let hex = digest.split_once(':').map_or(digest, |(_, hex)| hex);
    hex.get(..DIGITS).unwrap_or(hex)
}
