use super::Hash;
#[cfg(feature = "checksum")]
use md5::Md5;
#[cfg(feature = "checksum")]
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use std::fmt;

/// A way of hashing that is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Sha256,
    Sha512,
    #[cfg(feature = "checksum")]
    Md5,
    #[cfg(feature = "checksum")]
    Crc32,
    #[cfg(feature = "checksum")]
    Crc32c,
    #[cfg(feature = "checksum")]
    Crc64Nvme,
    #[cfg(feature = "checksum")]
    Sha1,
}

/// A hash that is being computed.
#[derive(Clone)]
pub(crate) enum Hasher {
    Sha256(Sha256),
    Sha512(Box<Sha512>),
    #[cfg(feature = "checksum")]
    Md5(Md5),
    #[cfg(feature = "checksum")]
    Crc32(crc32fast::Hasher),
    #[cfg(feature = "checksum")]
    Crc32c(u32),
    #[cfg(feature = "checksum")]
    Crc64Nvme(crc64fast_nvme::Digest),
    #[cfg(feature = "checksum")]
    Sha1(Sha1),
}

// ===== impl Algorithm =====

impl Algorithm {
    /// By its key in the fields of RFC 9530; those that are deprecated there are not known.
    pub(crate) fn of_key(key: &[u8]) -> Option<Self> {
        match key {
            b"sha-256" => Some(Self::Sha256),
            b"sha-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Bytes of a hash.
    #[cfg(feature = "checksum")]
    pub(crate) fn hash_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
            Self::Md5 => 16,
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
        }
    }

    pub(crate) fn hasher(self) -> Hasher {
        match self {
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
            Self::Sha512 => Hasher::Sha512(Box::default()),
            #[cfg(feature = "checksum")]
            Self::Md5 => Hasher::Md5(Md5::new()),
            #[cfg(feature = "checksum")]
            Self::Crc32 => Hasher::Crc32(crc32fast::Hasher::new()),
            #[cfg(feature = "checksum")]
            Self::Crc32c => Hasher::Crc32c(0),
            #[cfg(feature = "checksum")]
            Self::Crc64Nvme => Hasher::Crc64Nvme(crc64fast_nvme::Digest::new()),
            #[cfg(feature = "checksum")]
            Self::Sha1 => Hasher::Sha1(Sha1::new()),
        }
    }
}

// ===== impl Hasher =====

impl Hasher {
    pub(crate) fn update(&mut self, data: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(data),
            Self::Sha512(hasher) => hasher.update(data),
            #[cfg(feature = "checksum")]
            Self::Md5(hasher) => hasher.update(data),
            #[cfg(feature = "checksum")]
            Self::Crc32(hasher) => hasher.update(data),
            #[cfg(feature = "checksum")]
            Self::Crc32c(sum) => *sum = crc32c::crc32c_append(*sum, data),
            #[cfg(feature = "checksum")]
            Self::Crc64Nvme(hasher) => hasher.write(data),
            #[cfg(feature = "checksum")]
            Self::Sha1(hasher) => hasher.update(data),
        }
    }

    /// The hash of what came, in the byte order in which fields state it.
    pub(crate) fn finish(self) -> Hash {
        match self {
            Self::Sha256(hasher) => Hash::from_slice(&hasher.finalize()),
            Self::Sha512(hasher) => Hash::from_slice(&hasher.finalize()),
            #[cfg(feature = "checksum")]
            Self::Md5(hasher) => Hash::from_slice(&hasher.finalize()),
            #[cfg(feature = "checksum")]
            Self::Crc32(hasher) => Hash::from_slice(&hasher.finalize().to_be_bytes()),
            #[cfg(feature = "checksum")]
            Self::Crc32c(sum) => Hash::from_slice(&sum.to_be_bytes()),
            #[cfg(feature = "checksum")]
            Self::Crc64Nvme(hasher) => Hash::from_slice(&hasher.sum64().to_be_bytes()),
            #[cfg(feature = "checksum")]
            Self::Sha1(hasher) => Hash::from_slice(&hasher.finalize()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher(..)")
    }
}
