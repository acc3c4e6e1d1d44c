//! What lies beside the page, and how to read it.

use super::{
    Page,
    html::{code, links, paragraph, section},
};

pub(super) fn files(page: &Page<'_>) -> String {
    let share = page.probe_share;
    let captured = format!(
        "NAME.pcap is what dumpcap would have seen on the client's host: what it sent, and what reached it. A \
         lost packet is missing. Times are virtual seconds since the start. TCP's packets are whole. Of the \
         probe's packets there are those of the first {share} % of every tenth of a second, with their headers \
         and their number; the traffic plots count all of them. (The run itself does not simulate the probe's \
         packets one by one: their fates are drawn afterwards, under the condition that the loss chain passes \
         through every state that it had at a packet of TCP.) A run is captured for its first hour at most."
    );
    let content = paragraph(
        "NAME.csv has a row for each call in order of completion: 0 for success or 1 for an error, and the \
         seconds it took.",
    ) + &paragraph(&captured)
        + &paragraph(
            "NAME-probe.csv and NAME-download.csv have a row time,length for each captured packet of the \
             probe, and for each packet from the server's port 80. They can be had from the capture too:",
        )
        + &code(
            "tshark -r naive.pcap -Y 'udp.port == 65535' -T fields -E separator=, -e frame.time_epoch -e frame.len\n\
             tshark -r naive.pcap -Y 'tcp.srcport == 80' -T fields -E separator=, -e frame.time_epoch -e frame.len\n\
             tcpdump -n -tt -r naive.pcap 'tcp port 80'",
        )
        + &links(&["summary.json".to_owned()]);
    section("files", "The files", &content)
}
