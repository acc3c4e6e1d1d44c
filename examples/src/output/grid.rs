//! Rows under headings.

/// The rows under their headings: the first column to the left, the others to the right, each as wide as it needs;
/// no blanks at the end of a line.
#[must_use]
pub fn grid(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(headings).chain(rows).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:width$}"),
            _ => format!("  {cell:>width$}"),
        });
        cells.collect::<String>().trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::grid;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["a".to_owned(), "100".to_owned()], vec!["longer".to_owned(), "1".to_owned()]];
        assert_eq!(grid(&["name", "n"], rows.into_iter()), "name      n\na       100\nlonger    1\n");
        assert_eq!(grid(&[], std::iter::empty()), "\n");
    }
}
