use askama::Template;
use limpid_formats::json;

use super::Head;
use super::stack::List;
use crate::api::{Api, Problem};
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::shown;
use crate::table;
use crate::{Address, Answer, Lasts, Request};

/// Updates that are shown of a layer, and commands of a plan; the JSON has all.
const UPDATES: usize = 100;
const COMMANDS: usize = 50;

#[derive(Template)]
#[template(path = "image_plan.html")]
struct View<'a> {
    frame: Frame<'a>,
    head: Head<'a>,
    plan: &'a json::Plan,
    layers: Vec<Layer<'a>>,
    commands: List<&'a json::PlanCommands>,
    newer_address: String,
}

struct Layer<'a> {
    planned: &'a json::PlannedLayer,
    updates: List<&'a json::Update>,
    command: String,
}

pub(super) fn show(api: &dyn Api, request: &Request, name: &str) -> Result<Answer, Problem> {
    let plan: json::Plan = api.get(Address::of(&["v1", "images", name, "plan"]))?;
    if request.get("format") == Some("csv") {
        return Ok(csv(&plan));
    }
    let layers = plan.layers.iter().map(|planned| Layer {
        planned,
        updates: List::of(&planned.updates, UPDATES),
        command: shown::clip(shown::command(planned.layer.created_by.as_deref().unwrap_or_default()))
            .into_owned(),
    });
    let json = Address::of(&["v1", "images", &plan.image.digest, "plan"]);
    let newer = plan.recommendation.as_ref().map(|newer| Address::page("images", &newer.digest).to_string());
    let newer_address = newer.unwrap_or_default();
    let view = View {
        frame: Frame::new(request, Section::Inventory).with_data(json).with_csv(),
        head: Head::of(&plan.image, Some("plan")),
        layers: layers.collect(),
        commands: List::of(&plan.commands, COMMANDS),
        newer_address,
        plan: &plan,
    };
    // Plugins are asked how packages are updated.
    render(200, Lasts::Moment, &view)
}

fn csv(plan: &json::Plan) -> Answer {
    let rows = plan.layers.iter().flat_map(|layer| layer.updates.iter().map(move |update| (layer, update)));
    let rows = rows.map(|(layer, update)| {
        let package = &update.package;
        let clears: Vec<_> = update.clears.iter().map(|cleared| &*cleared.vulnerability).collect();
        [
            layer.layer.index.to_string(),
            layer.origin.as_deref().unwrap_or_default().to_owned(),
            package.name.clone(),
            package.version.clone(),
            update.to.to_string(),
            package.purl.clone(),
            clears.join(" "),
            update.remains.to_string(),
        ]
    });
    let columns = ["layer", "origin", "package", "installed", "update-to", "purl", "clears", "remains"];
    let name = format!("plan-{}", shown::digest(&plan.image.digest));
    Answer::Csv { name, text: table::csv(columns, rows) }
}
