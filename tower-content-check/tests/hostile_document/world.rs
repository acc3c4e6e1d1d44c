use crate::{
    Call,
    script::{Random, Script},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header, response};
use md5::Md5;
use sha2::{Digest, Sha256};
use std::io::Write;
use tower_content_check::BoxError;

/// What the server states, and whether it may lie where only a sum would show it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    HeadSum,
    TrailerSum,
    Honest,
    Packed,
    PackedHonest,
}

#[derive(Clone)]
struct Version {
    plain: Vec<u8>,
    packed: Vec<u8>,
}

pub(crate) struct World {
    random: Random,
    kind: Kind,
    versions: Vec<Version>,
    tags: u64,
    current: usize,
    /// What an attempt may have of the current version: bytes that were delivered since the last 200.
    delivered: Vec<u8>,
    delivered_of: Option<(usize, bool)>,
    pub(crate) faulty: bool,
    /// The last answer was right, with all that came before it.
    pub(crate) right: bool,
    log: Vec<String>,
    last_modified: bool,
    vary: bool,
    strong: bool,
    /// A server that packs on its way out and keeps the tag.
    keeps_tag: bool,
}

const FIELDS: [&str; 4] = ["repr-digest", "content-digest", "content-md5", "x-amz-checksum-sha256"];

fn sum(field: &str, content: &[u8]) -> HeaderValue {
    let text = match field {
        "content-md5" => STANDARD.encode(Md5::digest(content)),
        "x-amz-checksum-sha256" => STANDARD.encode(Sha256::digest(content)),
        _ => format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(content))),
    };
    HeaderValue::try_from(text).unwrap()
}

