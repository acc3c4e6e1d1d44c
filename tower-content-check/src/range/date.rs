use super::part::one;
use crate::digits::digits;
use http::{HeaderMap, HeaderValue, header};

/// A second within which a file changed twice has one date. RFC 9110 section 8.8.2.2 asks for one second between that and
/// the answer where one clock made both; a minute, as RFC 7232 had it, allows for two clocks.
const CLEARLY: u64 = 60;

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// `Last-Modified` where it is a strong validator: the answer is clearly later.
pub(super) fn strong(headers: &HeaderMap) -> Option<&HeaderValue> {
    let modified = one(headers, &header::LAST_MODIFIED)?;
    let answered = seconds(one(headers, &header::DATE)?.as_bytes())?;
    (answered >= seconds(modified.as_bytes())?.checked_add(CLEARLY)?).then_some(modified)
}

/// Seconds since the year 0 of an IMF-fixdate, the one form that may be sent: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn seconds(date: &[u8]) -> Option<u64> {
    let (_, rest) = date.split_at_checked(5)?;
    let [d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', h1, h2, b':', n1, n2, b':', s1, s2, rest @ ..] =
        rest
    else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == [*m1, *m2, *m3])? as u64;
    let (day, year) = (digits(&[*d1, *d2])?, digits(&[*y1, *y2, *y3, *y4])?);
    let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*n1, *n2])?, digits(&[*s1, *s2])?);
    let valid = rest == b" GMT" && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    // Counted from March, so that the leap day is the last one of its year.
    let (year, month) = if month < 2 { (year.checked_sub(1)?, month + 10) } else { (year, month - 2) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    valid.then_some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_to_seconds() {
        let from = |date: &str| seconds(date.as_bytes());
        let epoch = from("Thu, 01 Jan 1970 00:00:00 GMT").unwrap();
        let cases = [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Tue, 29 Feb 2000 23:59:59 GMT", Some(951_868_799)),
            ("Wed, 01 Mar 2000 00:00:00 GMT", Some(951_868_800)),
            ("Thu, 26 Nov 2026 00:00:00 GMT", Some(1_795_651_200)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("Sun Nov  6 08:49:37 1994", None),
            ("Sun, 06 Nov 1994 08:49:37 +00", None),
            ("Sun, 06 Nov 1994 24:49:37 GMT", None),
            ("Sun, 00 Nov 1994 08:49:37 GMT", None),
            ("", None),
        ];
        for (date, expected) in cases {
            assert_eq!(from(date).map(|seconds| seconds - epoch), expected, "{date}");
        }
    }

    #[test]
    fn a_date_is_strong_a_minute_later() {
        for (second, expected) in [("06", false), ("07", true)] {
            let answered = format!("Sun, 06 Nov 1994 08:50:{second} GMT");
            let headers = HeaderMap::from_iter([
                (header::LAST_MODIFIED, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:07 GMT")),
                (header::DATE, HeaderValue::try_from(answered).unwrap()),
            ]);
            assert_eq!(strong(&headers).is_some(), expected);
        }
        assert_eq!(strong(&HeaderMap::new()), None);
    }
}
