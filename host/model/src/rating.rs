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
    /// Nobody has stated, or in words that are not understood. It may be any of the others, so that
    /// it must not stand behind those that are known to be slight.
    Unknown,
    /// CVSS 4.0 to 6.9.
    Medium,
    /// CVSS 7.0 to 8.9.
    High,
    /// CVSS 9.0 to 10.0.
    Critical,
    /// The package is itself the attack: it was published to do harm. No score tells of that.
    Malicious,
}

impl Severity {
    /// All of them, worst first.
    pub const WORST_FIRST: [Self; 7] = [
        Self::Malicious,
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Unknown,
        Self::Low,
        Self::Negligible,
    ];

    /// The word for it in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
            Self::Malicious => "malicious",
        }
    }

    /// The severity of that word; none where there is no such severity.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORST_FIRST.into_iter().find(|severity| severity.as_str() == word)
    }

    /// Where a score stands on the
    /// [qualitative scale](https://www.first.org/cvss/v3.1/specification-document#Qualitative-Severity-Rating-Scale)
    /// that CVSS has had since 3.0; unknown where it is no score.
    pub fn of_score(score: f32) -> Self {
        match score {
            s if s > 10.0 => Self::Unknown,
            s if s >= 9.0 => Self::Critical,
            s if s >= 7.0 => Self::High,
            s if s >= 4.0 => Self::Medium,
            s if s > 0.0 => Self::Low,
            0.0 => Self::Negligible,
            _ => Self::Unknown,
        }
    }

    /// Where a score of CVSS 2.0 stands. Its scale, which is the
    /// [NVD's](https://nvd.nist.gov/vuln-metrics/cvss), ends with *high*: 7.0 to 10.0.
    pub fn of_score_of_cvss_2(score: f32) -> Self {
        Self::of_score(score).min(Self::High)
    }

    /// What a publisher's word means, of which all use the same few.
    pub fn of_word(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "malicious" => Self::Malicious,
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
    fn scores_and_words_stand_on_one_scale() {
        let scores = [(0.0, Severity::Negligible), (0.1, Severity::Low), (3.9, Severity::Low)];
        let scores = scores.into_iter().chain([(4.0, Severity::Medium), (6.9, Severity::Medium)]);
        let scores = scores.chain([(7.0, Severity::High), (8.9, Severity::High)]);
        for (score, expected) in scores {
            assert_eq!(Severity::of_score(score), expected, "{score}");
            assert_eq!(Severity::of_score_of_cvss_2(score), expected, "{score} of CVSS 2.0");
        }
        for (word, expected) in [("Important", Severity::High), ("MODERATE", Severity::Medium)] {
            assert_eq!(Severity::of_word(word), expected, "{word}");
        }
    }

    #[test]
    fn critical_is_a_word_of_cvss_since_3_0() {
        for score in [9.0, 10.0] {
            assert_eq!(Severity::of_score(score), Severity::Critical);
            assert_eq!(Severity::of_score_of_cvss_2(score), Severity::High);
        }
    }

    #[test]
    fn nonsense_is_unknown() {
        for score in [f32::NAN, -0.1, 10.1, f32::INFINITY] {
            assert_eq!(Severity::of_score(score), Severity::Unknown, "{score}");
            assert_eq!(Severity::of_score_of_cvss_2(score), Severity::Unknown, "{score}");
        }
        for word in ["", "not yet assigned", "AV:N/AC:L/Au:N/C:P/I:P/A:P"] {
            assert_eq!(Severity::of_word(word), Severity::Unknown, "{word}");
        }
    }
}
