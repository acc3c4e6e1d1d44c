use super::{
    expected::Expected,
    state::{Role, State},
    walk::{Stop, Walk},
    words,
};
use crate::partial::NotUtf8;

/// Strings: from behind the opening quote, or from wherever a frame left off, to behind the closing one.
impl Walk<'_> {
    /// The characters are judged as UTF-8 in one go at the end of the string or of the frame, and only when one of
    /// them is not ASCII: nothing else that matters here has its high bit set.
    #[inline(always)]
    pub(super) fn string(&mut self, role: Role) -> Result<(), Stop> {
        let from = self.at;
        let mut not_ascii = if self.json.partial.is_empty() { 0 } else { 1 };
        loop {
            while let Some(word) = words::word(&self.data[self.at..]) {
                let marks = words::ends_of_run(word);
                not_ascii |= words::not_ascii(word);
                if marks != 0 {
                    self.at += words::before_first(marks);
                    break;
                }
                self.at += words::WIDTH;
            }
            let Some(byte) = self.data.get(self.at) else {
                if not_ascii != 0 {
                    self.text(from, true)?;
                }
                return self.starved(State::String(role));
            };
            match byte {
                b'"' => {
                    if not_ascii != 0 {
                        self.text(from, false)?;
                    }
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => {
                    // A character cannot go on behind a backslash, so a frame that ends in an escape leaves none open.
                    let escape = self.at;
                    self.at += 1;
                    if let Err(stop) = self.escape(role) {
                        if not_ascii != 0 {
                            self.text_between(from, escape, false)?;
                        }
                        return Err(stop);
                    }
                }
                byte if *byte < b' ' => {
                    self.text(from, false)?;
                    return self.fault(Expected::Character);
                }
                byte => {
                    not_ascii |= u64::from(byte & 0x80);
                    self.at += 1;
                }
            }
        }
    }

    /// Behind a backslash.
    #[inline(always)]
    pub(super) fn escape(&mut self, role: Role) -> Result<(), Stop> {
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
    pub(super) fn hex(&mut self, role: Role, seen: u8) -> Result<(), Stop> {
        for seen in seen..4 {
            match self.data.get(self.at) {
                None => return self.starved(State::Hex(role, seen)),
                Some(byte) if byte.is_ascii_hexdigit() => self.at += 1,
                Some(_) => return self.fault(Expected::HexDigit),
            }
        }
        Ok(())
    }

    fn text(&mut self, from: usize, more: bool) -> Result<(), Stop> {
        self.text_between(from, self.at, more)
    }

    fn text_between(&mut self, from: usize, to: usize, more: bool) -> Result<(), Stop> {
        match self.json.partial.check(&self.data[from..to], more) {
            Ok(()) => Ok(()),
            Err(NotUtf8 { at }) => Err(Stop::Fault { at: from as isize + at, expected: Expected::Utf8 }),
        }
    }
}
