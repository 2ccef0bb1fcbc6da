/// Milliseconds since 1970 as RFC 3339 in UTC, to the second.
pub fn rfc3339(milliseconds: u64) -> String {
    i64::try_from(milliseconds / 1000)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map_or_else(String::new, |time| time.to_string())
}
