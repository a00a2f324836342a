// The check of licences, and the writer of the notices of a release. It is apart, so that the program does not depend on what it needs.
module github.com/latchkeep/latchkeep/tools/licences

go 1.26.4

require github.com/google/licensecheck v0.3.1
