package bench

import (
	"io"
	"math"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/results"
)

// A link that is asked for more jitter than the order of its frames allows at their
// rate delays them longer than was asked, and whoever loads it is told: from the
// frames of a real link, by its account, to the remark.
func TestALinkWhoseJitterIsOffIsRemarkedOn(t *testing.T) {
	shape := netem.Shape{Delay: 10 * time.Millisecond, Jitter: 5 * time.Millisecond, Distribution: netem.Normal}
	to := netem.NewEndpoint(control.ClientLink, 2)
	sendDensely(t, shape, to)
	c := cost{links: linksToClient(to.Arrivals(), nil)}
	asked := shape.Moments()
	j := healthy()
	j.links = c.truth()
	if len(j.links) != 1 || j.links[0].Samples < 200 {
		t.Fatalf("got %+v, want one link of 200 samples", j.links)
	}
	j.jittery = []link{{Ends: results.Ends{From: "n1", To: control.ClientLink}, asked: &asked}}
	r, found := says(j.remarks(), results.CodeDelayMean)
	if !found || r.Severity != results.Doubtful || r.Got < 0.1 || r.Count != 1 || r.Link == nil || r.Link.From != "n1" || r.Window != "calm" {
		t.Errorf("got %+v of %+v, want a mean above what was asked, doubtful", r, j.links[0].LinkTruth)
	}
}

// A trial remarks on what its own record shows: a jitter of 4 µs is lost among what
// processes wake late by, on all links over which enough was sent.
func TestATrialRemarksOnTheJitterOfItsLinks(t *testing.T) {
	r := runTrial(t, `
nodes: 3
network: {profile: none, links: [{delay: 200us, jitter: 4us}]}
raft: {heartbeat_timeout: 10s, election_timeout: 10s, leader_lease_timeout: 9s}
workload:
  warmup: 100ms
  load: {mode: calm}
  calm: {rate: 300/s, duration: 2s}
`, results.Measure, script{})
	asked := netem.Shape{Delay: 200 * time.Microsecond, Jitter: 4 * time.Microsecond}.Moments()
	var jittery []link
	var loaded []results.Link
	for _, l := range r.Links {
		if n := len(l.AskedSpreadNS); n != results.AskedQuantiles || l.AskedSpreadNS[0] >= 200_000 || l.AskedSpreadNS[n-1] <= 200_000 {
			t.Errorf("%s to %s: the record has a jitter of %v, want %d delays around 200 µs", l.From, l.To, l.AskedSpreadNS, results.AskedQuantiles)
		}
		if l.Loaded(r.Leader) {
			loaded, jittery = append(loaded, l), append(jittery, link{Ends: ends(l), asked: &asked})
		}
	}
	off := offJitter(loaded, jittery)
	if len(off) == 0 {
		t.Logf("nothing was off, or too few frames found a reader that waited: %+v", loaded)
	}
	for _, want := range off {
		if got, found := says(r.Remarks, want.Code); !found || got.Severity != results.Doubtful || got.Got != want.Got {
			t.Errorf("got %+v of %+v, want %+v", got, r.Remarks, want)
		}
	}
}

// sendDensely sends four frames a millisecond or so from n1, until the account at the
// other end holds enough.
func sendDensely(t *testing.T, s netem.Shape, to *netem.Endpoint) {
	t.Helper()
	var config net.ListenConfig
	plain, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	from, listener := netem.NewEndpoint("n1", 1), to.Listen(plain)
	t.Cleanup(func() { _, _, _ = listener.Close(), from.Close(), to.Close() })
	go func() {
		if conn, err := listener.Accept(); err == nil {
			_, _ = io.Copy(io.Discard, conn)
		}
	}()
	if err := from.Shape(control.ClientLink, s); err != nil {
		t.Fatal(err)
	}
	conn, err := from.Dial(t.Context(), control.ClientLink, plain.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); {
		for range 4 {
			if _, err := conn.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Millisecond)
		if a := to.Arrivals(); len(a) == 1 && a[0].Error.TotalCount() > 400 {
			return
		}
	}
	t.Fatal("400 frames did not come in two minutes")
}

// What is off by over 2 % is said where the frames are enough to tell, and what
// chance does of few frames is not.
func TestJitterIsJudgedByWhatItsFramesCanTell(t *testing.T) {
	shape := netem.Shape{Delay: 5 * time.Millisecond, Jitter: time.Millisecond, Distribution: netem.Normal}
	asked := shape.Moments()
	on := []link{{Ends: results.Ends{From: "n1", To: "n2"}, asked: &asked}}
	for name, c := range map[string]struct {
		samples        int64
		meanOff, sdOff float64
		want           results.Code // none where empty
	}{
		"as asked":                       {10_000, 0, 0, ""},
		"less than 2 % off":              {1_000_000, 0.019, -0.019, ""},
		"mean off":                       {10_000, 0.021, 0, results.CodeDelayMean},
		"deviation below":                {10_000, 0, -0.03, results.CodeDelaySD},
		"deviation off, few frames":      {1000, 0, 0.08, ""},
		"deviation far off, few frames":  {1000, 0, 0.1, results.CodeDelaySD},
		"mean far off, too few to judge": {99, 0.5, 0, ""},
	} {
		got := offJitter([]results.Link{{From: "n1", To: "n2", LinkTruth: results.LinkTruth{
			Samples: c.samples, RealisedMeanNS: asked.Mean * (1 + c.meanOff), RealisedSDNS: asked.SD * (1 + c.sdOff)}}}, on)
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[0].Code != c.want) {
			t.Errorf("%s: got %+v, want %q", name, got, c.want)
		}
	}
	// A spread that the histogram does not resolve is not judged.
	tight := netem.Shape{Delay: 50 * time.Millisecond, Jitter: 10 * time.Microsecond, Distribution: netem.Normal}.Moments()
	if got := offJitter([]results.Link{{From: "n1", To: "n2", LinkTruth: results.LinkTruth{Samples: 10_000, RealisedMeanNS: tight.Mean}}},
		[]link{{Ends: on[0].Ends, asked: &tight}}); len(got) > 0 {
		t.Errorf("10 µs around 50 ms: got %+v", got)
	}
}

// Delays drawn as asked are seldom called off, whatever their distribution and
// number.
func TestDelaysAsAskedAreNotRemarkedOn(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const runs = 1000
	for _, d := range netem.Distributions() {
		shape := netem.Shape{Delay: 5 * time.Millisecond, Jitter: time.Millisecond, Distribution: d}
		asked, quantiles := shape.Moments(), shape.Quantiles(1000)
		on := []link{{Ends: results.Ends{From: "n1", To: "n2"}, asked: &asked}}
		for _, samples := range []int{minJitterSamples, 1000} {
			called := 0
			for range runs {
				mean, sd := drawn(rng, quantiles, samples)
				called += len(offJitter([]results.Link{{From: "n1", To: "n2", LinkTruth: results.LinkTruth{
					Samples: int64(samples), RealisedMeanNS: mean, RealisedSDNS: sd}}}, on))
			}
			if called > runs/200 {
				t.Errorf("%s, %d frames: %d of %d called off", d, samples, called, runs)
			}
		}
	}
}

// drawn are the moments of so many delays.
func drawn(rng *rand.Rand, quantiles []float64, n int) (mean, sd float64) {
	var sum, squares float64
	for range n {
		v := quantiles[rng.IntN(len(quantiles))]
		sum, squares = sum+v, squares+v*v
	}
	mean = sum / float64(n)
	return mean, math.Sqrt(squares/float64(n) - mean*mean)
}
