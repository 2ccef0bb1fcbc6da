/// How bad someone says that a vulnerability is.
#[derive(Clone, Debug, PartialEq)]
pub struct Rating {
    /// `CVSS:3.1`, `CVSS:4.0`, or a publisher's own words.
    pub system: String,
    /// The vector, or the word.
    pub value: String,
    /// 0.0 to 10.0 where the system has scores.
    pub score: Option<f32>,
}

/// The common scale on which ratings of all systems are compared; least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Of no practical weight.
    Negligible,
    /// CVSS 0.1 to 3.9.
    Low,
    /// Nobody has said, or in words that are not understood. It may be any of the others, so that
    /// it must not stand behind those that are known to be slight.
    Unknown,
    /// CVSS 4.0 to 6.9.
    Medium,
    /// CVSS 7.0 to 8.9.
    High,
    /// CVSS 9.0 to 10.0.
    Critical,
}

impl Severity {
    /// All of them, worst first.
    pub const WORST_FIRST: [Self; 6] =
        [Self::Critical, Self::High, Self::Medium, Self::Unknown, Self::Low, Self::Negligible];

    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Where a rating stands on the common scale: by its score as in the
    /// [CVSS qualitative scale](https://www.first.org/cvss/v3.1/specification-document#Qualitative-Severity-Rating-Scale),
    /// otherwise by its word, of which publishers use the same few.
    pub fn of(rating: &Rating) -> Self {
        match rating.score {
            Some(score) => Self::of_score(score),
            None => Self::of_word(&rating.value),
        }
    }

    fn of_score(score: f32) -> Self {
        match score {
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Medium,
            s if s > 0.0 => Self::Low,
            0.0 => Self::Negligible,
            _ => Self::Unknown,
        }
    }

    fn of_word(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "high" | "important" => Self::High,
            "medium" | "moderate" => Self::Medium,
            "low" => Self::Low,
            "negligible" | "unimportant" | "none" => Self::Negligible,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_outweighs_a_word_and_nonsense_is_unknown() {
        let check = |value: &str, score: Option<f32>, expected: Severity| {
            let rating = Rating { system: "s".into(), value: value.into(), score };
            assert_eq!(Severity::of(&rating), expected, "{value} {score:?}");
        };
        check("low", Some(9.8), Severity::Critical);
        check("", Some(3.9), Severity::Low);
        check("", Some(f32::NAN), Severity::Unknown);
        check("Important", None, Severity::High);
        check("not yet assigned", None, Severity::Unknown);
    }
}
