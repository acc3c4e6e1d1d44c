use super::{
    state::State,
    walk::{Step, Walk},
};

/// White space: space, tab, carriage return and line feed, which begins a line.
impl Walk<'_> {
    /// The next byte that is no white space; it is not consumed.
    #[inline(always)]
    pub(super) fn peek(&mut self, state: State) -> Step<u8> {
        loop {
            match self.data.get(self.at) {
                Some(byte) if *byte > b' ' => return Ok(*byte),
                Some(b'\n') => {
                    self.at += 1;
                    self.json.begin_line(self.at);
                    // The indentation.
                    self.at = self.runs.spaces.end(self.data, self.at);
                }
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                // No white space, and nothing that could stand here.
                Some(byte) => return Ok(*byte),
                None => return self.starved(state),
            }
        }
    }
}
