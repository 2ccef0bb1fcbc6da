//! An image: its layers, what affects it, what to update, and how it differs from another.

mod difference;
mod findings;
mod overview;
mod plan;
mod stack;
mod tags;
mod trend;

use limpid_formats::json;

use crate::api::{Api, Problem};
use crate::shown;
use crate::{Address, Answer, Call, Form, Method, Request};

/// Names of an image that its head shows.
const NAMES: usize = 6;

/// What of the image of a name or digest is asked for.
///
/// # Errors
/// Those of the API, and where the request makes no sense.
pub fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    match request.get("show") {
        None => overview::show(api, request, name),
        Some("plan") => plan::show(api, request, name),
        Some("difference") => difference::show(api, request, name),
        Some("trend") => trend::show(api, request, name),
        Some(other) => Err(Problem::bad_request(format!(
            "`show`: there is no `{other}`: give `plan`, `difference` or `trend`"
        ))),
    }
}

/// Does what a form of an image's page asks for: deletes it.
///
/// # Errors
/// Those of the API, and where the form asks for something else.
pub fn act(api: &dyn Api, form: &Form, name: &str) -> Result<Answer, Problem> {
    if form.get("action") != "delete" {
        return Err(Problem::bad_request("the form does not ask for anything that can be done to an image"));
    }
    api.ask(&Call { method: Method::Delete, target: Address::of(&["v1", "images", name]) })?;
    Ok(Answer::Elsewhere(Address::of(&[""]).to_string()))
}

/// What stands above all that is shown of an image.
#[derive(Debug)]
struct Head<'a> {
    image: &'a json::Image,
    /// What people call it.
    title: String,
    names: Vec<Name>,
    more_names: usize,
    platform: String,
    tabs: [Tab; 4],
}

/// A name, with where its repository is shown.
#[derive(Debug)]
struct Name {
    name: String,
    repository: String,
}

#[derive(Debug)]
struct Tab {
    title: &'static str,
    address: String,
    is_here: bool,
}

impl<'a> Head<'a> {
    fn of(image: &'a json::Image, here: Option<&str>) -> Self {
        let tab = |title, show: Option<&str>| {
            let address = Address::page("images", &image.digest).with_some("show", show).to_string();
            Tab { title, address, is_here: show == here }
        };
        let names = image.names.iter().take(NAMES).map(|name| Name {
            repository: Address::page("repositories", limpid_model::ImageName::read(name).repository)
                .to_string(),
            name: shown::clip(name).into_owned(),
        });
        Self {
            image,
            title: title(image),
            names: names.collect(),
            more_names: image.names.len().saturating_sub(NAMES),
            platform: platform(&image.platform),
            tabs: [
                tab("Layers and findings", None),
                tab("Upgrade plan", Some("plan")),
                tab("Difference", Some("difference")),
                tab("Trend", Some("trend")),
            ],
        }
    }

    fn path(&self) -> String {
        Address::page("images", &self.image.digest).to_string()
    }

    fn digest(&self) -> &str {
        shown::digest(&self.image.digest)
    }
}

/// What people call an image: its first name, or its digest where it has none.
fn title(image: &json::Image) -> String {
    match image.names.first() {
        Some(name) => shown::clip(name).into_owned(),
        None => shown::digest(&image.digest).to_owned(),
    }
}

pub(super) fn platform(platform: &json::Platform) -> String {
    let variant = platform.variant.as_deref().filter(|variant| !variant.is_empty());
    let variant = variant.map_or_else(String::new, |variant| format!("/{variant}"));
    format!("{}/{}{variant}", platform.os, platform.architecture)
}

#[cfg(test)]
mod tests;
