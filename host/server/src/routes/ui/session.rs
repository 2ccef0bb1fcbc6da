use axum::http::{HeaderMap, header};

/// The cookie of whoever has signed in.
pub(super) const COOKIE: &str = "limpid-session";

/// Longest token, in bytes: browsers keep cookies of 4,096 bytes with name and attributes.
const TOKEN: usize = 3_900;

/// Who has signed in: whoever has the token that the cookie holds. Nothing is kept of it here.
#[derive(Clone, Default, Hash)]
pub(super) struct Session(Option<String>);

impl Session {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        Self(cookie(headers, COOKIE).map(str::to_owned))
    }

    /// Of whoever shows a token.
    ///
    /// # Errors
    /// It is none that a cookie can hold ([RFC 6265](https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1)).
    pub(super) fn begin(token: &str) -> Result<Self, String> {
        let is_octet = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\');
        if token.is_empty() || !token.bytes().all(is_octet) {
            return Err("this is no token: it has characters that none has".to_owned());
        }
        if token.len() > TOKEN {
            let long = token.len();
            return Err(format!("the token has {long} bytes, and a cookie holds one of {TOKEN} at most"));
        }
        Ok(Self(Some(token.to_owned())))
    }

    /// The cookie as it is sent; one that goes at once where nobody has signed in.
    pub(super) fn cookie(&self, is_encrypted: bool) -> String {
        let secure = if is_encrypted { "; Secure" } else { "" };
        let (value, age) = match &self.0 {
            Some(token) => (token.as_str(), ""),
            None => ("", "; Max-Age=0"),
        };
        format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict{age}{secure}")
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(super) const fn is_there(&self) -> bool {
        self.0.is_some()
    }
}

/// The value of a cookie, where it has one.
pub(super) fn cookie<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == wanted)?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_a_cookie_cannot_hold_begins_none() {
        for token in ["", "a;b", "a b", "a\r\nx: y", "\u{e4}", "a\"", &"x".repeat(TOKEN + 1)] {
            assert!(Session::begin(token).is_err(), "{token}");
        }
        let session = Session::begin("limpid_a.b-c").unwrap();
        assert_eq!(
            session.cookie(true),
            "limpid-session=limpid_a.b-c; Path=/; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            Session::default().cookie(false),
            "limpid-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
        );
    }

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
