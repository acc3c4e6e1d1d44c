use super::{
    state::State,
    walk::{Step, Walk},
};

/// White space: space, tab, carriage return and line feed, which begins a line.
impl Walk<'_> {
    /// The next byte that is no white space; it is not consumed.
    #[inline(always)]
    pub(super) fn peek(&mut self, state: State) -> Step<u8> {
        match self.data.get(self.at) {
            Some(byte) if *byte > b' ' => Ok(*byte),
            _ => self.skip_white_space(state),
        }
    }

    #[inline(always)]
    fn skip_white_space(&mut self, state: State) -> Step<u8> {
        loop {
            let Some(byte) = self.data.get(self.at) else { return self.starved(state) };
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    self.json.begin_line(self.at);
                    // The indentation.
                    self.at = self.runs.spaces.end(self.data, self.at);
                }
                byte => return Ok(*byte),
            }
        }
    }
}
