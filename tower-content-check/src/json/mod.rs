//! A validator of JSON that is fed frame by frame.
//!
//! [`JsonValidator`] is told the content in whatever portions it comes and needs no joined buffer. It accepts
//! exactly the JSON texts of RFC 8259 in strict UTF-8, up to a depth, and says of anything else where the fault is
//! and what was expected there.
//!
//! ```
//! use tower_content_check::json::JsonValidator;
//!
//! let mut json = JsonValidator::new();
//! json.push(b"{\"items\": [1, 2").unwrap();
//! json.push(b".5], \"ok\": tr").unwrap();
//! json.push(b"ue}").unwrap();
//! json.finish().unwrap();
//!
//! let fault = JsonValidator::new().push(b"[1,\n 2 3]").unwrap_err();
//! assert_eq!(fault.to_string(), "expected `,` or `]` at line 2 column 4 (byte 7)");
//! ```
//!
//! # Differences from serde_json
//!
//! It agrees with `serde_json::from_slice::<&RawValue>` on what is JSON: numbers of any size are, and so are escapes
//! of lone surrogates, which the grammar of RFC 8259 allows and which no `String` can hold.
//! [`check_json`](crate::check::check_json) agrees, with the nearest value;
//! [`JsonInto`](crate::check::JsonInto) asks whether the type can hold it. The depth is limited as
//! it is for `serde_json::Value`; `RawValue` has no limit.

mod expected;
mod fault;
mod literal;
mod nesting;
mod number;
mod representable;
mod runs;
mod state;
mod string;
mod validator;
mod walk;
mod white_space;

pub(crate) use self::representable::nearest_value;
pub use self::{fault::JsonFault, validator::JsonValidator};
