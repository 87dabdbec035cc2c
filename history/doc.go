// Package history holds what clients did and what they were told: facts, and no
// judgement of them. A judge that knows nothing of the run which made a history
// can read it from its file, today or in a year.
//
// A history is a file of JSON lines: a header, then every call as it is sent and
// every return as it is received.
//
//	{"header":{"version":1,"seed":7,"setup":"n3-hashicorp-none", …}}
//	{"call":{"id":1,"client":4,"node":"n2","at_ns":1200,"kind":"put","writes":[{"key":"k1","value":"4-1"}]}}
//	{"return":{"id":1,"at_ns":3900,"outcome":"ok","succeeded":true,"revision":8}}
//
// A call is written before it is sent, so that a crash of the writer leaves calls
// without a return and at most one torn line, the last. A call without a return
// is an operation whose outcome nobody knows: it may have taken effect, or may
// still.
//
// What a history promises, and a judge relies on:
//
//  1. Every value that is written is written by one call only. A value that is
//     read therefore names its write.
//  2. All instants are of one clock, the host's monotonic one. A call's is taken
//     before anything is sent, a return's after everything was received. Two
//     operations of which the first returned before the second was called have
//     that order in real time; no other two have.
//  3. A client has one operation at a time. One that gives an operation up returns
//     from it with the outcome "unknown" and may go on.
//  4. The outcome "rejected" is certain: the operation has had no effect and will
//     have none. Where there is any doubt the outcome is "unknown".
//  5. Nobody else ever writes keys under the header's prefix, and none is there
//     when the history begins.
//
// The reader refuses a file that breaks 1 to 3 where that can be seen. What a server
// told is not refused, in whatever form it came: that a server lies is a finding.
//
// Keys and values are text. One that is not UTF-8, or that begins with a quotation
// mark, is written as Go quotes it, so that no two are read as one.
package history
