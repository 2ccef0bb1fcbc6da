use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Address;

/// How something is asked of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// It only reads.
    Get,
    /// It does something.
    Post,
    /// It deletes.
    Delete,
}

impl Method {
    /// Its name in HTTP.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// What is asked of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// How.
    pub method: Method,
    /// Where.
    pub target: Address,
}

/// The HTTP API, asked on behalf of whoever asks for a page: with what they have shown, and from where they are.
///
/// It waits for the answer. A view runs on a thread that may block, because a report of megabytes is read and shown
/// there.
pub trait Api {
    /// The body of what it answers.
    ///
    /// # Errors
    /// It refuses, or cannot answer.
    fn ask(&self, call: &Call) -> Result<Vec<u8>, Problem>;
}

impl dyn Api + '_ {
    /// What it answers to who reads.
    ///
    /// # Errors
    /// Those of [`Api::ask`], and where the answer is of another form than this program knows.
    pub(crate) fn get<T: DeserializeOwned>(&self, target: Address) -> Result<T, Problem> {
        let answer = self.ask(&Call { method: Method::Get, target })?;
        serde_json::from_slice(&answer).map_err(|error| Problem::internal(error.to_string()))
    }

    /// The same of what may not be there, or not for whoever asks.
    ///
    /// # Errors
    /// All others.
    pub(crate) fn find<T: DeserializeOwned>(&self, target: Address) -> Result<Option<T>, Problem> {
        match self.get(target) {
            Ok(found) => Ok(Some(found)),
            Err(problem) if matches!(problem.status, 403 | 404) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// The same, where a refusal is something to show: not that nobody has signed in, nor that the API cannot answer.
    ///
    /// # Errors
    /// Those two.
    pub(crate) fn try_get<T: DeserializeOwned>(
        &self,
        target: Address,
    ) -> Result<Result<T, Problem>, Problem> {
        match self.get(target) {
            Err(problem) if problem.status >= 500 || problem.status == 401 => Err(problem),
            outcome => Ok(outcome),
        }
    }
}

/// Why there is no page, in the words of the API.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Problem {
    /// The status of the answer.
    pub status: u16,
    /// Which kind of problem, for programs.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// The number of the request, as in the log; empty where only who serves the page knows it.
    #[serde(default)]
    pub request_id: String,
}

impl Problem {
    /// Of a request that makes no sense.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self { status: 400, code: "bad-request".to_owned(), detail: detail.into(), request_id: String::new() }
    }

    /// Of a mistake of this program. Why is for the log.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self { status: 500, code: "internal".to_owned(), detail: detail.into(), request_id: String::new() }
    }
}
