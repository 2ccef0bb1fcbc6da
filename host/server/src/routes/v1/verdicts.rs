//! Verdicts on images: for pipelines, and for the admission of pods to a cluster.

mod review;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use limpid_formats::gate::Bar;
use limpid_formats::json::Verdict;
use limpid_model::Digest;
use limpid_scanner::{Error, Scanner};
use serde::Deserialize;
use utoipa::IntoParams;

use self::review::{Answer, Review};
use crate::answers::{Document, Wanted};
use crate::body;
use crate::error::{Code, Failure};
use crate::openapi::parameters::ImageName;
use crate::settings::{Admission, Otherwise};
use crate::state::AppState;
use crate::verdicts::Against;

/// Longest review, in bytes: objects of a cluster have 1.5 MiB at most, and a review may hold an old one, too.
const REVIEW_BYTES: u64 = 8 << 20;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// The policy; none: all that are for the image, or for a pod, what setting `admission.policy` says.
    policy: Option<String>,
    /// More bars, with semicolons between them: `critical,fixable;exploited`.
    #[serde(rename = "fail-on")]
    fail_on: Option<String>,
}

impl Asked {
    /// Expressions are for policies: who may only read could ask for what takes long.
    fn against(self) -> Result<Against, Failure> {
        let bars = self.fail_on.unwrap_or_default();
        let bars = bars.split(';').map(str::trim).filter(|bar| !bar.is_empty());
        let bars: Vec<_> = bars.map(str::to_owned).collect();
        for bar in &bars {
            let bar = bar.parse::<Bar>().map_err(|why| Failure::bad_request(format!("`fail-on`: {why}")))?;
            if bar.is_expression() {
                return Err(Failure::bad_request("`fail-on`: expressions are for the bars of policies"));
            }
        }
        Ok(Against { policy: self.policy, bars })
    }
}

/// Whether an image passes: held against the bars of a policy, or of all policies that are for it.
#[utoipa::path(
    get,
    path = "/v1/images/{image}/verdict",
    operation_id = "verdict",
    tag = "policies",
    params(ImageName, Asked),
    responses((status = 200, description = "It.", body = Verdict)),
    extensions(("x-codes" = json!(["bad-digest", "no-such-image", "ambiguous-name", "no-such-policy"])))
)]
pub(super) async fn verdict(
    State(state): State<AppState>,
    Path(name): Path<String>,
    query: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
    wanted: Wanted,
) -> Result<Document, Failure> {
    let Query(asked) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let (against, asks) = (asked.against()?, state.clone());
    let judge = move || -> Result<Verdict, Failure> {
        // A name means the images of all platforms, and the worst of them decides.
        let images = match asks.scanner.find_images(&name) {
            Ok(images) => images,
            Err(Error::NoImageNamed(_)) => vec![asks.scanner.find_image(&name)?],
            Err(error) => return Err(error.into()),
        };
        let verdict = worst(&asks, &images, &against)?;
        verdict.map(Arc::unwrap_or_clone).ok_or_else(|| {
            let why = "no policy for this image has a bar: give `fail-on`, or a policy with `fail_on`";
            Failure::new(Code::NoSuchPolicy, why)
        })
    };
    state.readers.document(wanted.coding, judge).await
}

