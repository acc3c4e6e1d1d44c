//! The gateway answers what its transcript says. `TRANSCRIPTS=overwrite cargo test -p programs` writes what it answers.
//!
//! A line that begins with `>` is a request: method, path, and the length of its body. Ports are other ones in the test
//! than in the transcript.

use crate::{
    client::{Client, content},
    gateway::Gateway,
    upstream::Upstream,
};
use http::header::{CONTENT_LENGTH, DATE};
use std::{env, fmt::Write, fs, path::Path};

const FILE: &str = "transcripts/axum_gateway.txt";

#[tokio::test]
async fn the_gateway_answers_as_its_transcript_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let expected = fs::read_to_string(&path).unwrap();
    let upstream = Upstream::start(0).await;
    // an address that refuses: bound, and not listened at
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let refusing = format!("nobody=http://{}", nobody.local_addr().unwrap());
    let up = upstream.argument();
    let arguments = [up.as_str(), refusing.as_str(), "--deadline", "1.5", "--patience", "0.6"];
    let gateway = Gateway::start(&arguments).await;
    let client = Client::of(&gateway.address);

    let mut printed = String::new();
    let mut lines = expected.lines().peekable();
    // what stands before the first request says how to start it
    while let Some(line) = lines.next_if(|line| !line.starts_with('>')) {
        writeln!(printed, "{line}").unwrap();
    }
    for line in lines.filter(|line| line.starts_with('>')) {
        let words: Vec<&str> = line[1..].split_whitespace().collect();
        let [method, path, rest @ ..] = words.as_slice() else { unreachable!("{line}") };
        let length: usize = rest.first().map_or(0, |length| length.parse().unwrap());
        let headers =
            [("connection", "keep-alive, x-of-this-connection"), ("x-of-this-connection", "1"), ("te", "x")];
        let body = content(vec![b'x'; length]);
        let answer = client.call(method, path, &headers, body).await.unwrap();
        writeln!(printed, "{line}\n{}", answer.status).unwrap();
        for (name, value) in answer.headers.iter().filter(|(name, _)| ![DATE, CONTENT_LENGTH].contains(*name))
        {
            writeln!(printed, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
        let content = answer.content.replace(&upstream.address.to_string(), "127.0.0.1:8080");
        writeln!(printed, "\n{}", content.replace(&gateway.address, "127.0.0.1:3000")).unwrap();
    }
    if env::var_os("TRANSCRIPTS").is_some_and(|value| value == "overwrite") {
        fs::write(path, printed).unwrap();
    } else {
        assert!(printed == expected, "printed:\n{printed}\nexpected:\n{expected}");
    }
}
