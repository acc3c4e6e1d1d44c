use super::FlowCheck;
use crate::{Check, End, Head, Rejection};
use bytes::Bytes;

/// All checks of a tuple, in order; the first rejection counts.
macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Check),*> Check for ($($name,)*) {
            fn head(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
                $(self.$index.head(head)?;)*
                Ok(())
            }

            fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
                $(self.$index.frame(data)?;)*
                Ok(())
            }

            fn end(&mut self, end: &mut End<'_>) -> Result<(), Rejection> {
                $(self.$index.end(end)?;)*
                Ok(())
            }

            fn needs_plain_content(&self) -> bool {
                $(self.$index.needs_plain_content())||*
            }
        }

        impl<$($name: FlowCheck),*> FlowCheck for ($($name,)*) {
            fn begin(&mut self, head: &Head<'_>) -> Result<(), Rejection> {
                $(self.$index.begin(head)?;)*
                Ok(())
            }

            fn accepts_everything(&self) -> bool {
                $(self.$index.accepts_everything())&&*
            }
        }
    };
}

/// Accepts every body that can be read at all, and nothing else: the limit and the cuts remain.
impl Check for () {
    fn needs_plain_content(&self) -> bool {
        false
    }
}

impl FlowCheck for () {
    fn accepts_everything(&self) -> bool {
        true
    }
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
