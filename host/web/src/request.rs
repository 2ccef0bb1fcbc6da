use crate::{Address, Problem};

/// Parameters that a request may have.
const PARAMETERS: usize = 64;

/// A request for a page.
#[derive(Clone, Debug, Default)]
pub struct Request {
    path: String,
    parameters: Vec<(String, String)>,
    session: Session,
    now: u64,
}

/// Who asks for pages.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// Whether they have signed in here.
    pub signed_in: bool,
    /// What their forms show, so that nobody else's form does anything in their name.
    pub proof: String,
}

impl Request {
    /// For a path as it was asked for, with the parameters of its query.
    ///
    /// # Errors
    /// There are more parameters than any page has.
    pub fn new(path: String, parameters: Vec<(String, String)>, session: Session) -> Result<Self, Problem> {
        if parameters.len() > PARAMETERS {
            let given = parameters.len();
            return Err(Problem::bad_request(format!(
                "the query has {given} parameters, and a page takes {PARAMETERS} at most"
            )));
        }
        Ok(Self { path, parameters, session, now: 0 })
    }

    /// At a time, in milliseconds since 1970.
    #[must_use]
    pub fn at(mut self, now: u64) -> Self {
        self.now = now;
        self
    }

    pub(crate) const fn now(&self) -> u64 {
        self.now
    }

    /// Who asks.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Where to go after something is done.
    pub fn to(&self) -> &str {
        self.get("to").unwrap_or("/")
    }

    /// A parameter; none where it is empty, as fields of forms are that nobody has filled in.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let known = self.parameters.iter().find(|(known, _)| known == name);
        known.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Whether a box is ticked.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A number.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, Problem> {
        let number = self.get(name).map(str::parse).transpose();
        number.map_err(|_| Problem::bad_request(format!("`{name}` is not a number")))
    }

    /// Whether the data of the page are wanted as CSV.
    ///
    /// # Errors
    /// Another form is.
    pub(crate) fn wants_csv(&self) -> Result<bool, Problem> {
        match self.get("format") {
            None => Ok(false),
            Some("csv") => Ok(true),
            Some(other) => Err(Problem::bad_request(format!("`format`: there is no `{other}`: give `csv`"))),
        }
    }

    /// This view with other parameters: those that are given, and all others but `without`.
    pub(crate) fn here(&self, with: &[(&str, &str)], without: &[&str]) -> String {
        let stays = |name: &str| !without.contains(&name) && with.iter().all(|(given, _)| *given != name);
        let kept = self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, value)| stays(name) && !value.trim().is_empty());
        let all = kept.chain(with.iter().copied());
        all.fold(Address::raw(&self.path), |address, (name, value)| address.with(name, value)).to_string()
    }

    /// The first page of this view without a parameter.
    pub(crate) fn without(&self, name: &str) -> String {
        self.here(&[], &[name, "page"])
    }

    /// The same with a parameter.
    pub(crate) fn filtered(&self, name: &str, value: &str) -> String {
        self.here(&[(name, value)], &["page"])
    }

    /// The path of this view.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }
}

/// A form that somebody has sent from a page of this service.
#[derive(Clone, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Of its fields.
    ///
    /// # Errors
    /// There are more than any form has.
    pub fn new(fields: Vec<(String, String)>) -> Result<Self, Problem> {
        if fields.len() > PARAMETERS {
            let given = fields.len();
            return Err(Problem::bad_request(format!(
                "the form has {given} fields, and {PARAMETERS} are read at most"
            )));
        }
        Ok(Self(fields))
    }

    /// A field; empty where there is none.
    pub fn get(&self, name: &str) -> &str {
        let known = self.0.iter().find(|(known, _)| known == name);
        known.map_or("", |(_, value)| value.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(parameters: &[(&str, &str)]) -> Result<Request, Problem> {
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Request::new("/images/x".to_owned(), parameters.collect(), Session::default())
    }

    #[test]
    fn an_address_of_the_same_view_keeps_what_is_not_changed() {
        let request = request(&[("q", "a b"), ("page", "3"), ("empty", "")]).unwrap();
        assert_eq!(request.here(&[("page", "4")], &[]), "/images/x?q=a%20b&page=4");
        assert_eq!(request.here(&[("sort", "name")], &["page"]), "/images/x?q=a%20b&sort=name");
        assert_eq!((request.get("empty"), request.get("q")), (None, Some("a b")));
    }

    #[test]
    fn a_query_is_bounded() {
        let problem = request(&[("a", "b"); PARAMETERS + 1]).unwrap_err();
        assert!(problem.detail.contains("65") && problem.detail.contains("64"), "{}", problem.detail);
        assert!(request(&[("a", "b"); PARAMETERS]).is_ok());
        let fields = vec![("a".to_owned(), "b".to_owned()); PARAMETERS + 1];
        assert!(Form::new(fields).unwrap_err().detail.contains("65"));
    }
}
