//! Where somebody says who they are.

use askama::Template;

use crate::api::Problem;
use crate::frame::{Frame, Section};
use crate::page::render;
use crate::{Address, Answer, Lasts, Request};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct View<'a> {
    frame: Frame<'a>,
    to: &'a str,
    refused: Option<&'a str>,
    /// Names of issuers, and where a sign-in at each begins.
    issuers: Vec<(String, Address)>,
}

#[derive(Template)]
#[template(path = "signed_in.html")]
struct Done<'a> {
    frame: Frame<'a>,
    to: &'a str,
}

/// Asks for a token, or leads to one of the issuers. `to` is where to go then, and `refused` why the last token was not
/// taken.
///
/// # Errors
/// It cannot be written, which is a mistake of this program.
pub fn show(
    request: &Request,
    to: &str,
    refused: Option<&str>,
    issuers: &[String],
) -> Result<Answer, Problem> {
    let status = if refused.is_some() { 403 } else { 200 };
    let to = inside(to);
    let issuer = |name: &'_ String| (name.clone(), Address::of(&["sign-in", "oidc", name]).with("to", to));
    let issuers: Vec<_> = issuers.iter().map(issuer).collect();
    let view = View { frame: Frame::new(request, Section::Other), to, refused, issuers };
    render(status, Lasts::Moment, &view)
}

/// Says that somebody has signed in at an issuer, and leads on.
///
/// # Errors
/// It cannot be written, which is a mistake of this program.
pub fn done(request: &Request, to: &str) -> Result<Answer, Problem> {
    render(200, Lasts::Moment, &Done { frame: Frame::new(request, Section::Other), to: inside(to) })
}

/// A path of this service, whatever it was: browsers read `//` and `/\` as another one's, and leave out tabs.
pub fn inside(to: &str) -> &str {
    let is_path = to.starts_with('/') && !to.starts_with("//");
    let is_plain = to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{HOSTILE, assert_harmless, html, request};

    #[test]
    fn nobody_is_led_elsewhere() {
        for to in ["/", "/images/x?q=a%20b"] {
            assert_eq!(inside(to), to);
        }
        for to in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "javascript:x",
            "images",
        ] {
            assert_eq!(inside(to), "/", "{to:?}");
        }
    }

    #[test]
    fn who_signs_in_at_an_issuer_comes_back_to_where_they_wanted_to_go() {
        let page = html(show(&request("/sign-in", ""), "/images/x", None, &["main".to_owned()]));
        assert!(page.contains("href=\"/sign-in/oidc/main?to=/images/x\""), "{page}");
        assert!(!html(show(&request("/sign-in", ""), "/", None, &[])).contains("/sign-in/oidc/"));
    }

    #[test]
    fn a_form_has_a_proof_and_shows_why_it_was_refused() {
        for text in HOSTILE {
            let page = html(show(&request("/sign-in", ""), text, Some(text), &[text.to_owned()]));
            assert_harmless(&page);
            assert!(
                page.contains("name=\"proof\" value=\"proof\"") && page.contains("type=\"password\""),
                "{page}"
            );
        }
    }
}
