//! Checksum fields of object stores.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may end that way")]
#![cfg(feature = "checksum")]

mod support;

use support::{Fields, Script, Step, call, data, error, headers, response};
use tower_content_check::{ContentCheckLayer, check::Checksum};

/// The check value of the catalogue of CRCs, <https://reveng.sourceforge.io/crc-catalogue/17plus.htm>: CRC-32/ISO-HDLC
/// is 0xcbf43926, CRC-32/ISCSI 0xe3069283, CRC-64/NVME 0xae8b14860a799888.
const CONTENT: &str = "123456789";

#[tokio::test]
async fn content_agrees_with_its_checksums() {
    let cases: &[(Fields, u16, Option<&str>)] = &[
        (&[("x-amz-checksum-crc32", "y/Q5Jg==")], 200, None),
        (&[("x-amz-checksum-crc32c", "4waSgw==")], 200, None),
        (&[("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")], 200, None),
        (
            &[("x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")],
            200,
            Some("x-amz-checksum-sha256"),
        ),
        (&[("x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=")], 200, None),
        (&[("x-amz-checksum-crc64nvme", "rosUhgp5mIg=")], 200, None),
        (&[("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=")], 200, None),
        (&[("x-amz-checksum-crc64nvme", "sosUhgp5mIg=")], 200, Some("x-amz-checksum-crc64nvme")),
        (&[("x-amz-checksum-sha1", "99O8HYCOBHMq32eZZczDTKeuNEE=")], 200, Some("x-amz-checksum-sha1")),
        (&[("x-amz-checksum-crc32", "4waSgw==")], 200, Some("x-amz-checksum-crc32")),
        (&[("x-amz-checksum-crc32c", "y/Q5Jg==")], 200, Some("x-amz-checksum-crc32c")),
        (&[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")], 200, Some("Content-MD5")),
        // combined from parts, of the whole object, of another length or form, several that differ
        (&[("x-amz-checksum-crc32", "4waSgw==-3")], 200, None),
        (&[("x-amz-checksum-crc32", "4waSgw==")], 206, None),
        (&[("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")], 206, None),
        (&[("content-md5", "none")], 200, None),
        (&[("content-md5", "")], 200, None),
        (&[("content-md5", "25f9e794323b453885f5181f1b624d0b")], 200, None),
        (&[("content-md5", "JfnnlDI7RTiF9RgfG2JN")], 200, None),
        (&[("x-amz-checksum-crc32", "cbf43926")], 200, None),
        (&[("x-amz-checksum-crc32", "y/Q5JgA=")], 200, None),
        (&[("x-amz-checksum-crc64nvme", "sosUhg==")], 200, None),
        (&[("x-amz-checksum-sha1", "4waSgw==")], 200, None),
        (&[("x-amz-checksum-sha256", "98O8HYCOBHMq32eZZczDTKeuNEE=")], 200, None),
        (
            &[("content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="), ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")],
            200,
            None,
        ),
        (&[("content-md5", "*")], 200, None),
        (&[("x-amz-checksum-type", "COMPOSITE")], 200, None),
        (&[], 200, None),
    ];
    for (fields, status, differs) in cases {
        for in_trailers in [false, true] {
            let mut steps = vec![data("1234"), data("56789")];
            if in_trailers {
                steps.push(Step::Trailers(headers(fields)));
            }
            let response = response(*status, if in_trailers { &[] } else { fields }, Script::new(steps));
            let outcome = call(ContentCheckLayer::new(Checksum::new()), response).await;
            match differs {
                None => {
                    let content = outcome.unwrap().into_body().into_text().await.unwrap();
                    assert_eq!(content, CONTENT, "{fields:?}");
                }
                Some(field) => assert_eq!(
                    error(outcome).reason(),
                    Some(&*format!("content does not agree with its {field}")),
                    "{fields:?}"
                ),
            }
        }
    }
}
