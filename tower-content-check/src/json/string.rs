use super::{
    expected::Expected,
    runs::{Map, Text},
    state::{Role, State},
    walk::{Step, Stopped, Walk},
};
use crate::partial::NotUtf8;

/// Strings: from behind the opening quote, or from wherever a frame left off, to behind the closing one.
impl Walk<'_> {
    /// ASCII is skipped in blocks. From the first byte on that is none, the text is followed to its end or that of the
    /// frame, and judged as UTF-8 in one go.
    #[inline(always)]
    pub(super) fn string(&mut self, role: Role) -> Step {
        loop {
            self.at = self.runs.plain.end(self.data, self.at);
            match self.data.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(role)?;
                }
                Some(byte) if *byte < b' ' => return self.fault(Expected::Character),
                Some(_) => return self.foreign(role),
                None => return self.starved(State::String(role)),
            }
        }
    }

    pub(super) fn foreign(&mut self, role: Role) -> Step {
        self.apart(|walk| walk.follow_foreign(role))
    }

    /// A string from its first character on that is not ASCII.
    #[inline(never)]
    fn follow_foreign(&mut self, role: Role) -> Step {
        let mut from = self.at;
        let mut text = Map::<Text>::NONE;
        loop {
            self.at = text.end(self.data, self.at);
            match self.data.get(self.at) {
                Some(b'"') => {
                    self.text(from, self.at, false)?;
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    // A character cannot go on behind a backslash, and its fault comes before one of the escape.
                    self.text(from, self.at, false)?;
                    self.at += 1;
                    self.escape(role)?;
                    from = self.at;
                }
                Some(_) => {
                    self.text(from, self.at, false)?;
                    return self.fault(Expected::Character);
                }
                None => {
                    self.text(from, self.at, true)?;
                    return self.starved(State::String(role));
                }
            }
        }
    }

    /// Behind a backslash.
    #[inline(always)]
    pub(super) fn escape(&mut self, role: Role) -> Step {
        match self.data.get(self.at) {
            None => self.starved(State::Escape(role)),
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                self.at += 1;
                self.hex(role, 0)
            }
            Some(_) => self.fault(Expected::Escape),
        }
    }

    /// Behind `\u` and `seen` of its digits.
    #[inline(always)]
    pub(super) fn hex(&mut self, role: Role, seen: u8) -> Step {
        for seen in seen..4 {
            match self.data.get(self.at) {
                None => return self.starved(State::Hex(role, seen)),
                Some(byte) if byte.is_ascii_hexdigit() => self.at += 1,
                Some(_) => return self.fault(Expected::HexDigit),
            }
        }
        Ok(())
    }

    fn text(&mut self, from: usize, to: usize, more: bool) -> Step {
        match self.json.partial.check(&self.data[from..to], more) {
            Ok(()) => Ok(()),
            Err(NotUtf8 { at }) => {
                self.json.fail(from as isize + at, Expected::Utf8);
                Err(Stopped)
            }
        }
    }
}
