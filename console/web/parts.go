package web

import "cmp"

func kindOf(f field) string { return cmp.Or(f.Kind, "text") }

func autoOf(f field) string { return cmp.Or(f.Auto, "off") }
