use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

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
    /// The body of what it answers. Bytes of long answers count against a limit of whoever gives them for as long as
    /// they are held.
    ///
    /// # Errors
    /// It refuses, or cannot answer.
    fn ask(&self, call: &Call) -> Result<Bytes, Problem>;
}

impl dyn Api + '_ {
    /// What it answers to who reads.
    ///
    /// # Errors
    /// Those of [`Api::ask`], and where the answer is of another form than this program knows.
    pub(crate) fn get<T: DeserializeOwned>(&self, target: Address) -> Result<T, Problem> {
        parse(&self.read(target)?)
    }

    /// The same as it came: for [`parse`], where a view shows a part of a long answer.
    ///
    /// # Errors
    /// Those of [`Api::ask`].
    pub(crate) fn read(&self, target: Address) -> Result<Bytes, Problem> {
        self.ask(&Call { method: Method::Get, target })
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

/// What an answer says.
///
/// # Errors
/// It is of another form than this program knows.
pub(crate) fn parse<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, Problem> {
    serde_json::from_slice(answer).map_err(|error| Problem::internal(error.to_string()))
}

/// A list of an answer, read where it lies, one item at a time: a page holds the text that came, and what it shows.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Items<'a>(#[serde(borrow)] Vec<&'a RawValue>);

impl<'a> Items<'a> {
    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn texts(&self) -> impl ExactSizeIterator<Item = &'a RawValue> {
        self.0.iter().copied()
    }

    /// What all of them say.
    pub(crate) fn each<T: Deserialize<'a>>(&self) -> impl Iterator<Item = Result<T, Problem>> {
        self.texts().map(item)
    }

    /// What the first of them say.
    ///
    /// # Errors
    /// One is of another form than this program knows.
    pub(crate) fn first<T: Deserialize<'a>>(&self, most: usize) -> Result<Vec<T>, Problem> {
        self.texts().take(most).map(item).collect()
    }
}

/// What an item of a list says.
///
/// # Errors
/// It is of another form than this program knows.
pub(crate) fn item<'a, T: Deserialize<'a>>(text: &'a RawValue) -> Result<T, Problem> {
    parse(text.get().as_bytes())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_where_it_lies_and_an_item_only_when_it_is_asked_for() {
        let answer = Bytes::from_static(br#"[ {"a":1}, "x", {"a":2} ]"#);
        let items: Items<'_> = parse(&answer).unwrap();
        let place = answer.as_ptr_range();
        assert!(items.texts().all(|text| place.contains(&text.get().as_ptr())));
        assert_eq!(items.len(), 3);
        let first: Vec<serde_json::Value> = items.first(1).unwrap();
        assert_eq!(first, [serde_json::json!({ "a": 1 })]);
        let wrong = items.each::<std::collections::HashMap<String, u8>>().nth(1).unwrap();
        assert_eq!(wrong.unwrap_err().status, 500);
    }
}
