//! The two forms in which metrics are read.

/// In which form a reader wants metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/).
    OpenMetrics,
    /// [What came before it](https://prometheus.io/docs/instrumenting/exposition_formats/), which every reader
    /// knows.
    Plain,
}

impl Form {
    /// OpenMetrics, for whoever names it.
    pub(crate) fn wanted(accept: &str) -> Self {
        let mut types = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
        let is_named = types.any(|kind| kind.eq_ignore_ascii_case("application/openmetrics-text"));
        if is_named { Self::OpenMetrics } else { Self::Plain }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Plain => "text/plain; version=0.0.4; charset=utf-8",
        }
    }

    /// Text in OpenMetrics, in this form.
    pub(crate) fn of(self, text: String) -> String {
        match self {
            Self::OpenMetrics => text,
            Self::Plain => plain(&text),
        }
    }
}

/// In the plain form counters are described by the name of their samples, and there are no units and no end.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let counters: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter")).collect();
    for line in text.lines() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some(what), Some(name), Some(rest)) if counters.contains(&name) => {
                out.push_str(&format!("# {what} {name}_total {rest}"));
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_that_name_open_metrics_get_it() {
        let prometheus =
            "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        assert_eq!(Form::wanted(prometheus), Form::OpenMetrics);
        for accept in ["", "*/*", "text/plain", "application/openmetrics-texts"] {
            assert_eq!(Form::wanted(accept), Form::Plain, "{accept}");
        }
    }

    #[test]
    fn the_plain_form_describes_counters_by_their_samples() {
        let text = "# HELP a_seconds How long.\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\na_seconds_total 1.5\n\
                    # HELP b How many.\n# TYPE b gauge\nb{x=\"# EOF\"} 1\n# EOF\n";
        let plain = "# HELP a_seconds_total How long.\n# TYPE a_seconds_total counter\na_seconds_total 1.5\n\
                     # HELP b How many.\n# TYPE b gauge\nb{x=\"# EOF\"} 1\n";
        assert_eq!(Form::Plain.of(text.to_owned()), plain);
        assert_eq!(Form::OpenMetrics.of(text.to_owned()), text);
    }
}
