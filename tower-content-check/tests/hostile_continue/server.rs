//! The server: what it answers, in the knowledge of what the reader has.

use crate::{
    asked,
    lies::{self, Bad, Class, Either, Good},
    plan::{First, Plan},
    reply::{Ending, Reply},
    rng::Rng,
    truth::{DATE, EMPTY_SUM, STORED, TAG, poison, sum, truth},
};
use bytes::Bytes;
use http::{Request, header};

pub(crate) struct Server {
    pub(crate) plan: Plan,
    pub(crate) rng: Rng,
    pub(crate) requests: u32,
    /// Bytes that the reader has.
    pub(crate) delivered: u64,
    /// What it knows of the length.
    pub(crate) length: Option<u64>,
    /// What has been said of the length.
    pub(crate) claims: Vec<u64>,
    /// Nothing may be asked for any more.
    pub(crate) over: bool,
    /// What the last answer left no choice but.
    pub(crate) last: Option<Last>,
    /// Damaged bytes were sent in a good head's name.
    pub(crate) damaged: bool,
    /// The last answer was a part.
    pub(crate) part: bool,
    first: Option<Request<()>>,
    /// Print what is sent.
    pub(crate) tell: bool,
}

/// The only end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Last {
    Changed,
    Gone,
    Status(u16),
}

impl Server {
    pub(crate) fn new(plan: Plan, rng: Rng) -> Self {
        Self {
            plan,
            rng,
            requests: 0,
            delivered: 0,
            length: None,
            claims: Vec::new(),
            over: false,
            last: None,
            damaged: false,
            part: false,
            first: None,
            tell: false,
        }
    }

    pub(crate) fn sum(&self) -> u64 {
        sum(EMPTY_SUM, &truth(0, self.plan.length))
    }

    pub(crate) fn answer<B>(&mut self, request: &Request<B>) -> Reply {
        self.requests += 1;
        assert!(!self.over, "asked after the end");
        assert!(self.requests < 5000, "asked without an end");
        let reply = self.reply(request);
        let totals = reply.fields.get_all("content-range").iter().filter_map(|range| {
            let range = range.to_str().ok()?;
            range.rsplit('/').next()?.trim().trim_start_matches('+').parse().ok()
        });
        if self.tell {
            eprintln!("{:?} {:?}\n    {reply:?}", request.headers().get(header::RANGE), self.delivered);
        }
        self.claims.extend(totals.chain([self.plan.length]));
        reply
    }

    fn reply<B>(&mut self, request: &Request<B>) -> Reply {
        let Some(first) = &self.first else {
            let mut first = Request::new(());
            *first.method_mut() = request.method().clone();
            *first.uri_mut() = request.uri().clone();
            *first.headers_mut() = request.headers().clone();
            first.headers_mut().remove(header::HOST);
            self.first = Some(first);
            return self.first();
        };
        // by a part whose total counts
        if self.length.is_none() && self.delivered > 0 {
            let range = request.headers()[header::RANGE].to_str().unwrap();
            if let Some(last) = range.rsplit('-').next().and_then(|last| last.parse::<u64>().ok()) {
                self.length = Some(last + 1);
            }
        }
        asked::check(&self.plan, first, request, self.delivered, self.length);
        assert_eq!(self.last, None, "asked again after an answer that is final");
        self.part = false;
        self.rest()
    }

    fn whole(&mut self) -> Reply {
        let plan = &self.plan;
        let mut reply = Reply::new(200);
        if plan.typed {
            reply.add("content-type", "text/plain");
        }
        if plan.told {
            reply.add("content-length", plan.length.to_string());
        } else {
            reply.add("transfer-encoding", "chunked");
        }
        if let Some(coding) = plan.coding {
            reply.add("content-encoding", coding);
        }
        self.validated(reply)
    }

    fn validated(&self, reply: Reply) -> Reply {
        if self.plan.by_date {
            reply.field("last-modified", DATE).field("date", "Thu, 02 Jan 2025 00:00:00 GMT")
        } else {
            reply.field("etag", TAG)
        }
    }

