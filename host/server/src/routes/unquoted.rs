/// What is wrong with a body, without the text that serde quotes from it: a secret may stand in the wrong
/// place, and the message is logged.
pub(crate) fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match (text.find(" \""), text.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            let (before, after) = (text.get(..first), text.get(last + 1..));
            [before, after].into_iter().flatten().collect()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use limpid_formats::json::SubscriptionWanted;

    use super::*;

    #[test]
    fn no_value_of_a_body_that_is_refused_is_told() {
        let check = |body: &str, expected: &str| {
            let error = serde_json::from_str::<SubscriptionWanted>(body).unwrap_err();
            let told = without_values(&error);
            assert!(told.contains(expected) && !told.contains("whsec"), "{told}");
        };
        check(r#"{"webhook": "whsec_\"x\""}"#, "invalid type: string, expected struct Webhook");
        check(r#"{"period": "whsec_x"}"#, "invalid type: string, expected u64");
        check(r#"{"webhok": {}}"#, "unknown field `webhok`");
        check("{", "EOF");
    }
}
