use super::{
    expected::Expected,
    nesting::Container,
    number::{self, Digits, Left},
    runs::Runs,
    state::{Role, State},
    validator::JsonValidator,
};
use std::convert::Infallible;

/// A way through one frame.
pub(super) struct Walk<'a> {
    pub(super) data: &'a [u8],
    pub(super) at: usize,
    /// The innermost open container, at hand in a register.
    inside: Option<Container>,
    pub(super) runs: Runs,
    pub(super) json: &'a mut JsonValidator,
}

/// The walk does not go on: the validator has been told why. A byte in a register, where the reason would not be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stopped;

/// What comes next, once a token is complete.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Next {
    Value,
    AfterValue,
}

pub(super) type Step<T = ()> = Result<T, Stopped>;

// ===== impl Walk =====

impl<'a> Walk<'a> {
    #[inline(always)]
    pub(super) fn new(data: &'a [u8], json: &'a mut JsonValidator) -> Self {
        Self { data, at: 0, inside: json.nesting.innermost(), runs: Runs::NONE, json }
    }

    /// Walks on from `state` until the frame is used up or the content is found wrong.
    #[inline]
    pub(super) fn run(mut self, state: State) -> Stopped {
        let Err(stopped) = self.resume(state).and_then(|next| self.go_on(next));
        stopped
    }

    fn go_on(self, mut next: Next) -> Step<Infallible> {
        // A value of its own, that no call borrows, so that its parts can stay in registers.
        let Walk { data, at, inside, runs, json } = self;
        let mut walk = Walk { data, at, inside, runs, json };
        loop {
            if next == Next::Value {
                next = walk.value()?;
            }
            if next == Next::AfterValue {
                next = walk.after_value()?;
            }
        }
    }

