// Package chart draws figures over time as SVG, without scripts: bars and lines that people see, and a table with the same numbers for those who
// do not. Colours come from the page's style sheet, by classes.
package chart

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// A Series is figures of one kind, one for each label of the chart.
type Series struct {
	Name   string
	Values []int64
}

// A Chart is figures over time. All series have as many values as there are labels; what is missing is 0.
type Chart struct {
	// ID is that of the element, unique on its page: letters, digits and hyphens.
	ID string
	// Title says what is shown, Description what is to be seen of it, in a sentence.
	Title, Description string
	Labels             []string
	Series             []Series
}

// The size of a drawing in units of its own: it takes what width it is given.
const (
	width, height       = 720, 240
	left, right         = 48, 8
	top, bottom         = 8, 24
	plotWide, plotHigh  = width - left - right, height - top - bottom
	gridLines, maxTicks = 4, 8
)

// Bars draws the series as bars, those of one label upon each other.
func (c Chart) Bars() string {
	most := int64(0)
	for i := range c.Labels {
		sum := int64(0)
		for _, s := range c.Series {
			sum += s.at(i)
		}
		most = max(most, sum)
	}
	return c.draw(most, func(b *bytes.Buffer, scale int64) {
		slot := float64(plotWide) / float64(max(len(c.Labels), 1))
		for i, label := range c.Labels {
			sum := int64(0)
			for n, s := range c.Series {
				v := s.at(i)
				if v == 0 {
					continue
				}
				sum += v
				fmt.Fprintf(b, `<rect class="chart-series-%d" x="%s" y="%s" width="%s" height="%s"><title>%s: %s %d</title></rect>`+"\n", n+1,
					number(left+slot*float64(i)+slot*0.1), number(y(sum, scale)), number(slot*0.8), number(float64(plotHigh)*float64(v)/float64(scale)),
					html.EscapeString(label), html.EscapeString(s.Name), v)
			}
		}
	})
}

// Lines draws the series as lines.
func (c Chart) Lines() string {
	most := int64(0)
	for _, s := range c.Series {
		for i := range c.Labels {
			most = max(most, s.at(i))
		}
	}
	return c.draw(most, func(b *bytes.Buffer, scale int64) {
		slot := float64(plotWide) / float64(max(len(c.Labels), 1))
		for n, s := range c.Series {
			points := make([]string, len(c.Labels))
			for i := range c.Labels {
				points[i] = number(left+slot*(float64(i)+0.5)) + "," + number(y(s.at(i), scale))
			}
			fmt.Fprintf(b, `<polyline class="chart-line-%d" fill="none" points="%s"><title>%s</title></polyline>`+"\n", n+1, strings.Join(points, " "),
				html.EscapeString(s.Name))
		}
	})
}

func (s Series) at(i int) int64 {
	if i >= len(s.Values) {
		return 0
	}
	return max(s.Values[i], 0)
}

// draw puts the frame, the axes and the names around what paint draws.
func (c Chart) draw(most int64, paint func(b *bytes.Buffer, scale int64)) string {
	scale := roundUp(most)
	b := &bytes.Buffer{}
	id := html.EscapeString(c.ID)
	fmt.Fprintf(b, `<svg class="chart" id="%s" viewBox="0 0 %d %d" role="img" aria-labelledby="%s-title %s-desc">`+"\n", id, width, height, id, id)
	fmt.Fprintf(b, `<title id="%s-title">%s</title>`+"\n"+`<desc id="%s-desc">%s</desc>`+"\n", id, html.EscapeString(c.Title), id, html.EscapeString(c.Description))
	step := max(scale/gridLines, 1)
	for v := int64(0); v <= scale; v += step {
		at := number(y(v, scale))
		fmt.Fprintf(b, `<line class="chart-grid" x1="%d" y1="%s" x2="%d" y2="%s"/>`+"\n", left, at, width-right, at)
		fmt.Fprintf(b, `<text class="chart-axis" x="%d" y="%s" text-anchor="end" dominant-baseline="middle">%s</text>`+"\n", left-6, at, short(v))
	}
	slot := float64(plotWide) / float64(max(len(c.Labels), 1))
	every := (len(c.Labels) + maxTicks - 1) / maxTicks
	for i, label := range c.Labels {
		if i%every == 0 {
			fmt.Fprintf(b, `<text class="chart-axis" x="%s" y="%d" text-anchor="middle">%s</text>`+"\n", number(left+slot*(float64(i)+0.5)), height-6,
				html.EscapeString(label))
		}
	}
	paint(b, scale)
	b.WriteString("</svg>\n")
	return b.String()
}

// Table is the chart's numbers as a table.
func (c Chart) Table() string {
	b := &bytes.Buffer{}
	fmt.Fprintf(b, `<table class="chart-table"><caption>%s</caption>`+"\n"+`<thead><tr><th scope="col"></th>`, html.EscapeString(c.Title))
	for _, s := range c.Series {
		fmt.Fprintf(b, `<th scope="col">%s</th>`, html.EscapeString(s.Name))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for i, label := range c.Labels {
		fmt.Fprintf(b, `<tr><th scope="row">%s</th>`, html.EscapeString(label))
		for _, s := range c.Series {
			fmt.Fprintf(b, `<td>%d</td>`, s.at(i))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table>\n")
	return b.String()
}

func y(v, scale int64) float64 { return top + plotHigh*(1-float64(v)/float64(scale)) }

// number is a coordinate with no more digits than can be seen.
func number(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// roundUp is the first of 4, 8, 20, 40, 80, 200, 400 … that is not less: the lines of the grid then have whole numbers.
func roundUp(most int64) int64 {
	for unit := int64(4); unit > 0 && unit <= math.MaxInt64/50; unit *= 10 {
		for _, times := range []int64{1, 2, 5} {
			if unit*times >= most {
				return unit * times
			}
		}
	}
	return math.MaxInt64
}

// short is a number at an axis: 1200 is 1.2k.
func short(v int64) string {
	for _, unit := range []struct {
		of   int64
		name string
	}{{1_000_000_000, "G"}, {1_000_000, "M"}, {1000, "k"}} {
		if v >= unit.of {
			return strconv.FormatFloat(float64(v)/float64(unit.of), 'f', -1, 64) + unit.name
		}
	}
	return strconv.FormatInt(v, 10)
}
