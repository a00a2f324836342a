package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed are the licences, by their SPDX names, under which others' work may be part of an Apache-2.0 binary. All but one ask for their text
// to be handed on, which the notices of a release do. MPL-2.0 asks besides that the source can be had: the notices say where.
var allowed = []string{
	"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "ISC", "MIT", "MPL-2.0", "Unicode-DFS-2016", "Unlicense",
}

// asPatents are texts that grant more than the licence beside them, and so need no entry of their own.
var asPatents = []string{"GooglePatentClause", "GooglePatentsFile"}

// read are texts that no catalogue knows, read by us: name of the part and file, and the licence that it is.
var read = map[string]string{}

// isLicence matches the files that should say nothing but a licence, of which so many hundredths must be known text.
var isLicence = regexp.MustCompile(`(?i)(^|/)(un)?licen[cs]e(\.md|\.txt)?$`)

const understood = 75

// check complains of parts without a licence, and of licences that are not on the list.
func check(parts []part) error {
	var wrong []error
	for _, p := range parts {
		names := p.licences()
		if len(names) == 0 {
			wrong = append(wrong, fmt.Errorf("%s %s: no licence found in %s", p.Name, p.Version, p.fileNames()))
		}
		for _, t := range p.Texts {
			if _, ok := read[p.Name+"/"+t.Name]; !ok && isLicence.MatchString(t.Name) && licensecheck.Scan([]byte(t.Content)).Percent < understood {
				wrong = append(wrong, fmt.Errorf("%s %s: %s says more than a licence that is known; read it, and add it here", p.Name, p.Version, t.Name))
			}
		}
		for _, name := range names {
			if !slices.Contains(allowed, name) {
				wrong = append(wrong, fmt.Errorf("%s %s: the licence %s is not on the list", p.Name, p.Version, name))
			}
		}
	}
	return errors.Join(wrong...)
}

// licences are the SPDX names of what the texts of a part say, sorted.
func (p part) licences() []string {
	var names []string
	for _, t := range p.Texts {
		if name, ok := read[p.Name+"/"+t.Name]; ok {
			names = append(names, name)
			continue
		}
		for _, m := range licensecheck.Scan([]byte(t.Content)).Match {
			if !m.IsURL && !slices.Contains(asPatents, m.ID) {
				names = append(names, m.ID)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (p part) fileNames() string {
	var names []string
	for _, t := range p.Texts {
		names = append(names, t.Name)
	}
	return "[" + strings.Join(names, " ") + "]"
}
