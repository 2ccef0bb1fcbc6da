//! Tables: which rows are on a page, and the same as CSV.

use limpid_formats::exchange::csv_cell;

use crate::{Problem, Request};

/// A page of rows that are all known.
#[derive(Debug)]
pub(crate) struct Pager {
    /// Rows before this page.
    pub(crate) before: usize,
    /// Rows on this page.
    pub(crate) shown: usize,
    /// Rows in all.
    pub(crate) all: usize,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
}

impl Pager {
    /// Takes the page out of `rows` that the request asks for: the last one where there are not so many.
    ///
    /// # Errors
    /// It asks for something that is no page.
    pub(crate) fn take<T>(request: &Request, rows: &mut Vec<T>, on_a_page: usize) -> Result<Self, Problem> {
        let all = rows.len();
        let last = all.saturating_sub(1) / on_a_page.max(1) + 1;
        let page = request.number("page")?.unwrap_or(1).clamp(1, last);
        let before = (page - 1).saturating_mul(on_a_page);
        rows.drain(..before.min(all));
        rows.truncate(on_a_page);
        let at = |page: usize| match page {
            1 => request.here(&[], &["page"]),
            page => request.here(&[("page", &page.to_string())], &[]),
        };
        Ok(Self {
            before,
            shown: rows.len(),
            all,
            previous: (page > 1).then(|| at(page - 1)),
            next: (page < last).then(|| at(page + 1)),
        })
    }

    pub(crate) const fn first(&self) -> usize {
        self.before + 1
    }

    pub(crate) const fn last(&self) -> usize {
        self.before + self.shown
    }

    pub(crate) const fn is_alone(&self) -> bool {
        self.previous.is_none() && self.next.is_none()
    }
}

/// A column by which a table may be sorted.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    /// None where it is no order.
    pub(crate) address: Option<String>,
    pub(crate) is_sorted: bool,
    /// Whether the highest is first.
    pub(crate) is_descending: bool,
}

/// Lines of a file of comma-separated values.
pub(crate) fn csv<const N: usize>(columns: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut text = columns.join(",") + "\r\n";
    for row in rows {
        text.push_str(&row.map(|cell| csv_cell(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// The same of rows that may be of another form than this program knows.
///
/// # Errors
/// One is.
pub(crate) fn try_csv<const N: usize>(
    columns: [&str; N],
    mut rows: impl Iterator<Item = Result<[String; N], Problem>>,
) -> Result<String, Problem> {
    let mut wrong = None;
    let text =
        csv(columns, std::iter::from_fn(|| rows.next()?.map_err(|problem| wrong = Some(problem)).ok()));
    wrong.map_or(Ok(text), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::request;

    #[test]
    fn a_page_is_there_whatever_is_asked_for() {
        let check = |query: &str, expected: (&[usize], Option<&str>, Option<&str>)| {
            let mut rows: Vec<usize> = (0..5).collect();
            let pager = Pager::take(&request("/x", query), &mut rows, 2).unwrap();
            assert_eq!((&rows[..], pager.previous.as_deref(), pager.next.as_deref()), expected, "{query}");
            assert_eq!(pager.last() - pager.first() + 1, rows.len());
        };
        check("", (&[0, 1], None, Some("/x?page=2")));
        check("q=a&page=2", (&[2, 3], Some("/x?q=a"), Some("/x?q=a&page=3")));
        check("page=3", (&[4], Some("/x?page=2"), None));
        check("page=99", (&[4], Some("/x?page=2"), None));
        check("page=0", (&[0, 1], None, Some("/x?page=2")));
        assert!(Pager::take(&request("/x", "page=a"), &mut Vec::<()>::new(), 2).is_err());
        assert!(Pager::take(&request("/x", ""), &mut Vec::<()>::new(), 2).unwrap().is_alone());
    }

    #[test]
    fn a_cell_is_no_formula() {
        assert_eq!(
            csv(["a", "b"], [["=1".to_owned(), "x,\"y".to_owned()]].into_iter()),
            "a,b\r\n'=1,\"x,\"\"y\"\r\n"
        );
    }
}
