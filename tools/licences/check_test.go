package main

import (
	"os"
	"strings"
	"testing"
)

func apache(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestCheck_TakesWhatIsOnTheListAndNothingElse(t *testing.T) {
	t.Parallel()

	const gpl = "This program is free software; you can redistribute it and/or modify it under the terms of the GNU General Public License " +
		"as published by the Free Software Foundation; either version 3 of the License, or (at your option) any later version."
	for name, c := range map[string]struct {
		texts    []text
		complain string
	}{
		"on the list":        {texts: []text{{Name: "LICENSE", Content: apache(t)}}},
		"not on the list":    {texts: []text{{Name: "COPYING", Content: gpl}}, complain: "is not on the list"},
		"one good, one not":  {texts: []text{{Name: "LICENSE", Content: apache(t)}, {Name: "sub/COPYING", Content: gpl}}, complain: "is not on the list"},
		"none":               {complain: "no licence found"},
		"a condition hidden": {texts: []text{{Name: "LICENSE", Content: apache(t) + strings.Repeat("You owe us a dance for each user. ", 400)}}, complain: "says more"},
	} {
		err := check([]part{{Name: "example.org/x", Version: "v1.0.0", Texts: c.texts}})
		if (err != nil) != (c.complain != "") || err != nil && !strings.Contains(err.Error(), c.complain) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotices_HaveEveryTextAndSayWhereSourceIs(t *testing.T) {
	t.Parallel()

	const mpl = `This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not distributed with this
file, You can obtain one at https://mozilla.org/MPL/2.0/.`
	got := notices([]part{
		{Name: "example.org/a", Version: "v1.0.0", Texts: []text{{Name: "LICENSE", Content: apache(t)}, {Name: "NOTICE", Content: "Made by A."}}},
		{Name: "example.org/B", Version: "v2.0.0", Texts: []text{{Name: "LICENSE", Content: mpl}}},
	})
	for _, want := range []string{
		"example.org/a v1.0.0: Apache-2.0\n", "Made by A.", "Apache License", "https://proxy.golang.org/example.org/!b/@v/v2.0.0.zip",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in the notices", want)
		}
	}
}
