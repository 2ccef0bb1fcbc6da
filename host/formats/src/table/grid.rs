//! Rows in columns. No cell is ever broken; only the last column gives way on a terminal.

use super::look::Tone;
use super::page::Piece;

/// Between columns.
const GAP: usize = 2;

/// The last column is left out on a terminal where it has less room than this.
const LEAST: usize = 16;

/// Rows, each with a cell for each column.
#[derive(Debug, Default)]
pub struct Grid {
    indent: usize,
    header: Vec<Piece>,
    rows: Vec<Vec<Piece>>,
    last: Last,
}

/// What becomes of the last column where a terminal is too narrow for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Last {
    /// It goes over the edge, as all others.
    #[default]
    Whole,
    /// It is a text that is cut, or left out.
    Cut,
}

impl Grid {
    pub fn new(header: &[&str]) -> Self {
        let header = header.iter().map(|title| Piece::new(Tone::Faint, title.to_uppercase())).collect();
        Self { header, ..Self::default() }
    }

    /// With so many spaces before each row.
    pub const fn indented(mut self, indent: usize) -> Self {
        self.indent = indent;
        self
    }

    pub const fn with_last(mut self, last: Last) -> Self {
        self.last = last;
        self
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = Piece>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(super) fn lines(&self, width: Option<usize>) -> Vec<Vec<Piece>> {
        let rows = || std::iter::once(&self.header).chain(&self.rows).filter(|row| !row.is_empty());
        let columns = rows().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| rows().filter_map(|row| row.get(column)).map(Piece::width).max().unwrap_or(0))
            .collect();
        let room = width.filter(|_| self.last == Last::Cut).map(|width| {
            let before = widths.iter().rev().skip(1).map(|width| width + GAP).sum::<usize>();
            width.saturating_sub(self.indent + before)
        });
        rows().map(|row| self.line(row, &widths, room)).collect()
    }

    fn line(&self, row: &[Piece], widths: &[usize], room: Option<usize>) -> Vec<Piece> {
        let mut line = vec![Piece::from(" ".repeat(self.indent))];
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            if column + 1 < widths.len() {
                line.push(cell.clone());
                line.push(Piece::from(" ".repeat(width.saturating_sub(cell.width()) + GAP)));
                continue;
            }
            match room {
                Some(room) if room < LEAST && room < cell.width() => {}
                Some(room) => line.push(cell.cut(room)),
                None => line.push(cell.clone()),
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(grid: &Grid, width: Option<usize>) -> Vec<String> {
        let text = |line: Vec<Piece>| line.into_iter().map(|piece| piece.text).collect::<String>();
        grid.lines(width).into_iter().map(|line| text(line).trim_end().to_owned()).collect()
    }

    #[test]
    fn only_the_last_column_gives_way() {
        let mut grid = Grid::new(&["id", "title"]).with_last(Last::Cut);
        grid.row(["CVE-2026-0001", "what it is, in many words"].map(Piece::from));
        grid.row(["1", "x"].map(Piece::from));
        let whole = ["ID             TITLE", "CVE-2026-0001  what it is, in many words", "1              x"];
        assert_eq!(lines(&grid, None), whole);
        let cut = ["ID             TITLE", "CVE-2026-0001  what it is, in …", "1              x"];
        assert_eq!(lines(&grid, Some(31)), cut);
        let without = ["ID             TITLE", "CVE-2026-0001", "1              x"];
        assert_eq!(lines(&grid, Some(20)), without);
    }
}
