use crate::error::{MEDIA_TYPE, problem};
use crate::request_id;

/// An answer as it goes over the wire, for where no request could be read that a handler could answer.
pub(crate) fn bare(status: u16, code: &str, message: &str) -> Vec<u8> {
    let id = request_id::next();
    let status = axum::http::StatusCode::from_u16(status).unwrap_or(axum::http::StatusCode::BAD_REQUEST);
    let body = problem(status, code, message, &id);
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {}\r\nconnection: close\r\n\
         x-request-id: {id}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(&body);
    answer
}

/// What is stated in the place of an answer that the HTTP library makes by itself of what it cannot read,
/// which has no body; none for all other bytes.
pub(super) fn instead_of(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = std::str::from_utf8(bytes.get(..bytes.len().min(LONGEST))?).ok()?;
    let (line, rest) = head.split_once("\r\n")?;
    let status = line.strip_prefix("HTTP/1.").and_then(|line| line.get(2..5))?;
    let is_bare = status.starts_with('4')
        && rest.ends_with("\r\n\r\n")
        && rest.contains("content-length: 0\r\n")
        && !rest.contains("x-request-id");
    let status: u16 = status.parse().ok().filter(|_| is_bare)?;
    let (code, message) = match status {
        431 => ("over-limit", "the head of the request is too long, or has too many headers"),
        414 => ("over-limit", "the address is too long"),
        _ => ("bad-request", "the request cannot be read: it is no HTTP/1.1"),
    };
    Some(bare(status, code, message))
}

/// Such an answer is no longer.
const LONGEST: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_answers_without_a_word_get_one() {
        let bare = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n\
                     content-length: 0\r\ndate: Sat, 28 Nov 2026 08:00:00 GMT\r\n\r\n";
        let message = String::from_utf8(instead_of(bare).unwrap()).unwrap();
        assert!(message.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"), "{message}");
        let (head, body) = message.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{message}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["error"]["code"], "over-limit");
        assert!(head.contains(&format!("x-request-id: {}", body["error"]["request_id"].as_str().unwrap())));
        for other in [
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: 1\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            "{\"HTTP/1.1 400\": 1}",
            "",
        ] {
            assert_eq!(instead_of(other.as_bytes()), None, "{other}");
        }
    }
}
