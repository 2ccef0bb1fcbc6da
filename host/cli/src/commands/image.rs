use std::process::ExitCode;

use limpid_formats::{json as api, table};

use super::{Format, fill_out, page, print_json, printable, show};
use crate::holder::Holder;
use crate::open::OF_STORE;
use crate::settings::Settings;

/// What an image is called on the command line.
const IMAGE: &str = "IMAGE";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Show the images that are known
    List {
        /// Only those of this repository, with a tag or without
        repository: Option<String>,
        /// How many are shown
        #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = number)]
        limit: usize,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show what an image is: its names, platform, labels and layers
    Show {
        /// Name, digest or beginning of a digest
        #[arg(value_name = IMAGE)]
        image: String,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Delete images, and any layers that no other image uses
    Delete {
        /// Name, digest or beginning of a digest; of a name, the image that had it last
        #[arg(value_name = IMAGE, required = true)]
        images: Vec<String>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// At least one.
pub(super) fn number(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("it is a number from 1 on".to_owned()),
        Ok(number) => Ok(number),
    }
}

pub(crate) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    let holder = |what: &str| Holder::of(settings, &format!("limpid image {what}"), &OF_STORE);
    match command {
        Command::List { repository, limit, format } => {
            let images = holder("list")?.list_images(repository.as_deref(), *limit)?;
            match format {
                Format::Json => print_json(&images),
                Format::Table => {
                    let mut page = page();
                    table::images(&mut page, &images);
                    show(page)
                }
            }
        }
        Command::Show { image, format } => {
            let image = holder("show")?.image(image)?;
            match format {
                Format::Json => print_json(&image),
                Format::Table => {
                    let mut page = page();
                    table::image(&mut page, &image);
                    show(page)
                }
            }
        }
        Command::Delete { images, format } => delete(&holder("delete")?, images, *format),
    }
}

/// All of them must be there before the first one is deleted.
fn delete(holder: &Holder, names: &[String], format: Format) -> anyhow::Result<ExitCode> {
    let mut images: Vec<api::Image> = Vec::new();
    for name in names {
        let image = holder.image(name)?;
        if images.iter().all(|known| known.digest != image.digest) {
            images.push(image);
        }
    }
    for image in &images {
        holder.delete_image(&image.digest)?;
    }
    match format {
        Format::Json => print_json(&images),
        Format::Table => fill_out(|out| {
            for image in &images {
                let names = image.names.join(", ");
                let names = if names.is_empty() { String::new() } else { format!(" ({names})") };
                writeln!(out, "{}", printable(&format!("deleted {}{names}", image.digest)))?;
            }
            Ok(())
        }),
    }
}
