package report

import "slices"

// reads shows what a read costs by number of nodes.
func reads(sub subject) (chart, bool) {
	sizes := sub.sizes()
	at := map[int][]int{}
	var points []point
	for gi, g := range sub.groups {
		for _, c := range g.cells {
			p, ok := pointOf(gi, c, readP50, readP90)
			if !ok {
				continue
			}
			i := slices.Index(sizes, c.Nodes)
			p.x = float64(i)
			at[i] = append(at[i], len(points))
			points = append(points, p)
		}
	}
	if len(points) == 0 {
		return chart{}, false
	}
	for _, members := range at {
		dodge(points, members)
	}
	y, unit := latencyAxis(latencyRange(points))
	f := sub.frame("Read latency by number of nodes")
	f.keys = percentileKeys(sub, "reads")
	f.yTitle = "read latency," + unit + " (" + sub.intervals(readP50) + ")"
	x, xTitle := sub.sizeAxis()
	f.xTitle = xTitle
	s, fd := f.draft(x, y)
	s.bands(fd, len(sizes)-1)
	for _, p := range points {
		x := fd.px(p.x)
		if p.has90 {
			s.estimate(fd, x, p.p90, sub, p.group, true)
		}
		s.estimate(fd, x, p.p50, sub, p.group, false)
	}
	return chart{"reads", f.title, s}, true
}