    /// Does what is rare with a walk of its own, so that this one need not be in memory for it.
    #[inline(always)]
    pub(super) fn apart<T>(&mut self, mut rare: impl FnMut(&mut Walk<'_>) -> Step<T>) -> Step<T> {
        let Walk { data, at, inside, runs, .. } = *self;
        let mut walk = Walk { data, at, inside, runs, json: self.json };
        let step = rare(&mut walk);
        self.at = walk.at;
        step
    }

    /// Completes what the frame before left open.
    fn resume(&mut self, state: State) -> Step<Next> {
        match state {
            State::Value => Ok(Next::Value),
            State::AfterValue => Ok(Next::AfterValue),
            State::FirstValue => self.first_value(),
            State::FirstKey => self.first_key(),
            State::Key => self.key(),
            State::Colon => self.colon(),
            State::String(role) => {
                if self.json.partial.is_empty() {
                    self.string(role)?;
                } else {
                    self.foreign(role)?;
                }
                self.after_string(role)
            }
            State::Escape(role) => {
                self.escape(role)?;
                self.string(role)?;
                self.after_string(role)
            }
            State::Hex(role, seen) => {
                self.hex(role, seen)?;
                self.string(role)?;
                self.after_string(role)
            }
            State::Number(digits) => self.number(digits),
            State::Literal(word, seen) => self.literal(word, seen),
        }
    }

    #[inline(always)]
    fn value(&mut self) -> Step<Next> {
        let byte = self.peek(State::Value)?;
        match byte {
            b'"' => {
                self.at += 1;
                self.string(Role::Value)?;
                Ok(Next::AfterValue)
            }
            b'{' => {
                self.open(Container::Object)?;
                self.first_key()
            }
            b'[' => {
                self.open(Container::Array)?;
                self.first_value()
            }
            b'1'..=b'9' => self.number_behind(Digits::Integer),
            b'0' => self.number_behind(Digits::Zero),
            b'-' => self.number_behind(Digits::Minus),
            b't' => self.literal("true", 0),
            b'f' => self.literal("false", 0),
            b'n' => self.literal("null", 0),
            _ => self.fault(Expected::Value),
        }
    }

    #[inline(always)]
    fn after_value(&mut self) -> Step<Next> {
        let byte = match self.data.get(self.at) {
            Some(b',') => b',',
            _ => self.peek(State::AfterValue)?,
        };
        match (byte, self.inside) {
            (b',', Some(Container::Object)) => {
                self.at += 1;
                self.key()
            }
            (b',', Some(Container::Array)) => {
                self.at += 1;
                Ok(Next::Value)
            }
            (b'}', Some(Container::Object)) | (b']', Some(Container::Array)) => self.close(),
            (_, Some(Container::Object)) => self.fault(Expected::CommaOrBrace),
            (_, Some(Container::Array)) => self.fault(Expected::CommaOrBracket),
            (_, None) => self.fault(Expected::End),
        }
    }

    #[inline(always)]
    fn first_value(&mut self) -> Step<Next> {
        match self.peek(State::FirstValue)? {
            b']' => self.close(),
            _ => Ok(Next::Value),
        }
    }

    #[inline(always)]
    fn first_key(&mut self) -> Step<Next> {
        match self.peek(State::FirstKey)? {
            b'}' => self.close(),
            b'"' => self.key(),
            _ => self.fault(Expected::KeyOrBrace),
        }
    }

    #[inline(always)]
    fn key(&mut self) -> Step<Next> {
        if self.data.get(self.at) != Some(&b'"') && self.peek(State::Key)? != b'"' {
            return self.fault(Expected::Key);
        }
        self.at = self.runs.plain.end(self.data, self.at + 1);
        // What nearly every key ends with, in one look.
        if let Some([b'"', b':']) = self.data.get(self.at..).and_then(<[u8]>::first_chunk) {
            self.at += 2;
            return Ok(Next::Value);
        }
        self.string(Role::Key)?;
        self.colon()
    }

    #[inline(always)]
    fn colon(&mut self) -> Step<Next> {
        if self.data.get(self.at) != Some(&b':') && self.peek(State::Colon)? != b':' {
            return self.fault(Expected::Colon);
        }
        self.at += 1;
        Ok(Next::Value)
    }

    fn after_string(&mut self, role: Role) -> Step<Next> {
        match role {
            Role::Key => self.colon(),
            Role::Value => Ok(Next::AfterValue),
        }
    }

    #[inline(always)]
    fn open(&mut self, container: Container) -> Step {
        if self.json.nesting.depth() >= self.json.max_depth {
            return self.fault(Expected::Depth(self.json.max_depth));
        }
        self.at += 1;
        self.json.nesting.open(container);
        self.inside = Some(container);
        Ok(())
    }

    #[inline(always)]
    fn close(&mut self) -> Step<Next> {
        self.at += 1;
        self.json.nesting.close();
        self.inside = self.json.nesting.innermost();
        Ok(Next::AfterValue)
    }

    #[inline(always)]
    fn number_behind(&mut self, first: Digits) -> Step<Next> {
        self.at += 1;
        self.number(first)
    }

    #[inline(always)]
    fn number(&mut self, digits: Digits) -> Step<Next> {
        match number::follow(self.data, self.at, digits, &mut self.runs.digits) {
            Left::Complete(at) => {
                self.at = at;
                Ok(Next::AfterValue)
            }
            Left::NoDigit(at) => {
                self.at = at;
                self.fault(Expected::Digit)
            }
            Left::Starved(digits) => self.starved(State::Number(digits)),
        }
    }

    /// The frame is used up.
    #[inline(always)]
    pub(super) fn starved<T>(&mut self, state: State) -> Step<T> {
        self.json.pause(state);
        Err(Stopped)
    }

    /// The content is not JSON from here on.
    #[inline(always)]
    pub(super) fn fault<T>(&mut self, expected: Expected) -> Step<T> {
        self.json.fail(self.at as isize, expected);
        Err(Stopped)
    }
}
