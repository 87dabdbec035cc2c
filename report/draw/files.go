package draw

import (
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/report/chart"
)

// File is one picture of a chart, whole in memory before any of it is written.
type File struct {
	Name    string
	Content []byte
}

// Files lays each chart out once and draws it as PNG and as SVG, as many at a time as
// there are processors: two files a chart, in the order of the charts.
func Files(charts []chart.Chart) ([]File, error) {
	out := make([]File, 2*len(charts))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range charts {
		g.Go(func() error {
			picture := Lay(c)
			png, err := picture.PNG()
			if err != nil {
				return err
			}
			svg, err := picture.SVG()
			out[2*i], out[2*i+1] = File{c.Name + ".png", png}, File{c.Name + ".svg", svg}
			return err
		})
	}
	return out, g.Wait()
}
