// Package netem emulates network links for the streams between processes, in
// user space, to the microsecond, without root: an Endpoint dials and listens
// like package net, and what it carries is as late as the links it was told
// of. The words and units are those of tc-netem.
//
// # How a delay is made
//
// Dial sends a preamble, so that both ends know each other's names; from then
// on a connection carries frames. The sender stamps each frame with the
// instant at which it is due, on the clock that all processes of a host share,
// and sends it at once; the receiver holds it until then. So a writer never
// waits for a delay, a link carries as many windows as its queue holds, the
// time that the host's own network took is part of the delay and not added to
// it, and the receiver knows, for every frame, how true its link was: see
// Endpoint.Arrivals.
//
// The reader itself waits for the instant, with a clock.Waiter, which is set a
// little early: then the frame is made ready, and what is left of the wait is
// spun: some 10 µs, less where more would come to over half a percent of a core.
//
// While a reader waits for one frame, those that follow it stand in the socket
// and wake nobody, as long as what is held lasts for another millisecond.
//
// # What loss means
//
// A TCP stream never misses a byte; a lost segment makes it late. So a loss is
// a stall of its own connection: of one round trip when later segments follow,
// of two for the tail of a flight (the tail-loss probe), else of the
// retransmission timeout, 200 ms or two round trips, doubling. A stalled tail
// recovers sooner when a later write shows the hole. A lost SYN costs a
// second. Other connections do not stall, which is how a heartbeat overtakes
// a pipeline.
//
// A partition (Cut, or a loss of 1) holds bytes and hangs dials, without
// telling anybody, in one direction, for as long as it lasts. After Heal the
// bytes go on when TCP would next have tried: 0.2, 0.6, 1.4, 3.0 … s after the
// first that was held. What was in flight when the link was cut arrives.
//
// Reordering, duplication and corruption have no meaning above TCP and are
// refused: Unsupported says so.
//
// # Limits
//
// Each connection holds at most Shape.Limit bytes, in flight and behind a
// partition together; then its writer waits, as it does when a slow rate has
// twenty minutes of work. All connections of an endpoint together have 512 MiB
// of memory for what they received and for what they hold behind partitions,
// one of them no more than half of it for what it received; beyond that, links
// get slow (64 KiB a connection go on), and Arrivals tell by how much. No limit
// drops a byte.
//
// A dialer that sends nothing is closed after ten seconds, one whose preamble a
// partition holds when nothing has come from it for two minutes, and an accepted
// connection that never carries anything after half an hour.
//
// What a closed connection has not sent yet goes out in the background; like
// Linux's orphans it is given up, with a reset, after two minutes without progress. The
// death of a process is seen a link delay later, also behind a partition: its
// kernel is not emulated, and what a partition held of it dies with it.
//
// Acknowledgements are not modelled: a stream whose way back is cut goes on
// until its writer waits for an answer. There is no congestion window and no
// slow start; the rate, the delay and the queue limit are the link. Rate counts
// payload. On a busy host a frame is late by what its reader waits for a core;
// the record says by how much.
package netem
