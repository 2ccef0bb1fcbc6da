//! As much of PromQL as tells which metrics and labels an expression asks for. `promtool` checks the rest:
//! `cargo xtask test-with promtool`.

use std::collections::BTreeSet;

/// Series that are asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Selector {
    pub(super) metric: String,
    /// Labels that they are chosen by.
    pub(super) labels: BTreeSet<String>,
}

impl Selector {
    /// The name of the metric that has these series.
    pub(super) fn family(&self) -> &str {
        let ends = ["_total", "_bucket", "_sum", "_count"];
        ends.iter().find_map(|end| self.metric.strip_suffix(end)).unwrap_or(&self.metric)
    }

    /// Whether a metric of a type has such series.
    pub(super) fn fits(&self, kind: &str) -> bool {
        match kind {
            "counter" => self.metric.ends_with("_total"),
            "histogram" => self.metric != self.family() && !self.metric.ends_with("_total"),
            _ => self.metric == self.family(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text,
    Number,
    Sign(char),
}

fn tokens(expression: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = expression.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            'a'..='z' | 'A'..='Z' | '_' | '$' => {
                let is_word = |letter: char| letter.is_ascii_alphanumeric() || "_$:".contains(letter);
                let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
            '0'..='9' => {
                tokens.push(Token::Number);
                rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.')
                    .unwrap_or(rest.len())
            }
            '"' => {
                tokens.push(Token::Text);
                1 + rest[1..].find('"').ok_or("a text does not end")? + 1
            }
            '(' | ')' | '{' | '}' | '[' | ']' | ',' | '=' | '!' | '~' | '<' | '>' | '+' | '-' | '*' | '/' => {
                tokens.push(Token::Sign(first));
                1
            }
            other => return Err(format!("`{other}` is not known here")),
        };
        rest = rest[end..].trim_start();
    }
    Ok(tokens)
}

/// Words that stand before labels in brackets.
const GROUPING: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];

/// Words between operands.
const BETWEEN: [&str; 5] = ["and", "or", "unless", "offset", "bool"];

/// All series that an expression asks for.
///
/// # Errors
/// It is not read as a whole.
pub(super) fn selectors(expression: &str) -> Result<Vec<Selector>, String> {
    let tokens = tokens(expression)?;
    let mut open = Vec::new();
    let mut found = Vec::new();
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        let next = tokens.get(place + 1);
        place += 1;
        match token {
            Token::Sign(sign @ ('(' | '[')) => open.push(*sign),
            Token::Sign(')') if open.pop() != Some('(') => return Err("`)` closes nothing".to_owned()),
            Token::Sign(']') if open.pop() != Some('[') => return Err("`]` closes nothing".to_owned()),
            Token::Word(word) if GROUPING.contains(&word.as_str()) => {
                place = after(&tokens, place, &Token::Sign(')')).ok_or("labels do not end")?;
            }
            // Functions, what stands between operands, and `[$__rate_interval]`.
            Token::Word(word) if BETWEEN.contains(&word.as_str()) || open.last() == Some(&'[') => {}
            Token::Word(_) if next == Some(&Token::Sign('(')) => {}
            // `sum by (x) (...)`
            Token::Word(_) if matches!(next, Some(Token::Word(word)) if GROUPING.contains(&word.as_str())) => {
            }
            Token::Word(metric) => {
                let mut labels = BTreeSet::new();
                if next == Some(&Token::Sign('{')) {
                    let end = after(&tokens, place, &Token::Sign('}')).ok_or("a selector does not end")?;
                    let inside = tokens[place..end].iter();
                    labels.extend(inside.filter_map(|token| match token {
                        Token::Word(label) => Some(label.clone()),
                        _ => None,
                    }));
                    place = end;
                }
                found.push(Selector { metric: metric.clone(), labels });
            }
            _ => {}
        }
    }
    if open.is_empty() { Ok(found) } else { Err("brackets do not end".to_owned()) }
}

/// All labels that an expression groups by.
pub(super) fn grouped_by(expression: &str) -> BTreeSet<String> {
    let tokens = tokens(expression).unwrap();
    let mut labels = BTreeSet::new();
    for (place, token) in tokens.iter().enumerate() {
        if matches!(token, Token::Word(word) if GROUPING.contains(&word.as_str())) {
            let end = after(&tokens, place, &Token::Sign(')')).unwrap();
            labels.extend(tokens[place + 1..end].iter().filter_map(|token| match token {
                Token::Word(label) => Some(label.clone()),
                _ => None,
            }));
        }
    }
    labels
}

/// The place after the next of a token.
fn after(tokens: &[Token], from: usize, wanted: &Token) -> Option<usize> {
    Some(from + tokens.get(from..)?.iter().position(|token| token == wanted)? + 1)
}

#[test]
fn metrics_are_told_from_functions_and_labels() {
    let expression = "histogram_quantile(0.99, sum by (le, x) (rate(a_bucket{b=~\"c(d\",e!=\"f\"}[$__rate_interval]))) \
                      / on (x) g > 2 * 86400 or vector(0)";
    let found = selectors(expression).unwrap();
    let labels = |labels: &[&str]| labels.iter().map(|label| (*label).to_owned()).collect();
    assert_eq!(
        found,
        [
            Selector { metric: "a_bucket".to_owned(), labels: labels(&["b", "e"]) },
            Selector { metric: "g".to_owned(), labels: labels(&[]) },
        ]
    );
    assert_eq!(grouped_by(expression), labels(&["le", "x"]));
    for broken in ["sum(a", "a)", "a{b=\"c\"", "a{b=\"c}", "a # b"] {
        assert!(selectors(broken).is_err(), "{broken}");
    }
}
