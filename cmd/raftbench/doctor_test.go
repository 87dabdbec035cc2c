package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

func healthy() diagnosis {
	return diagnosis{
		Host:   results.Environment{Cores: 2, Filesystem: "ext4", FsyncP50NS: 140_000, FsyncP99NS: 200_000, FsyncReal: true, Load1: 0.1},
		Timers: []timerRow{{AskedNS: 1_000_000, SleepP50NS: 80_000, SleepP99NS: 90_000, PreciseP50NS: 400, PreciseP99NS: 9_000}},
		Links:  []linkRow{{AskedNS: 250_000, ErrorP50NS: 3_000, ErrorP99NS: 50_000, Messages: 200}},
		Meanwhile: hostRow{
			Steal: of(0.0), RunWait: of(0.1), DiskWait: of(0.2), ForeignCores: of(0.03), CanarySyncP50NS: 150_000,
			AvailableBytes: 4 << 30, WakeP50NS: 300_000, WakeAwakeP50NS: of[int64](50_000),
		},
	}
}

func of[T any](v T) *T { return &v }

func TestDoctorSaysWhatTheFiguresMean(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(d *diagnosis)
		want   string
	}{
		{"healthy links", func(*diagnosis) {}, "links: every delay keeps the rule"},
		{"late short link", func(d *diagnosis) { d.Links[0].ErrorP50NS = 100_001 }, "links: a delay of 250 µs is missed by 100 µs"},
		// 5 % of a long delay is more than 100 µs.
		{"late long link", func(d *diagnosis) {
			d.Links[0] = linkRow{AskedNS: (33 * time.Millisecond).Nanoseconds(), ErrorP50NS: 1_000_000}
		}, "links: every delay keeps the rule"},
		// Two syncs on one node; the leader's two and then a follower's two.
		{"real disk", func(*diagnosis) {}, "at least 280 µs on one node and 560 µs on more"},
		{"memory", func(d *diagnosis) { d.Host.Filesystem, d.Host.FsyncReal = "tmpfs", false }, "disk: tmpfs does not reach a disk"},
		{"side by side", func(*diagnosis) {}, "24 nodes may live side by side"},
		{"cores that halt", func(*diagnosis) {}, "an answer take 300 µs in place of 50"},
		{"cores that wake at once", func(d *diagnosis) { d.Meanwhile.WakeP50NS = 55_000 }, "waking idle cores costs little here"},
		{"cores that must halt", func(d *diagnosis) {
			d.Meanwhile.WakeAwakeP50NS, d.Meanwhile.NotAwake = nil, "got a control group with a CPU quota"
		}, "cannot be kept from halting: got a control group"},
		{"no pressure told", func(d *diagnosis) { d.Meanwhile.RunWait = nil }, "this system does not tell waiting for cores; no trial"},
		{"others", func(d *diagnosis) { d.Meanwhile.ForeignCores = of(1.5) }, "cores that other processes kept busy 1.50"},
		{"quiet", func(*diagnosis) {}, "load: the host is quiet"},
		{"busy", func(d *diagnosis) { d.Host.Load1 = 0.7 }, "load: 0.70 on 2 cores: something else is running"},
	} {
		d := healthy()
		c.change(&d)
		d.Advice = d.advise()
		var b bytes.Buffer
		d.print(&b)
		if !strings.Contains(strings.Join(strings.Fields(b.String()), " "), c.want) {
			t.Errorf("%s: want %q in\n%s", c.name, c.want, b.String())
		}
	}
}

// The waking of cores is measured on a connection of doctor's own, both ways where
// the system can.
func TestDoctorMeasuresTheWakingOfCores(t *testing.T) {
	took, err := pings(t.Context())
	if err != nil || len(took) != wakePings || slices.Min(took) <= 0 {
		t.Errorf("got %v, %v, want %d times", took, err, wakePings)
	}
}

func TestDoctorStopsWhenTold(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if rows := measureTimers(ctx); len(rows) > 0 {
		t.Errorf("timers were measured: %v", rows)
	}
	if rows, err := measureLinks(ctx); err == nil {
		t.Errorf("links were measured: %v", rows)
	}
}
