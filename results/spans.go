package results

// SpanName names a part of a write's way. They are listed in the order in which a
// write goes through them; docs/write-path.md tells where each begins and ends.
type SpanName string

// The spans.
const (
	// SpanRequest: from the instant at which the write was due to the leader's code,
	// over the load generator, gRPC and the client's link, and through a follower
	// where one was asked.
	SpanRequest SpanName = "request"
	// SpanQueue: from there until the leader begins to write its log.
	SpanQueue SpanName = "queue"
	// SpanLeaderLog: the leader's write to its log store, syncs included.
	SpanLeaderLog SpanName = "leader_log"
	// SpanSend: until AppendEntries is sent to the follower that answers first.
	SpanSend SpanName = "send"
	// SpanNetworkOut and SpanNetworkBack: from there until that follower begins to
	// write its log, and from the end of that until the leader has its answer.
	SpanNetworkOut  SpanName = "network_out"
	SpanNetworkBack SpanName = "network_back"
	// SpanFollowerLog: that follower's write to its log store, syncs included.
	SpanFollowerLog SpanName = "follower_log"
	// SpanQuorumWait: until the last answer that the quorum needs is there.
	SpanQuorumWait SpanName = "quorum_wait"
	// SpanCommit: until the leader's state machine begins with the entry.
	SpanCommit SpanName = "commit"
	// SpanApply: the state machine's work.
	SpanApply SpanName = "apply"
	// SpanReply: until the leader's code has given the answer back.
	SpanReply SpanName = "reply"
	// SpanResponse: from there to the client.
	SpanResponse SpanName = "response"
)

// SpanNames in the order of a write's way.
func SpanNames() []SpanName {
	return []SpanName{
		SpanRequest, SpanQueue, SpanLeaderLog, SpanSend, SpanNetworkOut, SpanFollowerLog, SpanNetworkBack,
		SpanQuorumWait, SpanCommit, SpanApply, SpanReply, SpanResponse,
	}
}

// Spans tell where the time of a window's typical writes went: of those acknowledged
// writes whose latency lies between the 45th and the 55th percentile. Times are means
// over the Joined ones, in nanoseconds.
type Spans struct {
	// Writes were acknowledged in the window; Chosen of them took LowNS to HighNS.
	Writes int64 `json:"writes"`
	Chosen int64 `json:"chosen"`
	LowNS  int64 `json:"low_ns"`
	HighNS int64 `json:"high_ns"`
	// Joined of the chosen were found in the leader's records; Whole of those with
	// all their instants. Forwarded came to the leader through a follower.
	Joined    int64 `json:"joined"`
	Whole     int64 `json:"whole"`
	Forwarded int64 `json:"forwarded"`
	// Lost records of the whole window were overwritten by later ones.
	Lost int64 `json:"lost"`
	// Quorum is how many followers' answers a commit waits for.
	Quorum int `json:"quorum"`

	TotalNS float64 `json:"total_ns"`
	// UnattributedNS lies between two instants that are known, and another between
	// them is not. With it the spans' sum is TotalNS.
	UnattributedNS float64 `json:"unattributed_ns"`
	Spans          []Span  `json:"spans"`
	// Followers in the order in which they answered, write by write: who is first
	// may be another each time.
	Followers []FollowerSpans `json:"followers,omitempty"`
	// LearnedNS is how long after the commit a follower applied the entry, over all
	// of them, LearnedCount how often it is known: they learn the commit index with
	// the next AppendEntries.
	LearnedNS    float64 `json:"learned_ns"`
	LearnedCount int64   `json:"learned_count"`
}

// Span is one part of the way.
type Span struct {
	Name SpanName `json:"name"`
	NS   float64  `json:"ns"`
	// AskedNS of it is the delay that was asked of emulated links, without jitter.
	AskedNS float64 `json:"asked_ns,omitempty"`
}

// FollowerSpans are those of the follower that was so many-eth to answer (Rank counts
// from 1). AnsweredNS counts from the end of the leader's own write; it is the sum of
// the four others.
type FollowerSpans struct {
	Rank       int     `json:"rank"`
	Count      int64   `json:"count"`
	SendNS     float64 `json:"send_ns"`
	OutNS      float64 `json:"out_ns"`
	LogNS      float64 `json:"log_ns"`
	BackNS     float64 `json:"back_ns"`
	AnsweredNS float64 `json:"answered_ns"`
}

// Of a name; the zero Span where the way has none of it.
func (s *Spans) Of(name SpanName) Span {
	for _, each := range s.Spans {
		if each.Name == name {
			return each
		}
	}
	return Span{Name: name}
}

// UnattributedShare of the total, [0,1].
func (s *Spans) UnattributedShare() float64 {
	if s.TotalNS <= 0 {
		return 0
	}
	return s.UnattributedNS / s.TotalNS
}
