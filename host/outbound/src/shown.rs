/// What may be told of a text that is an address, or was meant as one: nothing that may be a secret, neither who asks
/// nor what is asked with.
pub fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let authority = rest.split('/').next().unwrap_or_default();
    let Some(at) = authority.rfind('@') else { return text.to_owned() };
    let separator = if text.len() == rest.len() { "" } else { "://" };
    format!("{scheme}{separator}…{}", rest.get(at..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_user_nor_a_query_is_shown() {
        let check = |text: &str, expected: &str| assert_eq!(shown(text), expected);
        check("https://a.example/b", "https://a.example/b");
        check("https://user:hidden@a.example/b?key=hidden#hidden", "https://…@a.example/b");
        check("user:hid@den@a.example", "…@a.example");
        check("http://a.example/@b", "http://a.example/@b");
    }
}
