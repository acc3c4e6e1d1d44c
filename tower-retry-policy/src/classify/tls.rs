//! What a TLS library's error says of the next handshake, told by its text.
//!
//! There is no type to ask for without depending on every TLS library, and HTTP/2 keeps nothing of a connection's error
//! but its kind and its text. A text that changes is not recognised, and then more is tried again than helps, and
//! nothing that may not be.

/// Alerts that do not say that the next handshake fails too (RFC 8446 section 6), by rustls' name and by number: a
/// connection that was closed or cancelled, records that "were corrupted in the network", and an error "unrelated to
/// the peer or the correctness of the protocol".
const PASSING: [(&str, u8); 6] = [
    ("CloseNotify", 0),
    ("BadRecordMac", 20),
    ("RecordOverflow", 22),
    ("DecodeError", 50),
    ("InternalError", 80),
    ("UserCanceled", 90),
];

/// Whether the server sent an alert, and it would send it again: it refuses our certificate, or wants one, or shares no
/// protocol with us. In TLS 1.3 the alert for a certificate comes after the client's handshake is over, on a
/// connection that is in use (RFC 8446 section 4.4.2.4).
pub(super) fn alert_comes_again(text: &str) -> bool {
    alert(text).is_some_and(|passes| !passes)
}

/// Whether a handshake would end with this error again: an alert, a certificate that is not trusted, an answer that is
/// not TLS. rustls' errors come as `InvalidData`.
#[cfg(any(test, feature = "hyper-util", feature = "tonic"))]
pub(super) fn handshake_comes_again(text: &str, invalid_data: bool) -> bool {
    match alert(text) {
        Some(passes) => !passes,
        // what the alert `bad_record_mac` is to the peer
        None if text == "cannot decrypt peer's message" => false,
        // OpenSSL, and native-tls on top of it, report the end of a connection in the same form
        None => invalid_data || (text.contains("SSL routines") && !text.contains("unexpected eof")),
    }
}

/// Whether the alert passes, if there is one.
fn alert(text: &str) -> Option<bool> {
    // `rustls::Error::AlertReceived`
    if let Some((_, name)) = text.split_once("received fatal alert: ") {
        return Some(PASSING.iter().any(|(passing, _)| *passing == name));
    }
    // OpenSSL's data of the error; the reason before it is worded differently from version to version
    let (_, number) = text.split_once("SSL alert number ")?;
    let digits = number.split(|byte: char| !byte.is_ascii_digit()).next()?;
    Some(PASSING.iter().any(|(_, passing)| digits.parse() == Ok(*passing)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_by_the_text_of_rustls_and_openssl() {
        let table = [
            ("received fatal alert: CertificateRequired", true),
            ("received fatal alert: HandshakeFailure", true),
            ("received fatal alert: BadCertificate", true),
            ("received fatal alert: Unknown(0xc8)", true),
            ("received fatal alert: InternalError", false),
            ("received fatal alert: BadRecordMac", false),
            ("received fatal alert: UserCanceled", false),
            (
                "error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:\
                 ../ssl/record/rec_layer_s3.c:1605:SSL alert number 116",
                true,
            ),
            (
                "error:0A000438:SSL routines:ssl3_read_bytes:tlsv1 alert internal error:\
                 ../ssl/record/rec_layer_s3.c:1605:SSL alert number 80",
                false,
            ),
            ("error:0A000126:SSL routines::unexpected eof while reading", false),
            ("connection reset by peer", false),
        ];
        for (text, expected) in table {
            assert_eq!(alert_comes_again(text), expected, "{text}");
            assert_eq!(handshake_comes_again(text, false), expected, "{text}");
        }
        for text in [
            "error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed",
            "error:0A00010B:SSL routines:ssl3_get_record:wrong version number:ssl/record/ssl3_record.c:354:",
        ] {
            assert!(handshake_comes_again(text, false) && !alert_comes_again(text), "{text}");
        }
    }
}
