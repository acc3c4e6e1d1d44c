//! The port of a URI. `http::Uri` accepts any text of digits there, and says of one that is no port that there is none: then
//! the default port would be called.

use http::uri::Authority;

/// The port that stands behind the host's colon; none without a colon.
///
/// # Errors
/// What stands there, if it is no port from 1 to 65535.
pub(crate) fn port(authority: &Authority) -> Result<Option<u16>, String> {
    let host = authority.as_str().rsplit_once('@').map_or(authority.as_str(), |(_, host)| host);
    match (host[authority.host().len()..].strip_prefix(':'), authority.port_u16()) {
        (None, _) => Ok(None),
        (_, Some(port @ 1..)) => Ok(Some(port)),
        (Some(text), _) => Err(format!("`{text}` is no port; expected 1 to 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_port_is_not_the_default_one() {
        for (text, expected) in [
            ("h", Ok(None)),
            ("h:1", Ok(Some(1))),
            ("h:65535", Ok(Some(65_535))),
            ("user:7@h", Ok(None)),
            ("user:7@h:8", Ok(Some(8))),
            ("[::1]", Ok(None)),
            ("[::1]:8", Ok(Some(8))),
            ("h:", Err("")),
            ("h:0", Err("0")),
            ("h:65536", Err("65536")),
            ("h:99999999999999999999", Err("99999999999999999999")),
            ("user:7@h:65536", Err("65536")),
            ("[::1]:65536", Err("65536")),
        ] {
            let found = port(&text.parse().unwrap());
            let expected = expected.map_err(|text| format!("`{text}` is no port; expected 1 to 65535"));
            assert_eq!(found, expected, "{text}");
        }
    }
}