fn pack(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

impl World {
    pub(crate) fn new(seed: u64, kind: Kind) -> Self {
        let mut random = Random::new(seed);
        let versions = (0..4).map(|_| {
            let longest = [2, 12, 90, 2500][random.index(4)];
            let length = random.index(longest);
            let plain: Vec<u8> = (0..length).map(|_| b'a' + (random.below(16) as u8)).collect();
            let packed =
                if matches!(kind, Kind::Packed | Kind::PackedHonest) { pack(&plain) } else { Vec::new() };
            Version { packed, plain }
        });
        let versions = versions.collect();
        let strong = !random.one_in(6);
        let last_modified = random.one_in(2);
        let vary = random.one_in(2);
        let tags = random.below(3);
        let keeps_tag = kind == Kind::PackedHonest && random.one_in(2);
        Self {
            random,
            kind,
            versions,
            tags,
            current: 0,
            delivered: Vec::new(),
            delivered_of: None,
            faulty: false,
            right: false,
            log: Vec::new(),
            last_modified,
            vary,
            strong,
            keeps_tag,
        }
    }

    pub(crate) fn story(&self) -> String {
        let lengths: Vec<_> = self.versions.iter().map(|v| (v.plain.len(), v.packed.len())).collect();
        format!("lengths {lengths:?}\n{}", self.log.join("\n"))
    }

    fn lies(&self) -> bool {
        matches!(self.kind, Kind::HeadSum | Kind::TrailerSum)
    }

    /// Whether a body that ends short of its length without an error is told, without a check of the length.
    fn told_when_short(&self) -> bool {
        match self.kind {
            Kind::Honest => self.strong,
            kind => kind != Kind::PackedHonest,
        }
    }

    fn bytes(&self, version: usize, packed: bool) -> Vec<u8> {
        let version = &self.versions[version];
        if packed { version.packed.clone() } else { version.plain.clone() }
    }

    fn tag(&self, version: usize, packed: bool) -> Option<String> {
        let coding = if packed && !self.keeps_tag { "-gz" } else { "" };
        match self.tags {
            _ if !self.strong && self.tags == 0 => None,
            _ if !self.strong => Some(format!("W/\"v{version}{coding}\"")),
            _ => Some(format!("\"v{version}{coding}\"")),
        }
    }

    fn head(&self, status: StatusCode, version: usize, packed: bool) -> response::Builder {
        let mut head = Response::builder().status(status).header(header::CONTENT_TYPE, "text/plain");
        if let Some(tag) = self.tag(version, packed) {
            head = head.header(header::ETAG, tag);
        }
        if packed {
            head = head.header(header::CONTENT_ENCODING, "gzip");
        }
        if self.vary || matches!(self.kind, Kind::Packed | Kind::PackedHonest) {
            head = head.header(header::VARY, "accept-encoding");
        }
        if self.last_modified {
            head = head.header(header::LAST_MODIFIED, format!("Tue, 0{} Nov 2020 10:00:00 GMT", version + 1));
        }
        head
    }

    fn field(&self) -> &'static str {
        if self.kind == Kind::TrailerSum { FIELDS[0] } else { FIELDS[self.versions[0].plain.len() % 4] }
    }

    fn note(&mut self, text: String) {
        self.log.push(text);
    }

    pub(crate) fn answer(&mut self, request: &Call) -> Result<Response<Script>, BoxError> {
        let field =
            |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let accepts = field(header::ACCEPT_ENCODING).is_some_and(|value| value.contains("gzip"));
        let packs = matches!(self.kind, Kind::Packed | Kind::PackedHonest) && !self.random.one_in(3);
        let packed = accepts && packs;
        let range = field(header::RANGE);
        self.right = false;
        if self.faulty && self.random.one_in(8) {
            self.current = (self.current + 1) % self.versions.len();
        }
        self.note(format!("range {range:?} packed {packed} current {} faulty {}", self.current, self.faulty));
        let start = range.map(|range| {
            let condition = field(header::IF_RANGE).expect("a rest is asked for on a condition");
            assert!(condition.starts_with('"'), "a condition of {condition}");
            let (start, _) =
                range.strip_prefix("bytes=").and_then(|rest| rest.split_once('-')).expect("one range");
            (start.parse::<usize>().unwrap(), condition)
        });
        if self.faulty && self.random.one_in(12) {
            self.note("no head".into());
            return Err("connection refused".into());
        }
        if self.faulty && self.random.one_in(10) {
            let status = [503, 404, 412, 500, 204][self.random.index(5)];
            self.note(format!("status {status}"));
            let page = if status == 204 { &b""[..] } else { b"a page" };
            let body = Script::new(&mut self.random, page, Some(page.len() as u64));
            return Ok(Response::builder()
                .status(status)
                .header(header::CONTENT_LENGTH, page.len())
                .body(body)?);
        }
        match start {
            Some((start, condition)) if Some(&condition) == self.tag(self.current, packed).as_ref() => {
                if self.random.one_in(4) { self.whole(packed) } else { self.part(start, packed) }
            }
            Some((start, _)) if self.faulty && self.random.one_in(4) => self.part(start, packed),
            _ => self.whole(packed),
        }
    }

    fn whole(&mut self, packed: bool) -> Result<Response<Script>, BoxError> {
        let version = self.current;
        let mut content = self.bytes(version, packed);
        let full = content.len();
        let mut declared = (!self.random.one_in(3)).then_some(full as u64);
        let mut head = self.head(StatusCode::OK, version, packed);
        let mut trailers = HeaderMap::new();
        let field = self.field();
        let mut value = sum(field, &content);
        let mut fails = false;
        let fault = if self.faulty { self.random.below(7) } else { 0 };
        match fault {
            1 | 2 => {
                content.truncate(self.random.index(full + 1));
                fails = true;
            }
            3 if self.lies() || (declared.is_some() && self.told_when_short()) => {
                content.truncate(self.random.index(full + 1));
            }
            4 if self.lies() && full > 0 => {
                let at = self.random.index(full);
                content[at] ^= 1;
                if self.random.one_in(2) {
                    content.truncate(at + 1 + self.random.index(full - at));
                    fails = content.len() < full;
                }
            }
            5 if declared.is_some() && self.lies() => content.extend_from_slice(b"zz"),
            6 if self.lies() => value = sum(field, b"another document"),
            _ => {}
        }
        let silent = content.len() == full && content == self.bytes(version, packed) && !fails;
        self.right = silent && fault != 6;
        if fault == 6 && !self.lies() {
            self.right = silent;
        }
        self.note(format!(
            "200 v{version} fault {fault} declared {declared:?} sends {} fails {fails}",
            content.len()
        ));
        if self.lies() && self.kind == Kind::HeadSum || self.kind == Kind::Packed {
            head = head.header(field, value.clone());
        }
        if self.kind == Kind::TrailerSum {
            trailers.insert(field, value);
            if self.random.one_in(2) {
                declared = None;
            }
        }
        self.delivered.clone_from(&content);
        self.delivered_of = Some((version, fault == 6));
        if let Some(length) = declared {
            head = head.header(header::CONTENT_LENGTH, length);
        } else {
            head = head.header(header::TRANSFER_ENCODING, "chunked");
        }
        let mut body = Script::new(&mut self.random, &content, declared);
        if fails {
            body = body.failing();
        } else if !trailers.is_empty() {
            body = body.trailers(trailers);
        }
        Ok(head.body(body)?)
    }

    fn part(&mut self, start: usize, packed: bool) -> Result<Response<Script>, BoxError> {
        let version = self.current;
        let all = self.bytes(version, packed);
        let total = all.len();
        let clean = self.delivered_of == Some((version, false))
            && self.delivered.get(..start).is_some_and(|had| Some(had) == all.get(..start));
        if start >= total {
            let length =
                if self.faulty && self.random.one_in(2) { total + self.random.index(3) } else { total };
            self.right = clean && start == total && length == total;
            // that what came is the whole would be a lie that only a sum in the first head shows
            let lie = length == start && !self.right && self.kind != Kind::HeadSum;
            let length = length + usize::from(lie);
            self.note(format!("416 */{length}"));
            let body = Script::new(&mut self.random, b"", Some(0));
            return Ok(Response::builder()
                .status(416)
                .header(header::CONTENT_RANGE, format!("bytes */{length}"))
                .header(header::CONTENT_LENGTH, 0)
                .body(body)?);
        }
        let mut content = all[start..].to_vec();
        let mut range = format!("bytes {start}-{}/{total}", total - 1);
        let mut status = StatusCode::PARTIAL_CONTENT;
        let fault = if self.faulty { self.random.below(20) } else { 0 };
        let mut head = self.head(status, version, packed);
        let mut fails = false;
        let mut declared = Some(content.len() as u64);
        let mut right = true;
        match fault {
            1 | 2 => {
                content.truncate(self.random.index(content.len() + 1));
                (fails, right) = (true, false);
            }
            // the rest ends short without a word
            3 => {
                content.truncate(self.random.index(content.len()));
                right = false;
            }
            // a part of the rest, with or without its whole length
            4 => {
                content.truncate(1 + self.random.index(content.len()));
                let end = start + content.len() - 1;
                let unknown = self.random.one_in(2);
                range = if unknown {
                    format!("bytes {start}-{end}/*")
                } else {
                    format!("bytes {start}-{end}/{total}")
                };
                declared = Some(content.len() as u64);
                right = false;
            }
            // begins elsewhere
            5 => {
                let other = self.random.index(total);
                content = all[other..].to_vec();
                range = format!("bytes {other}-{}/{total}", total - 1);
                declared = Some(content.len() as u64);
                right = other == start;
            }
            6 => {
                content.extend_from_slice(b"zz");
                right = false;
            }
            7 => {
                range = [
                    "bytes",
                    "",
                    "bytes 5-3/10",
                    "bytes */9",
                    "items 0-3/9",
                    "bytes 0-99999999999999999999/*",
                ][self.random.index(6)]
                .to_owned();
                right = false;
            }
            8 => {
                head = Response::builder().status(status).header(header::CONTENT_TYPE, "text/plain");
                right = false;
            }
            9 => {
                let other = (version + 1) % self.versions.len();
                head = self.head(status, other, packed);
                content = self.bytes(other, packed).get(start..).unwrap_or_default().to_vec();
                range =
                    format!("bytes {start}-{}/{}", start + content.len().max(1) - 1, start + content.len());
                declared = Some(content.len() as u64);
                right = false;
            }
            10 => {
                range = format!("bytes {start}-{}/{}", total - 1, total + 1);
                // believed, where no length was known: the next honest one is another
                self.delivered_of = None;
                right = false;
            }
            // the whole under the head of a part
            11 => {
                content.clone_from(&all);
                declared = Some(total as u64);
                right = start == 0;
            }
            12 => {
                head = head.header(header::CONTENT_ENCODING, "br");
                right = false;
            }
            // packed bytes that do not say so
            17 if self.keeps_tag => {
                let packed = &self.versions[version].packed;
                if packed.len() != total && start < packed.len() {
                    content = packed[start..].to_vec();
                    range = format!("bytes {start}-{}/{}", packed.len() - 1, packed.len());
                    declared = Some(content.len() as u64);
                    head = self.head(status, version, false);
                    right = false;
                }
            }
            // a lie that only a sum shows: the bytes of another version under the same tag
            13 if self.lies() => {
                let last = content.len() - 1;
                content[last] ^= 1;
                right = false;
            }
            14 => {
                status = StatusCode::RANGE_NOT_SATISFIABLE;
                range = format!("bytes */{}", [total, start, 0][self.random.index(3)]);
                content.clear();
                declared = Some(0);
                right = false;
            }
            15 => {
                head.headers_mut().unwrap().insert(
                    header::CONTENT_TYPE,
                    HeaderValue::from_static("multipart/byteranges; boundary=x"),
                );
                head.headers_mut().unwrap().remove(header::CONTENT_RANGE);
                range = String::new();
                right = false;
            }
            16 => {
                let tag = HeaderValue::try_from(format!("W/\"v{version}\"")).unwrap();
                head.headers_mut().unwrap().insert(header::ETAG, tag);
                right = false;
            }
            _ => {}
        }
        if fault == 14 && range == format!("bytes */{start}") && self.kind != Kind::HeadSum {
            // says that what came is the whole: nobody could know better without a sum
            range = format!("bytes */{}", start + 1);
        }
        if self.random.one_in(3) {
            declared = None;
        }
        self.right = right && clean;
        self.note(format!(
            "{status} {range} fault {fault} declared {declared:?} sends {} fails {fails} right {}",
            content.len(),
            self.right
        ));
        if self.delivered.len() > start {
            self.delivered.truncate(start);
        }
        if self.delivered.len() == start {
            self.delivered.extend_from_slice(&content);
        }
        let mut trailers = HeaderMap::new();
        if self.kind == Kind::TrailerSum {
            trailers.insert("repr-digest", sum("repr-digest", &all));
        }
        head = head.status(status);
        if !range.is_empty() {
            head = head.header(header::CONTENT_RANGE, range);
        }
        if let Some(length) = declared {
            head = head.header(header::CONTENT_LENGTH, length);
        } else {
            head = head.header(header::TRANSFER_ENCODING, "chunked");
        }
        let mut body = Script::new(&mut self.random, &content, declared);
        if fails {
            body = body.failing();
        } else if !trailers.is_empty() {
            body = body.trailers(trailers);
        }
        Ok(head.body(body)?)
    }

    /// A success: the bytes of one version, under the head of that version.
    pub(crate) fn is_document(&self, head: &response::Parts, body: &[u8]) -> Result<(), String> {
        let Some(version) = self.versions.iter().position(|version| version.plain == body) else {
            return Err(format!("{} bytes that are no version of the document", body.len()));
        };
        if let Some(length) = head.headers.get(header::CONTENT_LENGTH)
            && length.to_str().unwrap() != body.len().to_string()
        {
            return Err(format!("Content-Length {length:?} over {} bytes", body.len()));
        }
        if head.headers.contains_key(header::CONTENT_RANGE) {
            return Err("Content-Range over the whole".into());
        }
        let packed = head.headers.get(header::ETAG).is_some_and(|tag| tag.to_str().unwrap().contains("-gz"));
        let tags: Vec<_> =
            (0..4).filter(|v| self.versions[*v].plain == body).map(|v| self.tag(v, packed)).collect();
        let tag = head.headers.get(header::ETAG).map(|tag| tag.to_str().unwrap().to_owned());
        if !tags.contains(&tag) {
            return Err(format!("{tag:?} over version {version}"));
        }
        if head.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes) != Some(b"text/plain") {
            return Err("the media type is gone".into());
        }
        if self.last_modified && !head.headers.contains_key(header::LAST_MODIFIED) {
            return Err("Last-Modified is gone".into());
        }
        Ok(())
    }
}