    fn first(&mut self) -> Reply {
        let mut reply = self.whole();
        let fields = &mut reply.fields;
        match self.plan.first {
            First::Good => {}
            First::Tags(tags) => {
                for name in ["etag", "last-modified"] {
                    fields.remove(name);
                }
                for tag in tags {
                    fields.append("etag", tag.parse().unwrap());
                }
            }
            First::NoRanges => {
                fields.insert("accept-ranges", "none".parse().unwrap());
            }
            First::Status(status) => reply.status = status,
            First::Date(date) => {
                for name in ["etag", "date"] {
                    fields.remove(name);
                }
                fields.insert("last-modified", DATE.parse().unwrap());
                if let Some(date) = date {
                    fields.insert("date", date.parse().unwrap());
                }
            }
        }
        self.length = self.plan.told.then_some(self.plan.length);
        let ending = self.ending(self.plan.told && self.plan.is_continued());
        self.send(reply, 0, self.plan.length, ending)
    }

    /// The bytes from `begin` to before `end`.
    fn send(&mut self, reply: Reply, begin: u64, end: u64, ending: Ending) -> Reply {
        let mut content = truth(begin, end);
        let ending = match ending {
            Ending::Whole | Ending::FailAfter | Ending::Surplus if end > STORED => Ending::Fail,
            ending => ending,
        };
        if self.plan.checked && !self.plan.honest && !content.is_empty() && self.rng.chance(5) {
            let at = usize::try_from(self.rng.below(content.len() as u64)).unwrap();
            let mut damaged = content.to_vec();
            damaged[at] ^= 1;
            content = damaged.into();
            self.damaged = true;
        }
        reply.content(&mut self.rng, &content, ending, &poison(0, 50))
    }

    fn ending(&mut self, told: bool) -> Ending {
        match self.rng.below(10) {
            0..3 => Ending::Whole,
            3 => Ending::FailAfter,
            4 if told => Ending::Short,
            5 if told && !self.plan.honest => Ending::Surplus,
            _ => Ending::Fail,
        }
    }

    fn rest(&mut self) -> Reply {
        let known = self.length.is_some();
        let behind = !known && self.delivered >= self.plan.length;
        if self.plan.honest {
            return match self.rng.below(100) {
                0..10 => {
                    let status = *self.rng.pick(&[408, 429, 500, 502, 503, 504]);
                    self.refusal(status)
                }
                _ if behind && self.delivered > 0 => {
                    self.refusal(416).field("content-range", format!("bytes */{}", self.delivered))
                }
                10..20 if self.delivered <= self.plan.skip => self.again(),
                _ if self.delivered == 0 => self.again(),
                _ => self.next_part(),
            };
        }
        match self.rng.below(100) {
            0..8 => {
                let status = *self.rng.pick(&[
                    201, 202, 203, 204, 205, 207, 226, 299, 300, 301, 302, 303, 307, 308, 405, 407, 408, 409,
                    411, 418, 421, 425, 429, 451, 500, 501, 502, 503, 504, 507, 599, 999,
                ]);
                self.refusal(status)
            }
            8..10 => self.final_status(),
            10..18 => self.unsatisfiable(),
            18..30 => self.again(),
            _ if behind || self.delivered == 0 => self.again(),
            _ => self.next_part(),
        }
    }

    /// With all that a part has, and a body that nobody may see.
    fn refusal(&mut self, status: u16) -> Reply {
        let mut reply = self.validated(Reply::new(status));
        if status != 416 && self.plan.length > self.delivered && self.rng.chance(50) {
            let (begin, length) = (self.delivered, self.plan.length);
            reply.add("content-range", format!("bytes {begin}-{}/{length}", length - 1));
            reply.add("content-length", (length - begin).to_string());
        }
        reply.content(&mut self.rng, &poison(self.delivered, self.plan.length), Ending::Whole, &Bytes::new())
    }

