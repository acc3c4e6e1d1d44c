//! The map: a question in each cell, all with the same seeds.

use super::{axis::Axis, order};
use crate::what_if::{
    Figures, Settings,
    interval::Resampled,
    report::{describe, is_described},
    runs,
    setting::Setting,
};
use std::{collections::BTreeMap, io};

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
    /// The seeds drawn anew, for all cells alike; none where they have not as many.
    pub(crate) resampled: Option<Resampled>,
}

/// One question and its figures.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Cell {
    /// The column's value, and the row's.
    pub values: Vec<String>,
    /// What was asked: all settings, as they ran.
    pub settings: Settings,
    /// What came of it.
    pub figures: Figures,
    /// What each measure comes to when the seeds are drawn anew.
    pub(crate) resampled: [Vec<f64>; 3],
}

/// More values of a setting that follows an axis are not shown.
const SHOWN: usize = 6;

impl Map {
    /// Asks every cell's question, whose settings are made from the axes' values; `done` is called after each run. The same
    /// seeds in all cells: what differs between two of them is due to the settings.
    ///
    /// # Errors
    /// If a run's runtime cannot be built.
    pub fn measure(
        axes: &[Axis],
        settings: impl Fn(&[(&'static Setting, &str)]) -> Settings,
        threads: usize,
        done: impl Fn() + Sync,
    ) -> io::Result<Option<Self>> {
        let Some((columns, rows)) = axes.split_first() else { return Ok(None) };
        let rows = rows.first();
        let mut cells: Vec<Cell> = Vec::new();
        let mut drawn: BTreeMap<u64, Resampled> = BTreeMap::new();
        for row in rows.map_or(vec![None], |axis| axis.values.iter().map(Some).collect()) {
            for column in &columns.values {
                let mut assigned = vec![(columns.setting, column.as_str())];
                if let (Some(axis), Some(value)) = (rows, row) {
                    assigned.push((axis.setting, value));
                }
                let settings = settings(&assigned);
                let load = settings.load;
                let runs = runs(&settings, threads, &done)?;
                let resampled =
                    drawn.entry(load.seeds).or_insert_with(|| Resampled::new(load.seeds as usize, load.seed));
                cells.push(Cell {
                    values: assigned.iter().map(|(_, value)| (*value).to_owned()).collect(),
                    figures: Figures::of(&runs, load.workers),
                    resampled: order::resampled(&runs, resampled),
                    settings,
                });
            }
        }
        let resampled = if drawn.len() == 1 { drawn.into_values().next() } else { None };
        Ok(Some(Self { columns: columns.clone(), rows: rows.cloned(), cells, resampled }))
    }

    /// The columns, and the rows if there are any.
    pub(crate) fn axes(&self) -> impl Iterator<Item = &Axis> {
        std::iter::once(&self.columns).chain(&self.rows)
    }

    /// How many columns.
    pub(crate) fn width(&self) -> usize {
        self.columns.values.len().max(1)
    }

    /// The cells of each row.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunks(self.width())
    }

    /// The settings that all cells have in common, and what those come to that follow an axis, as `loss` follows `p`.
    pub(crate) fn described(&self) -> String {
        let Some(first) = self.cells.first() else { return String::new() };
        let varied: Vec<&str> = self.axes().map(|axis| axis.setting.name).collect();
        let differing: Vec<&'static Setting> =
            Setting::all().filter(|setting| self.values_of(setting).len() > 1).collect();
        let without: Vec<&str> =
            differing.iter().map(|setting| setting.name).chain(varied.iter().copied()).collect();
        let mut text = describe(&first.settings, &without);
        for setting in differing {
            if !varied.contains(&setting.name) && is_described(setting) {
                let mut values = self.values_of(setting);
                if values.len() > SHOWN {
                    values.truncate(SHOWN);
                    values.push("...".into());
                }
                text += &format!("varying  {} {}\n", setting.name, values.join("; "));
            }
        }
        text
    }

    /// What a setting was in the cells, each value once.
    fn values_of(&self, setting: &Setting) -> Vec<String> {
        let mut values = Vec::new();
        for value in self.cells.iter().map(|cell| setting.get(&cell.settings)) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }
}
