package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
)

// The page's own scripts and styles; replay.js and replay.css stand there once there
// is a replay.
//
//go:embed *.js *.css echarts/echarts.min.js
var assets embed.FS

func asset(name string) string {
	text, err := assets.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(text)
}

// packed is what a browser unpacks by itself: gzip in base64, whose letters mean
// nothing to HTML.
func packed(text []byte) (string, error) {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(text); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(buf.Bytes()), nil
}

// library is ECharts, packed once for all pages.
var library = sync.OnceValues(func() (string, error) { return packed([]byte(asset("echarts/echarts.min.js"))) })

// hashOf a script or style, as a policy names it.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// policy lets the browser run these scripts and use these styles, and load nothing:
// no script of the run's, no picture, no font, no address.
func policy(styles, scripts []string) string {
	directives := []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"}
	for _, d := range []struct {
		name  string
		texts []string
	}{{"script-src", scripts}, {"style-src", styles}} {
		for _, text := range d.texts {
			d.name += " " + hashOf(text)
		}
		directives = append(directives, d.name)
	}
	return strings.Join(directives, "; ")
}

// shell writes the whole document: head, body, data and scripts. Scripts stand in it
// as they are, since a policy knows them by the hash of every byte; none of them holds
// a closing tag, which a test sees to.
func shell(b *bytes.Buffer, title, body string, data pageData, replays bool) error {
	echarts, err := library()
	if err != nil {
		return fmt.Errorf("pack the charts' library: %w", err)
	}
	styles, scripts := []string{asset("page.css")}, []string{asset("page.js")}
	if replays {
		styles, scripts = append(styles, asset("replay.css")), append([]string{asset("replay.js")}, scripts...)
	}
	allowed := append([]string{asset("echarts/echarts.min.js")}, scripts...)
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
	fmt.Fprintf(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n", policy(styles, allowed))
	b.WriteString("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
	b.WriteString("<meta name=\"referrer\" content=\"no-referrer\">\n")
	fmt.Fprintf(b, "<title>%s</title>\n", escape(title))
	for _, s := range styles {
		fmt.Fprintf(b, "<style>%s</style>\n", s)
	}
	b.WriteString("</head>\n<body>\n" + body)
	fmt.Fprintf(b, "<script type=\"text/plain\" id=\"packed-data\">%s</script>\n", data.drawn)
	fmt.Fprintf(b, "<script type=\"text/plain\" id=\"packed-figures\">%s</script>\n", data.figures)
	fmt.Fprintf(b, "<script type=\"text/plain\" id=\"packed-library\">%s</script>\n", echarts)
	for _, s := range scripts {
		fmt.Fprintf(b, "<script>%s</script>\n", s)
	}
	b.WriteString("</body>\n</html>\n")
	return nil
}
