//! The digest of the command line, compared with what comes.

use bytes::Bytes;
use sha2::Digest;
use std::str::FromStr;
use tower_content_check::{Check, End, Rejection, check::FlowCheck};

/// Accepts the content that has this SHA-256. A check of one's own that judges what passes.
#[derive(Clone)]
pub(crate) struct Sha256 {
    expected: [u8; 32],
    hasher: sha2::Sha256,
}

// ===== impl Sha256 =====

impl FromStr for Sha256 {
    type Err = &'static str;

    fn from_str(digits: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "64 hexadecimal digits are needed, as sha256sum prints them";
        if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(WANTED);
        }
        let mut expected = [0; 32];
        for (octet, digits) in expected.iter_mut().zip(digits.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| WANTED)?;
            *octet = u8::from_str_radix(digits, 16).map_err(|_| WANTED)?;
        }
        Ok(Self { expected, hasher: sha2::Sha256::new() })
    }
}

impl Check for Sha256 {
    fn frame(&mut self, data: &Bytes) -> Result<(), Rejection> {
        self.hasher.update(data);
        Ok(())
    }

    fn end(&mut self, _: &mut End<'_>) -> Result<(), Rejection> {
        if self.hasher.clone().finalize().as_slice() == self.expected {
            return Ok(());
        }
        Err(Rejection::permanent("its SHA-256 is not the one of --sha256"))
    }

    fn needs_plain_content(&self) -> bool {
        false // it is that of the file, as it is written
    }
}

impl FlowCheck for Sha256 {}
