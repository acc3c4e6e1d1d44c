//! The map: a question in each cell, all with the same seeds.

use super::axis::Axis;
use crate::what_if::{Figures, Settings, runs};
use std::io;

/// The cells, row by row.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Map {
    /// What varies from column to column.
    pub columns: Axis,
    /// What varies from row to row, if anything does.
    pub rows: Option<Axis>,
    /// The cells, row by row.
    pub cells: Vec<Cell>,
}

/// One question and its figures.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Cell {
    /// The column's value, and the row's.
    pub values: Vec<String>,
    /// What came of it.
    pub figures: Figures,
}

impl Map {
    /// Asks every cell's question; `done` is called after each run. The same seeds in all cells: what differs
    /// between two of them is due to the settings.
    ///
    /// # Errors
    /// If a run's runtime cannot be built.
    pub fn measure(
        axes: &[Axis],
        settings: &Settings,
        threads: usize,
        done: impl Fn() + Sync,
    ) -> io::Result<Option<Self>> {
        let Some((columns, rows)) = axes.split_first() else { return Ok(None) };
        let rows = rows.first();
        let mut cells = Vec::new();
        for row in rows.map_or(vec![None], |axis| axis.values.iter().map(Some).collect()) {
            for column in &columns.values {
                let mut settings = settings.clone();
                let mut values = vec![column.clone()];
                // Every value was checked when it was read.
                let _ = columns.setting.set(&mut settings, column);
                if let (Some(axis), Some(value)) = (rows, row) {
                    let _ = axis.setting.set(&mut settings, value);
                    values.push(value.clone());
                }
                let runs = runs(&settings, threads, &done)?;
                cells.push(Cell { values, figures: Figures::of(&runs, settings.load.seed) });
            }
        }
        Ok(Some(Self { columns: columns.clone(), rows: rows.cloned(), cells }))
    }

    /// The columns, and the rows if there are any.
    pub(crate) fn axes(&self) -> impl Iterator<Item = &Axis> {
        std::iter::once(&self.columns).chain(&self.rows)
    }

    /// The cells of each row.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunks(self.columns.values.len().max(1))
    }
}