    fn final_status(&mut self) -> Reply {
        let status = *self.rng.pick(&[400, 401, 403, 404, 410, 412, 304]);
        self.last = Some(match status {
            412 | 304 => Last::Changed,
            404 | 410 => Last::Gone,
            other => Last::Status(other),
        });
        self.refusal(status)
    }

    fn unsatisfiable(&mut self) -> Reply {
        let (n, length) = (self.delivered, self.plan.length);
        let mut reply = Reply::new(416);
        let other = match self.rng.below(8) {
            0 => None,
            1 => Some(format!("bytes */{length}")),
            2 => Some(format!("bytes */{}", length.saturating_add(1))),
            3 if n < length => Some(format!("bytes {n}-{}/{length}", length - 1)),
            4 => Some("bytes */*".to_owned()),
            5 => Some(format!("items */{n}")),
            6 => Some("bytes */18446744073709551616".to_owned()),
            // the end, where the length is not known and the version the same
            _ => Some(format!("bytes */{n}")),
        };
        match &other {
            Some(range) if *range == format!("bytes */{n}") && n < length => {
                let tags: [&[&str]; 4] = [&["\"v2\""], &["W/\"v1-abc\""], &[TAG, "\"v2\""], &["\"v2\"", TAG]];
                for tag in *self.rng.pick(&tags) {
                    reply.add("etag", tag);
                }
                // by date there is no tag that could be another one
                if self.plan.by_date {
                    reply = Reply::new(416).field("last-modified", "Thu, 02 Jan 2025 00:00:00 GMT");
                }
                reply.add("content-range", range);
            }
            Some(range) => reply.add("content-range", range),
            None => {}
        }
        if self.rng.chance(10) {
            reply.add("content-range", format!("bytes */{}", n + 7));
        }
        reply.content(&mut self.rng, &poison(0, 20), Ending::Whole, &Bytes::new())
    }

    /// The whole, once more.
    fn again(&mut self) -> Reply {
        let mut reply = self.whole();
        let mut class = if self.delivered <= self.plan.skip { Good } else { Either };
        let lie = if self.plan.honest { 9 } else { self.rng.below(10) };
        match lie {
            0 => class = class.max(self.lie_of_version(&mut reply, true)),
            1 => {
                let lie = lies::length(&mut self.rng, self.plan.length);
                // it may be the first time that a length is told
                if self.plan.told || lie.1 != Bad {
                    class = class.max(replace(&mut reply, "content-length", lie));
                }
            }
            2 => {
                let lie = lies::coding(&mut self.rng, self.plan.coding, true);
                class = class.max(replace(&mut reply, "content-encoding", lie));
            }
            3 if self.delivered > 0 && self.delivered < self.plan.length => {
                // a part in the name of a whole
                reply.fields.remove("content-length");
                let (begin, length) = (self.delivered, self.plan.length);
                reply.add("content-range", format!("bytes {begin}-{}/{length}", length - 1));
                let ending = self.ending(true);
                return self.send(reply, begin, length, ending);
            }
            4 => {
                reply.fields.remove("content-length");
                class = class.max(Either);
            }
            _ => {}
        }
        // where no length is known, only an end before what was there before is known to be one
        let known = self.length.is_some();
        if !known && class != Bad && self.delivered > 0 && self.rng.chance(10) && !self.plan.honest {
            reply.fields.remove("content-length");
            return self.send(reply, 0, self.delivered.min(self.plan.length), Ending::Short);
        }
        // bytes behind a length that was a lie would be part of it
        let known = self.length == Some(self.plan.length);
        self.body(reply, class, 0, self.plan.length, known)
    }

