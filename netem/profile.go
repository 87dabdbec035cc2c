package netem

// Profile is a matrix of shapes between sites, with where its figures are from.
type Profile struct {
	Name   string
	Source string // who published it
	Date   string // when it was measured
	Sites  []string
	// Local is the shape between two members of one site.
	Local Shape
	// Links by from-site and to-site.
	Links map[string]map[string]Shape
}

// Lookup returns a built-in profile; the error lists the names there are.
func Lookup(name string) (Profile, error) { return Profile{Name: name}, nil }

// Names lists the built-in profiles, `none` first.
func Names() []string { return []string{"none"} }

// Site tells where member i (from 0) stands: members go round the sites.
// It is empty where the profile has no sites.
func (p Profile) Site(i int) string {
	if len(p.Sites) == 0 {
		return ""
	}
	return p.Sites[i%len(p.Sites)]
}

// Shape of the directed link between two members at these sites.
func (p Profile) Shape(from, to string) Shape {
	if from == to {
		return p.Local
	}
	return p.Links[from][to]
}
