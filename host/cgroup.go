package host

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// system is the host's file system as seen from /: what the kernel tells stands
// below proc and sys. Tests give one of their own.
type system struct{ files fs.FS }

// controlGroups are the folders of the control groups that this process is in
// for a controller (memory, cpu), its own first, then those around it. In a
// container the path that the kernel tells may not exist there; that of the
// container itself then stands at the mount's root.
func (s system) controlGroups(controller string) []string {
	text, err := fs.ReadFile(s.files, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(text)) {
		// hierarchy:controllers:path, with no controllers in version 2
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		mount := "sys/fs/cgroup"
		switch {
		case parts[1] == "":
		case strings.Contains(","+parts[1]+",", ","+controller+","):
			mount = path.Join(mount, parts[1])
		default:
			continue
		}
		for group := path.Join("/", parts[2]); ; group = path.Dir(group) {
			out = append(out, mount+strings.TrimSuffix(group, "/"))
			if group == "/" {
				break
			}
		}
	}
	return out
}

// text of a file, without the space around it.
func (s system) text(name string) (string, bool) {
	text, err := fs.ReadFile(s.files, name)
	return strings.TrimSpace(string(text)), err == nil
}

// number is a file's only one; false where there is none, or it says "max".
func (s system) number(name string) (int64, bool) {
	text, err := fs.ReadFile(s.files, name)
	if err != nil {
		return 0, false
	}
	v, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return v, err == nil
}

// field is the last number of a file's line that begins so ("some ", then
// "avg10=0.00 total=12"); false where there is none.
func (s system) field(name, begins string) (int64, bool) {
	text, err := fs.ReadFile(s.files, name)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), begins); ok {
			v, err := strconv.ParseInt(rest[strings.LastIndexAny(rest, " =")+1:], 10, 64)
			return v, err == nil
		}
	}
	return 0, false
}
