use super::{
    expected::Expected,
    state::State,
    walk::{Next, Step, Walk},
};

/// `true`, `false` and `null`.
impl Walk<'_> {
    #[inline(always)]
    pub(super) fn literal(&mut self, word: &'static str, seen: u8) -> Step<Next> {
        let rest = &word.as_bytes()[usize::from(seen)..];
        if self.data[self.at..].starts_with(rest) {
            self.at += rest.len();
            return Ok(Next::AfterValue);
        }
        self.apart(|walk| walk.part_of_literal(word, seen))
    }

    #[cold]
    #[inline(never)]
    fn part_of_literal(&mut self, word: &'static str, seen: u8) -> Step<Next> {
        for (letter, seen) in word.bytes().zip(0..).skip(usize::from(seen)) {
            match self.data.get(self.at) {
                None => return self.starved(State::Literal(word, seen)),
                Some(byte) if *byte == letter => self.at += 1,
                Some(_) => return self.fault(Expected::Literal(word)),
            }
        }
        Ok(Next::AfterValue)
    }
}
