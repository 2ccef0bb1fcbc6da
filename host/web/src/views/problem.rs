//! Why there is no page.

use askama::Template;

use crate::frame::{Frame, Section};
use crate::page::render;
use crate::{Answer, Lasts, Problem, Request};

#[derive(Template)]
#[template(path = "problem.html")]
struct View<'a> {
    frame: Frame<'a>,
    problem: &'a Problem,
    title: String,
}

/// A page with what the API says is wrong. `request_id` is the number under which the log has it.
///
/// # Errors
/// It cannot be written, which is a mistake of this program.
pub fn show(request: &Request, problem: &Problem, request_id: &str) -> Result<Answer, Problem> {
    let mut problem = problem.clone();
    if problem.request_id.is_empty() {
        request_id.clone_into(&mut problem.request_id);
    }
    let title = match problem.status {
        403 => "Not allowed",
        404 => "Not found",
        400..=499 => "This cannot be shown",
        503 => "Not now",
        _ => "Something went wrong",
    };
    let view =
        View { frame: Frame::new(request, Section::Other), problem: &problem, title: title.to_owned() };
    render(problem.status, Lasts::Moment, &view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{HOSTILE, assert_harmless, html, request};

    #[test]
    fn a_problem_is_a_page_with_its_status_and_number() {
        for hostile in HOSTILE {
            let problem = Problem { status: 404, ..Problem::bad_request(hostile) };
            let answer = show(&request("/images/x", ""), &problem, "7-1");
            let Ok(Answer::Page(page)) = &answer else { panic!("{answer:?}") };
            assert_eq!((page.status, page.lasts), (404, Lasts::Moment));
            assert!(page.html.contains("7-1") && page.html.contains("<h1>Not found</h1>"));
            assert_harmless(&html(answer));
        }
    }
}
