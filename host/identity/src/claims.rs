//! What tokens state.

use serde_json::{Map, Value};

use crate::settings::Claim;
use crate::{Refused, SUBJECT_BYTES, shown};

/// Most values of one claim that are looked at.
const VALUES: usize = 1_000;

/// The claims of a token. [`crate::token::Token`] shows them to nobody before its signature is checked.
pub(crate) struct Claims(pub(crate) Map<String, Value>);

/// When a token is good, and for how long.
pub(crate) struct Times {
    /// How far clocks may differ, in seconds.
    pub(crate) leeway: u64,
    /// How long it may be good for, in seconds.
    pub(crate) lifetime: u64,
}

impl Claims {
    /// What stands at a place.
    fn at(&self, claim: &[String]) -> Option<&Value> {
        let (first, rest) = claim.split_first()?;
        rest.iter().try_fold(self.0.get(first)?, |value, name| value.get(name))
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// The texts of a claim: one, several in a list, or several with spaces between them, as scopes are.
    ///
    /// # Errors
    /// It is something else, or has too many.
    pub(crate) fn texts(&self, claim: &Claim) -> Result<Vec<&str>, Refused> {
        let no = |why: String| Refused::NoRole(format!("claim `{}` of the token {why}", claim.join(".")));
        let texts = match self.at(claim) {
            None | Some(Value::Null) => Some(Vec::new()),
            Some(Value::String(text)) => Some(text.split_ascii_whitespace().take(VALUES + 1).collect()),
            Some(Value::Array(values)) => values.iter().take(VALUES + 1).map(Value::as_str).collect(),
            Some(_) => None,
        };
        match texts {
            None => Err(no("is neither a text nor a list of texts".to_owned())),
            Some(texts) if texts.len() > VALUES => Err(no(format!("has more than {VALUES} values"))),
            Some(texts) => Ok(texts),
        }
    }

    /// Whether a claim is this text or has it among its values.
    pub(crate) fn has(&self, name: &str, wanted: &str) -> bool {
        match self.0.get(name) {
            Some(Value::String(text)) => text == wanted,
            Some(Value::Bool(is)) => is.to_string() == wanted,
            Some(Value::Array(values)) => values.iter().any(|value| value.as_str() == Some(wanted)),
            _ => false,
        }
    }

    /// Whether the token is for one of these.
    ///
    /// # Errors
    /// It is for somebody else, or for anybody.
    pub(crate) fn check_audience(&self, audience: &[String]) -> Result<(), Refused> {
        match self.0.get("aud") {
            None | Some(Value::Null) => Err(Refused::Invalid("the token has no claim `aud`".to_owned())),
            Some(_) if audience.iter().any(|ours| !ours.is_empty() && self.has("aud", ours)) => Ok(()),
            Some(_) => Err(Refused::Invalid(
                "the token is for somebody else: its `aud` has none of those of setting `audience`"
                    .to_owned(),
            )),
        }
    }

    /// Whom it names.
    ///
    /// # Errors
    /// Nobody, or in a way that cannot be shown.
    pub(crate) fn subject(&self, claim: &Claim) -> Result<String, Refused> {
        let subject = self.at(claim).and_then(Value::as_str).filter(|subject| !subject.is_empty());
        let subject = subject.ok_or_else(|| {
            Refused::Invalid(format!("the token names nobody in claim `{}`", claim.join(".")))
        })?;
        if subject.len() > SUBJECT_BYTES || subject.chars().any(char::is_control) {
            return Err(Refused::Invalid(format!(
                "claim `{}` of the token is longer than {SUBJECT_BYTES} bytes, or cannot be shown",
                claim.join(".")
            )));
        }
        Ok(subject.to_owned())
    }

    /// Whether now, in seconds since 1970, is its time.
    ///
    /// # Errors
    /// It is not, or it says so in no way that can be read.
    pub(crate) fn check_times(&self, now: u64, times: &Times) -> Result<(), Refused> {
        let time = |name: &str| match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match seconds(value) {
                Some(time) => Ok(Some(time)),
                None => Err(Refused::Time(format!("claim `{name}` of the token is no time"))),
            },
        };
        let refused = |why: &str| Err(Refused::Time(why.to_owned()));
        let (expires, begins, issued) = (time("exp")?, time("nbf")?, time("iat")?);
        let Some(expires) = expires else { return refused("the token does not say when it expires (`exp`)") };
        if expires.saturating_add(times.leeway) <= now {
            return refused("the token has expired");
        }
        let soon = now.saturating_add(times.leeway);
        if begins.is_some_and(|begins| begins > soon) || issued.is_some_and(|issued| issued > soon) {
            return refused("the token is not good yet: the clocks of its issuer and of this machine differ");
        }
        let lifetime = expires.saturating_sub(issued.or(begins).unwrap_or(now).min(soon));
        if lifetime > times.lifetime.saturating_add(times.leeway) {
            return Err(Refused::Time(format!(
                "the token is good for {lifetime} s, longer than the {} s that are taken",
                times.lifetime
            )));
        }
        Ok(())
    }
}

/// A time, which may have parts of seconds.
fn seconds(value: &Value) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within these bounds")]
    let whole = |time: f64| (0.0..1e15).contains(&time).then_some(time as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(whole))
}

/// That a claim is not what it must be.
pub(crate) fn missing(name: &str, wanted: &str) -> Refused {
    Refused::Invalid(format!("claim `{}` of the token is not `{}`", shown(name), shown(wanted)))
}