    /// The next part, and more or less than it.
    fn next_part(&mut self) -> Reply {
        let (n, length, known) = (self.delivered, self.plan.length, self.length.is_some());
        // the length may have been a lie
        if n >= length || length > STORED * 2 && n >= STORED {
            return self.refusal(503);
        }
        let mut class = Good;
        let mut begin = n;
        let mut end = length;
        if length > STORED * 2 {
            end = self.rng.between(n + 1, STORED);
        }
        match self.rng.below(20) {
            0..3 => end = self.rng.between(n + 1, end),
            3 => begin = n - self.rng.below(n + 1),
            4 => (begin, end) = (n - self.rng.below(n + 1), self.rng.between(n + 1, end)),
            5 if !self.plan.honest && n + 1 < end => {
                (begin, class) = (self.rng.between(n + 1, end - 1), Either);
            }
            6 if !self.plan.honest => {
                end = self.rng.between(1, n);
                begin = self.rng.below(end);
                class = Either;
            }
            _ => {}
        }
        if n - n.min(begin) > self.plan.skip {
            (begin, class) = if self.plan.honest { (n, Good) } else { (begin, Either) };
        }
        let mut reply = self.validated(Reply::new(206));
        reply.add("content-range", format!("bytes {begin}-{}/{length}", end - 1));
        if self.rng.chance(70) || self.plan.honest && self.plan.may_be_unpacked() {
            reply.add("content-length", (end - begin).to_string());
        } else {
            reply.add("transfer-encoding", "chunked");
        }
        if let Some(coding) = self.plan.coding
            && self.rng.chance(50)
        {
            reply.add("content-encoding", coding);
        }
        if !self.plan.honest {
            class = class.max(self.lies(&mut reply, begin, end, length, known));
        }
        self.part = true;
        self.body(reply, class, begin, end, true)
    }

    fn lies(&mut self, reply: &mut Reply, begin: u64, end: u64, length: u64, known: bool) -> Class {
        let mut class = Good;
        if self.rng.chance(15) {
            class = class.max(self.lie_of_version(reply, false));
        }
        if end == length && self.rng.chance(30) {
            let lie = lies::range(&mut self.rng, begin, length, known);
            class = class.max(replace(reply, "content-range", lie));
        }
        if self.rng.chance(10) {
            let lie = lies::length(&mut self.rng, end - begin);
            // it would count for nothing beside chunks
            reply.fields.remove("transfer-encoding");
            class = class.max(replace(reply, "content-length", lie));
        }
        if self.rng.chance(10) {
            let lie = lies::coding(&mut self.rng, self.plan.coding, false);
            class = class.max(replace(reply, "content-encoding", lie));
        }
        if self.rng.chance(5) {
            let kinds = ["multipart/byteranges; boundary=X", "Multipart/ByteRanges", "multipart/byteranges"];
            let kind = *self.rng.pick(&kinds);
            if self.rng.chance(50) {
                reply.fields.remove("content-range");
            }
            class = class.max(replace(reply, "content-type", (vec![kind.into()], Bad)));
        }
        class
    }

    fn lie_of_version(&mut self, reply: &mut Reply, whole: bool) -> Class {
        if self.plan.by_date {
            let (values, class) = lies::date(&mut self.rng);
            let class = if whole && values.is_empty() { Bad } else { class };
            replace(reply, "last-modified", (values, class))
        } else {
            let lie = lies::tag(&mut self.rng);
            replace(reply, "etag", lie)
        }
    }

    fn body(&mut self, mut reply: Reply, class: Class, begin: u64, end: u64, told: bool) -> Reply {
        let ending = self.ending(told);
        if !reply.fields.contains_key("content-length") && self.rng.chance(30) {
            reply.hint = Some(end - begin);
        }
        if class == Bad {
            let content = poison(begin, end);
            return reply.content(&mut self.rng, &content, ending, &poison(0, 50));
        }
        self.send(reply, begin, end, ending)
    }
}

fn replace(reply: &mut Reply, name: &'static str, (values, class): lies::Fields) -> Class {
    reply.fields.remove(name);
    for value in values {
        reply.add(name, value);
    }
    class
}
