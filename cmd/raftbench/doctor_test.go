package main

import (
	"bytes"
	"context"
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
	}
}

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
