package host

import (
	"testing"
	"testing/fstest"
)

// files of a system, by name.
func files(texts map[string]string) system {
	m := fstest.MapFS{}
	for name, text := range texts {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return system{m}
}

func TestTheTightestControlGroupLimitsMemory(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string
		want    int64
		limited bool
	}{
		"version 2, the outer group is tighter": {map[string]string{
			"proc/self/cgroup":                 "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max":     "1000\n",
			"sys/fs/cgroup/a/b/memory.current": "100\n",
			"sys/fs/cgroup/a/memory.max":       "900\n",
			"sys/fs/cgroup/a/memory.current":   "800\n",
			"sys/fs/cgroup/a/memory.stat":      "anon 700\ninactive_file 50\n",
		}, 150, true},
		"version 2 without a limit": {map[string]string{
			"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/memory.current": "100\n",
		}, 0, false},
		// Docker without a namespace of control groups: the path is the host's, the
		// mount is the container's.
		"a container's own at the mount's root": {map[string]string{
			"proc/self/cgroup": "0::/docker/0123\n", "sys/fs/cgroup/memory.max": "500\n", "sys/fs/cgroup/memory.current": "600\n",
		}, 0, true},
		"version 1": {map[string]string{
			"proc/self/cgroup": "4:memory:/x\n1:cpu,cpuacct:/y\n0::/\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "1000\n", "sys/fs/cgroup/memory/x/memory.usage_in_bytes": "400\n",
			"sys/fs/cgroup/memory/x/memory.stat": "inactive_file 1\ntotal_inactive_file 100\n",
		}, 700, true},
		"nothing that the kernel tells": {nil, 0, false},
	} {
		if got, limited := files(c.files).groupMemory(); got != c.want || limited != c.limited {
			t.Errorf("%s: got %d, limited %v, want %d, %v", name, got, limited, c.want, c.limited)
		}
	}
}

func TestThereIsMemoryForThisTest(t *testing.T) {
	if got, err := AvailableMemory(); err != nil || got <= 0 {
		t.Errorf("got %d bytes, %v", got, err)
	}
}
