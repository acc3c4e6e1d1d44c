use simdutf8::compat::from_utf8;

/// The beginning of a character whose rest is to come with the next frame.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Partial {
    bytes: [u8; 4],
    len: u8,
}

/// Content that is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8 {
    /// Place of the bad character in the text, negative when it began in an earlier portion.
    pub(crate) at: isize,
}

// ===== impl Partial =====

impl Partial {
    #[inline(always)]
    pub(crate) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Checks the next portion of a text; `more` says that a character may go on in the next one.
    pub(crate) fn check(&mut self, text: &[u8], more: bool) -> Result<(), NotUtf8> {
        let began = isize::from(self.len);
        let mut from = 0;
        while !self.is_empty() {
            let Some(byte) = text.get(from) else {
                return if more { Ok(()) } else { Err(NotUtf8 { at: -began }) };
            };
            self.bytes[usize::from(self.len)] = *byte;
            self.len += 1;
            from += 1;
            match from_utf8(&self.bytes[..usize::from(self.len)]) {
                Ok(_) => self.len = 0,
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return Err(NotUtf8 { at: -began }),
            }
        }
        let text = &text[from..];
        match from_utf8(text) {
            Ok(_) => Ok(()),
            Err(error) if error.error_len().is_none() && more => {
                let rest = &text[error.valid_up_to()..];
                self.bytes[..rest.len()].copy_from_slice(rest);
                self.len = rest.len() as u8;
                Ok(())
            }
            Err(error) => Err(NotUtf8 { at: (from + error.valid_up_to()) as isize }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str;

    #[test]
    fn agrees_with_std_wherever_it_is_cut() {
        let cases: &[&[u8]] = &[
            b"",
            b"ascii",
            "\u{e9}\u{20ac}\u{1f600}\u{10ffff}\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}".as_bytes(),
            b"a\xc3",
            b"a\xc3b",
            b"\xc0\xaf",
            b"\xe0\x9f\xbf",
            b"\xed\xa0\x80",
            b"\xf0\x8f\xbf\xbf",
            b"\xf4\x90\x80\x80",
            b"ok\xf0\x9f\x98",
            b"\xf0\x9f\x98\x22",
            b"\x80",
            b"\xff",
        ];
        for text in cases {
            let expected = str::from_utf8(text).map(|_| ()).map_err(|error| error.valid_up_to());
            for first in 0..=text.len() {
                for second in first..=text.len() {
                    let mut partial = Partial::default();
                    let mut outcome = Ok(());
                    for (from, to) in [(0, first), (first, second), (second, text.len())] {
                        outcome = outcome.and_then(|()| {
                            let more = to < text.len() || from < to && to == first;
                            partial
                                .check(&text[from..to], more || to != text.len())
                                .map_err(|fault| from.checked_add_signed(fault.at).unwrap())
                        });
                    }
                    outcome = outcome.and_then(|()| {
                        partial
                            .check(b"", false)
                            .map_err(|fault| text.len().checked_add_signed(fault.at).unwrap())
                    });
                    assert_eq!(outcome, expected, "{text:?} cut at {first} and {second}");
                }
            }
        }
    }
}
