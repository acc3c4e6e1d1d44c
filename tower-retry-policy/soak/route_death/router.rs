//! Runs one case: root of a user namespace, and the router of its network.

use crate::{
    BoxError,
    case::{Case, Loss},
    network::Network,
    role::Role,
};
use std::time::Duration;
use tokio::time::sleep;

/// Long enough for a write to leave, and short beside the connection's patience of four seconds.
const ON_ITS_WAY: Duration = Duration::from_millis(300);

pub(crate) async fn run(name: &str) -> Result<(), BoxError> {
    let case = Case::of(name)?;
    let mut server = Role::start("server", name).await?;
    let mut client = Role::start("client", name).await?;
    let network = Network::between(&client, &server).await?;
    server.tell("listen").await?;
    server.until("listening").await?;
    client.tell("go").await?;
    client.until("connected").await?;

    server.until("processed").await?;
    // The kernel looks for the route of what it repeats: something has to be on its way that nobody acknowledges.
    network.swallow()?;
    client.tell("write").await?;
    sleep(ON_ITS_WAY).await;
    network.take_route(case.loss).await?;
    if case.loss == Loss::Answer {
        server.tell("answer").await?;
        server.until("answered").await?;
    }
    let noticed = client.hear().await?;
    network.give_back_route(case.loss).await?;
    if case.loss != Loss::Answer {
        server.tell("answer").await?;
    }
    let mut outcome = noticed.clone();
    while !outcome.starts_with("ended") {
        outcome = client.hear().await?;
    }
    client.end().await?;
    let processed = 1 + server.end().await?.iter().filter(|line| *line == "processed").count();

    println!("{name}: processed {processed} time(s)\n    first {noticed}\n    {outcome}");
    if case.is_heard_of() && !tells_of_a_lost_route(&noticed) {
        return Err("the kernel did not report the lost route, so nothing was shown".into());
    }
    if processed == 1 { Ok(()) } else { Err("the server processed the POST more than once".into()) }
}

/// `EHOSTUNREACH` and `ENETUNREACH`, as the standard library or the C library words them.
fn tells_of_a_lost_route(error: &str) -> bool {
    ["unreachable", "No route to host"].iter().any(|text| error.contains(text))
}
