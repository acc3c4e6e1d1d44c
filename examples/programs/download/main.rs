//! Downloads a file, whatever happens to the connection on the way.
//!
//! ```text
//! cargo run --release --example download -- https://example.com/map.bin
//! cargo run --release --example download -- --sha256 9f86d0... --output map.bin http://127.0.0.1:8080/file
//! ```
//!
//! - The body is written as it comes; when it breaks off, it goes on at the very byte ([`fetch`]). The bar says so.
//! - What an earlier run has left is gone on with, if the server still has that version ([`resumed`]).
//! - It is written beside its place, and renamed when it is whole and agrees with every digest: that of the command line
//!   ([`sha256`]) and those that the server states. A file that does not is not kept ([`part`]).
//! - It ends with 0 if the file is there, with 1 if that failed, and with 2 if it was asked for something that cannot be.
//!   Neither the query nor the password of a URL is ever printed ([`address`]).
//!
//! The second URL is one of the program `misbehaving_server`, whose connections break.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program speaks to its user")]

mod address;
#[path = "../arguments.rs"]
mod arguments;
mod bar;
mod failure;
mod fetch;
mod part;
mod resumed;
mod sha256;
mod spliced;

use address::Address;
use clap::Parser;
use failure::Failure;
use fetch::fetch;
use part::Part;
use sha256::Sha256;
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// Downloads a file, whatever happens to the connection on the way.
#[derive(Parser)]
pub(crate) struct Arguments {
    /// What to download; a user and a password in it are sent to its host
    // read later, because an error would show it
    url: String,
    /// Where to write it; by default under the last name of the URL, here
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The SHA-256 that it has, in hexadecimal digits
    #[arg(long, value_name = "HASH")]
    sha256: Option<Sha256>,
    /// How long the server may be silent, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = arguments::seconds)]
    patience: Duration,
    /// How often in a row to ask again before something comes
    #[arg(long, value_name = "COUNT", default_value = "9")]
    retries: u32,
}

async fn download(arguments: Arguments) -> Result<(), Failure> {
    let address = Address::parse(&arguments.url)?;
    let output = match &arguments.output {
        Some(output) => output.clone(),
        None => address.file_name()?.into(),
    };
    let mut part = Part::open(&output, &address)?;
    match fetch(&arguments, &address, &mut part).await {
        Ok(done) => {
            part.keep_as(&output).await?;
            println!("{}: {done}", output.display());
            Ok(())
        }
        Err(failure) => {
            part.leave(&failure).await;
            Err(failure)
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match download(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit_code()
        }
    }
}
