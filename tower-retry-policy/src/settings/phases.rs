//! Retries by phase, as a table with the names of the phases.

use super::{
    OrOff, SettingsError,
    section::{Entries, Section},
    table::Table,
    tree::Tree,
    values::whole,
};
use crate::Phase;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub(super) struct Phases(pub(super) BTreeMap<Phase, OrOff<u32>>);

impl Section for Phases {
    fn read(table: &mut Table) -> Result<Self, SettingsError> {
        let mut phases = BTreeMap::new();
        for phase in Phase::ALL {
            let retries = table.value(phase.name(), OrOff::reader(whole(0..=u32::MAX)))?;
            phases.extend(retries.map(|retries| (phase, retries)));
        }
        Ok(Self(phases))
    }

    fn write(&self, entries: &mut Entries) {
        for (phase, retries) in &self.0 {
            entries.put(phase.name(), Some(retries.written(Tree::from)));
        }
    }
}
