use askama::Template;

use crate::answer::{Answer, Lasts, Page};
use crate::api::Problem;

/// The answer that shows a template.
///
/// # Errors
/// It cannot be written, which is a mistake of this program.
pub(crate) fn render(status: u16, lasts: Lasts, template: &impl Template) -> Result<Answer, Problem> {
    let html = template.render().map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Answer::Page(Page { status, html, lasts }))
}
