use super::*;

fn segment(starts: i32, ends: i32) -> Segment {
    Segment {
        source: 80,
        target: 1,
        syn: false,
        starts: TcpSeqNumber(starts),
        ends: TcpSeqNumber(ends),
        acknowledges: None,
        behind_gaps: [None; 3],
        window: 100,
        data: (ends - starts) as usize,
    }
}

fn acknowledgement(number: i32, behind: Option<(u32, u32)>) -> Segment {
    Segment { acknowledges: Some(TcpSeqNumber(number)), behind_gaps: [behind, None, None], ..segment(0, 0) }
}

/// Packets of ten bytes from 0 on, each marked with its number.
fn sent(packets: i32) -> Flight {
    let mut flight = Flight::new();
    for number in 0..packets {
        assert!(flight.sends(&vec![number as u8], &segment(10 * number, 10 * number + 10)));
    }
    flight
}

/// The numbers of the packets that are sent again.
fn repeated(flight: &mut Flight) -> Vec<u8> {
    flight.repeat().0.into_iter().flatten().collect()
}

#[test]
fn ten_packets_are_the_first_window() {
    assert!(sent(9).has_room());
    assert!(!sent(10).has_room());
}

#[test]
fn after_a_timeout_one_packet_goes_and_then_two_for_each_that_arrives() {
    let mut flight = sent(6);
    flight.is_lost();
    assert_eq!(repeated(&mut flight), [0]);
    assert!(!flight.has_room(), "what is lost comes first");
    assert_eq!(flight.receives(&acknowledgement(10, None)), News::Progress);
    assert_eq!(repeated(&mut flight), [1, 2]);
    flight.receives(&acknowledgement(30, None));
    assert_eq!(repeated(&mut flight), [3, 4, 5]);
    assert!(flight.is_in_trouble());
    flight.receives(&acknowledgement(60, None));
    assert!(!flight.is_any() && !flight.is_in_trouble() && flight.has_room());
}

#[test]
fn what_is_lost_twice_makes_the_window_grow_slowly() {
    let mut flight = sent(8);
    flight.is_lost();
    repeated(&mut flight);
    flight.receives(&acknowledgement(10, None));
    flight.is_lost();
    repeated(&mut flight);
    flight.receives(&acknowledgement(20, None));
    assert_eq!(repeated(&mut flight), [2, 3], "two packets are the least threshold");
    flight.receives(&acknowledgement(40, None));
    assert_eq!(repeated(&mut flight), [4, 5]);
}

#[test]
fn what_lies_behind_a_gap_is_not_sent_again() {
    let mut flight = sent(4);
    assert_eq!(flight.receives(&acknowledgement(0, Some((20, 40)))), News::Gap);
    assert!(flight.has_gap());
    assert_eq!(repeated(&mut flight), [0; 0], "not yet: there may have been reordering");
    flight.gap_is_lost();
    assert_eq!(repeated(&mut flight), [0]);
    assert!(!flight.has_gap(), "what was sent again is later than what has arrived");
    flight.receives(&acknowledgement(10, None));
    assert_eq!(repeated(&mut flight), [1]);
    flight.receives(&acknowledgement(40, None));
    assert!(!flight.is_any());
}

#[test]
fn the_probe_is_the_last_packet_and_shows_what_was_lost_before_it() {
    let mut flight = sent(3);
    assert_eq!(flight.probe(), [[2]]);
    flight.receives(&acknowledgement(0, Some((20, 30))));
    flight.gap_is_lost();
    assert_eq!(repeated(&mut flight), [0]);
}

#[test]
fn acknowledgements_of_what_was_never_sent_or_is_known_say_nothing() {
    let mut flight = sent(2);
    flight.receives(&acknowledgement(10, None));
    for number in [-10, 0, 10, 21, 1_000] {
        assert_eq!(flight.receives(&acknowledgement(number, None)), News::Nothing, "{number}");
    }
    assert!(flight.is_any());
}

#[test]
fn sequence_numbers_go_round() {
    let mut flight = Flight::new();
    let (first, end) = (i32::MAX - 4, i32::MAX.wrapping_add(6));
    let mut around = segment(0, 10);
    (around.starts, around.ends) = (TcpSeqNumber(first), TcpSeqNumber(end));
    flight.sends(&vec![0], &around);
    assert_eq!(flight.receives(&acknowledgement(end, None)), News::Progress);
    assert!(!flight.is_any());
}

#[test]
fn a_bad_handshake_leaves_a_window_of_one_packet() {
    for (repeats, packets) in [(0, 10), (1, 10), (2, 1), (5, 1)] {
        let mut flight = Flight::new();
        flight.is_established(repeats);
        let mut count = 0;
        while flight.has_room() {
            flight.sends(&vec![0], &segment(10 * count, 10 * count + 10));
            count += 1;
        }
        assert_eq!(count, packets, "{repeats} repeats");
    }
}

#[test]
fn what_has_to_wait_goes_when_there_is_room() {
    let mut flight = sent(10);
    flight.holds(&vec![10], &segment(100, 110));
    assert_eq!(repeated(&mut flight), [0; 0]);
    flight.receives(&acknowledgement(10, None));
    assert_eq!(repeated(&mut flight), [10]);
    flight.receives(&acknowledgement(110, None));
    assert!(!flight.is_any());
}
