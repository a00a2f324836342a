package chart_test

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latchkeep/latchkeep/pkg/chart"
)

var update = flag.Bool("update", false, "write the golden files")

func sample() chart.Chart {
	return chart.Chart{
		ID: "sign-ins", Title: "Sign-ins", Description: "Sign-ins by day, at most 1200.", Labels: []string{"1", "2", "3", "4"},
		Series: []chart.Series{{Name: "succeeded", Values: []int64{10, 0, 1200, 30}}, {Name: "failed", Values: []int64{1, 2}}},
	}
}

func TestChart_LooksAsItDid(t *testing.T) {
	t.Parallel()

	for name, drawn := range map[string]string{
		"bars.svg": sample().Bars(), "lines.svg": sample().Lines(), "table.html": sample().Table(), "empty.svg": chart.Chart{ID: "x", Title: "Nothing"}.Bars(),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(drawn), 0o600))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(want), drawn, name)
	}
}

func TestChart_IsXMLThatNobodyCanPutMarkupInto(t *testing.T) {
	t.Parallel()

	c := sample()
	evil := `"><script>alert(1)</script>&`
	c.ID, c.Title, c.Description, c.Labels[0], c.Series[0].Name = evil, evil, evil, evil, evil
	for _, drawn := range []string{c.Bars(), c.Lines(), c.Table()} {
		require.NotContains(t, drawn, "<script")
		d := xml.NewDecoder(strings.NewReader(drawn))
		for {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
		}
	}
}

func TestChart_TellsThoseWhoDoNotSeeIt(t *testing.T) {
	t.Parallel()

	drawn := sample().Bars()
	require.Contains(t, drawn, `role="img" aria-labelledby="sign-ins-title sign-ins-desc"`)
	require.Contains(t, drawn, `<title id="sign-ins-title">Sign-ins</title>`)
	require.Contains(t, drawn, `<desc id="sign-ins-desc">Sign-ins by day, at most 1200.</desc>`)
	require.Contains(t, sample().Table(), "<td>1200</td>")
}
