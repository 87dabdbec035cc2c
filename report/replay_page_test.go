package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
)

// The script and the style of replays.
var (
	//go:embed page/replay.js
	replayScript string
	//go:embed page/replay.css
	replayStyle string
)

// replayPageStyle is what a page of one replay has beside the replay's own.
const replayPageStyle = `
:root { color-scheme: light dark; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; background: #fff; color: #22262b; }
@media (prefers-color-scheme: dark) { html { background: #15181c; color: #e8eaed; } a { color: #8ec5ff; } }
body { margin: 0 auto; max-width: 94rem; padding: 1rem clamp(0.75rem, 3vw, 3rem) 3rem; overflow-wrap: anywhere; }
h1 { font-size: clamp(1.3rem, 3vw, 2rem); line-height: 1.2; margin: 0.5rem 0; }
p { max-width: 60rem; margin: 0.4rem 0; }
`

// replayMount is all that such a page does.
const replayMount = `raftbenchReplay.mount(document.getElementById('replay'), JSON.parse(document.getElementById('replay-data').textContent));`

// replayPage is a file of one replay: everything is in it, and its policy lets a browser
// load nothing and run these scripts alone. data is the replay's JSON, in which no text can
// end the script that it stands in: encoding/json writes < as \u003c.
func replayPage(title string, lines []string, data json.RawMessage) []byte {
	var b bytes.Buffer
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	fmt.Fprintf(&b, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'; script-src %s %s; style-src %s %s\">\n",
		scriptHash(replayScript), scriptHash(replayMount), scriptHash(replayPageStyle), scriptHash(replayStyle))
	b.WriteString("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n<style>%s</style>\n</head>\n<body>\n<h1>%[1]s</h1>\n", html.EscapeString(title), replayPageStyle, replayStyle)
	for _, l := range lines {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(l))
	}
	b.WriteString("<div id=\"replay\"><p>The replay needs a script.</p></div>\n")
	fmt.Fprintf(&b, "<script type=\"application/json\" id=\"replay-data\">%s</script>\n", data)
	fmt.Fprintf(&b, "<script>%s</script>\n<script>%s</script>\n</body>\n</html>\n", replayScript, replayMount)
	return b.Bytes()
}

// scriptHash names a script or a style in a page's policy.
func scriptHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
