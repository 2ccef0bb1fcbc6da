//! The picture of the README: what a scan prints into a terminal, as an image.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anstyle_svg::{Palette, Term};

use super::world::World;
use crate::golden;

const PICTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images/scan.svg");

/// What is typed. The image is one that the store knows.
const COMMAND: &str = "limpid scan registry.example/shop/web:1.4.2 --severity critical";

/// How many characters the terminal is wide.
const COLUMNS: usize = 96;

/// Colours that are told apart on a dark ground, which the picture brings along: it is read on a light page as well.
const DARK: [(u8, u8, u8); 16] = [
    (0x48, 0x4f, 0x58),
    (0xff, 0x7b, 0x72),
    (0x3f, 0xb9, 0x50),
    (0xd2, 0x99, 0x22),
    (0x58, 0xa6, 0xff),
    (0xbc, 0x8c, 0xff),
    (0x39, 0xc5, 0xcf),
    (0xb1, 0xba, 0xc4),
    (0x6e, 0x76, 0x81),
    (0xff, 0xa1, 0x98),
    (0x56, 0xd3, 0x64),
    (0xe3, 0xb3, 0x41),
    (0x79, 0xc0, 0xff),
    (0xd2, 0xa8, 0xff),
    (0x56, 0xd4, 0xdd),
    (0xff, 0xff, 0xff),
];

#[test]
fn the_picture_of_the_readme_shows_what_a_scan_prints() {
    let world = World::shared();
    let home = world.home();
    let mut terminal = Command::new("script");
    let command = format!(
        "stty cols {COLUMNS} rows 60; limpid scan image.tar --format csv >known 2>&1; printf '\\036'; {COMMAND} 2>errors"
    );
    terminal.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    world.equip(&mut terminal, home.path());
    terminal.env_remove("NO_COLOR").env("TERM", "xterm-256color").env("FORCE_HYPERLINK", "0");
    let output = terminal.stdin(Stdio::null()).stdout(Stdio::piped()).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap().replace('\r', "");
    let errors = fs::read_to_string(home.path().join("errors")).unwrap_or_default();
    assert!(output.status.success(), "{printed}{errors}");
    let report = printed.split('\u{1e}').nth(1).unwrap();
    assert!(report.contains('\u{1b}'), "there are no colours: {report}");

    let found = drawn(&format!("\u{1b}[1m$ {COMMAND}\u{1b}[0m\n{}", report.trim_end()));
    golden::check_file(Path::new(PICTURE), &found);
}

/// Text with control sequences as SVG.
fn drawn(text: &str) -> String {
    let (ink, ground) = ((0xe6, 0xed, 0xf3), (0x0d, 0x11, 0x17));
    let term = Term::new().palette(Palette::from(DARK.map(Into::into)));
    term.fg_color(ink.into()).bg_color(ground.into()).render_svg(text)
}