/// Whether a pod may run, by the verdicts on its images: a validating webhook of Kubernetes.
#[utoipa::path(
    post,
    path = "/v1/admission",
    operation_id = "admission",
    tag = "policies",
    params(Asked),
    request_body(content = Object, description = "`AdmissionReview` of `admission.k8s.io/v1`."),
    responses((status = 200, description = "`AdmissionReview` with a `response`.", body = Answer)),
    extensions(("x-codes" = json!(["no-such-policy"])))
)]
pub(super) async fn admission(
    State(state): State<AppState>,
    query: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
    body: Body,
) -> Result<Json<Answer>, Failure> {
    let Query(asked) = query.map_err(|error| Failure::bad_request(error.body_text()))?;
    let limits = body::Limits { bytes: REVIEW_BYTES, setting: None, pace: state.settings.pace() };
    let bytes = body::read(body, limits).await?;
    let settings = state.settings.admission.clone();
    let mut against = asked.against()?;
    if against == Against::default() {
        against.policy.clone_from(&settings.policy);
    }
    let asks = state.clone();
    let judge = move || -> Result<Answer, Failure> {
        let review = Review::read(&bytes)
            .map_err(|why| Failure::bad_request(format!("the body is no `AdmissionReview`: {why}")))?;
        let mut answer = Answer::to(&review);
        for image in review.images() {
            judge_one(&asks, &settings, &against, (&image, &mut answer))?;
        }
        Ok(answer)
    };
    Ok(Json(state.readers.run(judge).await?))
}

/// The worst verdict on images: one that fails, then one that cannot be given. None where there is no bar for one of
/// them.
fn worst(state: &AppState, images: &[Digest], against: &Against) -> Result<Option<Arc<Verdict>>, Failure> {
    let mut worst: Option<Arc<Verdict>> = None;
    for image in images {
        let verdict = state.verdicts.of((&state.scanner, &state.tags), image, against)?;
        let Some(verdict) = verdict else { return Ok(None) };
        let weight = |verdict: &Verdict| match &*verdict.verdict {
            "fail" => 2,
            "cannot-judge" => 1,
            _ => 0,
        };
        if worst.as_ref().is_none_or(|known| weight(&verdict) > weight(known)) {
            worst = Some(verdict);
        }
    }
    Ok(worst)
}

fn judge_one(
    state: &AppState,
    settings: &Admission,
    against: &Against,
    (name, answer): (&str, &mut Answer),
) -> Result<(), Failure> {
    let known = match find(&state.scanner, name)? {
        Some(known) => known,
        None => {
            answer.otherwise(settings.unknown, format!("image `{name}` is not known here"));
            return Ok(());
        }
    };
    let verdict = match worst(state, &known, against) {
        // That a policy was removed must not open the door.
        Err(failure) if failure.is(Code::NoSuchPolicy) => {
            answer.otherwise(settings.unjudged, format!("image `{name}`: {}", failure.message));
            return Ok(());
        }
        verdict => verdict?,
    };
    match verdict {
        None => answer.otherwise(
            settings.unjudged,
            format!("image `{name}`: no policy for it has a bar, and nobody asked for one"),
        ),
        Some(verdict) => {
            let why = |verdict: &Verdict| format!("image `{name}`: {}", verdict_in_words(verdict));
            match &*verdict.verdict {
                "pass" => {}
                "fail" => answer.refuse(why(&verdict)),
                _ => answer.otherwise(settings.unjudged, why(&verdict)),
            }
        }
    }
    Ok(())
}

fn find(scanner: &Scanner, name: &str) -> Result<Option<Vec<Digest>>, Failure> {
    match scanner.find_images(name) {
        Ok(images) => Ok(Some(images)),
        Err(Error::NoImage(_) | Error::NoImageNamed(_) | Error::BadDigest(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Findings that are named in a sentence.
const NAMED: usize = 3;

fn verdict_in_words(verdict: &Verdict) -> String {
    let named = verdict.findings.iter().take(NAMED);
    let named: Vec<_> = named.map(|it| format!("{} in {}", it.vulnerability, it.package.name)).collect();
    let reason = verdict.reason.clone().unwrap_or_default();
    match (named.is_empty(), verdict.over > named.len()) {
        (true, _) => reason,
        (false, false) => format!("{reason}: {}", named.join(", ")),
        (false, true) => format!("{reason}: {} and others", named.join(", ")),
    }
}

impl Answer {
    /// Does what the settings say where nobody can tell.
    fn otherwise(&mut self, otherwise: Otherwise, why: String) {
        match otherwise {
            Otherwise::Deny => self.refuse(why),
            Otherwise::Warn => self.warn(why),
            Otherwise::Allow => {}
        }
    }
}
