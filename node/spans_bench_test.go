package node

import (
	"testing"

	"github.com/raftbench/raftbench/control"
)

// What noting one write costs the leader of three, beside the hand-over between
// goroutines in a pipeline: the stamps and the records.
func BenchmarkSpans(b *testing.B) {
	for name, s := range map[string]*spans{"on": {}, "off": nil} {
		b.Run(name, func(b *testing.B) {
			if s != nil {
				s.begin([]control.Peer{{ID: "n2"}, {ID: "n3"}})
			}
			b.ReportAllocs()
			for b.Loop() {
				arrived := s.stamp()
				s.store(1, 1, arrived, arrived)
				for _, to := range []string{"n2", "n3"} {
					if sent, at := s.stamp(), s.stamp(); at != 0 {
						s.replicate(control.Replicated{To: to, First: 1, Last: 1, SentNS: sent, AnsweredNS: at})
					}
				}
				s.apply(1, 1, s.stamp())
				if arrived != 0 {
					s.propose(control.Proposal{Index: 1, ArrivedNS: arrived})
				}
			}
		})
	}
}
