/// The kinds of the containers that are open: one bit each, the innermost lowest.
///
/// The innermost 64 are in one word and the others follow on the heap, so that depth costs a bit and the usual depth
/// no allocation.
#[derive(Clone, Debug, Default)]
pub(super) struct Nesting {
    innermost: u64,
    outer: Vec<u64>,
    depth: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Array,
    Object,
}

// ===== impl Nesting =====

impl Nesting {
    #[inline]
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// The innermost open container; nothing at depth 0.
    #[inline]
    pub(super) fn innermost(&self) -> Option<Container> {
        match self.depth {
            0 => None,
            _ if self.innermost & 1 == 1 => Some(Container::Object),
            _ => Some(Container::Array),
        }
    }

    #[inline]
    pub(super) fn open(&mut self, container: Container) {
        if self.depth > 0 && self.depth.is_multiple_of(u64::BITS) {
            self.outer.push(self.innermost);
        }
        self.depth += 1;
        self.innermost = self.innermost << 1 | u64::from(container == Container::Object);
    }

    #[inline]
    pub(super) fn close(&mut self) {
        self.depth -= 1;
        self.innermost >>= 1;
        if self.depth > 0 && self.depth.is_multiple_of(u64::BITS) {
            self.innermost = self.outer.pop().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closes_in_the_order_of_opening_across_words() {
        let kind = |level: u32| {
            if level.is_multiple_of(3) { Container::Object } else { Container::Array }
        };
        for depth in [1, 2, 63, 64, 65, 127, 128, 129, 200] {
            let mut nesting = Nesting::default();
            (0..depth).for_each(|level| nesting.open(kind(level)));
            for level in (0..depth).rev() {
                assert_eq!(nesting.depth(), level + 1);
                assert_eq!(nesting.innermost(), Some(kind(level)), "{level} of {depth}");
                nesting.close();
            }
            assert_eq!((nesting.depth(), nesting.innermost()), (0, None));
        }
    }
}
