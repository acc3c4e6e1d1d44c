//! `RetryPolicy` under `ContinueLayer`: one count, one budget and one deadline for the requests of a body, whoever sends
//! them. The numbers are those of the cases of streaming continuation (see each test).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod above;
mod async_read;
mod budget;
mod clients;
mod count;
mod deadline;
mod dropped;
mod long;
mod observed;
mod overrides;
mod reader;
mod told;
mod waits;
mod wire;
