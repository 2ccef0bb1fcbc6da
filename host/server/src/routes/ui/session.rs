use std::hash::{Hash, Hasher};

use axum::http::{HeaderMap, header};

/// The cookie of whoever has signed in.
pub(super) const COOKIE: &str = "limpid-session";

/// Who has signed in: whoever has the token that the cookie holds. Nothing is kept of it here.
#[derive(Clone, Default)]
pub(super) struct Session(Option<String>);

impl Session {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
        let known = pairs.find(|(name, _)| name.trim() == COOKIE);
        let value = known.map(|(_, value)| value.trim().to_owned());
        Self(value.filter(|value| !value.is_empty()))
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(super) const fn is_there(&self) -> bool {
        self.0.is_some()
    }
}

impl Hash for Session {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_the_cookie_of_that_name() {
        let check = |cookies: &[&'static str], expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            for cookie in cookies {
                headers.append(header::COOKIE, cookie.parse().unwrap());
            }
            assert_eq!(Session::of(&headers).token(), expected, "{cookies:?}");
        };
        check(&[], None);
        check(&["a=b; limpid-session=t1; c=d"], Some("t1"));
        check(&["a=b", "limpid-session=t1"], Some("t1"));
        check(&["limpid-session="], None);
        check(&["limpid-sessions=t1; x-limpid-session=t2"], None);
    }
}
