// Package rules holds the tests that keep the rooms of this repository apart: which may import which, and the few habits that every
// file shares. It reads source text only and is part of no program. docs/architecture.md explains the rules; when a test here fails,
// change the code that it names, or that page and the rule together.
package rules
