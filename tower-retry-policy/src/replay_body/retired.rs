use super::place::Ticket;

/// The readers that have been given up: what they have not read yet is for others.
#[derive(Debug)]
pub(super) struct Retired {
    /// All that were numbered before this one.
    before: Ticket,
    /// Later ones, one by one: as many as there are attempts that failed while the source was at its end.
    further: Vec<Ticket>,
}

// ===== impl Retired =====

impl Retired {
    pub(super) fn all_before(&mut self, ticket: Ticket) {
        self.before = self.before.max(ticket);
        self.further.retain(|further| *further >= ticket);
    }

    pub(super) fn add(&mut self, ticket: Ticket) {
        if !self.contains(ticket) {
            self.further.push(ticket);
        }
    }

    pub(super) fn contains(&self, ticket: Ticket) -> bool {
        ticket < self.before || self.further.contains(&ticket)
    }
}

impl Default for Retired {
    fn default() -> Self {
        Self { before: Ticket::MIN, further: Vec::new() }
    }
}
