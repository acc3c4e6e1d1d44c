use super::{
    SettingsError,
    section::{Entries, Section, settings},
    table::Table,
    values::{switch, whole},
};

/// The limits of a content check, for a `ContentCheckLayer` of tower-content-check.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentSettings {
    /// Bytes of a body that are held at the most. Default: 16 MiB (16777216), far above what an API answers in one piece.
    pub max_bytes: Option<u64>,
    /// Bytes of a failed response that are read, so that its connection can serve the next one. Default: 64 KiB (65536).
    pub drain_bytes: Option<u64>,
    /// Whether frames are copied out of their buffers. Default: false.
    pub compact: Option<bool>,
}

// ===== impl ContentSettings =====

impl ContentSettings {
    /// `layer` with these limits; one that is absent is kept, and so is `compact` where it is `false`.
    ///
    /// ```
    /// use tower_content_check::ContentCheckLayer;
    /// use tower_retry_policy::settings::ContentSettings;
    ///
    /// let settings: ContentSettings = toml::from_str("max_bytes = 1048576")?;
    /// let layer = settings.apply(ContentCheckLayer::json())?;
    /// # let _ = layer;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Names a key whose value cannot be meant, where the settings were made in a program.
    #[cfg(feature = "content-check")]
    pub fn apply<C>(
        &self,
        layer: tower_content_check::ContentCheckLayer<C>,
    ) -> Result<tower_content_check::ContentCheckLayer<C>, SettingsError> {
        self.check()?;
        let mut layer = layer;
        if let Some(max_bytes) = self.max_bytes {
            layer = layer.max_bytes(max_bytes);
        }
        if let Some(drain_bytes) = self.drain_bytes {
            layer = layer.drain_bytes(drain_bytes);
        }
        Ok(if self.compact == Some(true) { layer.compact() } else { layer })
    }

    /// The same with the layer's own defaults written down.
    pub(super) fn explicit(&self) -> Self {
        Self {
            max_bytes: self.max_bytes.or(Some(16 * 1024 * 1024)),
            drain_bytes: self.drain_bytes.or(Some(64 * 1024)),
            compact: self.compact.or(Some(false)),
        }
    }
}

/// Bytes that a format can hold: TOML has no whole number beyond it.
const MOST: u64 = i64::MAX as u64;

impl Section for ContentSettings {
    fn read(table: &mut Table) -> Result<Self, SettingsError> {
        Ok(Self {
            max_bytes: table.value("max_bytes", whole(1..=MOST))?,
            drain_bytes: table.value("drain_bytes", whole(0..=MOST))?,
            compact: table.value("compact", switch)?,
        })
    }

    fn write(&self, entries: &mut Entries) {
        entries.put("max_bytes", self.max_bytes);
        entries.put("drain_bytes", self.drain_bytes);
        entries.put("compact", self.compact);
    }
}

settings!(ContentSettings);
