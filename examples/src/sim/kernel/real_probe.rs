//! The talk's UDP probe as packets that are sent: through the server's device, the chain and the client's device.

use super::Missing;
use crate::sim::network::{CLIENT, PROBE_PAYLOAD, PROBE_SOURCE, PROBE_TARGET, Probe, SERVER};
use std::{io, net::UdpSocket, time::Duration};
use tokio::time::{Instant, interval};

/// How often packets are sent, so many at a time as are due: tokio's clock has no finer grain.
const TICK: Duration = Duration::from_millis(1);

/// One packet in a hundred is captured, as the lab does it: those of the first hundredth of every tenth of a second.
const CAPTURED_OF: (u128, u128) = (1, 100);

/// Bytes that are captured of a packet: the headers of IP and UDP, and its number.
pub(super) const HEAD: usize = 20 + 8 + 8;

/// Where an IPv4 header has its protocol, and UDP's number.
const UDP: (usize, u8) = (9, 17);

const NO_SOCKET: &str = "no socket for the probe";

/// Sends so many packets a second, from this thread's namespace, until it is dropped.
pub(super) fn sender(rate: u32) -> Result<impl Future<Output = ()> + Send + 'static, Missing> {
    let connected = || {
        let socket = UdpSocket::bind((SERVER, PROBE_SOURCE))?;
        socket.connect((CLIENT, PROBE_TARGET))?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    };
    Ok(send(connected().map_err(Missing::new(NO_SOCKET))?, rate))
}

/// Where the packets go, in this thread's namespace. Nobody reads them: what does not fit is thrown away.
pub(super) fn target() -> Result<UdpSocket, Missing> {
    UdpSocket::bind((CLIENT, PROBE_TARGET)).map_err(Missing::new(NO_SOCKET))
}

async fn send(socket: UdpSocket, rate: u32) {
    let (start, mut due) = (Instant::now(), Probe::new(rate));
    let mut ticks = interval(TICK);
    let (mut packet, mut number) = ([0; PROBE_PAYLOAD], 0_u64);
    loop {
        ticks.tick().await;
        for _ in 0..due.passed(start.elapsed()) {
            packet[..8].copy_from_slice(&number.to_be_bytes());
            number += 1;
            // A queue that is full loses it, as any other does.
            let _: io::Result<usize> = socket.send(&packet);
        }
    }
}

/// Whether an IPv4 packet is one of the probe: nothing else here speaks UDP.
pub(super) fn is_probe(packet: &[u8]) -> bool {
    packet.get(UDP.0) == Some(&UDP.1)
}

/// Whether a packet of the probe is captured that passes at this time.
pub(super) fn is_captured(now: Duration) -> bool {
    const BIN: u128 = 100_000_000;
    now.as_nanos() % BIN * CAPTURED_OF.1 < BIN * CAPTURED_OF.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundredth_is_captured_in_a_row() {
        let captured: Vec<u64> = (0..2_000).filter(|tick| is_captured(TICK / 10 * *tick as u32)).collect();
        let expected: Vec<u64> = (0..10).chain(1_000..1_010).collect();
        assert_eq!(captured, expected);
    }
}
